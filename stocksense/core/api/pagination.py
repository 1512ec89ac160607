"""Pages by keyset: what is inserted or removed meanwhile neither repeats nor hides a row."""

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import F, Model, OrderBy, Q, QuerySet

from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.renderers import dump

DEFAULT_SIZE = 50
LARGEST_SIZE = 1000


def page_size(text: str | None) -> int:
    """The rows a page holds: as asked, at least 1; more than the largest is an error, not a silent cut."""
    if text is None:
        return DEFAULT_SIZE
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_SIZE:
        raise UnknownParameters({"page_size": [f"Must be a whole number from 1 to {LARGEST_SIZE}."]})
    return int(text)


def order_by(ordering: Sequence[str], paths: dict[str, str], model: type[Model]) -> list[OrderBy]:
    """Django's expressions for names such as `-updated_at`, ties settled by id; unknown values come last.

    Columns that are always known are ordered plainly: "nulls last" would keep PostgreSQL from using their index.
    """
    return [_ordered(name, paths[name.removeprefix("-")], model) for name in ordering] + [F("pk").asc()]


def _ordered(name: str, path: str, model: type[Model]) -> OrderBy:
    last = True if may_be_null(model, path) else None
    return F(path).desc(nulls_last=last) if name.startswith("-") else F(path).asc(nulls_last=last)


@cache
def may_be_null(model: type[Model], path: str) -> bool:
    """Whether a column, reached over foreign keys, can be unknown; so is every annotation."""
    at: type[Model] | None = model
    for part in path.split("__"):
        try:
            field = at._meta.pk if part == "pk" and at else at._meta.get_field(part) if at else None
        except FieldDoesNotExist:
            return True
        if field is None or getattr(field, "null", True):
            return True
        at = field.related_model if isinstance(field.related_model, type) else None
    return False


def encode(values: Sequence[Any]) -> str:
    """A cursor: the sorted-by values and the id of the last row seen."""
    return base64.urlsafe_b64encode(dump(list(values))).rstrip(b"=").decode()


def decode(cursor: str, *, model: type[Model], ordering: Sequence[str]) -> list[Any]:
    """The values of a cursor made for the same ordering. Raises UnknownParameters for anything else."""
    wrong = UnknownParameters({"cursor": ["This cursor is not one of this list in this ordering. Start again."]})
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise wrong from error
    if not isinstance(values, list) or len(values) != len(ordering) + 1 or values[-1] is None:
        raise wrong
    try:
        model._meta.pk.to_python(values[-1])
    except ModelValidationError as error:
        raise wrong from error
    return values


def after(
    queryset: "QuerySet[Any]", ordering: Sequence[str], paths: dict[str, str], values: Sequence[Any]
) -> "QuerySet[Any]":
    """The rows that come after the one whose sorted-by values and id are given, in that ordering."""
    condition = Q(pk__gt=values[-1])
    for name, value in reversed(list(zip(ordering, values[:-1], strict=True))):
        path = paths[name.removeprefix("-")]
        if value is None:
            condition = Q(**{f"{path}__isnull": True}) & condition
            continue
        beyond = Q(**{f"{path}__{'lt' if name.startswith('-') else 'gt'}": value}) | Q(**{f"{path}__isnull": True})
        condition = beyond | (Q(**{path: value}) & condition)
    return queryset.filter(condition, *_from(queryset.model, ordering, paths, values))


def _from(model: type[Model], ordering: Sequence[str], paths: dict[str, str], values: Sequence[Any]) -> list[Q]:
    """Where the page begins in the first column's index: the whole condition is no range that an index can find."""
    if not ordering or may_be_null(model, paths[ordering[0].removeprefix("-")]):
        return []
    first = ordering[0]
    return [Q(**{f"{paths[first.removeprefix('-')]}__{'lte' if first.startswith('-') else 'gte'}": values[0]})]
