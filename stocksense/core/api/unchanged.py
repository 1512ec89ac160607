"""Lists that a caller has already, answered without reading them.

The ETag of a list is a digest of what it shows. A process remembers for which state of the tables it was made, and the
database says which state they are in now: one small read, whatever the list would cost. Nothing is remembered but
digests, and nothing is answered from memory but "as you have it".

The state is read before the rows. So what is remembered may belong to an older state than the rows do, which costs a
read some time, and never to a newer one.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from rest_framework.request import Request

from stocksense.core.api import etags
from stocksense.core.bounded import Bounded

Tables = frozenset[str]
MOST_REMEMBERED = 4096
_state_of: "list[Callable[[Tables], str | None]]" = []


SAID_IN = "stocksense.unchanged"
"""Where a request's environment says what an unchanged list rests on, for `accounts.api.revalidation`."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on: its tables in a state, a caller with a permission (or one of several)."""

    tables: Tables
    state: str
    permission: str | tuple[str, ...] | None
    route: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """The ETag of a list when its tables were in a state."""

    tables: Tables
    state: str
    etag: str


_lists: "Bounded[Hashable, Remembered]" = Bounded(MOST_REMEMBERED)


def states_from(read: "Callable[[Tables], str | None]") -> None:
    """Have `read` say which state tables are in: equal only while nothing in them was changed; None: not known.

    Said once, by the app that has the counts.
    """
    _state_of[:] = [read]


def state_of(tables: Tables | None) -> str | None:
    """The state of tables now; None where nobody knows."""
    return _state_of[0](tables) if tables and _state_of else None


def found(name: Hashable, request: Request) -> Remembered | None:
    """The list of this name, where the caller has it and it has not changed; None where it must be read."""
    found = _lists.get(name)
    if found is None or not etags.known(request, found.etag) or state_of(found.tables) != found.state:
        return None
    return found


def say(request: Request, *, tables: Tables, state: str, permission: str | tuple[str, ...] | None) -> None:
    """Have the request's environment say what its answer rests on."""
    django = request._request
    django.META[SAID_IN] = Basis(tables, state, permission, django.resolver_match.view_name)  # type: ignore[union-attr]


def remember(name: Hashable, *, tables: Tables, state: str, etag: str) -> None:
    """Keep that the list has this ETag, read after its tables were found to be in `state`."""
    _lists.put(name, Remembered(tables, state, etag))


def name_of(request: Request, view: Any) -> Hashable:
    """What tells a list apart: its database, its address with all parameters (which its links repeat), its form."""
    django = request._request
    database = connections[DEFAULT_DB_ALIAS].settings_dict["NAME"]
    return (
        database, type(view), request.accepted_media_type, django.scheme, django.get_host(), django.get_full_path()
    )  # fmt: skip


def tables_of(model: type[Model], paths: Iterable[str]) -> Tables | None:
    """The tables that columns reached from a model come from; None where one is no plain column."""
    found = {model._meta.db_table}
    for path in paths:
        reached = _reached(model, path)
        if reached is None:
            return None
        found |= reached
    return frozenset(found)


@lru_cache(maxsize=4096)
def _reached(model: type[Model], path: str) -> Tables | None:
    found, at = set(), model
    for part in path.split("__"):
        try:
            field: Any = at._meta.pk if part == "pk" else at._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if not field.concrete:
            return None
        if field.is_relation:
            at = field.related_model
            found.add(at._meta.db_table)
    return frozenset(found)
