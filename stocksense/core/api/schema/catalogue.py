"""Every code that a problem may have, with its statuses and what it means: the page behind `type`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import exceptions

from stocksense.core import errors

_OURS = ("stocksense", "inventory", "vendors", "forecasting", "policies", "planning", "analytics")

_GENERAL: dict[str, tuple[str, str]] = {
    "invalid": ("400, 422", "Parameters or fields are wrong or unknown; `errors` names each by a pointer."),
    "parse_error": ("400", "The request cannot be read: it is no strict JSON, or holds what the database cannot keep."),
    "not_authenticated": ("401, 403", "Nobody is signed in. Send a token or a key."),
    "authentication_failed": ("401, 403", "The token or key is not valid, or not any more. Sign in again."),
    "permission_denied": ("403", "The caller, or the token or key, does not reach this."),
    "not_found": ("404", "There is nothing at this address for the caller. Addresses have no slash at their end."),
    "method_not_allowed": ("405", "The address has no such method; `Allow` names those it has."),
    "not_acceptable": ("406", "None of the media types in `Accept` can be written here."),
    "unsupported_media_type": ("415", "Bodies of this media type are not read. Send application/json."),
    "throttled": ("429", "The caller's limit is used up. Wait as many seconds as `Retry-After` says."),
    "fault": (
        "500",
        "Something went wrong on the server, and nothing was changed. The request id finds it in the logs.",
    ),
    "busy": ("503", "Others are changing the same rows. Nothing was done; send the request again."),
    "unavailable": ("503", "The database or another server does not answer. Try again as `Retry-After` says."),
}


@dataclass(frozen=True)
class Entry:
    """One code."""

    code: str
    statuses: str
    text: str


def entries() -> list[Entry]:
    """All codes, by name: the general ones, and those of our own errors as their classes say."""
    found = {code: Entry(code, statuses, text) for code, (statuses, text) in _GENERAL.items()}
    for kind in (*_below(errors.DomainError), *_below(exceptions.APIException)):
        code = str(getattr(kind, "code", "") or getattr(kind, "default_code", ""))
        status = str(getattr(kind, "status", "") or getattr(kind, "status_code", ""))
        if code in found and status not in found[code].statuses:
            both = ", ".join(sorted({*found[code].statuses.split(", "), status}))
            found[code] = Entry(code, both, found[code].text)
        elif code not in found and kind.__module__.split(".")[0] in _OURS and ".tests" not in kind.__module__:
            said = str(getattr(kind, "default_detail", ""))
            text = f"{(kind.__doc__ or '').splitlines()[0]} {said}".strip()
            found[code] = Entry(code, status, text)
    return [found[code] for code in sorted(found)]


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for narrower in kind.__subclasses__():
        if narrower.__module__.split(".")[0] in _OURS:
            yield from _below(narrower)
