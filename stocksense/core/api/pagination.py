"""Pages by keyset: what is inserted or removed meanwhile neither repeats nor hides a row."""

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import BooleanField, F, Field, Func, Model, OrderBy, Q, QuerySet, Value
from django.utils.crypto import constant_time_compare, salted_hmac
from django_filters.utils import get_model_field

from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.renderers import dump

DEFAULT_SIZE = 50
LARGEST_SIZE = 1000
_SEAL = 9
"""Bytes of a cursor that only we can write: nobody else's values reach a query."""


def page_size(text: str | None) -> int:
    """The rows a page holds: as asked, at least 1; more than the largest is an error, not a silent cut."""
    if text is None:
        return DEFAULT_SIZE
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_SIZE:
        raise UnknownParameters({"page_size": [f"Must be a whole number from 1 to {LARGEST_SIZE}."]})
    return int(text)


def order_by(ordering: Sequence[str], paths: dict[str, str], model: type[Model]) -> list[OrderBy]:
    """Django's expressions for names such as `-updated_at`, ties settled by id.

    Unknown values come last. The id goes the way of the last name, so that an index on both serves either direction.
    """
    return [
        _directed(F(paths[name.removeprefix("-")]), name, nulls=may_be_null(model, paths[name.removeprefix("-")]))
        for name in ordering
    ] + [_directed(F("pk"), _last(ordering), nulls=False)]


def _directed(column: F, name: str, *, nulls: bool) -> OrderBy:
    # (only where there are any: no index has them last in descending order)
    last = True if nulls else None
    return column.desc(nulls_last=last) if name.startswith("-") else column.asc(nulls_last=last)


def _last(ordering: Sequence[str]) -> str:
    return ordering[-1] if ordering else ""


@cache
def _field(model: type[Model], path: str) -> "Field[Any, Any] | None":
    return get_model_field(model, path)  # type: ignore[no-any-return]


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


def encode(values: Sequence[Any], *, bound_to: str) -> str:
    """A cursor: the sorted-by values and the id of the last row seen, sealed for the list that it belongs to."""
    body = dump(list(values))
    return base64.urlsafe_b64encode(_seal(body, bound_to) + body).rstrip(b"=").decode()


def _seal(body: bytes, bound_to: str) -> bytes:
    return salted_hmac("stocksense.cursor", body + b"\0" + bound_to.encode(), algorithm="sha256").digest()[:_SEAL]


def unsealed(cursor: str, *, bound_to: str) -> Any:
    """What a cursor of this list holds. Raises UnknownParameters for anything else."""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if not constant_time_compare(sealed[:_SEAL], _seal(sealed[_SEAL:], bound_to)):
            raise _strange_cursor()
        return orjson.loads(sealed[_SEAL:])
    except (ValueError, binascii.Error) as error:
        raise _strange_cursor() from error


def _strange_cursor() -> UnknownParameters:
    return UnknownParameters(
        {"cursor": ["This cursor is not one of this list with these filters in this ordering. Start again."]}
    )


def decode(
    cursor: str, *, model: type[Model], ordering: Sequence[str], paths: dict[str, str], bound_to: str
) -> list[Any]:
    """The values of a cursor made for the same list. Raises UnknownParameters for anything else."""
    values, wrong = unsealed(cursor, bound_to=bound_to), _strange_cursor()
    if not isinstance(values, list) or len(values) != len(ordering) + 1 or values[-1] is None:
        raise wrong
    fields = [*(_field(model, paths[name.removeprefix("-")]) for name in ordering), model._meta.pk]
    try:
        return [
            value if field is None or value is None else field.to_python(value)
            for field, value in zip(fields, values, strict=True)
        ]
    except (ModelValidationError, TypeError, ValueError) as error:
        raise wrong from error


def after(
    queryset: "QuerySet[Any]", ordering: Sequence[str], paths: dict[str, str], values: Sequence[Any]
) -> "QuerySet[Any]":
    """The rows that come after the one whose sorted-by values and id are given, in that ordering."""
    model: type[Model] = queryset.model
    columns = [paths[name.removeprefix("-")] for name in ordering]
    backward = {name.startswith("-") for name in ordering}
    if len(backward) <= 1 and not any(may_be_null(model, column) for column in columns):
        return queryset.filter(_Beyond([*columns, "pk"], values, model=model, backward=True in backward))
    condition = Q(**{f"pk__{'lt' if _last(ordering).startswith('-') else 'gt'}": values[-1]})
    for name, column, value in reversed(list(zip(ordering, columns, values[:-1], strict=True))):
        if value is None:
            condition = Q(**{f"{column}__isnull": True}) & condition
            continue
        beyond = Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value}) | Q(**{f"{column}__isnull": True})
        condition = beyond | (Q(**{column: value}) & condition)
    return queryset.filter(condition, *_beginning(model, ordering, columns, values))


def _beginning(model: type[Model], ordering: Sequence[str], columns: Sequence[str], values: Sequence[Any]) -> list[Q]:
    """Where the page begins in an index of the first column: the whole condition is no range that one can find."""
    if not ordering or may_be_null(model, columns[0]):
        return []
    return [Q(**{f"{columns[0]}__{'lte' if ordering[0].startswith('-') else 'gte'}": values[0]})]


class _Beyond(Func):
    """(a, b, id) > (…): a row comparison, which PostgreSQL answers by going straight to that place of an index."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, model: type[Model], backward: bool) -> None:
        fields = [model._meta.pk if column == "pk" else _field(model, column) for column in columns]
        typed = [Value(value, output_field=field) for field, value in zip(fields, values, strict=True)]
        super().__init__(*(F(column) for column in columns), *typed)
        self.width, self.sign = len(columns), "<" if backward else ">"

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """The comparison."""
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        left, right = parts[: self.width], parts[self.width :]
        sides = [f"({', '.join(sql for sql, _ in side)})" for side in (left, right)]
        return f" {self.sign} ".join(sides), [value for _, values in parts for value in values]
