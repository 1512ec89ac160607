"""Why an item-location has no source although somebody may have thought of one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from inventory.models import ItemLocation, Lane
from vendors.models import SupplierItem

Key = tuple[int, int]


@dataclass(frozen=True)
class MissingSource:
    """What stands in the way, and the code of the location or supplier it is about."""

    reason: str
    source: str


def missing_sources(keys: Collection[Key], *, as_of: date) -> dict[Key, MissingSource]:
    """What would be a source of these (item, location) pairs if it were in order; pairs that have nothing are left out.

    A lane from a location that does not carry the item, terms of a supplier that is not active, or terms that are not
    valid on `as_of`, in this order. Three queries, none without keys.
    """
    if not keys:
        return {}
    return {**_terms(keys, as_of), **_lanes(keys)}


def _terms(keys: Collection[Key], as_of: date) -> dict[Key, MissingSource]:
    items, wanted = {item for item, _ in keys}, set(keys)
    rows = SupplierItem.objects.filter(item__in=items).select_related("supplier").order_by("-supplier__is_active", "pk")
    found: dict[Key, MissingSource] = {}
    for row in rows:
        valid = row.valid_from <= as_of and (row.valid_to is None or row.valid_to >= as_of)
        if row.supplier.is_active and valid:
            continue
        reason = "terms_ended" if row.supplier.is_active else "supplier_inactive"
        missing = MissingSource(reason, row.supplier.code)
        for key in wanted:
            if key[0] == row.item_id and row.location_id in {None, key[1]}:
                found[key] = missing
    return found


def _lanes(keys: Collection[Key]) -> dict[Key, MissingSource]:
    items, places = {item for item, _ in keys}, {location for _, location in keys}
    lanes = (
        Lane.objects.filter(Q(item__isnull=True) | Q(item__in=items), destination__in=places, is_active=True)
        .select_related("origin")
        .order_by("-priority", "pk")
    )
    by_destination: dict[int, list[Lane]] = {}
    for lane in lanes:
        by_destination.setdefault(lane.destination_id, []).append(lane)
    origins = {lane.origin_id for lane in lanes}
    carried = set(ItemLocation.objects.filter(item__in=items, location__in=origins).values_list("item", "location"))
    return {
        (item, place): MissingSource("origin_does_not_carry", lane.origin.code)
        for item, place in keys
        for lane in by_destination.get(place, [])
        if lane.item_id in {None, item} and (item, lane.origin_id) not in carried
    }
