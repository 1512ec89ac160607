"""Where the page stands in the worklist that it was opened from, and which item-locations come before and after."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from planning.admin import places
from planning.admin.worklist import asked as addresses
from planning.services import reads
from planning.services.item_location import ItemAtLocation
from stocksense.core.admin import formats

MOST = 5000
"""Lines of a worklist that are counted through."""

LONGEST = 1000
"""Characters of a worklist's query string that are read."""


@dataclass(frozen=True)
class Queue:
    """`says`: the place in the queue; previous and following: pages beside this one, blank at the ends."""

    says: str
    worklist: str
    previous: str
    following: str


def of(request: HttpRequest, facts: ItemAtLocation) -> Queue | None:
    """The queue of `?queue=<query string of the worklist>`; None without one.

    An item-location whose lines have all been decided is in it no more: `?at=` says where it stood, and what stands
    there now follows.
    """
    text = request.GET.get("queue")
    if (
        text is None
        or facts.plan is None
        or len(text) > LONGEST
        or not request.user.has_perm("planning.view_plannedorder")
    ):
        return None
    asked = addresses.read(addresses.query_of(text))
    rows = reads.sorted_rows(
        reads.planned_orders(facts.plan, asked.query), asked.sort, by_source=asked.by_source
    ).values_list("item_id", "location_id")[: MOST + 1]
    keys = list(dict.fromkeys(rows))
    here = (facts.item.pk, facts.location.pk)
    worklist = f"{reverse('admin:planning_worklist')}?{text}"
    many = f"{len(keys):,}" if len(rows) <= MOST else f"over {MOST:,}"
    if here in keys:
        at = keys.index(here)
        lines = formats.count(len(rows), "line") if len(rows) <= MOST else f"over {MOST:,} lines"
        return Queue(
            f"{at + 1:,} of {many} places, {lines}", worklist, _url(keys, at - 1, text), _url(keys, at + 1, text)
        )
    at = _stood(request)
    return Queue(f"done here, {many} places left", worklist, _url(keys, at - 1, text), _url(keys, at, text))


def _stood(request: HttpRequest) -> int:
    at = request.GET.get("at", "")
    return int(at) if at.isascii() and at.isdecimal() and len(at) <= len(str(MOST)) else 0


def _url(keys: list[tuple[int, int]], at: int, text: str) -> str:
    if not 0 <= at < len(keys):
        return ""
    return f"{places.item_location_url(*keys[at])}?{urlencode({'queue': text, 'at': at})}"
