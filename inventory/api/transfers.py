"""Transfer orders over REST: read with their lines, changed while drafts, moved along as their service allows."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.locations import LocationRow
from inventory.api.stock import DAYS
from inventory.models import TransferOrder, TransferOrderLine, TransferOrderSchedule, TransferState
from inventory.services import draft_edits, transfers
from inventory.services.draft_edits import ScheduleEdit
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, TIME
from stocksense.core.api.inputs import Entry
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed

CHANGE = "inventory.change_transferorder"
SCHEDULE_FIELDS = (
    "id",
    "number",
    "quantity",
    "shipped_quantity",
    "received_quantity",
    "release_on",
    "requested_on",
    "promised_on",
    "is_closed",
)


class TransferScheduleRow(Row):
    """How much of a line comes when."""

    class Meta:
        model = TransferOrderSchedule
        fields = SCHEDULE_FIELDS


class TransferLineRow(Row):
    """One item of a transfer."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    children: ClassVar = {"schedules": Children(TransferScheduleRow, TransferOrderSchedule.objects.all, "line_id")}

    class Meta:
        model = TransferOrderLine
        fields = ("id", "number", "item", "item_id")


class TransferRow(Row):
    """Goods to move between own locations."""

    origin = code("origin.code", "Code of the location that goods leave.")
    origin_id = ident("Id of that location.")
    destination = code("destination.code", "Code of the location that goods come to.")
    destination_id = ident("Id of that location.")
    created_by_id = ident("Id of the person whose draft it was.", null=True)
    expandable = {"origin": ("origin", LocationRow), "destination": ("destination", LocationRow)}
    children: ClassVar = {
        "lines": Children(TransferLineRow, TransferOrderLine.objects.all, "order_id", nested=("schedules",))
    }

    class Meta:
        model = TransferOrder
        fields = (
            "id",
            "number",
            "state",
            "origin",
            "origin_id",
            "destination",
            "destination_id",
            "source_system",
            "external_number",
            "plan_run_id",
            "ordered_on",
            "created_by_id",
            "created_at",
            "updated_at",
        )


class ScheduleChange(Entry):
    """Other values of a schedule row."""

    id = serializers.IntegerField(help_text="Of the schedule row.")
    quantity = serializers.DecimalField(max_digits=15, decimal_places=3, required=False, help_text="Stock units.")
    requested_on = serializers.DateField(
        required=False, help_text="The day on which it is released moves by as many days."
    )


class TransferChange(serializers.Serializer[Any]):
    """Changes of a draft, all of them or none."""

    schedules: Any = serializers.ListSerializer(child=ScheduleChange(), required=False, max_length=1000)
    removed_lines = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=1000, help_text="Ids of lines to take off."
    )


class TransferView(Listed, Detailed, Changed):
    """Transfers between own locations. They come from the plan or an import; drafts can be changed."""

    resource, model, row = "transfer-orders", TransferOrder, TransferRow
    permissions: ClassVar = {
        "list": "inventory.view_transferorder",
        "retrieve": "inventory.view_transferorder",
        "partial_update": CHANGE,
    }
    change_body = TransferChange
    filter_fields: ClassVar = {
        "number": CODE,
        "state": CHOICE,
        "origin": CODE,
        "origin_id": EXACT,
        "destination": CODE,
        "destination_id": EXACT,
        "external_number": EXACT,
        "ordered_on": DAYS,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "number", "updated_at")
    ordering = ("-id",)
    always_expanded = ("lines",)

    def change_one(self, found: TransferOrder, data: dict[str, Any]) -> None:
        """Change a draft."""
        draft_edits.edit_transfer(order=found, **edits(data), actor=self.request.user)  # type: ignore[arg-type]

    @command(CHANGE, answer=TransferRow)
    def approve(self, request: Request, pk: str) -> Response:
        """Approve a drafted transfer. 409 where it is none any more, 403 above your limit or for your own draft."""
        return self._advance(pk, TransferState.APPROVED)

    @command(CHANGE, answer=TransferRow)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a transfer. Its supply and its claim on the origin are gone."""
        return self._advance(pk, TransferState.CANCELLED)

    def _advance(self, pk: str, to: TransferState) -> Response:
        self.valid()
        with self.changing(pk) as order:
            transfers.advance(order_id=order.pk, to=to, actor=self.request.user)  # type: ignore[arg-type]
        return self.shown(pk)


def edits(data: dict[str, Any]) -> dict[str, Any]:
    """The checked body of a change as arguments of the service."""
    schedules = [
        ScheduleEdit(row["id"], row.get("quantity"), row.get("requested_on")) for row in data.get("schedules", ())
    ]
    return {"schedules": schedules, "removed_lines": data.get("removed_lines", [])}
