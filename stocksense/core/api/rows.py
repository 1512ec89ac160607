"""What one row of a resource looks like, and how rows are read: straight from columns, in a fixed number of queries.

A `Row` is a serializer class used as a declaration. Each field's `source` names a column, a path over foreign keys
(`category.path`) or an annotation of the view's query. Reading never builds model objects: columns come as tuples and
go out as JSON; the serializer itself runs only to describe the schema.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework import serializers

from stocksense.core.api.fixed import Fixed

Json = dict[str, Any]


@dataclass(frozen=True)
class Children:
    """Rows that belong to a row (an order's lines), read with one more query for the whole page."""

    row: "type[Row]"
    queryset: Callable[[], "QuerySet[Any]"]
    parent: str
    """The children's column that holds the parent's id, for example `order_id`."""
    ordering: tuple[str, ...] = ("id",)
    nested: tuple[str, ...] = ()
    """Children of these rows that are always shown with them (the schedules of an order's lines)."""


class Row(serializers.ModelSerializer[Any]):
    """Base of every row. `expandable` and `children` may be asked for with `expand=`."""

    expandable: ClassVar[dict[str, tuple[str, "type[Row]"]]] = {}
    """Field name → (relation, row): `expand=category` replaces the field by the related row, or adds it."""
    children: ClassVar[dict[str, Children]] = {}
    """Name → children, present in a row when asked for by `expand=`."""
    only_when_asked: ClassVar[tuple[str, ...]] = ()
    """Long fields (a trace, a path over days) that lists show only when `fields=` names them; an object always does."""

    @classmethod
    def columns(cls) -> dict[str, str]:
        """Field name → path for `values_list`, in the declared order."""
        return _columns(cls)


@cache
def _columns(row: type[Row]) -> dict[str, str]:
    return {
        name: (field.source or name).replace(".", "__")
        for name, field in row().get_fields().items()
        if not field.write_only
    }


@dataclass(frozen=True)
class Shape:
    """What a request wants to see of each row: which fields, and which of them expanded."""

    row: type[Row]
    fields: tuple[str, ...]
    expand: tuple[str, ...] = ()

    def paths(self) -> list[str]:
        """The columns to read, expanded relations after the row's own fields."""
        own = self.row.columns()
        paths = [own[name] for name in self._plain()]
        for name in self._related():
            relation, row = self.row.expandable[name]
            paths += [f"{relation}__{path}" for path in row.columns().values()]
        return paths

    def maker(self) -> "Callable[[Sequence[Any]], Json]":
        """What makes an object of one row of `values_list(*paths())`, fields in the asked order."""
        plain, related = self._plain(), self._related()
        if not related:
            return lambda values: dict(zip(plain, values, strict=False))
        parts = [(name, list(self.row.expandable[name][1].columns())) for name in related]
        own = self.row.columns()
        order = [*self.fields, *(name for name in related if name not in own)]

        def made(values: Sequence[Any]) -> Json:
            found = dict(zip(plain, values, strict=False))
            at = len(plain)
            for name, columns in parts:
                shown = dict(zip(columns, values[at : at + len(columns)], strict=True))
                found[name] = shown if any(value is not None for value in shown.values()) else None
                at += len(columns)
            return {name: found[name] for name in order if name in found}

        return made

    def _related(self) -> list[str]:
        return [name for name in self.expand if name in self.row.expandable]

    def _plain(self) -> list[str]:
        return [name for name in self.fields if name not in self.expand or name in self.row.children]

    def with_children(self, rows: list[Json], ids: Sequence[Any]) -> list[Json]:
        """The rows, each with the children that were asked for; one query per kind of children."""
        for name in self.expand:
            if name not in self.row.children:
                continue
            children = self.row.children[name]
            shape = Shape(children.row, tuple(children.row.columns()), children.nested)
            query = children.queryset().filter(**{f"{children.parent}__in": ids}).order_by(*children.ordering)
            parents, own, kept = [], [], []
            json = shape.maker()
            for parent, pk, *values in query.values_list(children.parent, "pk", *shape.paths()):
                parents.append(parent)
                own.append(pk)
                kept.append(json(values))
            found: dict[Any, list[Json]] = {}
            for parent, row in zip(parents, shape.with_children(kept, own), strict=True):
                found.setdefault(parent, []).append(row)
            for row, parent in zip(rows, ids, strict=True):
                row[name] = found.get(parent, [])
        return rows


def read(queryset: "QuerySet[Model] | Fixed", shape: Shape) -> tuple[list[Json], list[Any]]:
    """(rows as objects, their ids) in the query's order."""
    records: Iterable[Sequence[Any]] = queryset.values_list("pk", *shape.paths())
    ids: list[Any] = []
    rows: list[Json] = []
    json = shape.maker()
    for record in records:
        ids.append(record[0])
        rows.append(json(record[1:]))
    return shape.with_children(rows, ids), ids


def read_sorted(
    queryset: "QuerySet[Model] | Fixed", shape: Shape, keys: Sequence[str]
) -> tuple[list[Json], list[Any], list[tuple[Any, ...]]]:
    """The same, with the values of the columns that the rows are sorted by: where the next page begins."""
    paths = shape.paths()
    every = list(dict.fromkeys(["pk", *paths, *keys]))
    at = [every.index(path) for path in paths]
    sorted_at = [every.index(key) for key in keys]
    in_place = at == list(range(1, len(at) + 1))
    ids: list[Any] = []
    rows: list[Json] = []
    sorted_by: list[tuple[Any, ...]] = []
    json = shape.maker()
    for record in queryset.values_list(*every):
        ids.append(record[0])
        rows.append(json(record[1 : len(at) + 1] if in_place else [record[index] for index in at]))
        sorted_by.append(tuple(record[index] for index in sorted_at))
    return shape.with_children(rows, ids), ids, sorted_by
