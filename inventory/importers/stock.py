"""Stock: a snapshot that is turned into count movements of what differs."""

from datetime import timedelta

import polars as pl

from inventory.importers.demand import recordable_span
from inventory.importers.references import ITEM, LOCATION
from inventory.services import item_locations, ledger
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.report import SHOWN_CHANGES, Change, Counts
from stocksense.ingestion.stage import Stage

LEDGER_YEARS_BACK = 15

_STALE = """
SELECT s.line, 'as_of', s.as_of::text,
       'Stock of ' || state.stock_as_of || ' is known already; an older count is not taken.'
FROM import_stock s
JOIN inventory_itemlocation il ON il.item_id = s.sku_id AND il.location_id = s.location_id
JOIN inventory_itemlocationstate state ON state.item_location_id = il.id
WHERE NOT s.rejected AND s.as_of < state.stock_as_of
"""
_PRESENT = """
SELECT count(DISTINCT (item_id, location_id, lot)) FROM inventory_stockbalance WHERE quantity <> 0 OR allocated <> 0
"""
_GONE = """
CREATE TEMP TABLE import_stock_gone AS
SELECT b.id AS balance_id, b.item_id, b.location_id, b.lot, b.status
FROM inventory_stockbalance b
LEFT JOIN inventory_itemlocation il ON il.item_id = b.item_id AND il.location_id = b.location_id
LEFT JOIN inventory_itemlocationstate state ON state.item_location_id = il.id
WHERE (b.quantity <> 0 OR b.allocated <> 0) AND coalesce(state.stock_as_of <= %(as_of)s, true)
  AND NOT EXISTS (
    SELECT 1 FROM import_stock s WHERE s.sku_id = b.item_id AND s.location_id = b.location_id AND s.lot = b.lot
  )
"""
_CLASSIFY = """
CREATE TEMP TABLE import_stock_merge AS
SELECT s.*, b.id AS available_id, k.id AS blocked_id, state.backorders AS old_backorders,
       b.quantity AS old_on_hand, k.quantity AS old_blocked, b.allocated AS old_allocated,
       b.expires_on AS old_expires_on,
       sum(s.backorders) OVER (PARTITION BY s.sku_id, s.location_id) AS all_backorders,
       coalesce(s.allocated <> coalesce(b.allocated, 0), false)
       OR coalesce(s.expires_on IS DISTINCT FROM b.expires_on AND s.expires_on IS NOT NULL, false) AS differs
FROM import_stock s
LEFT JOIN inventory_stockbalance b
  ON b.item_id = s.sku_id AND b.location_id = s.location_id AND b.lot = s.lot AND b.status = 'available'
LEFT JOIN inventory_stockbalance k
  ON k.item_id = s.sku_id AND k.location_id = s.location_id AND k.lot = s.lot AND k.status = 'blocked'
LEFT JOIN inventory_itemlocation il ON il.item_id = s.sku_id AND il.location_id = s.location_id
LEFT JOIN inventory_itemlocationstate state ON state.item_location_id = il.id
WHERE NOT s.rejected AND NOT s.repeated
"""
_COUNTS = """
CREATE TEMP TABLE import_stock_counts AS
SELECT sku_id AS item_id, location_id, lot, 'available' AS status, on_hand AS quantity, as_of AS counted_on,
       at_opening
FROM import_stock_merge
UNION ALL
SELECT sku_id, location_id, lot, 'blocked', blocked, as_of, at_opening FROM import_stock_merge
WHERE blocked > 0 OR (blocked = 0 AND blocked_id IS NOT NULL)
UNION ALL
SELECT item_id, location_id, lot, status, 0, %(as_of)s::date,
       coalesce((SELECT bool_or(at_opening) FROM import_stock_merge), false)
FROM import_stock_gone
"""
_ACTIONS = """
ALTER TABLE import_stock_merge ADD COLUMN action text;
UPDATE import_stock_merge m SET action = CASE
    WHEN available_id IS NULL AND blocked_id IS NULL THEN 'new'
    WHEN differs OR coalesce(all_backorders <> coalesce(old_backorders, 0), false) OR EXISTS (
        SELECT 1 FROM import_stock_counts_difference d
        WHERE d.item_id = m.sku_id AND d.location_id = m.location_id AND d.lot = m.lot AND d.difference <> 0
    ) THEN 'changed' ELSE 'same' END
"""
_SET_ALLOCATED = """
UPDATE inventory_stockbalance b
SET allocated = CASE WHEN b.status = 'available' THEN coalesce(m.allocated, b.allocated) ELSE b.allocated END,
    expires_on = coalesce(m.expires_on, b.expires_on), updated_at = now()
FROM import_stock_merge m
WHERE b.item_id = m.sku_id AND b.location_id = m.location_id AND b.lot = m.lot
  AND ((b.status = 'available' AND m.allocated IS DISTINCT FROM b.allocated AND m.allocated IS NOT NULL)
       OR (m.expires_on IS NOT NULL AND m.expires_on IS DISTINCT FROM b.expires_on))
"""
_FREE_GONE = """
UPDATE inventory_stockbalance b SET allocated = 0, updated_at = now() FROM import_stock_gone g WHERE b.id = g.balance_id
"""
_SET_STATES = """
UPDATE inventory_itemlocationstate state
SET backorders = coalesce(seen.backorders, state.backorders), stock_as_of = seen.as_of
FROM (
    SELECT il.id, counted.backorders, counted.as_of
    FROM (
        SELECT sku_id AS item_id, location_id, sum(backorders) AS backorders, max(as_of) AS as_of
        FROM import_stock_merge GROUP BY sku_id, location_id
        UNION ALL
        SELECT DISTINCT g.item_id, g.location_id, 0, %(as_of)s::date FROM import_stock_gone g
        WHERE NOT EXISTS (SELECT 1 FROM import_stock s WHERE s.sku_id = g.item_id AND s.location_id = g.location_id)
    ) AS counted
    JOIN inventory_itemlocation il ON il.item_id = counted.item_id AND il.location_id = counted.location_id
    JOIN inventory_itemlocationstate locked ON locked.item_location_id = il.id
    ORDER BY il.id FOR UPDATE OF locked
) AS seen
WHERE state.item_location_id = seen.id
"""
# (locked in the order in which everybody locks them: an approval given meanwhile waits, and is never waited for)
_PREVIEW = """
SELECT m.line, concat_ws(' / ', m.sku, m.location, nullif(m.lot, '')), v.name, v.before, v.after
FROM import_stock_merge m
CROSS JOIN LATERAL (VALUES
    ('on_hand', m.old_on_hand::text, m.on_hand::text), ('blocked', m.old_blocked::text, m.blocked::text),
    ('allocated', m.old_allocated::text, m.allocated::text), ('expires_on', m.old_expires_on::text, m.expires_on::text),
    ('backorders', m.old_backorders::text, m.all_backorders::text)
) AS v (name, before, after)
WHERE m.action = 'changed' AND v.after IS NOT NULL AND v.after IS DISTINCT FROM v.before
ORDER BY m.line LIMIT %s
"""


class StockImporter(Importer):
    """On hand as counted elsewhere; stock that is absent from the file is gone."""

    kind = "stock"
    help = "What is on hand, per item, location and lot."
    snapshot = True
    gone_help = "their stock would become zero"
    after = ("item_locations",)
    columns = (
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", key=True, required=True, reference=LOCATION),
        c.code("lot", "Blank: the default lot.", key=True),
        c.quantity("on_hand", "Available stock, allocated included.", required=True),
        c.quantity("allocated", "Promised to customers and not yet shipped."),
        c.quantity("blocked", "On hand beside it and not for sale."),
        c.quantity("backorders", "Owed to customers, of all lots together."),
        c.date("expires_on", "Last day of the lot."),
        c.date("as_of", "Day at whose opening it was counted; now unless given."),
    )
    extra_stage_columns = {"at_opening": "boolean"}
    export_sql = (
        "SELECT i.sku, l.code, nullif(k.lot, ''), coalesce(a.quantity, 0), coalesce(a.allocated, 0),"
        " coalesce(b.quantity, 0),"
        " CASE WHEN k.lot = min(k.lot) OVER (PARTITION BY k.item_id, k.location_id) THEN state.backorders ELSE 0 END,"
        " coalesce(a.expires_on, b.expires_on), state.stock_as_of"
        " FROM (SELECT DISTINCT item_id, location_id, lot FROM inventory_stockbalance) k"
        " LEFT JOIN inventory_stockbalance a ON (a.item_id, a.location_id, a.lot, a.status)"
        " = (k.item_id, k.location_id, k.lot, 'available')"
        " LEFT JOIN inventory_stockbalance b ON (b.item_id, b.location_id, b.lot, b.status)"
        " = (k.item_id, k.location_id, k.lot, 'blocked')"
        " JOIN inventory_item i ON i.id = k.item_id JOIN inventory_location l ON l.id = k.location_id"
        " JOIN inventory_itemlocation il ON il.item_id = k.item_id AND il.location_id = k.location_id"
        " JOIN inventory_itemlocationstate state ON state.item_location_id = il.id"
        " WHERE coalesce(a.quantity, 0) <> 0 OR coalesce(a.allocated, 0) <> 0 OR coalesce(b.quantity, 0) <> 0"
        " OR k.lot = '' ORDER BY i.sku, l.code, k.lot"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        frame = frame.with_columns(
            pl.col("lot").fill_null(""),
            pl.col("as_of").fill_null(context.today),
            pl.col("as_of").is_not_null().alias("at_opening"),
        )
        first, last = recordable_span(context.today, LEDGER_YEARS_BACK)
        outside = (frame["as_of"] < first) | (frame["as_of"] > last)
        ahead = (frame["as_of"] > context.today + timedelta(days=1)) & ~outside
        context.tally["stock of the future"] += int(ahead.sum())
        return frame, [Problem("as_of", outside, "as_of lies too far back or ahead.")]

    def check(self, stage: Stage, context: ImportContext) -> None:
        stage.reject(_STALE)

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        for suffix in ("gone", "counts", "counts_difference", "merge"):
            stage.execute(f"DROP TABLE IF EXISTS pg_temp.import_stock_{suffix}")
        as_of = stage.rows(f"SELECT max(as_of) FROM import_stock s WHERE {stage.valid}")[0][0] or context.today
        if context.tally["stock of the future"]:
            context.warn(self.kind, f"as_of is {as_of}, which is still to come (today is {context.today}).")
        present = stage.rows(_PRESENT)[0][0]
        item_locations.ensure(f"SELECT sku_id AS item_id, location_id FROM import_stock s WHERE {stage.valid}")
        stage.execute(_GONE, {"as_of": as_of})
        stage.execute(_CLASSIFY)
        stage.execute(_COUNTS, {"as_of": as_of})
        stage.execute("ANALYZE import_stock_counts")
        ledger.post_counts(counts="import_stock_counts", actor=context.actor, reference=f"stock file of {as_of}")
        stage.execute(_ACTIONS)
        stage.execute(_SET_ALLOCATED)
        stage.execute(_FREE_GONE)
        stage.execute(_SET_STATES, {"as_of": as_of})
        item_locations.note_changes("SELECT sku_id, location_id FROM import_stock_merge WHERE action <> 'same'")
        item_locations.note_changes("SELECT item_id, location_id FROM import_stock_gone")
        context.as_of[self.kind] = as_of
        return _counts(stage, present)


def _counts(stage: Stage, present: int) -> Counts:
    found = dict(stage.rows("SELECT action, count(*) FROM import_stock_merge GROUP BY action"))
    gone = stage.rows("SELECT count(DISTINCT (item_id, location_id, lot)) FROM import_stock_gone")[0][0]
    changes = [Change(*row) for row in stage.rows(_PREVIEW, [SHOWN_CHANGES])]
    return Counts(found.get("new", 0), found.get("changed", 0), found.get("same", 0), gone, present, changes)
