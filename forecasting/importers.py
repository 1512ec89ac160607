"""Demand events: promotions and other happenings that move demand."""

from forecasting.models import DemandEvent, EventKind
from inventory.importers.references import ITEM, LOCATION
from inventory.services import item_locations
from stocksense.ingestion import columns as c
from stocksense.ingestion import importers
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import merge, reject_unordered, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage


class EventsImporter(Importer):
    """What happens to demand, when and where."""

    kind = "events"
    help = "Promotions and other happenings that move demand."
    columns = (
        c.choice("kind", EventKind.values, "What happens.", key=True, required=True),
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", "Blank: everywhere.", key=True, reference=LOCATION),
        c.date("start_date", "First day.", key=True, required=True),
        c.date("end_date", "Last day; open until it is known unless given."),
        c.money("price", "Price during the event."),
        c.text("label", "Such as the name of the promotion."),
    )
    export_sql = (
        "SELECT t.kind, i.sku, l.code, t.start_date, t.end_date, t.price, t.label FROM forecasting_demandevent t"
        " JOIN inventory_item i ON i.id = t.item_id LEFT JOIN inventory_location l ON l.id = t.location_id"
        " ORDER BY i.sku, l.code NULLS FIRST, t.start_date, t.kind"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        stage.reject(
            "SELECT line, 'end_date', end_date::text, 'end_date lies before start_date.' FROM import_events"
            " WHERE NOT rejected AND end_date < start_date"
        )
        reject_unordered(stage, target_of(DemandEvent, self.columns, stage.given), "start_date", "end_date")

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(DemandEvent, self.columns, stage.given))
        item_locations.note_changes("SELECT sku_id, location_id FROM import_events_merge WHERE action <> 'same'")
        return counts


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(EventsImporter())
