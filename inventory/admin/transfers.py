"""Transfer orders: states change through the service only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from inventory.models import TransferOrder, TransferOrderLine, TransferState
from inventory.services import transfers
from inventory.services.transfers import BY_HAND, TRANSITIONS
from stocksense.core.admin import formats
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyInline, StockSenseModelAdmin

CHANGE = "inventory.change_transferorder"


def _may_become(state: TransferState):
    return lambda order: state in BY_HAND and state in TRANSITIONS[TransferState(order.state)]


class TransferOrderLineInline(ReadOnlyInline):
    """Lines with their schedules."""

    model = TransferOrderLine
    fields = readonly_fields = ("number", "item", "quantity", "schedule")
    verbose_name_plural = "lines"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[TransferOrderLine]":
        """Lines with what a row shows."""
        return super().get_queryset(request).select_related("item", "order").prefetch_related("schedules")

    @admin.display(description="quantity")
    def quantity(self, line: TransferOrderLine) -> str:
        """The sum of the schedules."""
        total = sum(row.quantity for row in line.schedules.all())
        return formats.quantity(total, line.item.uom, line.item.uom_decimals)

    @admin.display(description="when")
    def schedule(self, line: TransferOrderLine) -> str:
        """Quantity and date of each schedule row."""
        rows = line.schedules.all()
        return ", ".join(
            f"{formats.quantity(row.quantity, decimals=line.item.uom_decimals)} on "
            f"{formats.day(row.promised_on or row.requested_on)}"
            for row in rows
        )


@admin.register(TransferOrder)
class TransferOrderAdmin(StockSenseModelAdmin):
    """Transfers, newest first."""

    list_display = ("number", "origin", "destination", "state", "ordered_on", "created_by", "created_at")
    list_filter = ("state", ("origin", AutocompleteSelectFilter), ("destination", AutocompleteSelectFilter))
    list_select_related = ("origin", "destination", "created_by")
    search_fields = ("number__istartswith", "external_number__istartswith")
    readonly_fields = fields = (
        "number",
        "state",
        "origin",
        "destination",
        "ordered_on",
        "source_system",
        "external_number",
        "plan_run_id",
        "created_by",
    )
    inlines = (TransferOrderLineInline,)
    post_actions = ("approve", "cancel")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Transfers come from the plan, an import or another program."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TransferOrder | None = None) -> bool:
        """Orders are cancelled, not deleted."""
        return False

    @post_action(label="Approve", permission=CHANGE, tone="primary", available=_may_become(TransferState.APPROVED))
    def approve(self, request: HttpRequest, order: TransferOrder) -> str:
        """Draft to approved."""
        transfers.advance(order_id=order.pk, to=TransferState.APPROVED, actor=request.user)
        return f"{order.number} is approved."

    @post_action(
        label="Cancel order",
        permission=CHANGE,
        tone="danger",
        confirm="The transfer no longer counts as supply. The next plan proposes what is then missing.",
        available=_may_become(TransferState.CANCELLED),
    )
    def cancel(self, request: HttpRequest, order: TransferOrder) -> str:
        """To cancelled."""
        transfers.cancel(order_id=order.pk, actor=request.user)
        return f"{order.number} is cancelled."
