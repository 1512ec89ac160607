"""Counts changes of an item-location's inputs, so that a plan made meanwhile knows what it did not see."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

_COUNT = """
INSERT INTO inventory_itemlocationstate (item_location_id, backorders, change_counter)
SELECT item_location.id, 0, 1
FROM inventory_itemlocation item_location
JOIN unnest(%s::bigint[], %s::bigint[]) AS changed (item_id, location_id) USING (item_id, location_id)
ORDER BY item_location.id
ON CONFLICT (item_location_id) DO UPDATE SET change_counter = inventory_itemlocationstate.change_counter + 1
"""


_waiting: ContextVar[set[tuple[int, int]] | None] = ContextVar("changes_waiting", default=None)


@contextmanager
def counted_last() -> Iterator[None]:
    """The counters of what changes inside are moved at the end, all at once, inside the caller's transaction.

    Counters are rows, and moving one locks it: an act that moved some, then locked an order, then moved more could wait
    for another one that waits for it. Orders come first, counters last, in one order for everybody.
    """
    if _waiting.get() is not None:
        yield
        return
    changed: set[tuple[int, int]] = set()
    token = _waiting.set(changed)
    try:
        yield
    finally:
        _waiting.reset(token)
    if changed:
        count_changes(changed)


def count_changes(pairs: Iterable[tuple[int, int]]) -> None:
    """Move the change counter of these (item, location) ids, inside the caller's transaction."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting.update(pairs)
        return
    changed = sorted(set(pairs))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [[item for item, _ in changed], [location for _, location in changed]])


_COUNT_EVERY = """
INSERT INTO inventory_itemlocationstate (item_location_id, backorders, change_counter)
SELECT item_location.id, 0, 1
FROM inventory_itemlocation item_location
WHERE {where}
ORDER BY item_location.id
ON CONFLICT (item_location_id) DO UPDATE SET change_counter = inventory_itemlocationstate.change_counter + 1
"""


def count_every(*, items: Collection[int] | None = None, locations: Collection[int] | None = None) -> None:
    """Move the counters of every item-location of these items and locations (None: of all), in the transaction."""
    given = {"item_id": items, "location_id": locations}
    where = [f"{column} = ANY (%({column})s)" for column, ids in given.items() if ids is not None]
    values = {column: list(ids) for column, ids in given.items() if ids is not None}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_EVERY.format(where=" AND ".join(where) or "true"), values)
