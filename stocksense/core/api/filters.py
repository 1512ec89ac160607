"""Filters by django-filter, made from a resource's table of fields and operators; unknown parameters are refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models import Field, Model, QuerySet, Subquery
from django.http import QueryDict
from django_filters.utils import get_model_field

from stocksense.core.api.problems import UnknownParameters

Operators: TypeAlias = Sequence[str] | Any  # (a django_filters.Filter of the resource's own)
TEXT = ("exact", "in", "startswith", "contains")
CODE = ("exact", "in", "startswith")
NUMBER = ("exact", "gt", "gte", "lt", "lte", "isnull")
TIME = ("exact", "gt", "gte", "lt", "lte")
CHOICE = ("exact", "in")
EXACT = ("exact",)


class IdFilter(django_filters.Filter):  # type: ignore[misc]
    """Rows that refer to the row of this id; no look-up says whether there is one."""

    field_class = forms.IntegerField


class CodeFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows that refer to the row of this unique code (`location__code`).

    The id is looked up first, in the same statement: rows joined by code are read in any order, while an index by the
    reference has them in the list's, so that a page reads its own rows only.
    """

    def filter(self, qs: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The rows; none where nothing has the code."""
        if value in EMPTY_VALUES:
            return qs
        key, _, code = self.field_name.rpartition("__")
        referred = qs.model._meta.get_field(key).related_model
        return qs.filter(**{key: Subquery(referred._base_manager.filter(**{code: value}).values("pk")[:1])})


class _Instant(forms.DateTimeField):
    """A time as UTC: PostgreSQL refuses offsets of 16 hours and more."""

    def to_python(self, value: Any) -> datetime | None:
        """Raises ValidationError where the offset leads out of the calendar."""
        found = super().to_python(value)
        try:
            return found.astimezone(UTC) if found else None
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class InstantFilter(django_filters.DateTimeFilter):  # type: ignore[misc]
    """Rows by a time, written with whatever offset."""

    field_class = _Instant


def filterset(model: type[Model], filters: Mapping[str, Operators], paths: Mapping[str, str]) -> Any:
    """A FilterSet class whose parameters are `name` (exact) and `name__op`, for fields of the resource's row."""
    declared: dict[str, Any] = {}
    for name, operators in filters.items():
        if isinstance(operators, django_filters.Filter):
            declared[name] = operators
            continue
        path = paths[name]
        field = get_model_field(model, path)
        if field is None:
            raise TypeError(f"{model.__name__}.{path} is no column: give {name} a Filter of its own")
        for operator in operators:
            public = name if operator == "exact" else f"{name}__{operator}"
            declared[public] = _filter(field, path, operator)
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filters", (django_filters.FilterSet,), {**declared, "Meta": meta})


def _filter(field: "Field[Any, Any]", path: str, operator: str) -> django_filters.Filter:
    if field.is_relation and operator == "exact":
        return IdFilter(field_name=path)
    if operator == "exact" and path.count("__") == 1 and getattr(field, "unique", False):
        return CodeFilter(field_name=path)
    if operator == "isnull" or field.get_internal_type() == "BooleanField":
        return django_filters.TypedChoiceFilter(
            field_name=path, lookup_expr=operator, choices=[("true", "true"), ("false", "false")], coerce=_boolean
        )
    made = django_filters.FilterSet.filter_for_field(field, path, operator)
    if made is None:
        raise TypeError(f"no filter is known for {path}")
    if isinstance(made, django_filters.DateTimeFilter):
        return InstantFilter(field_name=path, lookup_expr=operator)
    return made


def _boolean(text: str) -> bool:
    return text == "true"


def refuse_unknown(query: QueryDict, known: Sequence[str]) -> None:
    """Raises UnknownParameters naming what the endpoint does not have, or was given twice."""
    unknown = {name: ["This endpoint has no such parameter."] for name in query if name not in known}
    twice = {name: ["Give this parameter once."] for name in query if len(query.getlist(name)) > 1}
    if unknown or twice:
        raise UnknownParameters(twice | unknown)


def filtered(queryset: "QuerySet[Any]", query: QueryDict, filterset_class: Any) -> "QuerySet[Any]":
    """The rows that pass every filter in the query. Raises UnknownParameters for values that mean nothing."""
    named = frozenset(name for name in query if name in filterset_class.base_filters)
    if not named:
        return queryset
    chosen = _only(filterset_class, named)(data=query, queryset=queryset)
    if not chosen.is_valid():
        raise UnknownParameters(chosen.errors)
    return chosen.qs  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def _only(filterset_class: Any, named: frozenset[str]) -> Any:
    """The same filters without those that the query does not name: each costs a form field per request."""
    made: Any = type(filterset_class.__name__, (filterset_class,), {})
    made.base_filters = {name: one for name, one in filterset_class.base_filters.items() if name in named}
    return made
