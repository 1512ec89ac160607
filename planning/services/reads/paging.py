"""One page of a sorted list of run rows, found from the place where the page before it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Value

from stocksense.core.database.keyset import SortKey, beyond, in_two_parts, ordered


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the row with these values, `backward` before it.

    Without values: at the list's beginning, `backward` at its end.
    """

    values: tuple[Any, ...] | None = None
    backward: bool = False


BEGINNING, END = Place(), Place(backward=True)


@dataclass(frozen=True)
class Page:
    """The ids of a page in the list's order, whether there is more on either side, and the place it was found at.

    The place is another than asked for where nothing was left there: the list's beginning or end.
    """

    ids: list[int]
    has_previous: bool
    has_next: bool
    place: Place


def page_at(rows: "QuerySet[Any]", keys: Sequence[SortKey], place: Place, size: int, *, in_parts: bool = False) -> Page:
    """The page of `rows`, sorted by `keys`, at `place`; one query, and another where nothing is left there.

    `in_parts` where an index has the rows in this order.
    """
    ids = _ids(rows, keys, place, size + 1, in_parts=in_parts)
    more = len(ids) > size
    if place.backward:
        if place.values is not None and not more:
            return page_at(rows, keys, BEGINNING, size)
        return Page(ids[:size][::-1], more, place.values is not None, place)
    if place.values is not None and not ids:
        return page_at(rows, keys, END, size)
    return Page(ids[:size], place.values is not None, more, place)


def _ids(rows: "QuerySet[Any]", keys: Sequence[SortKey], place: Place, most: int, *, in_parts: bool) -> list[int]:
    backward = place.backward
    if place.values is None:
        return list(ordered(rows, keys, backward=backward).values_list("pk", flat=True)[:most])
    if not in_parts:
        found = rows.filter(beyond(keys, place.values, backward=backward))
        return list(ordered(found, keys, backward=backward).values_list("pk", flat=True)[:most])
    conditions = [one for one in in_two_parts(keys, place.values, backward=backward) if one is not None]
    names = ["part", *(key.column for key in keys)]
    parts = [
        ordered(rows.filter(condition), keys, backward=backward)
        .annotate(part=Value(number, output_field=IntegerField()))
        .values_list(*names)[:most]
        for number, condition in enumerate(conditions)
    ]
    signs = ["-" if key.descending != backward else "" for key in keys]
    order = ["part", *(f"{sign}{key.column}" for sign, key in zip(signs, keys, strict=True))]
    whole = parts[0].union(*parts[1:], all=True).order_by(*order) if len(parts) > 1 else parts[0]
    return [row[-1] for row in whole[:most]]
