"""Demand events, and planners' overrides of the forecast."""

from forecasting.models import DemandEvent, EventKind, ForecastOverride, OverrideMode
from forecasting.services.events import OF_GOODS
from forecasting.services.overrides import LARGEST_FACTOR, reference_day
from inventory.importers.references import CATEGORY, ITEM, LOCATION
from inventory.services import item_locations
from stocksense.ingestion import columns as c
from stocksense.ingestion import importers
from stocksense.ingestion.columns import Reference
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import merge, reject_unordered, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage

REASON = Reference("forecast_overrides", "forecasting_overridereason", named="override reasons")
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


_IS_NEW = "NOT EXISTS (SELECT 1 FROM forecasting_forecastoverride o WHERE o.reference = s.reference)"
"""Files are sent again: what was taken once is not refused for its age."""
_REFUSED = (
    ("sku", "sku_id IS NULL AND category_id IS NULL AND location_id IS NULL",
     "Say what it is about: an item, a category or a location. Overrides of everything are written on the page."),
    ("category", "sku_id IS NOT NULL AND category_id IS NOT NULL", "Name an item or a category, not both."),
    ("value", "mode <> 'add' AND value < 0", "Only what is added may be below zero."),
    ("value", "mode = 'scale' AND value > %(largest)s", "The factor is too large: for 20 %% more write 1.2."),
    ("end_date", f"end_date < %(day)s AND {_IS_NEW}", "The span lies in the past."),
    ("reason", f"NOT EXISTS (SELECT 1 FROM forecasting_overridereason r WHERE r.id = s.reason_id AND r.is_active)"
     f" AND {_IS_NEW}",
     "The reason is not offered any more."),
    ("sku", "NOT EXISTS (SELECT 1 FROM inventory_itemlocation p JOIN inventory_item i ON i.id = p.item_id"
     " LEFT JOIN inventory_category own ON own.id = i.category_id"
     " LEFT JOIN inventory_category named ON named.id = s.category_id"
     " WHERE (s.sku_id IS NULL OR p.item_id = s.sku_id) AND (s.location_id IS NULL OR p.location_id = s.location_id)"
     " AND (s.category_id IS NULL OR starts_with(own.path || '/', named.path || '/')))",
     "Nothing is planned there: there is no such series."),
)  # fmt: skip
"""Column, what is wrong with a staged row `s`, and what is said of it."""


class ForecastOverridesImporter(Importer):
    """What planners, or the systems they plan in, know better than the statistical forecast."""

    kind = "forecast_overrides"
    help = "Changes of the forecast over a span of days, from the next forecast run on."
    columns = (
        c.code("reference", "What the override is called; the same again changes it.", key=True, required=True),
        c.code("sku", "Blank: see category.", reference=ITEM, field="item_id"),
        c.code("category", "Path of a category, with all below it; blank: see location.", max_length=600,
               reference=CATEGORY),
        c.code("location", "Blank: everywhere.", reference=LOCATION),
        c.date("start_date", "First day.", required=True),
        c.date("end_date", "Last day.", required=True),
        c.choice("mode", OverrideMode.values, "What the value does.", required=True),
        c.decimal("value", "Units over the whole span (replace, add) or a factor (scale).", digits=15, decimals=3,
                  minimum=None, required=True),
        c.code("reason", "Why.", required=True, max_length=32, reference=REASON),
        c.text("comment", max_length=2000),
        c.date("expires_on", "Last day on which forecasts take it in; until its span is past unless given."),
    )  # fmt: skip
    export_sql = (
        "SELECT t.reference, i.sku, k.path, l.code, t.start_date, t.end_date, t.mode, t.value, r.code, t.comment,"
        " t.expires_on FROM forecasting_forecastoverride t JOIN forecasting_overridereason r ON r.id = t.reason_id"
        " LEFT JOIN inventory_item i ON i.id = t.item_id LEFT JOIN inventory_category k ON k.id = t.category_id"
        " LEFT JOIN inventory_location l ON l.id = t.location_id WHERE t.withdrawn_at IS NULL ORDER BY t.reference"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        reject_unordered(stage, target_of(ForecastOverride, self.columns, stage.given), "start_date", "end_date")
        values = {"largest": LARGEST_FACTOR, "day": reference_day()}
        for column, wrong, says in _REFUSED:
            stage.reject(
                f"SELECT line, '{column}', {column}::text, '{says}' FROM import_forecast_overrides s"
                f" WHERE NOT rejected AND {wrong}",
                values,
            )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(ForecastOverride, self.columns, stage.given))
        if context.actor is not None:
            stage.execute(
                "UPDATE forecasting_forecastoverride t SET author_id = %s FROM import_forecast_overrides_merge m"
                " WHERE m.action <> 'same' AND m.reference = t.reference",
                [context.actor.pk],
            )
        return counts


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(EventsImporter(), ForecastOverridesImporter())
