"""Staged rows of purchase or transfer orders into orders, lines and schedule rows, without a row loop.

An order is known by its source system and external number, or is our own that the other system echoes for
the first time. Its lines are matched by number and item, then by item, then by number.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from stocksense.ingestion.report import SHOWN_CHANGES, Change, Counts
from stocksense.ingestion.stage import Stage


@dataclass(frozen=True)
class OrderTables:
    """Where one kind of order lives, and how its states follow each other."""

    kind: str
    orders: str
    lines: str
    schedules: str
    end: str
    default_state: str
    done_state: str
    states: tuple[str, ...]
    done_states: tuple[str, ...]
    order_columns: str = ""
    order_values: str = ""
    line_columns: str = ""
    line_values: str = ""
    line_join: str = ""


PURCHASE: Final = OrderTables(
    kind="purchase",
    orders="vendors_purchaseorder",
    lines="vendors_purchaseorderline",
    schedules="vendors_purchaseorderschedule",
    end="supplier_id",
    default_state="sent",
    done_state="closed",
    states=("draft", "approved", "sent", "acknowledged", "partially_received"),
    done_states=("received", "closed", "cancelled"),
    order_columns=", currency, note",
    order_values=(
        ", (SELECT coalesce(nullif(v.currency, ''), c.currency) FROM vendors_supplier v, company_companysettings c"
        " WHERE v.id = o.end_id), ''"
    ),
    line_columns=", order_uom, units_per_order_uom, unit_price",
    line_values=", coalesce(term.order_uom, ''), coalesce(term.units_per_order_uom, 1), term.unit_price",
    line_join="""
    LEFT JOIN LATERAL (
        SELECT t.order_uom, t.units_per_order_uom, t.unit_price FROM vendors_supplieritem t
        WHERE t.supplier_id = o.end_id AND t.item_id = l.item_id
          AND (t.location_id = o.destination_id OR t.location_id IS NULL)
          AND t.valid_from <= %(today)s AND (t.valid_to IS NULL OR t.valid_to >= %(today)s)
        ORDER BY t.location_id NULLS LAST, t.valid_from DESC LIMIT 1
    ) term ON true""",
)
TRANSFER: Final = OrderTables(
    kind="transfer",
    orders="inventory_transferorder",
    lines="inventory_transferorderline",
    schedules="inventory_transferorderschedule",
    end="origin_id",
    default_state="approved",
    done_state="received",
    states=("draft", "approved", "shipped"),
    done_states=("received", "cancelled"),
)

_SYSTEMS = (
    "(NOT EXISTS (SELECT 1 FROM import_open_orders)"
    " OR o.source_system IN (SELECT source_system FROM import_open_orders))"
)
_OPEN = f"o.external_number <> '' AND NOT t.is_closed AND NOT o.state = ANY (%(done_states)s) AND {_SYSTEMS}"

_PRESENT = f"""
SELECT count(*) FROM {{orders}} o JOIN {{lines}} l ON l.order_id = o.id JOIN {{schedules}} t ON t.line_id = l.id
WHERE {_OPEN}
"""
_MATCH_ORDERS = """
CREATE TEMP TABLE {p}_orders AS
SELECT s.source_system, s.external_number, min(s.our_number) AS our_number, min(s.{end}) AS end_id,
       min(s.destination_id) AS destination_id, min(s.ordered_on) AS ordered_on,
       coalesce(min(known.id), min(own.id)) AS order_id, min(known.id) IS NULL AND min(own.id) IS NOT NULL AS is_echo,
       min(known.id) IS NULL AND min(own.id) IS NULL AS is_new, false AS is_changed, NULL::text AS new_state
FROM import_open_orders s
LEFT JOIN {orders} known ON known.source_system = s.source_system AND known.external_number = s.external_number
LEFT JOIN {orders} own ON own.number = s.our_number AND own.external_number = ''
WHERE s.kind = '{kind}' AND NOT s.rejected AND NOT s.repeated
GROUP BY s.source_system, s.external_number
"""
_ADD_ORDERS = """
INSERT INTO {orders} (number, {end}, destination_id, state, source_system, external_number, ordered_on,
                      created_at, updated_at{order_columns})
SELECT CASE WHEN length(o.name) <= 32 AND NOT EXISTS (SELECT 1 FROM {orders} x WHERE x.number = o.name)
             AND row_number() OVER (PARTITION BY o.name ORDER BY o.source_system, o.external_number) = 1
            THEN o.name
            ELSE 'X' || upper(substr(md5(o.source_system || '|' || o.external_number), 1, 15)) END,
       o.end_id, o.destination_id, '{default_state}', o.source_system, o.external_number, o.ordered_on,
       now(), now(){order_values}
FROM (
    SELECT n.*, CASE WHEN n.external_number ~ '^(PO|TO)-[0-9]+$' THEN 'X-' ELSE '' END || n.external_number AS name
    FROM {p}_orders n WHERE n.is_new
) AS o
ORDER BY o.source_system, o.external_number
"""
_FIND_ADDED = """
UPDATE {p}_orders o SET order_id = t.id FROM {orders} t
WHERE o.is_new AND t.source_system = o.source_system AND t.external_number = o.external_number
"""
_LOCK_ORDERS = "SELECT t.id FROM {orders} t JOIN {p}_orders o ON o.order_id = t.id ORDER BY t.id FOR UPDATE OF t"
_CHANGE_ORDERS = """
WITH changed AS (
    UPDATE {orders} t SET source_system = o.source_system, external_number = o.external_number, {end} = o.end_id,
        destination_id = o.destination_id, ordered_on = coalesce(o.ordered_on, t.ordered_on), updated_at = now()
    FROM {p}_orders o
    WHERE t.id = o.order_id AND (
        o.is_echo OR t.{end} <> o.end_id OR t.destination_id <> o.destination_id
        OR (o.ordered_on IS NOT NULL AND t.ordered_on IS DISTINCT FROM o.ordered_on))
    RETURNING t.id
)
UPDATE {p}_orders o SET is_changed = true FROM changed WHERE changed.id = o.order_id
"""
_STAGE_LINES = """
CREATE TEMP TABLE {p}_lines AS
SELECT DISTINCT o.order_id, s.line_number, s.sku_id AS item_id, NULL::bigint AS line_id, false AS is_changed
FROM import_open_orders s JOIN {p}_orders o USING (source_system, external_number)
WHERE s.kind = '{kind}' AND NOT s.rejected AND NOT s.repeated
"""
_MATCH_BOTH = """
UPDATE {p}_lines l SET line_id = t.id FROM {lines} t
WHERE t.order_id = l.order_id AND t.number = l.line_number AND t.item_id = l.item_id
"""
_MATCH_ITEM = """
UPDATE {p}_lines l SET line_id = t.id, is_changed = true
FROM (
    SELECT order_id, item_id, line_number,
           row_number() OVER (PARTITION BY order_id, item_id ORDER BY line_number) AS nth
    FROM {p}_lines WHERE line_id IS NULL
) AS wanted
JOIN (
    SELECT id, order_id, item_id, row_number() OVER (PARTITION BY order_id, item_id ORDER BY id) AS nth
    FROM {lines} known
    WHERE order_id IN (SELECT order_id FROM {p}_lines)
      AND NOT EXISTS (SELECT 1 FROM {p}_lines taken WHERE taken.line_id = known.id)
) AS t USING (order_id, item_id, nth)
WHERE l.order_id = wanted.order_id AND l.line_number = wanted.line_number
"""
_MATCH_NUMBER = """
UPDATE {p}_lines l SET line_id = t.id, is_changed = true FROM {lines} t
WHERE l.line_id IS NULL AND t.order_id = l.order_id AND t.number = l.line_number
  AND NOT EXISTS (SELECT 1 FROM {p}_lines taken WHERE taken.line_id = t.id)
"""
_FREE_NUMBERS = """
UPDATE {lines} t SET number = 'line ' || t.id FROM {p}_lines l
WHERE t.order_id = l.order_id AND t.number = l.line_number AND l.line_id IS DISTINCT FROM t.id
"""
_CHANGE_LINES = """
UPDATE {lines} t SET number = l.line_number, item_id = l.item_id FROM {p}_lines l
WHERE l.is_changed AND t.id = l.line_id
"""
_ADD_LINES = """
INSERT INTO {lines} (order_id, number, item_id{line_columns})
SELECT l.order_id, l.line_number, l.item_id{line_values}
FROM {p}_lines l JOIN {p}_orders o ON o.order_id = l.order_id {line_join}
WHERE l.line_id IS NULL ORDER BY l.order_id, l.line_number
"""
_FIND_LINES = """
UPDATE {p}_lines l SET line_id = t.id FROM {lines} t
WHERE l.line_id IS NULL AND t.order_id = l.order_id AND t.number = l.line_number
"""
_MATCH_SCHEDULES = """
CREATE TEMP TABLE {p}_rows AS
SELECT s.line, s.external_number, s.line_number, s.schedule, s.sku_id, s.{end} AS end_id, s.destination_id,
       s.quantity, s.received_quantity, s.requested_on, s.promised_on, s.state, s.done,
       l.order_id, l.line_id, t.id AS schedule_id, t.quantity AS old_quantity, t.received_quantity AS old_received,
       t.requested_on AS old_requested_on, t.promised_on AS old_promised_on,
       t.id IS NOT NULL AND (
           l.is_changed OR t.quantity <> s.quantity OR t.is_closed <> s.done
           OR coalesce(t.received_quantity <> s.received_quantity, false)
           OR (s.requested_on IS NOT NULL AND t.requested_on IS DISTINCT FROM s.requested_on)
           OR (s.promised_on IS NOT NULL AND t.promised_on IS DISTINCT FROM s.promised_on)) AS differs
FROM import_open_orders s
JOIN {p}_orders o USING (source_system, external_number)
JOIN {p}_lines l ON l.order_id = o.order_id AND l.line_number = s.line_number
LEFT JOIN {schedules} t ON t.line_id = l.line_id AND t.number = s.schedule
WHERE s.kind = '{kind}' AND NOT s.rejected AND NOT s.repeated
"""
_CHANGE_SCHEDULES = """
UPDATE {schedules} t SET quantity = r.quantity, received_quantity = coalesce(r.received_quantity, t.received_quantity),
    requested_on = coalesce(r.requested_on, t.requested_on), promised_on = coalesce(r.promised_on, t.promised_on),
    is_closed = r.done
FROM {p}_rows r WHERE r.differs AND t.id = r.schedule_id
"""
_ADD_SCHEDULES = """
INSERT INTO {schedules}
    (line_id, number, quantity, shipped_quantity, received_quantity, requested_on, promised_on, is_closed)
SELECT line_id, schedule, quantity, 0, coalesce(received_quantity, 0), requested_on, promised_on, done
FROM {p}_rows WHERE schedule_id IS NULL ORDER BY line
"""
_CLOSE_ABSENT = f"""
CREATE TEMP TABLE {{p}}_gone AS
SELECT t.id AS schedule_id, o.id AS order_id, l.item_id, o.{{end}} AS end_id, o.destination_id
FROM {{orders}} o JOIN {{lines}} l ON l.order_id = o.id JOIN {{schedules}} t ON t.line_id = l.id
WHERE {_OPEN} AND NOT EXISTS (
    SELECT 1 FROM import_open_orders s
    WHERE s.kind = '{{kind}}' AND s.source_system = o.source_system AND s.external_number = o.external_number
      AND s.line_number = l.number AND s.schedule = t.number
);
"""
_MARK_CLOSED = "UPDATE {schedules} t SET is_closed = true FROM {p}_gone g WHERE g.schedule_id = t.id"
_STATES = """
CREATE TEMP TABLE {p}_states AS
SELECT t.id AS order_id, t.state AS old_state, CASE
    WHEN NOT seen.any_open AND told.all_cancelled THEN 'cancelled'
    WHEN NOT seen.any_open THEN coalesce(told.done_state, '{done_state}')
    WHEN '{kind}' = 'purchase' AND seen.any_received
         AND coalesce(told.open_state, t.state) NOT IN ('draft', 'approved') THEN 'partially_received'
    WHEN told.open_state IS NOT NULL THEN told.open_state
    WHEN t.state = ANY (%(done_states)s) THEN '{default_state}'
    ELSE t.state END AS new_state
FROM {orders} t
JOIN LATERAL (
    SELECT bool_or(NOT w.is_closed) AS any_open, bool_or(w.received_quantity > 0) AS any_received
    FROM {lines} l JOIN {schedules} w ON w.line_id = l.id WHERE l.order_id = t.id
) AS seen ON true
LEFT JOIN LATERAL (
    SELECT (%(states)s::text[])[
               min(array_position(%(states)s::text[], r.state)) FILTER (WHERE NOT r.done)
           ] AS open_state,
           bool_and(r.state = 'cancelled') AS all_cancelled,
           max(r.state) FILTER (WHERE r.done AND r.state <> 'cancelled') AS done_state
    FROM {p}_rows r WHERE r.order_id = t.id
) AS told ON true
WHERE t.id IN (SELECT order_id FROM {p}_orders UNION SELECT order_id FROM {p}_gone)
"""
_SET_STATES = """
UPDATE {orders} t SET state = n.new_state, updated_at = now() FROM {p}_states n
WHERE n.order_id = t.id AND n.new_state <> n.old_state
"""
_ACTIONS = """
ALTER TABLE {p}_rows ADD COLUMN action text;
UPDATE {p}_rows r SET action = CASE
    WHEN r.schedule_id IS NULL THEN 'new'
    WHEN r.differs OR EXISTS (SELECT 1 FROM {p}_orders o WHERE o.order_id = r.order_id AND o.is_changed)
      OR EXISTS (SELECT 1 FROM {p}_states n WHERE n.order_id = r.order_id AND n.new_state <> n.old_state)
    THEN 'changed' ELSE 'same' END
"""
_TOUCHED = """
INSERT INTO import_open_orders_gone (item_id, location_id)
SELECT r.item_id, v.location_id FROM (
    SELECT sku_id AS item_id, end_id, destination_id FROM {p}_rows WHERE action <> 'same'
    UNION ALL SELECT item_id, end_id, destination_id FROM {p}_gone
) AS r
CROSS JOIN LATERAL (VALUES (r.destination_id), (CASE WHEN '{kind}' = 'transfer' THEN r.end_id END)) AS v (location_id)
WHERE v.location_id IS NOT NULL
"""
_PREVIEW = """
SELECT r.line, concat_ws(' / ', r.external_number, r.line_number, r.schedule), v.name, v.before, v.after
FROM {p}_rows r LEFT JOIN {p}_states n ON n.order_id = r.order_id
CROSS JOIN LATERAL (VALUES
    ('quantity', r.old_quantity::text, r.quantity::text),
    ('received_quantity', r.old_received::text, r.received_quantity::text),
    ('requested_on', r.old_requested_on::text, r.requested_on::text),
    ('promised_on', r.old_promised_on::text, r.promised_on::text), ('status', n.old_state, n.new_state)
) AS v (name, before, after)
WHERE r.action = 'changed' AND v.after IS NOT NULL AND v.after IS DISTINCT FROM v.before ORDER BY r.line LIMIT %s
"""
_STEPS = (
    _MATCH_ORDERS, _ADD_ORDERS, _FIND_ADDED, _LOCK_ORDERS, _CHANGE_ORDERS, _STAGE_LINES, _MATCH_BOTH, _MATCH_ITEM,
    _MATCH_NUMBER, _FREE_NUMBERS, _CHANGE_LINES, _ADD_LINES, _FIND_LINES, _MATCH_SCHEDULES, _CHANGE_SCHEDULES,
    _ADD_SCHEDULES, _CLOSE_ABSENT, _MARK_CLOSED, _STATES, _SET_STATES,
)  # fmt: skip


def merge_orders(stage: Stage, tables: OrderTables, today: date) -> tuple[Counts, list[int]]:
    """Merge the staged rows of one kind of order; returns counts of rows and the ids of all orders concerned.

    Locations whose inputs changed are added to the temporary table import_open_orders_gone.
    """
    prefix = f"import_{tables.kind}"
    parts = {"p": prefix, **{name: str(value) for name, value in vars(tables).items()}}
    parts["line_join"] = tables.line_join
    values = {"today": today, "states": list(tables.states), "done_states": list(tables.done_states)}
    for suffix in ("orders", "lines", "rows", "gone", "states"):
        stage.execute(f"DROP TABLE IF EXISTS pg_temp.{prefix}_{suffix}")
    present = stage.rows(_PRESENT.format(**parts), values)[0][0]
    for statement in _STEPS:
        stage.execute(statement.format(**parts), values)
    stage.execute(_ACTIONS.format(**parts))
    stage.execute(_TOUCHED.format(**parts))
    found = dict(stage.rows(f"SELECT action, count(*) FROM {prefix}_rows GROUP BY action"))
    gone = stage.rows(f"SELECT count(*) FROM {prefix}_gone")[0][0]
    changes = [Change(*row) for row in stage.rows(_PREVIEW.format(**parts), [SHOWN_CHANGES])]
    counts = Counts(found.get("new", 0), found.get("changed", 0), found.get("same", 0), gone, present, changes)
    return counts, [order for (order,) in stage.rows(f"SELECT order_id FROM {prefix}_states")]
