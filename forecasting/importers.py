"""Demand events: promotions and other happenings that move demand."""

from forecasting.models import DemandEvent, EventKind
from forecasting.services.events import OF_GOODS
from inventory.importers.references import CATEGORY, ITEM, LOCATION
from inventory.services import item_locations
from stocksense.ingestion import columns as c
from stocksense.ingestion import importers
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import merge, reject_unordered, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage

_BOTH = """
SELECT line, 'category', category, 'Name a sku or a category, not both.' FROM import_events
WHERE NOT rejected AND sku IS NOT NULL AND category IS NOT NULL
"""
_NOTHING_NAMED = f"""
SELECT line, 'sku', '', 'Name the sku or the category: an event of this kind is about goods.' FROM import_events
WHERE NOT rejected AND sku IS NULL AND category IS NULL AND kind IN ({", ".join(f"'{kind}'" for kind in OF_GOODS)})
"""
_TOUCHED = """
SELECT sku_id, location_id FROM import_events_merge WHERE action <> 'same' AND category_id IS NULL
UNION
SELECT item.id, event.location_id FROM import_events_merge event
JOIN inventory_category named ON named.id = event.category_id
JOIN inventory_category own ON own.id = named.id OR starts_with(own.path, named.path || '/')
JOIN inventory_item item ON item.category_id = own.id
WHERE event.action <> 'same'
"""


class EventsImporter(Importer):
    """What happens to demand, when and where."""

    kind = "events"
    help = "Promotions, price changes, holidays, closures and other happenings that move demand."
    columns = (
        c.choice("kind", EventKind.values, "What happens.", key=True, required=True),
        c.code("sku", "Blank: every item, or all of the category.", key=True, reference=ITEM, field="item_id"),
        c.code(
            "category",
            "Path in the item tree, instead of a sku: all below it.",
            key=True,
            max_length=600,
            reference=CATEGORY,
        ),
        c.code("location", "Blank: everywhere.", key=True, reference=LOCATION),
        c.date("start_date", "First day.", key=True, required=True),
        c.date("end_date", "Last day; open until it is known unless given."),
        c.money("price", "Price during the event."),
        c.text("label", "Such as the name of the promotion."),
    )
    export_sql = (
        "SELECT t.kind, i.sku, k.path, l.code, t.start_date, t.end_date, t.price, t.label"
        " FROM forecasting_demandevent t LEFT JOIN inventory_item i ON i.id = t.item_id"
        " LEFT JOIN inventory_category k ON k.id = t.category_id LEFT JOIN inventory_location l ON l.id = t.location_id"
        " ORDER BY i.sku NULLS FIRST, k.path NULLS FIRST, l.code NULLS FIRST, t.start_date, t.kind"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        stage.reject(
            "SELECT line, 'end_date', end_date::text, 'end_date lies before start_date.' FROM import_events"
            " WHERE NOT rejected AND end_date < start_date"
        )
        stage.reject(_BOTH)
        stage.reject(_NOTHING_NAMED)
        reject_unordered(stage, target_of(DemandEvent, self.columns, stage.given), "start_date", "end_date")

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(DemandEvent, self.columns, stage.given))
        item_locations.note_changes(_TOUCHED)
        return counts


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(EventsImporter())
