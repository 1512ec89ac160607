"""Which state a table is in, as a number that readers compare: equal only while nothing in the table was changed.

A trigger for each statement, of whatever kind and by whomever, adds a row with random bits, once per transaction. Rows
are added and never changed, so writers do not wait for each other as they would at a counter. They become visible with
the changes they tell of, in one instant, and go with them where these are rolled back. So what a reader sees of them,
combined by XOR, is another number whenever it sees other contents. Rows that have become many are replaced by one that
combines them, in one statement: no reader sees the number change by it.

Tables with row history are watched; those that change with every movement of stock have none.
"""

from typing import Any

from django.db import connection, connections

from stocksense.audit.models import TableChange
from stocksense.audit.tracking import event_models
from stocksense.core.together import Together

TRIGGER = "stocksense_table_change"
MOST_ROWS = 64
"""Of a set of tables, before they are combined."""

_TABLE = TableChange._meta.db_table
_STATE = f'SELECT bit_xor(mark), count(*) FROM {_TABLE} WHERE "table" IN ({{places}})'
_COMBINE = f"""
WITH old AS (SELECT id FROM {_TABLE} WHERE "table" = %s FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM {_TABLE} USING old WHERE {_TABLE}.id = old.id RETURNING mark)
INSERT INTO {_TABLE} ("table", mark) SELECT %s, bit_xor(mark) FROM gone HAVING count(*) > 0
"""
_WATCHED = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgname = %s AND t.tgenabled = 'A' AND c.relnamespace = 'public'::regnamespace
"""
_WATCH = f"""
CREATE OR REPLACE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{{table}}"
    FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}();
ALTER TABLE "{{table}}" ENABLE ALWAYS TRIGGER {TRIGGER}
"""
_known: dict[str, frozenset[str]] = {}
_reading: "Together[tuple[Any, int]]" = Together()
"""Threads that are asked for the same list at the same time read its state once."""


def watch(using: str) -> None:
    """Put the trigger on every table with row history that lacks it. Only the owner's connection can do this.

    It fires always: also for sessions that replay other servers' changes, which fire no usual trigger.
    """
    if using != "owner":
        return
    _known.clear()
    with connections[using].cursor() as cursor:
        cursor.execute(_WATCHED, [TRIGGER])
        watched = {name for (name,) in cursor.fetchall()}
        for table in sorted(watched_tables() - watched):
            cursor.execute(_WATCH.format(table=table))


def watched_tables() -> set[str]:
    """The tables whose states are known."""
    models: list[Any] = [event_model.pgh_tracked_model for event_model in event_models()]
    return {model._meta.db_table for model in models}


def state_of(tables: frozenset[str]) -> str | None:
    """The state of the tables together, as this moment's readers see it.

    None where one of them is not watched, and in a transaction, whose own changes are told of only once.
    """
    if connection.in_atomic_block or not tables <= _watched():
        return None
    state, rows = _reading.ask((connection.settings_dict["NAME"], tables), lambda: _read(tables))
    if rows > MOST_ROWS:
        combine(tables)
    return str(state or 0)


def _read(tables: frozenset[str]) -> tuple[Any, int]:
    found: Any = connection
    # One place for each: of an array the database does not know how many are in it, and plans each time anew.
    sql = _STATE.format(places=", ".join(["%s"] * len(tables)))
    ((state, rows),) = found.json_rows(sql, sorted(tables))
    return state, rows


def combine(tables: frozenset[str]) -> None:
    """Replace each table's rows by one, which leaves its state as it is."""
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(_COMBINE, [table, table])


def _watched() -> frozenset[str]:
    """The tables that have the trigger; asked once by each process."""
    name = str(connection.settings_dict["NAME"])
    if name not in _known:
        with connection.cursor() as cursor:
            cursor.execute(_WATCHED, [TRIGGER])
            _known[name] = frozenset(row[0] for row in cursor.fetchall())
    return _known[name]
