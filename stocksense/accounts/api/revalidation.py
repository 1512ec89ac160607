"""Lists that a program asks for again and has already: answered before Django, as Django answered the same request.

A client that polls sends the same request again and again and is told 304. `Revalidation` stands before Django's WSGI
application and answers such a request itself, with the headers that Django gave, when all of this holds:

- Django answered this very request with 304 in this process within `SECONDS`: the same in method, address, token,
  If-None-Match and every other header, those in `_TELL_NOTHING` apart (`_name_of`);
- the tables that the list rests on are in the state in which they were then (asked of the database now);
- the token is good and its user has the list's permission (asked now, by the functions that the API asks);
- the call is within its limits (those of its user and key now and of the list, by the limiter of the API).

In every other case, whatever the reason, Django gets the request as if nothing stood before it. So nothing is refused
here, nothing is read here that a client gets to see, and a call is counted once. docs/decisions/0018 has the reasoning.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.db import Error, connection

from stocksense.accounts import credentials, limits
from stocksense.accounts.api.throttling import COUNTED_IN, written
from stocksense.accounts.credentials import Counted
from stocksense.accounts.errors import CredentialRefused
from stocksense.audit.services import access
from stocksense.core import clock, context, metrics
from stocksense.core.addresses import client_address
from stocksense.core.api import unchanged
from stocksense.core.api.permissions import permits
from stocksense.core.bounded import Bounded
from stocksense.core.middleware import REQUEST_ID_HEADER
from stocksense.core.programs import API

SECONDS = 60.0
"""After which Django is asked again, whatever holds."""
MOST_REMEMBERED = 16_384
NOT_MODIFIED = "304 Not Modified"
POLICY, STANDING = "RateLimit-Policy", "RateLimit"
_TELL_NOTHING = frozenset({
    "HTTP_X_REQUEST_ID", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_USER_AGENT", "HTTP_CONNECTION",
    "HTTP_TRACEPARENT", "HTTP_TRACESTATE",
})  # fmt: skip
"""Request headers on which no answer of the API rests: a request with another value of them is the same request."""
_AS_GIVEN = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "wsgi.url_scheme")
_EACH_TIME = frozenset(name.lower() for name in (REQUEST_ID_HEADER, POLICY, STANDING))
"""Headers of answers that are written anew."""

Environment = dict[str, Any]
Headers = tuple[tuple[str, str], ...]
Application = Callable[[Environment, Any], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Note:
    """A 304 of Django's: what it rested on, what calls count against, its headers, and until when it is kept."""

    basis: unchanged.Basis
    counted: Counted
    headers: Headers
    until: float


_notes: "Bounded[bytes, Note]" = Bounded(MOST_REMEMBERED)


class Revalidation:
    """A WSGI application in front of Django's."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environment: Environment, start_response: Any) -> Iterable[bytes]:
        """The answer: 304 by what is remembered and still holds, else Django's."""
        name = _name_of(environment)
        if name is None:
            return self._application(environment, start_response)
        note = _notes.get(name)
        headers = _again(environment, note) if note and time.monotonic() < note.until else None
        if headers is None:
            return self._application(environment, _noting(name, environment, start_response))
        start_response(NOT_MODIFIED, headers)
        return []


def _name_of(environment: Environment) -> bytes | None:
    """What tells a request apart from every other, as a digest, because a token is in it; None: not for us."""
    if (
        "HTTP_IF_NONE_MATCH" not in environment
        or environment["REQUEST_METHOD"] not in ("GET", "HEAD")
        or not environment["PATH_INFO"].startswith(API)
        or not environment.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        or "HTTP_COOKIE" in environment
        or "HTTP_TRANSFER_ENCODING" in environment
        or environment.get("CONTENT_LENGTH")
    ):
        return None
    texts = [str(environment.get(name, "")) for name in _AS_GIVEN]
    for name, value in environment.items():
        if name.startswith("HTTP_") and name not in _TELL_NOTHING:
            texts += name, value
    whole = "".join([f"{len(text)}:{text}" for text in texts])  # (where each ends is told, whatever is in it)
    return blake2b(whole.encode(errors="surrogatepass"), digest_size=32).digest()


def _again(environment: Environment, note: Note) -> list[tuple[str, str]] | None:
    """The headers of the 304 where all that it rested on still holds, the call counted and logged; else None."""
    at, started = clock.now(), time.perf_counter()
    try:
        connection.close_if_unusable_or_obsolete()  # as Django does before each request
        if unchanged.state_of(note.basis.tables) != note.basis.state:
            return None
        text = environment["HTTP_AUTHORIZATION"].partition(" ")[2].strip()
        found = credentials.of_bearer(text, counted=note.counted)
    except (Error, CredentialRefused):
        return None  # Django asks the same and says what is wrong
    if found.taken is None or not found.taken.allowed:
        return None  # nothing was counted
    if not permits(found.user, found.credential, note.basis.permission):
        limits.give_back(found.taken)
        return None
    request_id = context.accepted_request_id(environment.get("HTTP_X_REQUEST_ID"))
    method, route = environment["REQUEST_METHOD"], note.basis.route
    metrics.observe(route, method, 304, started=started)
    access.log.add(
        access.row(
            at=at, started=started, request_id=request_id, channel=context.Channel.API.value, user_id=found.user.pk,
            credential=found.credential.kind, credential_id=found.credential.id, route=route, method=method, status=304,
            address=client_address(environment),
        )
    )  # fmt: skip
    policy, standing = written(found.taken.standings)
    return [*note.headers, (POLICY, policy), (STANDING, standing), (REQUEST_ID_HEADER, request_id)]


def _noting(name: bytes, environment: Environment, start_response: Any) -> Any:
    """`start_response` that remembers the answer where it is a 304 which says what it rests on."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        basis, counted = environment.get(unchanged.SAID_IN), environment.get(COUNTED_IN)
        if (
            status == NOT_MODIFIED
            and basis
            and counted
            and not any(field.lower() == "set-cookie" for field, _ in headers)
        ):
            kept = _one(tuple(pair for pair in headers if pair[0].lower() not in _EACH_TIME))
            _notes.put(name, Note(basis, counted, kept, time.monotonic() + SECONDS))
        return start_response(status, headers, *more)

    return start


@lru_cache(maxsize=256)
def _one(headers: Headers) -> Headers:
    """The same headers, once in memory for all who were given them."""
    return headers
