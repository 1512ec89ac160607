"""The files of an import folder: their columns, and how values are written."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "company": ("key", "value"),
    "items": (
        "sku", "name", "category", "uom", "uom_decimals", "unit_cost", "unit_price", "unit_volume_m3",
        "unit_weight_kg", "shelf_life_days", "status", "active_from", "active_to", "successor",
    ),
    "locations": (
        "code", "name", "kind", "region", "storage_capacity_m3", "time_zone", "unmet_demand",
        "backorder_cost_per_day", "calendar",
    ),
    "item_locations": (
        "sku", "location", "active_from", "active_to", "method", "review_days", "order_weekdays",
        "min_quantity", "max_quantity", "safety_stock", "service_target",
    ),
    "suppliers": ("code", "name", "email", "currency", "order_cost", "min_order_value", "calendar"),
    "supplier_items": (
        "supplier", "sku", "location", "valid_from", "valid_to", "lead_time_days", "lead_time_sd_days",
        "order_uom", "units_per_order_uom", "moq", "order_multiple", "unit_price", "priority", "share",
    ),
    "price_breaks": ("supplier", "sku", "location", "valid_from", "min_quantity", "unit_price"),
    "lanes": (
        "origin", "destination", "sku", "lead_time_days", "lead_time_sd_days", "min_quantity",
        "order_multiple", "cost_per_unit", "cost_per_shipment", "priority", "calendar",
    ),
    "stock": ("sku", "location", "lot", "on_hand", "allocated", "blocked", "backorders", "expires_on", "as_of"),
    "demand": ("sku", "location", "date", "quantity", "returned_quantity", "price", "in_stock", "promotion"),
    "events": ("kind", "sku", "location", "start_date", "end_date", "price", "label"),
    "calendars": ("calendar", "date", "closed", "label"),
    "exchange_rates": ("currency", "valid_from", "rate"),
    "open_orders": (
        "kind", "source_system", "external_number", "line", "schedule", "our_number", "supplier", "origin",
        "destination", "sku", "quantity", "received_quantity", "ordered_on", "requested_on", "promised_on", "status",
    ),
}  # fmt: skip
"""Columns of each kind of file, in the order they are written."""

Cell = str | int | float | bool | date | None
Row = Mapping[str, Cell]


def cell(value: Cell) -> str | None:
    """The text of one value: ISO dates, 1/0, plain decimals without trailing zeros; None stays blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | np.floating):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(value)


def write_rows(folder: Path, kind: str, rows: Iterable[Row]) -> int:
    """Write `<kind>.csv` from mappings of column to value; absent columns stay blank. Returns the row count.

    Raises ValueError where a row has a column that the kind of file does not.
    """
    columns = COLUMNS[kind]
    cells: dict[str, list[str | None]] = {name: [] for name in columns}
    for row in rows:
        if not row.keys() <= cells.keys():
            raise ValueError(f"{kind} has no column {sorted(row.keys() - cells.keys())}")
        for name in columns:
            cells[name].append(cell(row.get(name)))
    frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))
    frame.write_csv(folder / f"{kind}.csv")
    return frame.height


def write_frame(folder: Path, kind: str, frame: pl.DataFrame) -> int:
    """Write `<kind>.csv` from a frame with (some of) the kind's columns. Returns the row count.

    Floats are written as plain decimals; values must be rounded to 4 places or fewer beforehand.
    """
    columns = COLUMNS[kind]
    if not set(frame.columns) <= set(columns):
        raise ValueError(f"{kind} has no column {sorted(set(frame.columns) - set(columns))}")
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in frame.columns]
    floats = [
        pl.col(name).fill_nan(None).cast(pl.String).str.strip_suffix(".0").alias(name)
        for name, dtype in frame.schema.items()
        if dtype.is_float()
    ]
    frame.with_columns(*floats, *absent).select(columns).write_csv(folder / f"{kind}.csv")
    return frame.height
