"""Purchase orders: states change through the service only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from stocksense.core.admin import formats
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyInline, StockSenseModelAdmin
from vendors.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from vendors.services import orders
from vendors.services.orders import BY_HAND, TRANSITIONS

CHANGE = "vendors.change_purchaseorder"


def _may_become(state: PurchaseState):
    return lambda order: state in BY_HAND and state in TRANSITIONS[PurchaseState(order.state)]


class PurchaseOrderLineInline(ReadOnlyInline):
    """Lines with their schedules."""

    model = PurchaseOrderLine
    fields = readonly_fields = ("number", "item", "quantity", "in_order_units", "price", "value", "schedule")
    verbose_name_plural = "lines"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[PurchaseOrderLine]":
        """Lines with what a row shows."""
        return super().get_queryset(request).select_related("item", "order").prefetch_related("schedules")

    @admin.display(description="quantity")
    def quantity(self, line: PurchaseOrderLine) -> str:
        """The sum of the schedules, stock units."""
        return formats.quantity(_total(line), line.item.uom, line.item.uom_decimals)

    @admin.display(description="order units")
    def in_order_units(self, line: PurchaseOrderLine) -> str:
        """The same in the supplier's unit."""
        return formats.quantity(_total(line) / line.units_per_order_uom, line.order_uom, 3)

    @admin.display(description="price")
    def price(self, line: PurchaseOrderLine) -> str:
        """Per order unit."""
        return formats.money(line.unit_price, line.order.currency)

    @admin.display(description="value")
    def value(self, line: PurchaseOrderLine) -> str:
        """Quantity times price, order's currency."""
        price = line.unit_price
        return formats.money(
            None if price is None else price * _total(line) / line.units_per_order_uom, line.order.currency
        )

    @admin.display(description="when")
    def schedule(self, line: PurchaseOrderLine) -> str:
        """Quantity and date of each schedule row."""
        return ", ".join(
            f"{formats.quantity(row.quantity, decimals=line.item.uom_decimals)} on "
            f"{formats.day(row.promised_on or row.requested_on)}"
            for row in line.schedules.all()
        )


def _total(line: PurchaseOrderLine):
    return sum(row.quantity for row in line.schedules.all())


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(StockSenseModelAdmin):
    """Purchase orders, newest first."""

    list_display = ("number", "supplier", "destination", "state", "ordered_on", "created_by", "created_at")
    list_filter = ("state", ("supplier", AutocompleteSelectFilter), ("destination", AutocompleteSelectFilter))
    list_select_related = ("supplier", "destination", "created_by")
    search_fields = ("number__istartswith", "external_number__istartswith")
    fields = (
        ("number", "state"),
        ("supplier", "destination"),
        ("currency", "ordered_on"),
        ("source_system", "external_number"),
        ("plan_run_id", "created_by"),
        "note",
    )
    readonly_fields = (
        "number",
        "state",
        "supplier",
        "destination",
        "currency",
        "ordered_on",
        "source_system",
        "external_number",
        "plan_run_id",
        "created_by",
    )
    inlines = (PurchaseOrderLineInline,)
    post_actions = ("approve", "send", "acknowledge", "close", "cancel")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Orders come from the plan, an import or another program."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        """Orders are cancelled, not deleted."""
        return False

    @post_action(label="Approve", permission=CHANGE, tone="primary", available=_may_become(PurchaseState.APPROVED))
    def approve(self, request: HttpRequest, order: PurchaseOrder) -> str:
        """Draft to approved."""
        return self._advance(request, order, PurchaseState.APPROVED)

    @post_action(
        label="Mark as sent",
        permission=CHANGE,
        tone="primary",
        confirm="From then on the order stands with the supplier.",
        available=_may_become(PurchaseState.SENT),
    )
    def send(self, request: HttpRequest, order: PurchaseOrder) -> str:
        """Approved to sent."""
        return self._advance(request, order, PurchaseState.SENT)

    @post_action(label="Mark as acknowledged", permission=CHANGE, available=_may_become(PurchaseState.ACKNOWLEDGED))
    def acknowledge(self, request: HttpRequest, order: PurchaseOrder) -> str:
        """Sent to acknowledged."""
        return self._advance(request, order, PurchaseState.ACKNOWLEDGED)

    @post_action(
        label="Close",
        permission=CHANGE,
        confirm="What has not come in is no longer expected.",
        available=_may_become(PurchaseState.CLOSED),
    )
    def close(self, request: HttpRequest, order: PurchaseOrder) -> str:
        """No more is expected."""
        return self._advance(request, order, PurchaseState.CLOSED)

    @post_action(
        label="Cancel order",
        permission=CHANGE,
        tone="danger",
        confirm="The order no longer counts as supply. The next plan proposes what is then missing.",
        available=_may_become(PurchaseState.CANCELLED),
    )
    def cancel(self, request: HttpRequest, order: PurchaseOrder) -> str:
        """To cancelled."""
        return self._advance(request, order, PurchaseState.CANCELLED)

    def _advance(self, request: HttpRequest, order: PurchaseOrder, to: PurchaseState) -> str:
        orders.advance(order_id=order.pk, to=to, actor=request.user)
        return f"{order.number} is {to.label.lower()}."
