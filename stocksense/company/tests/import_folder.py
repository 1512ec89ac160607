"""Checks that hold for every consistent import folder; shared by the tests of all folders we write."""

from datetime import date
from pathlib import Path

import polars as pl

from stocksense.company.demo.files import COLUMNS
from stocksense.company.demo.network import WEEKDAYS

KEYS = {
    "company": ["key"],
    "items": ["sku"],
    "locations": ["code"],
    "item_locations": ["sku", "location"],
    "suppliers": ["code"],
    "supplier_items": ["supplier", "sku", "location", "valid_from"],
    "price_breaks": ["supplier", "sku", "location", "valid_from", "min_quantity"],
    "lanes": ["origin", "destination", "sku"],
    "stock": ["sku", "location", "lot"],
    "demand": ["sku", "location", "date"],
    "events": ["kind", "sku", "location", "start_date"],
    "calendars": ["calendar", "date"],
    "exchange_rates": ["currency", "valid_from"],
    "open_orders": ["kind", "source_system", "external_number", "line", "schedule"],
}
NUMBERS = {
    "items": ["uom_decimals", "unit_cost", "unit_price", "unit_volume_m3", "unit_weight_kg", "shelf_life_days"],
    "locations": ["storage_capacity_m3", "backorder_cost_per_day"],
    "item_locations": ["review_days", "min_quantity", "max_quantity", "safety_stock", "service_target"],
    "suppliers": ["order_cost", "min_order_value"],
    "supplier_items": [
        "lead_time_days", "lead_time_sd_days", "units_per_order_uom", "moq", "order_multiple", "unit_price", "priority",
        "share",
    ],
    "price_breaks": ["min_quantity", "unit_price"],
    "lanes": [
        "lead_time_days", "lead_time_sd_days", "min_quantity", "order_multiple", "cost_per_unit", "cost_per_shipment",
        "priority",
    ],
    "stock": ["on_hand", "allocated", "blocked", "backorders"],
    "demand": ["quantity", "returned_quantity", "price", "in_stock", "promotion"],
    "events": ["price"],
    "calendars": ["closed"],
    "exchange_rates": ["rate"],
    "open_orders": ["line", "schedule", "quantity", "received_quantity"],
}  # fmt: skip
DATES = {
    "items": ["active_from", "active_to"],
    "item_locations": ["active_from", "active_to"],
    "supplier_items": ["valid_from", "valid_to"],
    "price_breaks": ["valid_from"],
    "stock": ["expires_on", "as_of"],
    "demand": ["date"],
    "events": ["start_date", "end_date"],
    "exchange_rates": ["valid_from"],
    "open_orders": ["ordered_on", "requested_on", "promised_on"],
}
REFERENCES = [
    ("items", "successor", "items", "sku"),
    ("locations", "calendar", "calendars", "calendar"),
    ("item_locations", "sku", "items", "sku"),
    ("item_locations", "location", "locations", "code"),
    ("suppliers", "calendar", "calendars", "calendar"),
    ("supplier_items", "supplier", "suppliers", "code"),
    ("supplier_items", "sku", "items", "sku"),
    ("supplier_items", "location", "locations", "code"),
    ("lanes", "origin", "locations", "code"),
    ("lanes", "destination", "locations", "code"),
    ("lanes", "sku", "items", "sku"),
    ("lanes", "calendar", "calendars", "calendar"),
    ("events", "sku", "items", "sku"),
    ("events", "location", "locations", "code"),
    ("open_orders", "supplier", "suppliers", "code"),
    ("open_orders", "origin", "locations", "code"),
    ("open_orders", "destination", "locations", "code"),
    ("open_orders", "sku", "items", "sku"),
]
Folder = dict[str, pl.DataFrame]


def read_folder(folder: Path) -> Folder:
    """Every file as text, blank cells as null."""
    return {kind: pl.read_csv(folder / f"{kind}.csv", infer_schema=False) for kind in COLUMNS}


def assert_columns_and_values(tables: Folder) -> None:
    for kind, columns in COLUMNS.items():
        assert tuple(tables[kind].columns) == columns
        assert not tables[kind].select(KEYS[kind]).is_duplicated().any(), kind
    for kind, names in NUMBERS.items():
        numbers = tables[kind].select(pl.col(names).cast(pl.Float64, strict=True))
        for name in names:
            assert (numbers[name].drop_nulls() >= 0).all(), (kind, name)
            assert not tables[kind][name].str.contains("[eE]").any(), (kind, name)
    for kind, names in DATES.items():
        tables[kind].select(pl.col(names).str.to_date("%Y-%m-%d", strict=True))
    assert set(tables["items"]["status"]) <= {"active", "phase_out", "ended"}
    assert set(tables["item_locations"]["method"].drop_nulls()) <= {"rss", "min_max", "none"}
    dated = tables["calendars"].filter(~pl.col("date").is_in(WEEKDAYS))
    dated.select(pl.col("date").str.to_date("%Y-%m-%d", strict=True))


def assert_references(tables: Folder) -> None:
    for kind, column, target, key in REFERENCES:
        unknown = set(tables[kind][column].drop_nulls()) - set(tables[target][key])
        assert not unknown, (kind, column, unknown)
    item_locations = set(tables["item_locations"].select("sku", "location").iter_rows())
    for kind in ("stock", "demand"):
        assert set(tables[kind].select("sku", "location").iter_rows()) <= item_locations
    terms = set(tables["supplier_items"].select("supplier", "sku", "location", "valid_from").iter_rows())
    assert set(tables["price_breaks"].select("supplier", "sku", "location", "valid_from").iter_rows()) <= terms


def assert_no_lane_cycle(tables: Folder) -> None:
    """No sku can travel in a circle, counting the lanes of all items and its own."""
    lanes = tables["lanes"].select("origin", "destination", "sku").rows()
    for sku in {row[2] for row in lanes}:
        edges = {(origin, destination) for origin, destination, only in lanes if only in (None, sku)}
        while edges:
            destinations = {destination for _, destination in edges}
            onward = {edge for edge in edges if edge[0] in destinations}
            assert len(onward) < len(edges), f"the lanes of {sku or 'all items'} form a cycle"
            edges = onward


def assert_quantities_fit_their_unit(tables: Folder) -> None:
    """No more decimals than the item's stock unit has."""
    decimals = tables["items"].select("sku", pl.col("uom_decimals").cast(pl.Int64))
    for kind, names in {"demand": ["quantity"], "stock": ["on_hand", "allocated"], "open_orders": ["quantity"]}.items():
        joined = tables[kind].join(decimals, on="sku")
        for name in names:
            digits = pl.col(name).str.extract(r"\.(\d+)$").str.len_bytes().fill_null(0)
            assert joined.filter(digits > pl.col("uom_decimals")).is_empty(), (kind, name)


def assert_bucket_labels(tables: Folder, weekday: int) -> None:
    """Demand dates are first days of buckets. `weekday`: Monday is 0."""
    days = {date.fromisoformat(text).weekday() for text in tables["demand"]["date"].unique()}
    assert days == {weekday}


def assert_order_ends(tables: Folder) -> None:
    """Each kind of order names exactly the ends it has."""
    ends = {"purchase": (True, False, True), "transfer": (False, True, True), "sales": (False, True, False)}
    for kind, supplier, origin, destination in (
        tables["open_orders"].select("kind", "supplier", "origin", "destination").rows()
    ):
        assert (supplier is not None, origin is not None, destination is not None) == ends[kind]


def assert_consistent(tables: Folder, *, week_starts_on: int) -> None:
    assert_columns_and_values(tables)
    assert_references(tables)
    assert_no_lane_cycle(tables)
    assert_quantities_fit_their_unit(tables)
    assert_bucket_labels(tables, week_starts_on)
    assert_order_ends(tables)
