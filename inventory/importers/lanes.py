"""Lanes between own locations: a snapshot without cycles."""

import polars as pl

from inventory.importers.references import CALENDAR, ITEM, LOCATION
from inventory.models import Lane
from inventory.services import item_locations
from inventory.services.lane_graph import closing_lanes
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Value, merge, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage

_STAGED = """
SELECT 1 FROM import_lanes s
WHERE s.origin_id = t.origin_id AND s.destination_id = t.destination_id AND s.sku_id IS NOT DISTINCT FROM t.item_id
  AND (s.sku IS NULL) = (t.item_id IS NULL)
"""
_PRESENT = "SELECT count(*) FROM inventory_lane WHERE is_active"
_GONE = f"""
WITH gone AS (
    UPDATE inventory_lane t SET is_active = false, updated_at = now()
    WHERE t.is_active AND NOT EXISTS ({_STAGED})
    RETURNING t.item_id, t.origin_id, t.destination_id
)
INSERT INTO import_lanes_gone SELECT * FROM gone
"""
_EDGES = f"""
SELECT s.line, s.origin_id, s.destination_id, s.sku_id FROM import_lanes s
WHERE NOT s.rejected AND NOT s.repeated
UNION ALL
SELECT NULL, t.origin_id, t.destination_id, t.item_id FROM inventory_lane t
WHERE t.is_active AND EXISTS ({_STAGED} AND s.rejected)
ORDER BY 1 NULLS FIRST
"""


class LanesImporter(Importer):
    """Ways of goods between own locations; a lane that is absent has ended."""

    kind = "lanes"
    help = "Ways of goods between the company's own locations."
    snapshot = True
    gone_help = "those lanes would end"
    columns = (
        c.code("origin", key=True, required=True, reference=LOCATION),
        c.code("destination", key=True, required=True, reference=LOCATION),
        c.code("sku", "Blank: for all items.", key=True, reference=ITEM, field="item_id"),
        c.days("lead_time_days", "The company's default unless given."),
        c.days("lead_time_sd_days", "Standard deviation of the lead time."),
        c.quantity("min_quantity", "Smallest transfer of an item."),
        c.quantity("order_multiple", "Transfers of an item are multiples of it.", above=0),
        c.money("cost_per_unit", "Company currency."),
        c.money("cost_per_shipment", "Company currency."),
        c.integer("priority", "1 is used first; 1 unless given.", minimum=1),
        c.code("calendar", "Days on which goods leave.", reference=CALENDAR),
    )
    export_sql = (
        "SELECT o.code, d.code, i.sku, t.lead_time_days, t.lead_time_sd_days, t.min_quantity, t.order_multiple,"
        " t.cost_per_unit, t.cost_per_shipment, t.priority, k.code FROM inventory_lane t"
        " JOIN inventory_location o ON o.id = t.origin_id JOIN inventory_location d ON d.id = t.destination_id"
        " LEFT JOIN inventory_item i ON i.id = t.item_id LEFT JOIN company_calendar k ON k.id = t.calendar_id"
        " WHERE t.is_active ORDER BY o.code, d.code, i.sku NULLS FIRST"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        own = frame["origin"] == frame["destination"]
        return frame, [Problem("destination", own, "A lane cannot end where it begins.")]

    def check(self, stage: Stage, context: ImportContext) -> None:
        rows = stage.rows(_EDGES)
        names = dict(stage.rows("SELECT id, code FROM inventory_location"))
        reason = "This lane closes a cycle: {}. Goods of one item cannot travel in a circle; remove one of its lanes."
        rejected = [(line, " → ".join(names[place] for place in cycle)) for line, cycle in closing_lanes(rows)]
        if rejected:
            stage.reject(
                "SELECT line, 'destination', value, reason FROM unnest(%s::bigint[], %s::text[], %s::text[])"
                " AS closing (line, value, reason)",
                [
                    [line for line, _ in rejected],
                    [cycle for _, cycle in rejected],
                    [reason.format(cycle) for _, cycle in rejected],
                ],
            )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        present = stage.rows(_PRESENT)[0][0]
        stage.execute("DROP TABLE IF EXISTS pg_temp.import_lanes_gone")
        stage.execute("CREATE TEMP TABLE import_lanes_gone (item_id bigint, origin_id bigint, destination_id bigint)")
        revived = {"is_active": Value("true")}
        counts = merge(stage, target_of(Lane, self.columns, stage.given, extra=revived))
        counts.present = present
        counts.gone = stage.execute(_GONE)
        for end in ("origin_id", "destination_id"):
            item_locations.note_changes(f"SELECT sku_id, {end} FROM import_lanes_merge WHERE action <> 'same'")
            item_locations.note_changes(f"SELECT item_id, {end} FROM import_lanes_gone")
        return counts
