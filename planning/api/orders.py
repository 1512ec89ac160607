"""Planned orders over REST: what a plan proposes, and what stands on it."""

from collections.abc import Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import CharField, F, QuerySet, Value
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from planning.api.acts import Decides
from planning.api.answers import ExplanationAnswer, basket_of, explanation, used
from planning.api.bodies import ApproveMany, ApproveOne, Decided, EditOne, Many, OfRun, SnoozeMany, SnoozeOne
from planning.models import Decision, PlannedOrder
from planning.services import decisions, pegging, reads
from planning.services.basket import baskets
from planning.services.decisions.quantities import to_order
from stocksense.company.api.runs import RUN_FILTERS, read_elsewhere
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME, refuse_unknown
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Json, Row
from stocksense.core.api.views import Detailed, Listed

WHOLE_PLAN = reads.WorklistQuery(whole_horizon=True, decided=True)


class PlannedOrderRow(Row):
    """A proposal of one plan: order or move `quantity` (stock units) into `location`. Money is company currency."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run. Decisions name it.")
    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    uom = serializers.CharField(source="item.uom", help_text="The item's stock unit.")
    location = code("location.code", "Where the goods go.")
    location_id = ident("Id of that location.")
    supplier = code("supplier.code", "Of a purchase.", null=True)
    supplier_id = ident("Id of that supplier.", null=True)
    origin = code("origin.code", "Of a transfer: where the goods come from.", null=True)
    origin_id = ident("Id of that location.", null=True)
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
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}
    only_when_asked = ("trace",)

    class Meta:
        model = PlannedOrder
        fields = (
            "id", "run", "kind", "item", "item_id", "uom", "location", "location_id", "supplier", "supplier_id",
            "origin", "origin_id", "quantity", "quantity_to_order",
            "unit_price", "value", "release_on", "due_on", "need_on", "cost_of_inaction", "exception_kind", "reason",
            "decision", "order_number", "trace",
        )  # fmt: skip


def _in_tab(rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
    return rows.filter(reads.TABS[value])


class PlannedOrderView(Decides, Listed, Detailed):
    """Proposals of the current plan, or of another run: the one whose waiting costs most first."""

    resource, model, row, ids_name = "planned-orders", PlannedOrder, PlannedOrderRow, "planned_order_ids"
    permissions: ClassVar = {"list": "planning.view_plannedorder", "retrieve": "planning.view_plannedorder"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "tab": django_filters.ChoiceFilter(choices=[(tab, tab) for tab in reads.TABS], method=_in_tab),
        "decided": django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")], method=read_elsewhere),
        "kind": CHOICE,
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "supplier": CODE,
        "supplier_id": EXACT,
        "origin": CODE,
        "origin_id": EXACT,
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
        "cost_of_inaction", "release_on", "due_on", "need_on", "value", "quantity", "item", "location",
    )  # fmt: skip
    ordering = ("-cost_of_inaction", "release_on", "-value")

    def queryset(self) -> "QuerySet[Any]":
        """The plan's proposals with what stands on each."""
        if self.plan is None:
            blank = Value(None, output_field=CharField())
            return PlannedOrder.objects.none().annotate(
                decision=blank, draft_number=blank, quantity_to_order=F("quantity")
            )
        rows = reads.with_decisions(self.plan, reads.planned_orders(self.plan, WHOLE_PLAN))
        rows = rows.annotate(**to_order(self.plan.run))
        decided = self.request.query_params.get("decided")
        if decided in ("true", "false"):
            still_open = reads.open_on(self.plan)
            rows = rows.filter(still_open if decided == "false" else ~still_open)
        return rows

    def _page(self, rows: "QuerySet[Any]", size: int, ordering: Sequence[str]) -> Json:
        """The order is found on ids alone: what stands on a proposal is worked out for the page's own rows only."""
        ids = list(rows.values_list("pk", flat=True)[: size + 1])
        own = self.queryset().filter(pk__in=ids).order_by(*rows.query.order_by)
        return super()._page(own, size, ordering)

    @command("planning.approve", body=ApproveOne, answer=Decided, if_match=False)
    def approve(self, request: Request, pk: str) -> Response:
        """Order a proposal: it becomes a line of a draft."""
        body = self.valid()
        for name, service_name in (("quantity", "quantities"), ("seen", "seen")):
            if name in body:
                body[service_name] = {self.line_of(pk, body["run"]): body.pop(name)}
        return self.decide_one(pk, decisions.approve_planned_orders, body)

    @command("planning.approve", body=ApproveMany, answer=Decided, on_collection=True, path="approve")
    def approve_many(self, request: Request) -> Response:
        """Order proposals, all or none: one draft per supplier or origin and destination."""
        return self.decide_many(decisions.approve_planned_orders)

    @command("planning.decide", body=OfRun, answer=Decided, if_match=False)
    def reject(self, request: Request, pk: str) -> Response:
        """Say no to a proposal."""
        return self.decide_one(pk, decisions.reject_planned_orders, self.valid())

    @command("planning.decide", body=Many, answer=Decided, on_collection=True, path="reject")
    def reject_many(self, request: Request) -> Response:
        """Say no to proposals."""
        return self.decide_many(decisions.reject_planned_orders)

    @command("planning.decide", body=SnoozeOne, answer=Decided, if_match=False)
    def snooze(self, request: Request, pk: str) -> Response:
        """Put a proposal aside until a day, or until the plan changes it."""
        return self.decide_one(pk, decisions.snooze_planned_orders, self.valid())

    @command("planning.decide", body=SnoozeMany, answer=Decided, on_collection=True, path="snooze")
    def snooze_many(self, request: Request) -> Response:
        """Put proposals aside until a day, or until the plan changes them."""
        return self.decide_many(decisions.snooze_planned_orders)

    @command("planning.decide", body=OfRun, answer=Decided, if_match=False)
    def reopen(self, request: Request, pk: str) -> Response:
        """Take back what was said of a proposal, a changed quantity too; approvals are undone as decisions."""
        return self.decide_one(pk, decisions.reopen_planned_orders, self.valid())

    @command("planning.decide", body=Many, answer=Decided, on_collection=True, path="reopen")
    def reopen_many(self, request: Request) -> Response:
        """Take back what was said of proposals."""
        return self.decide_many(decisions.reopen_planned_orders)

    @command("planning.decide", body=EditOne, answer=Decided, if_match=False)
    def edit(self, request: Request, pk: str) -> Response:
        """Set the quantity that approving will order."""

        def set_quantity(planned_order_ids: list[int], **given: Any) -> decisions.DecisionResult:
            return decisions.edit_planned_order(planned_order_id=planned_order_ids[0], **given)

        return self.decide_one(pk, set_quantity, self.valid())

    @command("planning.view_plannedorder", answer=ExplanationAnswer, methods=("get",))
    def explanation(self, request: Request, pk: str) -> Response:
        """Explain why a proposal has its quantity. Sentences, and the whole trace that recomputes it."""
        plan, order = self._order(pk)
        return Response(explanation(plan, order))

    @command("planning.view_plannedorder", methods=("get",))
    def pegging(self, request: Request, pk: str) -> Response:
        """Say which demand a proposal serves. Customers over spans of days, and transfers onward."""
        plan, order = self._order(pk)
        uses = pegging.where_used(item_id=order.item_id, planned_order_id=order.pk, plan=plan)
        return Response({"uses": [used(use) for use in uses]})

    @command("planning.view_plannedorder", on_collection=True, methods=("get",))
    def baskets(self, request: Request) -> Response:
        """List purchases due now by supplier and destination, with the supplier's minimum and a truck to fill."""
        refuse_unknown(request.query_params, ())
        return Response({"results": [basket_of(one) for one in baskets(self.plan)] if self.plan else []})

    def _order(self, pk: str) -> tuple[reads.CurrentPlan, PlannedOrder]:
        refuse_unknown(self.request.query_params, self.detail_parameters)
        found = reads.whole(self.plan, [int(pk)]) if self.plan and pk.isdecimal() and len(pk) < 19 else []
        if not found or self.plan is None:
            raise Http404
        return self.plan, found[0]
