"""What a decision's form says: which lines, of which run, where to go back to, why and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from planning.admin.worklist.asked import query_of

LONGEST_ID = 18
"""Digits of the largest id that a page can name."""

MOST_AT_ONCE = 5000
"""Lines of one act: more are narrowed down first, so that nobody approves what nobody could look at."""


@dataclass(frozen=True)
class Form:
    """A decision as it was sent. `everything` asks for all lines that match `view`.

    A snooze whose day was left blank lasts until a change, as its form says. `seen` are the quantities that the page
    showed, stock units by planned order id.
    """

    ids: list[int]
    run_id: int
    back: str
    view: QueryDict
    everything: bool
    confirmed: bool
    reason: str
    until: date | None
    until_change: bool
    token: UUID | None
    shown: list[int]
    seen: dict[int, Decimal]


def read(request: HttpRequest, *, list_page: str = "planning_worklist") -> Form:
    """The form of a POST; what cannot be read is left blank."""
    sent = request.POST
    run = sent.get("run", "")
    back = back_of(request, list_page)
    return Form(
        ids=_ids(sent),
        run_id=int(run) if is_id(run) else 0,
        back=back,
        view=query_of(sent["view"] if "view" in sent else back.partition("?")[2]),
        everything=sent.get("scope") == "all" and "one" not in sent,
        confirmed="confirmed" in sent,
        reason=sent.get("reason", "").replace("\x00", "").strip()[:300],
        until=_day(sent.get("until", "")),
        until_change=sent.get("until_change") == "yes" or sent.get("until") == "",
        token=_token(sent.get("token", "")),
        shown=[int(part) for part in sent.get("shown", "").split(",") if is_id(part)],
        seen=_seen(sent.get("seen", "")),
    )


def is_id(text: str) -> bool:
    """Whether this is an id that a page can have sent."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def back_of(request: HttpRequest, list_page: str) -> str:
    """Where the person came from, filters kept; never another site."""
    asked = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return asked
    return reverse(f"admin:{list_page}")


def _ids(sent: QueryDict) -> list[int]:
    """One line's button, the ids that a preview showed, or the ticked boxes."""
    named = [sent["one"]] if "one" in sent else sent.get("orders", "").split(",") + sent.getlist("order")
    return list(dict.fromkeys(int(value) for value in named if is_id(value)))


def seen_text(quantities: Mapping[int, Decimal]) -> str:
    """Quantities as a page keeps them for its form: '12:96,13:4.500'."""
    return ",".join(f"{pk}:{quantity:f}" for pk, quantity in quantities.items())


def _seen(text: str) -> dict[int, Decimal]:
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {int(pk): found for pk, _, value in pairs if is_id(pk) and (found := _decimal(value)) is not None}


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
