"""Who does what is done now, from where and why: carried from a request, task or command to logs and row history.

An `Origin` lives in a context variable, so it follows a request through threads and coroutines.
`core.database.attribution` tells it to the database with the first write of a transaction; `core.tasks` puts it into
task headers.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

LONGEST_REASON = 500
LONGEST_LABEL = 200
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class Channel(StrEnum):
    """Through what a change came."""

    ADMIN = "admin"
    API = "api"
    PORTAL = "portal"
    TASK = "task"
    COMMAND = "command"
    IMPORT = "import"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Credential:
    """By what a request proved who it is. Authentication sets `request.credential`; `id` is never the secret."""

    kind: str
    id: str = ""


@dataclass(frozen=True)
class Origin:
    """Who acts, by which request, through which channel, and why. Blank where unknown.

    With a `request` the actor is whoever that request is signed in as at the time of asking.
    """

    request_id: str = ""
    channel: str = ""
    reason: str = ""
    actor_id: int | None = None
    actor: str = ""
    request: HttpRequest | None = field(default=None, compare=False)

    def settled(self) -> "Origin":
        """The same without the request: its user looked up and named."""
        if self.request is None or self.actor_id is not None:
            return replace(self, request=None)
        user = getattr(self.request, "user", None)
        pk = getattr(user, "pk", None)
        return replace(self, request=None, actor_id=pk, actor=label_of(user) if pk else self.actor)

    def known_actor_id(self) -> int | None:
        """The actor as far as it is known without asking the database (for logs, which must not)."""
        if self.actor_id is not None or self.request is None:
            return self.actor_id
        return getattr(loaded_user(self.request), "pk", None)


@dataclass(frozen=True)
class Stamp:
    """An origin as PostgreSQL settings. Equal origins have equal names, which serve as `application_name`.

    `unread` is the id of an actor whose name and address the database has to add (`ACTOR`), else None.
    """

    name: str
    settings: Mapping[str, str]
    unread: int | None = None


NOBODY = Origin()
_CHANNELS = {"admin": Channel.ADMIN, "api": Channel.API, "portal": Channel.PORTAL}
_origin: ContextVar[Origin] = ContextVar("stocksense_origin", default=NOBODY)
LABEL = ("name", "email")
ACTOR = "stocksense.actor"
_SETTINGS = (
    "stocksense.actor_id",
    ACTOR,
    "stocksense.request_id",
    "stocksense.channel",
    "stocksense.reason",
)


def of_request(request: HttpRequest) -> Origin:
    """Who acts by a request that has its `request_id`: its user, whenever that is known, by way of its address."""
    return Origin(
        request_id=request.request_id,  # type: ignore[attr-defined]
        channel=_CHANNELS.get(request.path_info.strip("/").partition("/")[0], ""),
        reason=clean(request.META.get("HTTP_X_CHANGE_REASON", ""), LONGEST_REASON),
        request=request,
    )


def current() -> Origin:
    """The origin of what is done now; `NOBODY` outside of requests, tasks and commands."""
    return _origin.get()


@contextmanager
def acting(
    *,
    actor: Any = None,
    channel: str | None = None,
    reason: str | None = None,
    request_id: str | None = None,
    request: HttpRequest | None = None,
    label: str | None = None,
) -> Iterator[Origin]:
    """What runs inside is done by `actor` (a user), for `reason`; what is not given stays as it is outside."""
    given: dict[str, Any] = {"channel": channel, "request_id": request_id, "request": request, "actor": label}
    given["reason"] = None if reason is None else clean(reason, LONGEST_REASON)
    if getattr(actor, "pk", None) is not None:
        given |= {"actor_id": actor.pk, "actor": label_of(actor)}
    with using(replace(current(), **{name: value for name, value in given.items() if value is not None})) as origin:
        yield origin


@contextmanager
def using(origin: Origin) -> Iterator[Origin]:
    """What runs inside has this origin."""
    token = _origin.set(origin)
    try:
        yield origin
    finally:
        _origin.reset(token)


def begin(origin: Origin) -> None:
    """From here on, until the process or the surrounding context ends, this is the origin."""
    _origin.set(origin)


def because(reason: str) -> None:
    """Say why, for the rest of the surrounding request, task or `acting` block.

    A blank reason changes nothing, nor does one that is said outside of any of these.
    """
    if reason.strip() and current() is not NOBODY:
        _origin.set(replace(current(), reason=clean(reason, LONGEST_REASON)))


def new_request_id() -> str:
    """An id that no other request has: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def accepted_request_id(given: str | None) -> str:
    """`given` where it is 1 to 64 letters, digits, dots, dashes and underscores; else a new id."""
    return given if given and _REQUEST_ID.match(given) else new_request_id()


def loaded_user(request: HttpRequest) -> Any:
    """The request's user where somebody asked for it already, else None. Never asks the database."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped") is empty:
        return None
    return user


def label_of(user: Any) -> str:
    """How an actor is named in the history, also after the user is gone: name and address."""
    if is_unread(user):
        user.refresh_from_db(fields=list(LABEL))
    name, email = getattr(user, "name", ""), getattr(user, "email", "")
    return clean(f"{name} <{email}>" if name and email else name or email or str(user), LONGEST_LABEL)


def clean(text: str, longest: int) -> str:
    """Text that PostgreSQL takes as a setting: no zero bytes, at most `longest` characters."""
    return text.replace("\x00", "").strip()[:longest]


def is_unread(user: Any) -> bool:
    """Whether neither name nor address are known without a query: access control, which names API users, has none."""
    deferred = getattr(user, "get_deferred_fields", None)
    return deferred is not None and deferred().issuperset(LABEL)


def stamp(origin: Origin) -> Stamp:
    """The origin for the database; its user is looked up now, or by the database where that saves a query."""
    user: Any = getattr(origin.request, "user", None)
    unread = user.pk if origin.actor_id is None and user is not None and is_unread(user) else None
    settled = replace(origin, request=None, actor_id=unread, actor="") if unread else origin.settled()
    values = (
        "" if settled.actor_id is None else str(settled.actor_id),
        settled.actor,
        settled.request_id,
        settled.channel,
        settled.reason,
    )
    if not any(values):
        return UNSTAMPED
    digest = hashlib.blake2b("\x1f".join(values).encode(), digest_size=12).hexdigest()
    return Stamp(f"stocksense {digest}", dict(zip(_SETTINGS, values, strict=True)), unread)


UNSTAMPED = Stamp("stocksense", dict.fromkeys(_SETTINGS, ""))


def to_header(origin: Origin) -> dict[str, Any]:
    """The origin as plain values for a message."""
    settled = origin.settled()
    return {name: getattr(settled, name) for name in ("request_id", "channel", "reason", "actor_id", "actor")}


def from_header(values: Mapping[str, Any] | None) -> Origin:
    """The origin that `to_header` wrote; `NOBODY` where there is none."""
    return Origin(**values) if values else NOBODY
