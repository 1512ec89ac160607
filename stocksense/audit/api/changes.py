"""The history of all rows over REST: who changed what, when, from what to what, and why."""

import copy
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from stocksense.audit.api.exporting import ExportedByPermission
from stocksense.audit.models import AccessEntry
from stocksense.audit.services import reads
from stocksense.audit.services.reads import Change, Query
from stocksense.audit.tracking import HistoryEvent
from stocksense.core.api import exports, filters, pagination
from stocksense.core.api.filters import InstantFilter
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.rows import Json, Row
from stocksense.core.api.views import PAGE_PARAMETERS, Detailed
from stocksense.core.context import Channel

ACTIONS = ("insert", "update", "delete", "baseline")
PARAMETERS = ("fields", *PAGE_PARAMETERS, "format")
CELLS = ("field", "before", "after")
"""Columns of a file in the place of `changes`: a line per changed field."""
LARGEST_NUMBER = 2**63 - 1
_TICK = timedelta(microseconds=1)


class FieldChangeRow(serializers.Serializer[Any]):
    """One field before and after, as text; null where there was or is nothing."""

    name = serializers.CharField()
    label = serializers.CharField(help_text="What people call it.")
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class AuditRow(Row):
    """One change of one row. Numbers grow with time over all kinds of rows."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="What kind of row, such as `inventory.item`.")
    kind_label = serializers.CharField(help_text="What people call this kind.")
    object_id = serializers.CharField(help_text="Its id.")
    object_label = serializers.CharField(help_text="What people call it, as of the change.")
    action = serializers.ChoiceField(ACTIONS, help_text="`baseline`: what was there when history began.")
    actor_id = serializers.IntegerField(allow_null=True, help_text="User id; null: nobody who was signed in.")
    actor = serializers.CharField(help_text="Name and address at that time; blank: unknown.")
    channel = serializers.CharField(help_text="Through what it came; blank: past StockSense, by SQL.")
    request_id = serializers.CharField()
    reason = serializers.CharField()
    database_role = serializers.CharField(help_text="The database's own word on who wrote.")
    changes = FieldChangeRow(many=True)

    class Meta:
        model = HistoryEvent

    def get_fields(self) -> Any:
        """As declared: changes are of many tables."""
        return copy.deepcopy(self._declared_fields)


def _json(change: Change) -> Json:
    return {
        "id": change.number,
        "at": change.at,
        "kind": change.kind,
        "kind_label": change.kind_label,
        "object_id": change.row,
        "object_label": change.row_label,
        "action": change.action,
        "actor_id": change.actor_id,
        "actor": change.actor,
        "channel": change.channel,
        "request_id": change.request_id,
        "reason": change.reason,
        "database_role": change.role,
        "changes": [vars(entry) for entry in change.fields],
    }


class _OneOfMany(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """Several values of a list of choices, parted by commas."""


class _Number(django_filters.Filter):  # type: ignore[misc]
    field_class = forms.IntegerField


def _filters() -> dict[str, django_filters.Filter]:
    kinds = reads.kind_labels()
    channels = [(channel.value, channel.value) for channel in Channel]
    whether = {"choices": [("true", "true"), ("false", "false")], "coerce": lambda text: text == "true"}
    return {
        "kind": django_filters.ChoiceFilter(choices=kinds, help_text="Changes of rows of this kind."),
        "kind__in": _OneOfMany(choices=kinds, help_text="Changes of rows of these kinds."),
        "object_id": django_filters.CharFilter(help_text="Changes of the row with this id; needs `kind`."),
        "parts": django_filters.TypedChoiceFilter(
            **whether, help_text="With `object_id`: also changes of its parts, such as an order's lines."
        ),
        "actor_id": _Number(min_value=1, max_value=LARGEST_NUMBER, help_text="Changes by this user."),
        "channel": django_filters.ChoiceFilter(choices=channels, help_text="Changes that came through this."),
        "action": django_filters.ChoiceFilter(choices=[(name, name) for name in ACTIONS]),
        "request_id": django_filters.CharFilter(help_text="Changes by this request."),
        **{f"at__{operator}": InstantFilter() for operator in ("gt", "gte", "lt", "lte")},
    }


class AuditView(ExportedByPermission, Detailed):
    """The history of masters, terms, orders, settings, decisions, people and permissions, newest first.

    The database writes it itself, whoever changes a row and however; nobody can change it.
    """

    resource, row = "audit", AuditRow
    model = HistoryEvent
    permissions: ClassVar = {"list": "audit.view_history", "retrieve": "audit.view_history"}

    @classmethod
    def filterset(cls) -> Any:
        """Parameters of the search: there is no one table that they filter."""
        if "_filterset" not in cls.__dict__:
            cls._filterset = type("AuditFilters", (django_filters.FilterSet,), _filters())
        return cls._filterset

    def list(self, request: Request) -> HttpResponseBase:
        """List changes."""
        parameters = request.query_params
        filters.refuse_unknown(parameters, [*self.filterset().base_filters, *PARAMETERS])
        query, shape = self._query(), self.shape()
        if media_type := exports.wanted(parameters, request.accepted_media_type):
            return self._changes_file(query, shape.fields, media_type)
        if cursor := parameters.get("cursor"):
            query = Query(**{**vars(query), "before": self._position(cursor)})
        size = pagination.page_size(parameters.get("page_size"))
        found = reads.changes(query, size=size + 1)
        following = None
        if len(found) > size:
            at, number = found[size - 1].position
            following = self._address(cursor=pagination.encode([at.isoformat(), number], bound_to=self._binding()))
        shown = [_chosen(_json(change), shape.fields) for change in found[:size]]
        return self._answer({"results": shown, "next": following})

    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """Read one change."""
        filters.refuse_unknown(request.query_params, ["fields"])
        shape = self.shape(detail=True)
        number = int(pk) if pk.isascii() and pk.isdecimal() else 0
        found = reads.changes(Query(number=number), size=1) if 0 < number <= LARGEST_NUMBER else []
        return self._answer(_chosen(_json(found[0]), shape.fields)) if found else self.not_found()

    def _query(self) -> Query:
        form = self.filterset()(data=self.request.query_params, queryset=AccessEntry.objects.none()).form
        if not form.is_valid():
            raise UnknownParameters(form.errors)
        given = form.cleaned_data
        kinds = [*filter(None, [given["kind"]]), *(given["kind__in"] or ())]
        if given["kind"] and given["kind__in"] and given["kind"] not in given["kind__in"]:
            raise UnknownParameters({"kind": ["Not one of `kind__in`: nothing can fit both."]})
        after = [given["at__gte"], given["at__gt"] and _later(given["at__gt"])]
        until = [given["at__lt"], given["at__lte"] and _later(given["at__lte"])]
        return Query(
            kinds=[given["kind"]] if given["kind"] else kinds,
            rows=_rows(given),
            actor_id=given["actor_id"],
            request_id=given["request_id"],
            channel=given["channel"],
            action=given["action"],
            since=max(filter(None, after), default=None),
            until=min(filter(None, until), default=None),
        )

    def _position(self, cursor: str) -> reads.Position:
        moment, number = pagination.unsealed(cursor, bound_to=self._binding())
        return datetime.fromisoformat(moment), number

    def _changes_file(self, query: Query, fields: Sequence[str], media_type: str) -> HttpResponseBase:
        self.require_export()
        if paged := {name: ["A file holds all rows: it has no pages."] for name in PAGE_PARAMETERS
                     if name in self.request.query_params}:  # fmt: skip
            raise UnknownParameters(paged)
        columns = [name for field in fields for name in (CELLS if field == "changes" else (field,))]
        return exports.table(columns, _lines(query), media_type=media_type, name=self.resource)


def _later(at: datetime) -> datetime:
    """The next instant; the last one has none, and nothing is as late as it."""
    return min(at, datetime.max.replace(tzinfo=UTC) - _TICK) + _TICK


def _chosen(row: Json, fields: Sequence[str]) -> Json:
    return {name: row[name] for name in fields}


def _lines(query: Query) -> Iterator[Json]:
    for change in reads.stream(query):
        row = _json(change)
        for entry in row["changes"] or [{}]:
            yield {**row, "field": entry.get("name"), "before": entry.get("before"), "after": entry.get("after")}


def _rows(given: dict[str, Any]) -> Sequence[tuple[str, Any]]:
    """What the search says of single objects, checked."""
    if not given["object_id"]:
        if given["parts"] != "":
            raise UnknownParameters({"parts": ["Say whose parts: give `kind` and `object_id`."]})
        return ()
    if not given["kind"]:
        raise UnknownParameters({"object_id": ["Say what kind of row has this id: give `kind`."]})
    try:
        return reads.rows_of(given["kind"], given["object_id"], parts=given["parts"] is True)
    except ValueError as error:
        raise UnknownParameters({"object_id": ["Rows of this kind have no such id."]}) from error
