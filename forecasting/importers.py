"""Demand events, and what planners say of forecasts, of past demand and of new items."""

import polars as pl

from forecasting.models import (
    CorrectionKind,
    CorrectionState,
    DemandCorrection,
    DemandEvent,
    EventKind,
    ForecastOverride,
    ItemAnalogue,
    OverrideMode,
)
from forecasting.services.corrections import NOT_OVER, NOTHING
from forecasting.services.events import OF_GOODS
from forecasting.services.overrides import LARGEST_FACTOR, reference_day
from inventory.importers.references import CATEGORY, ITEM, LOCATION
from inventory.services import item_locations
from stocksense.company import services as company
from stocksense.ingestion import columns as c
from stocksense.ingestion import importers
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.columns import Reference
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Value, merge, reject_unordered, target_of
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


_NOT_CORRECTED = (
    ("date", "date + %(bucket_days)s > %(today)s", NOT_OVER),
    ("quantity", "quantity = 0", NOTHING),
    ("location", "NOT EXISTS (SELECT 1 FROM inventory_itemlocation p"
     " WHERE p.item_id = s.sku_id AND p.location_id = s.location_id)", "The item is not kept there."),
    ("quantity", "quantity < 0 AND quantity + (SELECT coalesce(sum(d.quantity), 0) FROM inventory_demand d"
     " WHERE d.item_id = s.sku_id AND d.location_id = s.location_id"
     " AND d.date >= s.date AND d.date < s.date + %(bucket_days)s) < 0", "Not that much was recorded."),
)  # fmt: skip
"""As `corrections.problems_of`: column, what is wrong with a staged row `s`, and what is said of it."""
_NOBODY = "A correction is a person's word: import it signed in (or with --as), as somebody who may correct demand."
_ONE_BUCKET = """
SELECT s.line, 'date', s.day::text,
       format('Line %%s is of the same %%s; one correction of each, please: add them up.', min(o.line), %(bucket)s)
FROM import_demand_corrections s JOIN import_demand_corrections o
    ON o.sku_id = s.sku_id AND o.location_id = s.location_id AND o.date = s.date AND o.day <> s.day
WHERE NOT s.rejected AND NOT o.rejected GROUP BY s.line, s.day
"""
_UNDONE = """
SELECT count(*) FROM import_demand_corrections s JOIN forecasting_demandcorrection t ON {same}
WHERE NOT s.rejected AND NOT s.repeated AND NOT ({counts})
"""
_NOT_UNDONE = f"t.state IS DISTINCT FROM '{CorrectionState.UNDONE}' OR t.quantity <> s.quantity"
"""Who undid a correction meant this one: the same again changes nothing. Another quantity is another word."""


class DemandCorrectionsImporter(Importer):
    """What people know of past demand and the records do not."""

    kind = "demand_corrections"
    help = "Corrections of the demand that is forecast from; what was recorded stays as it is."
    after = ("company", "demand")
    columns = (
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", key=True, required=True, reference=LOCATION),
        c.date("date", "A day of the bucket, which must be over.", key=True, required=True),
        c.decimal("quantity", "Units added to what was recorded; below zero: taken away.", digits=15, decimals=3,
                  minimum=None, required=True),
        c.text("reason", "Why: others will want to know.", required=True),
    )  # fmt: skip
    extra_stage_columns = {"day": "date"}
    export_sql = (
        "SELECT i.sku, l.code, t.date, t.quantity, t.reason FROM forecasting_demandcorrection t"
        " JOIN inventory_item i ON i.id = t.item_id JOIN inventory_location l ON l.id = t.location_id"
        f" WHERE t.kind = '{CorrectionKind.MANUAL}' AND t.state = '{CorrectionState.APPLIED}'"
        " ORDER BY i.sku, l.code, t.date"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        settings = company.settings()
        frame = frame.with_columns(pl.col("date").alias("day"))
        if settings.bucket_days == 1:
            return frame, []
        late = (pl.col("date").dt.weekday().cast(pl.Int64) - 1 - settings.week_start) % settings.bucket_days
        return frame.with_columns(pl.col("date") - pl.duration(days=late)), []

    def key_columns(self) -> list[str]:
        """By the day as written: rows of other days of a bucket are no repetition."""
        return ["sku_id", "location_id", "day"]

    def check(self, stage: Stage, context: ImportContext) -> None:
        if context.actor is None or not context.actor.has_perm("forecasting.add_demandcorrection"):
            stage.reject(
                "SELECT line, 'sku', sku::text, %(says)s FROM import_demand_corrections WHERE NOT rejected",
                {"says": _NOBODY},
            )
        settings = company.settings()
        stage.reject(_ONE_BUCKET, {"bucket": settings.get_bucket_display().lower()})
        values = {"bucket_days": settings.bucket_days, "today": context.today}
        for column, wrong, says in _NOT_CORRECTED:
            stage.reject(
                f"SELECT line, '{column}', {column}::text, %(says)s FROM import_demand_corrections s"
                f" WHERE NOT rejected AND {wrong}",
                {**values, "says": says},
            )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        if context.actor is None:  # (then every line is rejected)
            return Counts()
        target = target_of(
            DemandCorrection, self.columns, stage.given,
            extra_key={"bucket_days": str(company.settings().bucket_days), "kind": f"'{CorrectionKind.MANUAL}'"},
            extra={"state": Value(f"'{CorrectionState.APPLIED}'"), "author_id": _by(context)},
        )  # fmt: skip
        counts = merge(stage, target, where=_NOT_UNDONE)
        same = " AND ".join(f"t.{name} = {value}" for name, value in target.key.items())
        ((undone,),) = stage.rows(_UNDONE.format(same=same, counts=_NOT_UNDONE))
        if undone:
            counts.same += undone
            context.warn(
                self.kind, f"{undone} corrections were undone and stay so; apply them on the page if they count."
            )
        return counts


class ItemAnaloguesImporter(Importer):
    """Which items new ones are expected to sell like."""

    kind = "item_analogues"
    help = "Items that new items will sell like, until they have a history of their own."
    columns = (
        c.code("sku", "The new item.", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("analogue", "The item that it will sell like.", key=True, required=True, reference=ITEM),
        c.decimal("weight", "Against the item's other analogues; 1 unless given.", digits=7, decimals=3, above=0),
        c.decimal("scale", "Units of the item per unit of the analogue; 1 unless given.", digits=9, decimals=4,
                  above=0),
    )  # fmt: skip
    export_sql = (
        "SELECT i.sku, a.sku, t.weight, t.scale FROM forecasting_itemanalogue t"
        " JOIN inventory_item i ON i.id = t.item_id JOIN inventory_item a ON a.id = t.analogue_id"
        " ORDER BY i.sku, a.sku"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        stage.reject(
            "SELECT line, 'analogue', analogue, 'An item is no analogue of itself.' FROM import_item_analogues"
            " WHERE NOT rejected AND sku_id = analogue_id"
        )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        extra = {} if context.actor is None else {"chosen_by_id": _by(context)}
        return merge(stage, target_of(ItemAnalogue, self.columns, stage.given, extra=extra))


def _by(context: ImportContext) -> Value:
    """Who imports: written with what is new or changed, no change of its own."""
    return Value(str(context.actor.pk), current=str(context.actor.pk))


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(
        EventsImporter(), ForecastOverridesImporter(), DemandCorrectionsImporter(), ItemAnaloguesImporter()
    )
