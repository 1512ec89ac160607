"""Exceptions over REST: what a plan warns of, ranked by the cost of doing nothing."""

from typing import Any, ClassVar

import django_filters
from django.db.models import Exists, QuerySet, Value
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from planning.api.acts import Decides
from planning.api.bodies import Decided, Many, OfRun, SnoozeMany, SnoozeOne
from planning.models import ExceptionWord, PlanException
from planning.services import reads
from planning.services.decisions import decide_exceptions, measured, settled_exceptions
from stocksense.company.api.runs import RUN_FILTERS
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class ExceptionRow(Row):
    """A warning of one plan about an item at a location."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run. Decisions name it.")
    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    message = serializers.CharField(help_text="Why, in a sentence.")
    details = serializers.JSONField(help_text="The numbers of the sentence, and more.")
    handled = serializers.BooleanField(help_text="Whether somebody dismissed, snoozed or did it, and it still holds.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}

    class Meta:
        model = PlanException
        fields = (
            "id", "run", "kind", "item", "item_id", "location", "location_id",
            "subject", "due_on", "cost_of_inaction", "message", "details",
            "handled",
        )  # fmt: skip


def _in_group(rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
    return rows.filter(kind__in=reads.AT_RISK_KINDS[value])


class ExceptionView(Decides, Listed, Detailed):
    """Exceptions of the current plan, or of another run: the dearest first."""

    resource, model, row, ids_name = "exceptions", PlanException, ExceptionRow, "exception_ids"
    permissions: ClassVar = {"list": "planning.view_planexception", "retrieve": "planning.view_planexception"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "group": django_filters.ChoiceFilter(choices=[(name, name) for name in reads.AT_RISK_KINDS], method=_in_group),
        "handled": django_filters.TypedChoiceFilter(
            choices=[("true", "true"), ("false", "false")], coerce=lambda text: text == "true"
        ),
        "kind": CHOICE,
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "subject": CODE,
        "cost_of_inaction": NUMBER,
        "due_on": TIME,
    }
    ordering_fields = ("cost_of_inaction", "due_on", "item", "location")
    ordering = ("-cost_of_inaction", "due_on")

    def queryset(self) -> "QuerySet[Any]":
        """The plan's exceptions, and whether each has been dealt with."""
        if self.plan is None:
            return PlanException.objects.none().annotate(handled=Value(False))
        rows: QuerySet[Any] = self.plan.rows(PlanException).annotate(measured=measured())
        return rows.annotate(handled=Exists(settled_exceptions(self.plan.run)))  # type: ignore[no-any-return]

    @command("planning.decide", body=OfRun, answer=Decided, if_match=False)
    def dismiss(self, request: Request, pk: str) -> Response:
        """Say that an exception needs nothing, and why."""
        return self.decide_one(pk, decide_exceptions, self.valid(), decision=ExceptionWord.DISMISSED)

    @command("planning.decide", body=Many, answer=Decided, on_collection=True, path="dismiss")
    def dismiss_many(self, request: Request) -> Response:
        """Say that exceptions need nothing, and why."""
        return self.decide_many(decide_exceptions, decision=ExceptionWord.DISMISSED)

    @command("planning.decide", body=SnoozeOne, answer=Decided, if_match=False)
    def snooze(self, request: Request, pk: str) -> Response:
        """Put an exception aside until a day, or until it grows."""
        return self.decide_one(pk, decide_exceptions, self.valid(), decision=ExceptionWord.SNOOZED)

    @command("planning.decide", body=SnoozeMany, answer=Decided, on_collection=True, path="snooze")
    def snooze_many(self, request: Request) -> Response:
        """Put exceptions aside until a day, or until they grow."""
        return self.decide_many(decide_exceptions, decision=ExceptionWord.SNOOZED)

    @command("planning.decide", body=OfRun, answer=Decided, if_match=False)
    def done(self, request: Request, pk: str) -> Response:
        """Say that an exception has been dealt with."""
        return self.decide_one(pk, decide_exceptions, self.valid(), decision=ExceptionWord.DONE)

    @command("planning.decide", body=Many, answer=Decided, on_collection=True, path="done")
    def done_many(self, request: Request) -> Response:
        """Say that exceptions have been dealt with."""
        return self.decide_many(decide_exceptions, decision=ExceptionWord.DONE)
