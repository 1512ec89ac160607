"""The pager of the desk's long lists: addresses that hold a place in the list, not the number of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import QueryDict

from planning.services.reads import BEGINNING, END, Page, Place
from stocksense.core.api import pagination
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.database.keyset import SortKey, values_of

LAST = "end"
"""Stands for the list's end in an address."""

PARAMETERS = ("after", "before", "from")
"""What holds the place: the row that the page comes after or before, and how many lines come before the page."""


@dataclass(frozen=True)
class Pager:
    """What the pager says and where it leads; a blank query string is no link."""

    count: int
    start: int
    end: int
    first: str = ""
    previous: str = ""
    following: str = ""
    last: str = ""


def read_place(asked: QueryDict, model: type[Model], keys: Sequence[SortKey]) -> Place:
    """The place that an address names; the list's beginning where it names none of this order."""
    for name, backward in (("after", False), ("before", True)):
        text = asked.get(name, "")
        if text == LAST and backward:
            return END
        if text:
            return _place(text, model, keys, backward=backward)
    return BEGINNING


def _place(text: str, model: type[Model], keys: Sequence[SortKey], *, backward: bool) -> Place:
    names, paths = _names(keys)
    try:
        values = pagination.decode(text, model=model, ordering=names, paths=paths, bound_to=_bound(model, keys))
    except UnknownParameters:
        return BEGINNING
    return Place(tuple(values), backward)


def pager(
    asked: QueryDict, page: Page, rows: Sequence[Any], keys: Sequence[SortKey], *, count: int, query: str
) -> Pager:
    """The pager of a page that shows `rows` of `count`; `query` is the list's query string without the place.

    How many lines come before is carried from page to page, not counted.
    """
    start = min(_before(asked, page, len(rows), count), max(count - len(rows), 0))
    end = start + len(rows)

    def address(name: str, row: Any, before: int) -> str:
        return _joined(query, {name: token(values_of(row, keys), type(row), keys), "from": max(before, 0)})

    return Pager(
        count=count,
        start=start + 1,
        end=end,
        first=(query or "from=0") if page.has_previous else "",
        previous=address("before", rows[0], start) if page.has_previous and rows else "",
        following=address("after", rows[-1], end) if page.has_next and rows else "",
        last=_joined(query, {"before": LAST}) if page.has_next else "",
    )


def here(asked: QueryDict) -> str:
    """The place of an address as it was given, to come back to it; begins with `&`, blank at the beginning."""
    given = {name: asked[name][:600] for name in PARAMETERS if asked.get(name)}
    return f"&{urlencode(given)}" if given else ""


def _before(asked: QueryDict, page: Page, shown: int, count: int) -> int:
    """Lines before the page: none at the beginning, all others at the end, else as the address says."""
    if page.place == BEGINNING:
        return 0
    if page.place == END:
        return max(count - shown, 0)
    text = asked.get("from", "")
    said = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
    return max(said - shown, 0) if page.place.backward else said


def token(values: Sequence[Any], model: type[Model], keys: Sequence[SortKey]) -> str:
    """The place of the row with these values, for an address."""
    return pagination.encode(values, bound_to=_bound(model, keys))


def _bound(model: type[Model], keys: Sequence[SortKey]) -> str:
    return f"{model._meta.label} {','.join(('-' if key.descending else '') + key.column for key in keys)}"


def _names(keys: Sequence[SortKey]) -> tuple[list[str], dict[str, str]]:
    """The keys but the id as the API's pagination names them."""
    columns = [key.column for key in keys[:-1]]
    return columns, {column: column for column in columns}


def _joined(query: str, more: dict[str, Any]) -> str:
    return "&".join(part for part in (query, urlencode(more)) if part)
