"""Planned orders over REST: what a plan proposes, and what stands on it."""

from typing import Any, ClassVar

import django_filters
from django.db.models import CharField, F, QuerySet, Value
from rest_framework import serializers

from inventory.api.items import ItemRow
from planning.api.plans import RowsOfPlan
from planning.models import Decision, PlannedOrder
from planning.services import reads
from planning.services.decisions.quantities import to_order
from stocksense.company.api.runs import RUN_FILTERS, read_elsewhere
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed

WHOLE_PLAN = reads.WorklistQuery(whole_horizon=True, decided=True)


class PlannedOrderRow(Row):
    """A proposal of one plan: order or move `quantity` (stock units) into `location`. Money is company currency."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run. Decisions name it.")
    sku = serializers.CharField(source="item.sku")
    uom = serializers.CharField(source="item.uom", help_text="The item's stock unit.")
    location = serializers.CharField(source="location.code", help_text="Where the goods go.")
    supplier = serializers.CharField(source="supplier.code", allow_null=True, help_text="Of a purchase.")
    origin = serializers.CharField(source="origin.code", allow_null=True, help_text="Of a transfer.")
    quantity_to_order = serializers.DecimalField(
        max_digits=15, decimal_places=3, help_text="What approving orders: as proposed, or as a planner set it."
    )
    decision = serializers.ChoiceField(
        choices=Decision.choices, allow_null=True, help_text="What settles the proposal; null while it is open."
    )
    order_number = serializers.CharField(
        source="draft_number", allow_null=True, help_text="The order that an approval made or added to."
    )
    trace = serializers.JSONField(
        help_text="Inputs and steps as stored with the proposal; `/explanation` has it for every proposal."
    )
    expandable = {"item": ("item", ItemRow)}
    only_when_asked = ("trace",)

    class Meta:
        model = PlannedOrder
        fields = (
            "id", "run", "kind", "sku", "uom", "location", "supplier", "origin", "quantity", "quantity_to_order",
            "unit_price", "value", "release_on", "due_on", "need_on", "cost_of_inaction", "exception_kind", "reason",
            "decision", "order_number", "trace",
        )  # fmt: skip


def _in_tab(rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
    return rows.filter(reads.TABS[value])


class PlannedOrderView(RowsOfPlan, Listed, Detailed):
    """Proposals of the current plan, or of another run: the one whose waiting costs most first."""

    resource, model, row = "planned-orders", PlannedOrder, PlannedOrderRow
    permissions: ClassVar = {"list": "planning.view_plannedorder", "retrieve": "planning.view_plannedorder"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "tab": django_filters.ChoiceFilter(choices=[(tab, tab) for tab in reads.TABS], method=_in_tab),
        "decided": django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")], method=read_elsewhere),
        "kind": CHOICE,
        "sku": CODE,
        "location": CODE,
        "supplier": CODE,
        "origin": CODE,
        "reason": CHOICE,
        "exception_kind": CHOICE,
        "quantity": NUMBER,
        "value": NUMBER,
        "cost_of_inaction": NUMBER,
        "release_on": TIME,
        "due_on": TIME,
        "need_on": TIME,
    }
    ordering_fields = (
        "cost_of_inaction", "release_on", "due_on", "need_on", "value", "quantity", "sku", "location",
    )  # fmt: skip
    ordering = ("-cost_of_inaction", "release_on", "-value")

    def queryset(self) -> "QuerySet[Any]":
        """The plan's proposals with what stands on each."""
        if self.plan is None:
            blank = Value(None, output_field=CharField())
            return PlannedOrder.objects.none().annotate(
                decision=blank, draft_number=blank, quantity_to_order=F("quantity")
            )
        rows = reads.planned_orders(self.plan, WHOLE_PLAN).annotate(**to_order(self.plan.run))
        decided = self.request.query_params.get("decided")
        if decided in ("true", "false"):
            still_open = reads.open_on(self.plan)
            rows = rows.filter(still_open if decided == "false" else ~still_open)
        return rows
