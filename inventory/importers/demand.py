"""Demand history: buckets of the company's grain, added and corrected, never removed."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from inventory.importers.references import ITEM, LOCATION
from inventory.models import Demand
from inventory.services import item_locations
from stocksense.company import services as company
from stocksense.company.models import Weekday
from stocksense.core.database.partitions import ensure_partitions
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import merge, target_of
from stocksense.ingestion.models import DataFeed
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage

YEARS_BACK, YEARS_AHEAD = 30, 3

_SPAN = "SELECT min(date), max(date) FROM import_demand s WHERE NOT s.rejected"
_YEARS = "SELECT min(date) FROM import_demand s WHERE NOT s.rejected GROUP BY date_trunc('year', date)"
_HOLD_ITEMS = """
SELECT i.id FROM inventory_item i WHERE i.id IN (SELECT sku_id FROM import_demand) ORDER BY i.id FOR KEY SHARE
"""
_HOLD_LOCATIONS = """
SELECT l.id FROM inventory_location l WHERE l.id IN (SELECT location_id FROM import_demand) ORDER BY l.id FOR KEY SHARE
"""
_LAST_CLOSED = "SELECT max(date) FROM import_demand s WHERE NOT s.rejected AND date <= %s"


def recordable_span(today: date, years_back: int = YEARS_BACK) -> tuple[date, date]:
    """First and last day for which partitioned tables take rows."""
    start = date(today.year - years_back, today.month, min(today.day, 28)) + timedelta(days=3)
    return start, date(today.year + YEARS_AHEAD, today.month, min(today.day, 28)) - timedelta(days=1)


class DemandImporter(Importer):
    """What customers took per bucket; a negative quantity is a return."""

    kind = "demand"
    help = "What customers took, per item, location and bucket (day or week, as the company says)."
    after = ("company", "item_locations")
    columns = (
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", key=True, required=True, reference=LOCATION),
        c.date("date", "First day of the bucket.", key=True, required=True),
        c.quantity("quantity", "Sold or asked for; below zero it is a return.", required=True, minimum=None),
        c.quantity("returned_quantity", "Brought back by customers."),
        c.money("price", "Average selling price."),
        c.flag("in_stock", "0 where it was sold out for a part of the bucket; 1 unless given."),
        c.text("promotion", "Name of a promotion.", max_length=64),
    )
    export_sql = (
        "SELECT i.sku, l.code, t.date, t.quantity, t.returned_quantity, t.price, t.in_stock, t.promotion"
        " FROM inventory_demand t JOIN inventory_item i ON i.id = t.item_id JOIN inventory_location l"
        " ON l.id = t.location_id WHERE t.bucket_days = (SELECT CASE bucket WHEN 'week' THEN 7 ELSE 1 END"
        " FROM company_companysettings) ORDER BY i.sku, l.code, t.date"
    )

    def prepare(self, context: ImportContext) -> None:
        settings = company.settings()
        context.options["bucket_days"] = settings.bucket_days
        context.options["week_start"] = settings.week_start
        context.options["span"] = recordable_span(context.today)

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        problems = [_outside_span(frame["date"], context)]
        if context.options["bucket_days"] == 7:
            problems.append(_wrong_weekday(frame["date"], context.options["week_start"]))
        amount = frame["quantity"].cast(pl.Float64, strict=False)
        negative = (amount < 0).fill_null(False)
        if negative.any():
            context.tally["negative demand"] += int(negative.sum())
            known = pl.col("returned_quantity").cast(pl.Float64, strict=False).fill_null(0)
            returned = (known - pl.col("quantity").cast(pl.Float64, strict=False)).round(3)
            frame = frame.with_columns(
                pl.when(negative).then(returned.cast(pl.String)).otherwise("returned_quantity")
                .alias("returned_quantity"),
                pl.when(negative).then(pl.lit("0")).otherwise("quantity").alias("quantity"),
            )  # fmt: skip
        return frame, problems

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        if count := context.tally["negative demand"]:
            stage.given.add("returned_quantity")
            context.warn(
                self.kind, f"{count} rows have a quantity below zero; it was taken as returned, and sales as 0."
            )
        first, last = stage.rows(_SPAN)[0]
        if first is None:
            return Counts()
        for hold in (_HOLD_ITEMS, _HOLD_LOCATIONS):  # stands in for a foreign key of each row
            stage.execute(hold)
        ensure_partitions(Demand, [day for (day,) in stage.rows(_YEARS)])
        item_locations.ensure("SELECT DISTINCT sku_id AS item_id, location_id FROM import_demand WHERE NOT rejected")
        bucket_days = context.options["bucket_days"]
        target = target_of(
            Demand, self.columns, stage.given, extra_key={"bucket_days": str(bucket_days)},
            extra_join=f"t.date BETWEEN '{first}' AND '{last}'",
        )  # fmt: skip
        counts = merge(stage, replace(target, only_imports_write=True))
        item_locations.note_changes(
            "SELECT DISTINCT sku_id, location_id FROM import_demand_merge WHERE action <> 'same'"
        )
        self._note_last_closed_bucket(stage, context, bucket_days)
        return counts

    def _note_last_closed_bucket(self, stage: Stage, context: ImportContext, bucket_days: int) -> None:
        """Demand is known up to the end of the last bucket that was over before today, or before the stock's day."""
        stock = (
            context.as_of.get("stock") or DataFeed.objects.filter(kind="stock").values_list("as_of", flat=True).first()
        )
        opening = min(max(context.today, stock or context.today), context.today + timedelta(days=1))
        over = opening - timedelta(days=1)
        last = stage.rows(_LAST_CLOSED, [over - timedelta(days=bucket_days - 1)])[0][0]
        if last is not None:
            context.as_of[self.kind] = last + timedelta(days=bucket_days - 1)


def _outside_span(dates: pl.Series, context: ImportContext) -> Problem:
    first, last = context.options["span"]
    outside = (dates < first) | (dates > last)
    return Problem("date", outside, f"date lies outside {YEARS_BACK} years back and {YEARS_AHEAD} years ahead.")


def _wrong_weekday(dates: pl.Series, week_start: int) -> Problem:
    days_late = (dates.dt.weekday().cast(pl.Int64) - 1 - week_start) % 7
    wrong = days_late != 0
    if not wrong.any():
        return Problem("date", wrong, "")
    name = Weekday(week_start).label
    right = pl.DataFrame({"day": dates, "late": days_late}).select(
        pl.format(
            f"Weeks begin on {name}: write {{}}, the {name} of that week.",
            pl.col("day").dt.offset_by(pl.format("-{}d", pl.col("late").fill_null(0))).cast(pl.String),
        )
    )
    return Problem("date", wrong, right.to_series())
