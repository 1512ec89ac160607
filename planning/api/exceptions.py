"""Exceptions over REST: what a plan warns of, ranked by the cost of doing nothing."""

from typing import Any, ClassVar

import django_filters
from django.db.models import Exists, QuerySet, Value
from rest_framework import serializers

from inventory.api.items import ItemRow
from planning.api.plans import RowsOfPlan
from planning.models import PlanException
from planning.services import reads
from planning.services.decisions import measured, settled_exceptions
from stocksense.company.api.runs import RUN_FILTERS
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class ExceptionRow(Row):
    """A warning of one plan about an item at a location."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run. Decisions name it.")
    sku = serializers.CharField(source="item.sku")
    location = serializers.CharField(source="location.code")
    message = serializers.CharField(help_text="Why, in a sentence.")
    details = serializers.JSONField(help_text="The numbers of the sentence, and more.")
    handled = serializers.BooleanField(help_text="Whether somebody dismissed, snoozed or did it, and it still holds.")
    expandable = {"item": ("item", ItemRow)}

    class Meta:
        model = PlanException
        fields = (
            "id", "run", "kind", "sku", "location", "subject", "due_on", "cost_of_inaction", "message", "details",
            "handled",
        )  # fmt: skip


def _in_group(rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
    return rows.filter(kind__in=reads.AT_RISK_KINDS[value])


class ExceptionView(RowsOfPlan, Listed, Detailed):
    """Exceptions of the current plan, or of another run: the dearest first."""

    resource, model, row = "exceptions", PlanException, ExceptionRow
    permissions: ClassVar = {"list": "planning.view_planexception", "retrieve": "planning.view_planexception"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "group": django_filters.ChoiceFilter(choices=[(name, name) for name in reads.AT_RISK_KINDS], method=_in_group),
        "handled": django_filters.TypedChoiceFilter(
            choices=[("true", "true"), ("false", "false")], coerce=lambda text: text == "true"
        ),
        "kind": CHOICE,
        "sku": CODE,
        "location": CODE,
        "subject": CODE,
        "cost_of_inaction": NUMBER,
        "due_on": TIME,
    }
    ordering_fields = ("cost_of_inaction", "due_on", "sku", "location")
    ordering = ("-cost_of_inaction", "due_on")

    def queryset(self) -> "QuerySet[Any]":
        """The plan's exceptions, and whether each has been dealt with."""
        if self.plan is None:
            return PlanException.objects.none().annotate(handled=Value(False))
        rows: QuerySet[Any] = self.plan.rows(PlanException).annotate(measured=measured())
        return rows.annotate(handled=Exists(settled_exceptions(self.plan.run)))  # type: ignore[no-any-return]
