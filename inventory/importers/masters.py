"""Items with their categories, locations, and the settings of items at locations."""

from zoneinfo import available_timezones

import polars as pl
from django.db import connection

from inventory.importers.references import CALENDAR, ITEM, LOCATION
from inventory.models import Item, ItemLocation, ItemStatus, Location, LocationKind, PolicyMethod
from inventory.services import item_locations
from stocksense.company.models import UnmetDemand
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Target, Value, merge, reject_unordered, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage

LONGEST_CATEGORY = 120

_ADD_CATEGORY = """
INSERT INTO inventory_category (parent_id, name, path, created_at, updated_at)
VALUES ((SELECT id FROM inventory_category WHERE path = %s), %s, %s, now(), now()) ON CONFLICT (path) DO NOTHING
"""
_UNKNOWN_SUCCESSOR = """
SELECT s.line, 'successor', s.successor, 'successor ' || s.successor || ' is not known; add it to items or correct it.'
FROM import_items s
WHERE NOT s.rejected AND s.successor IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM inventory_item i WHERE i.sku = s.successor)
  AND NOT EXISTS (SELECT 1 FROM import_items o WHERE o.sku = s.successor AND NOT o.rejected)
"""
_SET_SUCCESSORS = """
UPDATE inventory_item t SET successor_id = next.id
FROM import_items_merge s JOIN inventory_item next ON next.sku = s.successor
WHERE t.sku = s.sku AND t.successor_id IS DISTINCT FROM next.id
"""
_STORED_CATEGORY = "(SELECT k.path FROM inventory_category k WHERE k.id = t.category_id)"


class ItemsImporter(Importer):
    """Items; categories come to be from their paths, a successor may stand further down."""

    kind = "items"
    help = "What the company buys, stores and sells."
    columns = (
        c.code("sku", "Code of the item.", key=True, required=True),
        c.text("name", "Name that people see."),
        c.text("category", "Path in the item tree, parts parted by /.", max_length=600),
        c.text("uom", "Stock unit; pcs unless given.", max_length=16),
        c.integer("uom_decimals", "Decimals that quantities of the item may have; 0 unless given.", maximum=3),
        c.money("unit_cost", "Company currency per stock unit."),
        c.money("unit_price", "Selling price, company currency per stock unit."),
        c.decimal("unit_volume_m3", "Cubic metres per stock unit.", digits=14, decimals=6),
        c.decimal("unit_weight_kg", "Kilograms per stock unit.", digits=14, decimals=6),
        c.integer("shelf_life_days", "Days that it can be sold after it was made.", maximum=2_147_483_647),
        c.choice("status", ItemStatus.values, "active unless given.", synonyms={"phasing_out": "phase_out"}),
        c.date("active_from", "First day of sale."),
        c.date("active_to", "Last day of sale."),
        c.code("successor", "sku of the item that takes over the demand.", field="successor_id"),
    )
    export_sql = (
        "SELECT i.sku, i.name, k.path, i.uom, i.uom_decimals, i.unit_cost, i.unit_price, i.unit_volume_m3,"
        " i.unit_weight_kg, i.shelf_life_days, i.status, i.active_from, i.active_to, n.sku"
        " FROM inventory_item i LEFT JOIN inventory_category k ON k.id = i.category_id"
        " LEFT JOIN inventory_item n ON n.id = i.successor_id ORDER BY i.sku"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        paths = {path: _tidy_path(path) for path in frame["category"].drop_nulls().unique().to_list()}
        category = frame["category"].replace_strict(paths, default=None, return_dtype=pl.String)
        long = category.is_in(
            [path for path in paths.values() if path and max(map(len, path.split("/"))) > LONGEST_CATEGORY]
        )
        own = frame["successor"] == frame["sku"]
        problems = [
            Problem("category", long, f"A part of category is longer than {LONGEST_CATEGORY} characters."),
            Problem("successor", own, "An item cannot be its own successor."),
        ]
        return frame.with_columns(category.alias("category")), problems

    def check(self, stage: Stage, context: ImportContext) -> None:
        while stage.reject(_UNKNOWN_SUCCESSOR):
            pass
        reject_unordered(stage, self._target(stage), "active_from", "active_to")

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        if "category" in stage.given:
            _add_categories(stage)
        counts = merge(stage, self._target(stage))
        stage.execute(_SET_SUCCESSORS)
        item_locations.note_changes("SELECT target_id, NULL FROM import_items_merge WHERE action = 'changed'")
        return counts

    def _target(self, stage: Stage) -> Target:
        special = {
            "category_id": Value(
                "(SELECT k.id FROM inventory_category k WHERE k.path = s.category)",
                shown_current=_STORED_CATEGORY,
                shown_new="s.category",
            ),
            "successor_id": Value(
                "s.successor", "(SELECT n.sku FROM inventory_item n WHERE n.id = t.successor_id)", written=False
            ),
        }
        plain = [column for column in self.columns if column.name not in ("category", "successor")]
        given = {name: value for name, value in special.items() if name.removesuffix("_id") in stage.given}
        return target_of(Item, plain, stage.given, extra=given)


def _tidy_path(path: str) -> str | None:
    return "/".join(part for part in (part.strip() for part in path.split("/")) if part) or None


def _add_categories(stage: Stage) -> None:
    paths = [
        path for (path,) in stage.rows(f"SELECT DISTINCT category FROM import_items s WHERE {stage.valid}") if path
    ]
    parts = {tuple(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)}
    rows = [
        ("/".join(part[:-1]), part[-1], "/".join(part)) for part in sorted(parts, key=lambda part: (len(part), part))
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD_CATEGORY, rows)


class LocationsImporter(Importer):
    """The company's own places."""

    kind = "locations"
    help = "The company's own places that hold stock."
    columns = (
        c.code("code", "Code of the location.", key=True, required=True),
        c.text("name", "Name that people see."),
        c.choice("kind", LocationKind.values, "store unless given.", synonyms={"distribution_centre": "dc"}),
        c.text("region", "Any grouping of locations.", max_length=120),
        c.decimal("storage_capacity_m3", "Cubic metres that it holds.", digits=14, decimals=3),
        c.text("time_zone", "Such as Europe/Paris; the company's unless given.", max_length=64),
        c.choice("unmet_demand", UnmetDemand.values, "Lost at stores, backordered elsewhere unless given."),
        c.money("backorder_cost_per_day", "Per unit short and day, company currency."),
        c.code("calendar", "Days on which the location receives goods.", reference=CALENDAR),
    )
    export_sql = (
        "SELECT l.code, l.name, l.kind, l.region, l.storage_capacity_m3, l.time_zone, l.unmet_demand,"
        " l.backorder_cost_per_day, k.code FROM inventory_location l"
        " LEFT JOIN company_calendar k ON k.id = l.calendar_id ORDER BY l.code"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        unknown = ~frame["time_zone"].is_in(sorted(available_timezones()))
        return frame, [Problem("time_zone", unknown, "time_zone is not known; write it like Europe/Paris.")]

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(Location, self.columns, stage.given))
        item_locations.note_changes("SELECT NULL, target_id FROM import_locations_merge WHERE action = 'changed'")
        return counts


class ItemLocationsImporter(Importer):
    """Planning settings of an item at a location."""

    kind = "item_locations"
    help = "Which items are stocked where, and settings that differ from the rules."
    columns = (
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", key=True, required=True, reference=LOCATION),
        c.date("active_from", "First day on which it is stocked here."),
        c.date("active_to", "Last day on which it is stocked here."),
        c.choice("method", PolicyMethod.values, "How its levels are set; by the rules unless given."),
        c.integer("review_days", "Days between reviews.", minimum=1),
        c.weekdays("order_weekdays", "Days on which it is ordered, such as mon thu."),
        c.quantity("min_quantity", "Reorder point for method min_max."),
        c.quantity("max_quantity", "Order-up-to level for method min_max."),
        c.quantity("safety_stock", "Safety stock to keep instead of the computed one."),
        c.decimal("service_target", "Share between 0 and 1.", digits=5, decimals=4, above=0, below=1),
    )
    export_sql = (
        "SELECT i.sku, l.code, t.active_from, t.active_to, t.method, t.review_days,"
        " (SELECT string_agg((ARRAY['mon','tue','wed','thu','fri','sat','sun'])[day + 1], ' ' ORDER BY day)"
        "  FROM unnest(t.order_weekdays) AS day),"
        " t.min_quantity, t.max_quantity, t.safety_stock, t.service_target FROM inventory_itemlocation t"
        " JOIN inventory_item i ON i.id = t.item_id JOIN inventory_location l ON l.id = t.location_id"
        " ORDER BY i.sku, l.code"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        target = target_of(ItemLocation, self.columns, stage.given)
        reject_unordered(stage, target, "active_from", "active_to")
        reject_unordered(stage, target, "min_quantity", "max_quantity")

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(ItemLocation, self.columns, stage.given))
        item_locations.note_changes(
            "SELECT sku_id, location_id FROM import_item_locations_merge WHERE action <> 'same'"
        )
        return counts
