"""Writes the demo company's import folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from stocksense.company.demo.assortment import build_assortment, item_location_rows
from stocksense.company.demo.catalogue import build_catalogue
from stocksense.company.demo.demand import build_demand
from stocksense.company.demo.files import COLUMNS, Cell, Row, write_frame, write_rows
from stocksense.company.demo.network import PLACES, calendar_rows, lane_rows
from stocksense.company.demo.orders import OpenOrders
from stocksense.company.demo.position import build_position, stock_rows
from stocksense.company.demo.promotions import WEEKS, build_promotions, event_rows
from stocksense.company.demo.suppliers import SUPPLIERS, build_terms, exchange_rate_rows, price_break_rows

NAME: Final = "Maison Verte (generated demo company)"


@dataclass(frozen=True)
class DemoSummary:
    """What was written: rows per kind of file, and the span of the demand history (first days of weeks)."""

    folder: Path
    name: str
    seed: int
    as_of: date
    first_week: date
    last_week: date
    rows: dict[str, int]


def write_demo_company(folder: Path, *, seed: int = 1, last_date: date) -> DemoSummary:
    """Write one CSV file of each kind into `folder` (made if absent, same-named files replaced).

    The company is invented: a coffee and pantry retailer that also sells wholesale. Stock is as of the opening of the
    day after `last_date`; demand covers the 104 weeks that end with the last week (Monday to Sunday) closed by then.
    The same seed and date give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last_week = last_date - timedelta(days=(last_date.weekday() + 1) % 7 + 6)
    first_week = last_week - timedelta(weeks=WEEKS - 1)
    items = build_catalogue(seed, last_week)
    assortment = build_assortment(seed, items, last_week)
    terms = build_terms(seed, items, assortment, last_date)
    promotions = build_promotions(seed, items)
    demand = build_demand(seed, items, assortment, promotions, first_week)
    position = build_position(seed, items, assortment, demand.coming)
    orders = OpenOrders(seed, items, assortment, position, last_date).rows(terms)
    kept = {(items[i].sku, PLACES[p].code) for i, p in zip(assortment.item, assortment.place, strict=True)}
    tables = {
        "company": _company_rows(),
        "items": (item.row() for item in items),
        "locations": (place.row() for place in PLACES),
        "item_locations": item_location_rows(seed, items, assortment),
        "suppliers": (supplier.row() for supplier in SUPPLIERS.values()),
        "supplier_items": (term.row() for term in terms),
        "price_breaks": price_break_rows(seed, terms),
        "lanes": lane_rows(items, kept),
        "stock": stock_rows(seed, items, assortment, position, last_date),
        "events": event_rows(items, promotions, first_week),
        "calendars": calendar_rows(last_date),
        "exchange_rates": exchange_rate_rows(seed, last_date),
        "open_orders": orders,
    }
    rows = {kind: write_rows(folder, kind, table) for kind, table in tables.items()}
    rows["demand"] = write_frame(folder, "demand", demand.frame)
    return DemoSummary(
        folder, NAME, seed, last_date + timedelta(days=1), first_week, last_week, {kind: rows[kind] for kind in COLUMNS}
    )


def _company_rows() -> Iterator[Row]:
    settings: dict[str, Cell] = {
        "name": NAME,
        "currency": "EUR",
        "bucket": "week",
        "week_start": "monday",
        "time_zone": "Europe/Paris",
        "default_lead_time_days": 7,
        "default_service_target": 0.95,
        "holding_rate_per_year": 0.22,
        "default_order_cost": 40,
        "unmet_demand": "lost",
    }
    for key, value in settings.items():
        yield {"key": key, "value": value}
