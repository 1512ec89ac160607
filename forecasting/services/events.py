"""Demand events as people and programs change them, and read for the item-locations they reach."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, prefetch_related_objects

from forecasting.models import DemandEvent, EventKind, EventUplift
from inventory.models import Category, Item
from inventory.services import changes
from stocksense.core.database.copy import read_frame
from stocksense.core.masters import Master
from stocksense.core.saving import Problems

if TYPE_CHECKING:
    import polars

OF_GOODS = (EventKind.PRICE_CUT, EventKind.PRICE_CHANGE, EventKind.FEATURE, EventKind.DISPLAY)
"""Kinds that name an item or a category; the others may be of everything at a place, or everywhere."""

_REACHED = """
SELECT il.item_id, il.location_id, event.id AS event_id, event.kind, event.start_date, event.end_date,
       event.price::float8 AS price, event.label
FROM forecasting_demandevent event
LEFT JOIN inventory_category named ON named.id = event.category_id
JOIN inventory_itemlocation il ON
    (event.location_id IS NULL OR il.location_id = event.location_id)
    AND (event.item_id IS NULL OR il.item_id = event.item_id)
JOIN inventory_item item ON item.id = il.item_id
LEFT JOIN inventory_category own ON own.id = item.category_id
WHERE (event.category_id IS NULL OR own.id = named.id OR starts_with(own.path, named.path || '/'))
  AND event.start_date < %(end)s AND coalesce(event.end_date >= %(start)s, true)
  AND (%(items)s::bigint[] IS NULL OR il.item_id = ANY(%(items)s::bigint[]))
  AND (%(kind)s::text IS NULL OR event.kind = %(kind)s)
ORDER BY il.item_id, il.location_id, event.start_date, event.id
"""


def read_events(
    *, start: date, end: date, item_ids: "list[int] | None" = None, kind: EventKind | None = None
) -> "polars.DataFrame":
    """Every event on a day of start .. end − 1, one row per item-location that it reaches.

    Columns item_id, location_id, event_id, kind, start_date, end_date (null: open), price, label; `item_ids` reads
    no others, nor does `kind`.
    """
    return read_frame(_REACHED, {"start": start, "end": end, "items": item_ids, "kind": kind})


def expected_of(event: DemandEvent) -> EventUplift | None:
    """What the newest forecast that saw the event ahead expected of it; None where none did, or nothing was trained."""
    return getattr(event, "expected", None)


def _check(event: DemandEvent) -> Problems:
    problems: Problems = {}
    if event.item_id and event.category_id:
        problems["category"] = ["Name an item or a category, not both."]
    if event.kind in OF_GOODS and not (event.item_id or event.category_id):
        problems["item"] = [f"Name the item or the category of this {event.get_kind_display().lower()}."]
    return problems


def _count(events: Sequence[DemandEvent]) -> None:
    prefetch_related_objects(events, "category")
    of_items = [(event.item_id, event.location_id) for event in events if event.item_id is not None]
    changes.count_changes((item, location) for item, location in of_items if location is not None)
    changes.count_every(items=[item for item, location in of_items if location is None])
    wider = {(event.category, event.location_id) for event in events if event.item_id is None}
    for category, location_id in wider:
        changes.count_every(items=_inside(category), locations=None if location_id is None else [location_id])


def _inside(category: Category | None) -> list[int] | None:
    """The items of a category and of those below it; None: all there are."""
    if category is None:
        return None
    inside = Q(category=category) | Q(category__path__startswith=f"{category.path}/")
    return list(Item.objects.filter(inside).values_list("pk", flat=True))


EVENTS = Master(
    DemandEvent,
    touched=_count,
    check=_check,
    unseen=frozenset({"label"}),
    instead="Give it an end date.",
)
"""Promotions and other happenings: whatever plans the items counts a change of one."""
