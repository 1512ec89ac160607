"""Item-locations come to be where stock, demand or orders are seen, and count the changes of their inputs."""

from django.db import connection

_ENSURE = """
INSERT INTO inventory_itemlocation (item_id, location_id, method, order_weekdays, created_at, updated_at)
SELECT DISTINCT pair.item_id, pair.location_id, '', '{{}}'::smallint[], now(), now() FROM ({pairs}) AS pair
WHERE NOT EXISTS (
    SELECT 1 FROM inventory_itemlocation known
    WHERE known.item_id = pair.item_id AND known.location_id = pair.location_id
)
ON CONFLICT (item_id, location_id) DO NOTHING
"""
_ENSURE_STATES = """
INSERT INTO inventory_itemlocationstate (item_location_id, backorders, change_counter)
SELECT il.id, 0, 0 FROM inventory_itemlocation il
WHERE NOT EXISTS (SELECT 1 FROM inventory_itemlocationstate state WHERE state.item_location_id = il.id)
ON CONFLICT (item_location_id) DO NOTHING
"""
_COUNT_CHANGE = """
WITH pair AS MATERIALIZED (SELECT DISTINCT item_id, location_id FROM ({pairs}) AS named)
UPDATE inventory_itemlocationstate state SET change_counter = state.change_counter + 1
FROM (
    SELECT state.item_location_id FROM inventory_itemlocationstate state
    JOIN inventory_itemlocation il ON il.id = state.item_location_id
    WHERE EXISTS (SELECT 1 FROM pair WHERE pair.item_id = il.item_id AND pair.location_id = il.location_id)
       OR il.item_id IN (SELECT item_id FROM pair WHERE location_id IS NULL)
       OR il.location_id IN (SELECT location_id FROM pair WHERE item_id IS NULL)
       OR EXISTS (SELECT 1 FROM pair WHERE item_id IS NULL AND location_id IS NULL)
    ORDER BY state.item_location_id FOR UPDATE OF state
) AS touched WHERE touched.item_location_id = state.item_location_id
"""


def ensure(pairs_sql: str) -> int:
    """Create the item-locations, with states, that a query of item_id, location_id names; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE.format(pairs=pairs_sql))
        made = int(cursor.rowcount)
        cursor.execute(_ENSURE_STATES)
    return made


def count_changes(pairs_sql: str) -> int:
    """Move the change counter of each item-location named by a query of item_id, location_id (null: every one)."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_CHANGE.format(pairs=pairs_sql))
        return int(cursor.rowcount)


_NOTED = "import_touched"


def note_changes(pairs_sql: str) -> None:
    """Remember the item-locations of a query (null: every one) whose inputs an import changed."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_NOTED} (item_id bigint, location_id bigint)")
        cursor.execute(f"INSERT INTO {_NOTED} (item_id, location_id) {pairs_sql}")


def count_noted_changes() -> int:
    """Move the counters of all item-locations noted in this transaction, each by one; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_NOTED} (item_id bigint, location_id bigint)")
        cursor.execute(_ENSURE_STATES)
        touched = count_changes(f"SELECT item_id, location_id FROM {_NOTED}")
        cursor.execute(f"DROP TABLE {_NOTED}")
    return touched
