"""Purchase orders over REST: read with their lines, changed while drafts, moved along as their service allows."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.locations import LocationRow
from inventory.api.stock import DAYS
from inventory.api.transfers import SCHEDULE_FIELDS, TransferChange, edits
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, TIME
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed
from vendors.api.own import REACH_OWN, SupplierScoped
from vendors.api.suppliers import SupplierRow
from vendors.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule, PurchaseState
from vendors.services import draft_edits, orders

CHANGE = "vendors.change_purchaseorder"


class OrderScheduleRow(Row):
    """How much of a line comes when, stock units."""

    class Meta:
        model = PurchaseOrderSchedule
        fields = SCHEDULE_FIELDS


class OrderLineRow(Row):
    """One item of an order."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    children: ClassVar = {"schedules": Children(OrderScheduleRow, PurchaseOrderSchedule.objects.all, "line_id")}

    class Meta:
        model = PurchaseOrderLine
        fields = ("id", "number", "item", "item_id", "order_uom", "units_per_order_uom", "unit_price")


class OrderRow(Row):
    """An order with one supplier for one destination."""

    supplier = code("supplier.code", "Code of the supplier.")
    supplier_id = ident("Id of the supplier.")
    destination = code("destination.code", "Code of the location that the goods come to.")
    destination_id = ident("Id of that location.")
    created_by_id = ident("Id of the person whose draft it was.", null=True)
    expandable = {"supplier": ("supplier", SupplierRow), "destination": ("destination", LocationRow)}
    children: ClassVar = {
        "lines": Children(OrderLineRow, PurchaseOrderLine.objects.all, "order_id", nested=("schedules",))
    }

    class Meta:
        model = PurchaseOrder
        fields = (
            "id",
            "number",
            "state",
            "supplier",
            "supplier_id",
            "destination",
            "destination_id",
            "currency",
            "source_system",
            "external_number",
            "plan_run_id",
            "ordered_on",
            "note",
            "created_by_id",
            "created_at",
            "updated_at",
        )


class OrderChange(TransferChange):
    """Changes of an order, all of them or none: of the note at any time, of lines while it is a draft."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=10_000)


class OwnScheduleRow(Row):
    """How much of a line comes when, stock units, as the supplier sees it."""

    class Meta:
        model = PurchaseOrderSchedule
        fields = (
            "id",
            "number",
            "quantity",
            "shipped_quantity",
            "received_quantity",
            "requested_on",
            "promised_on",
            "is_closed",
        )


class OwnLineRow(Row):
    """One item of an order, as the supplier sees it."""

    item = code("item.sku", "SKU of the item.")
    item_name = code("item.name", "Name of the item.")
    children: ClassVar = {"schedules": Children(OwnScheduleRow, PurchaseOrderSchedule.objects.all, "line_id")}

    class Meta:
        model = PurchaseOrderLine
        fields = ("id", "number", "item", "item_name", "order_uom", "units_per_order_uom", "unit_price")


class OwnOrderRow(Row):
    """An order as its supplier sees it."""

    supplier = code("supplier.code", "Your code.")
    destination = code("destination.code", "Code of the location that the goods come to.")
    destination_name = code("destination.name", "Name of that location.")
    children: ClassVar = {
        "lines": Children(OwnLineRow, PurchaseOrderLine.objects.all, "order_id", nested=("schedules",))
    }

    class Meta:
        model = PurchaseOrder
        fields = (
            "id",
            "number",
            "state",
            "supplier",
            "destination",
            "destination_name",
            "currency",
            "ordered_on",
            "updated_at",
        )


class OwnOrders(Listed, Detailed):
    """Orders as their supplier sees them."""

    resource, model, row = "own-orders", PurchaseOrder, OwnOrderRow
    filter_fields: ClassVar = {
        "number": CODE,
        "state": CHOICE,
        "destination": CODE,
        "ordered_on": DAYS,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "number", "updated_at")
    ordering = ("-id",)
    always_expanded = ("lines",)


class OrderView(SupplierScoped, Changed):
    """Purchase orders. They come from the plan or an import; drafts can be changed.

    People of a supplier read the orders that were sent to it.
    """

    resource, model, row, own = "purchase-orders", PurchaseOrder, OrderRow, OwnOrders
    view_all = "vendors.view_purchaseorder"
    permissions: ClassVar = {
        "list": (view_all, REACH_OWN),
        "retrieve": (view_all, REACH_OWN),
        "partial_update": CHANGE,
    }
    change_body = OrderChange
    filter_fields: ClassVar = {
        "number": CODE,
        "state": CHOICE,
        "supplier": CODE,
        "supplier_id": EXACT,
        "destination": CODE,
        "destination_id": EXACT,
        "external_number": EXACT,
        "ordered_on": DAYS,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "number", "updated_at")
    ordering = ("-id",)
    always_expanded = ("lines",)

    def own_rows(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Those that were sent: drafts, and what was cancelled before it was sent, concern nobody outside."""
        unsent = Q(state__in=[PurchaseState.DRAFT, PurchaseState.APPROVED])
        return rows.exclude(unsent | Q(state=PurchaseState.CANCELLED, ordered_on__isnull=True))

    def change_one(self, found: PurchaseOrder, data: dict[str, Any]) -> None:
        """Change a draft, or the note."""
        actor: Any = self.request.user
        draft_edits.edit_order(order=found, note=data.get("note"), **edits(data), actor=actor)

    @command(CHANGE, answer=OrderRow)
    def approve(self, request: Request, pk: str) -> Response:
        """Approve a drafted purchase order. 409 where it is none now, 403 above your limit or for your own draft."""
        return self._advance(pk, PurchaseState.APPROVED)

    @command(CHANGE, answer=OrderRow)
    def send(self, request: Request, pk: str) -> Response:
        """Send an approved order. From then on it stands with the supplier."""
        return self._advance(pk, PurchaseState.SENT)

    @command(CHANGE, answer=OrderRow)
    def confirm(self, request: Request, pk: str) -> Response:
        """Confirm a sent order for its supplier. It is acknowledged then."""
        return self._advance(pk, PurchaseState.ACKNOWLEDGED)

    @command(CHANGE, answer=OrderRow)
    def close(self, request: Request, pk: str) -> Response:
        """Close an order that was received, or partly. Nothing more is expected of it."""
        return self._advance(pk, PurchaseState.CLOSED)

    @command(CHANGE, answer=OrderRow)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an order. Its supply is gone, and the next plan proposes what is then missing."""
        return self._advance(pk, PurchaseState.CANCELLED)

    def _advance(self, pk: str, to: PurchaseState) -> Response:
        self.valid()
        with self.changing(pk) as order:
            orders.advance(order_id=order.pk, to=to, actor=self.request.user)  # type: ignore[arg-type]
        return self.shown(pk)
