"""Reads that are the same SQL whoever asks: compiled once, prepared by the database, loaded as JSON shows them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from stocksense.core.bounded import Bounded

_sql: "Bounded[Hashable, tuple[str | None]]" = Bounded(1024)
"""By names and columns: a `Fixed` itself would keep the view and the request, token and all, that it was made for."""


@dataclass(frozen=True)
class Fixed:
    """Stands for a QuerySet in `rows.read` and `rows.read_sorted`.

    `name` must tell apart whatever `build` may return: it is what compiled SQL is found by. `parameters` are the values
    of this read; `build` may put any values of their types in their places.
    """

    name: Hashable
    build: "Callable[[], QuerySet[Any]]" = field(compare=False)
    parameters: tuple[Any, ...] = field(default=(), compare=False)
    usual: "Callable[[], QuerySet[Any]] | None" = field(default=None, compare=False)
    """The query itself, where `build` has other values in it."""

    def values_list(self, *columns: str) -> Iterable[Sequence[Any]]:
        """The rows, as those of `QuerySet.values_list` except that decimals and instants may be JSON's text already."""
        sql = _compiled(self, columns)
        if sql is None:
            return (self.usual or self.build)().values_list(*columns)
        connection: Any = connections[DEFAULT_DB_ALIAS]
        return connection.json_rows(sql, self.parameters)  # type: ignore[no-any-return]


def _compiled(fixed: Fixed, columns: tuple[str, ...]) -> str | None:
    """The SQL, compiled once; None where there is none to keep."""
    name = fixed.name, columns
    kept = _sql.get(name)
    if kept is None:
        kept = (_compile(fixed, columns),)
        _sql.put(name, kept)
    return kept[0]


def _compile(fixed: Fixed, columns: tuple[str, ...]) -> str | None:
    """The SQL; None where a column needs Python to be read or the query holds values that are not parameters."""
    queryset = fixed.build().values_list(*columns)
    if queryset.db != DEFAULT_DB_ALIAS or not hasattr(connections[DEFAULT_DB_ALIAS], "json_rows"):
        return None
    compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    if len(parameters) != len(fixed.parameters) or compiler.get_converters(part for part, _, _ in compiler.select):
        return None
    return str(sql)
