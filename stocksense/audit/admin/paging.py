"""Pages by key: an address says where the page before ended, so that new changes move nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest

from stocksense.audit.services import reads
from stocksense.audit.services.reads import Change, Position


def position(request: HttpRequest) -> Position | None:
    """Where the page before ended, by `?before=time,number`; None on the first page and where that is no position."""
    moment, _, number = request.GET.get("before", "").partition(",")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None and abs(int(number)) < 2**62 else None
    except ValueError:
        return None


def next_query(request: HttpRequest, found: Sequence[Change]) -> str:
    """The query of the next page; '' on the last one. `found` holds one row more than a page where there is one."""
    if len(found) <= reads.PAGE:
        return ""
    at, number = found[reads.PAGE - 1].position
    kept = request.GET.copy()
    kept["before"] = f"{at.isoformat()},{number}"
    return kept.urlencode()
