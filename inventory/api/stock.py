"""Stock over REST: what there is, what moved, and what is on its way."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from inventory.models import MovementKind, ScheduledReceipt, StockBalance, StockMovement, StockStatus
from inventory.services import ledger
from stocksense.core import clock
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME
from stocksense.core.api.inputs import Instant, Name
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed

RECENT_DAYS = 31
"""How far back movements are listed where nothing else is asked for."""

DAYS = ("exact", "gte", "lte")
PAIR: dict[str, Any] = {"item": CODE, "item_id": EXACT, "location": CODE, "location_id": EXACT}


class BalanceRow(Row):
    """On hand of one lot and status of an item at a location."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}

    class Meta:
        model = StockBalance
        fields = (
            "id",
            "item",
            "item_id",
            "location",
            "location_id",
            "lot",
            "status",
            "quantity",
            "allocated",
            "expires_on",
            "updated_at",
        )


class BalanceView(Listed, Detailed):
    """What is on hand: the sum of the movements of each lot and status."""

    resource, model, row = "stock-balances", StockBalance, BalanceRow
    permissions: ClassVar = {"list": "inventory.view_stockbalance", "retrieve": "inventory.view_stockbalance"}
    filter_fields: ClassVar = {**PAIR, "lot": EXACT, "status": CHOICE, "updated_at": TIME}
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)


class MovementRow(Row):
    """One signed change of stock: positive in, negative out."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")

    class Meta:
        model = StockMovement
        fields = (
            "id",
            "item",
            "item_id",
            "location",
            "location_id",
            "lot",
            "status",
            "kind",
            "quantity",
            "balance_after",
            "unit_cost",
            "moved_at",
            "moved_on",
            "reference",
            "reason",
            "recorded_at",
        )


class MovementInput(serializers.Serializer[Any]):
    """A movement to record. `source` and `key` name the event: delivered twice, it counts once."""

    item = Name(help_text="SKU (text) or id (number) of the item.")
    location = Name(help_text="Code (text) or id (number) of the location.")
    kind = serializers.ChoiceField([kind for kind in MovementKind.choices if kind[0] != MovementKind.COUNT])
    quantity = serializers.DecimalField(
        max_digits=15, decimal_places=3, help_text="Stock units; positive in, negative out."
    )
    source = serializers.CharField(max_length=64, help_text="The system that reports it, such as the till's name.")
    key = serializers.CharField(max_length=200, help_text="The system's own name of the event.")
    lot = serializers.CharField(max_length=64, required=False, allow_blank=True)
    status = serializers.ChoiceField(StockStatus.choices, required=False)
    moved_at = Instant(required=False, help_text="When it happened; now unless given.")
    unit_cost = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0, required=False, allow_null=True)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class MovementRecorded(serializers.Serializer[Any]):
    """What became of a movement."""

    id = serializers.IntegerField(allow_null=True, help_text="Of the movement; null where it had been recorded before.")
    recorded = serializers.BooleanField(help_text="False: this event was in the ledger already; nothing changed.")
    balance = serializers.DecimalField(max_digits=15, decimal_places=3, help_text="On hand of its lot and status now.")


class MovementView(Listed):
    """The stock ledger. Lists reach back 31 days unless `moved_on` or `id` says otherwise.

    To follow the ledger, ask for `id__gt` the largest id seen, some hundreds less: an id is given before its movement
    is committed, so a smaller one can appear after a larger one.
    """

    resource, model, row = "stock-movements", StockMovement, MovementRow
    permissions: ClassVar = {"list": "inventory.view_stockmovement", "create": "inventory.add_stockmovement"}
    create_body, create_answer, create_statuses = MovementInput, MovementRecorded, (201, 200)
    filter_fields: ClassVar = {
        **PAIR,
        "id": NUMBER,
        "lot": EXACT,
        "kind": CHOICE,
        "moved_on": DAYS,
    }
    ordering_fields = ("id",)
    ordering = ("-id",)

    def queryset(self) -> "QuerySet[Any]":
        """Movements, by default of the last month: the table is parted by month and grows for ever."""
        return bounded(super().queryset(), self.request, "moved_on", days=RECENT_DAYS, unless="id")

    def create(self, request: Request) -> Response:
        """Record a movement. 201 where it is new, 200 where the event had been recorded before."""
        body = self.valid(MovementInput)
        done = ledger.record_movement(actor=request.user, **body)
        answer = {"id": done.movement_id, "recorded": done.is_new, "balance": done.balance}
        return Response(answer, status=201 if done.is_new else 200)


class ReceiptRow(Row):
    """Open supply: what one schedule row of a purchase or transfer order still brings."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location that it comes to.")
    location_id = ident("Id of that location.")
    origin = code("origin.code", "Code of the own location that it comes from.", null=True)
    origin_id = ident("Id of that location.", null=True)

    class Meta:
        model = ScheduledReceipt
        fields = (
            "id",
            "kind",
            "order_number",
            "schedule_id",
            "item",
            "item_id",
            "location",
            "location_id",
            "origin",
            "origin_id",
            "quantity",
            "due_on",
            "is_shipped",
            "is_draft",
            "release_on",
            "unit_cost",
        )


class ReceiptView(Listed, Detailed):
    """Supply on its way, of purchase orders and transfers alike."""

    resource, model, row = "scheduled-receipts", ScheduledReceipt, ReceiptRow
    permissions: ClassVar = {"list": "inventory.view_scheduledreceipt", "retrieve": "inventory.view_scheduledreceipt"}
    filter_fields: ClassVar = {
        **PAIR,
        "origin": CODE,
        "kind": CHOICE,
        "order_number": EXACT,
        "due_on": DAYS,
        "is_draft": EXACT,
        "is_shipped": EXACT,
    }
    ordering_fields = ("id", "due_on")
    ordering = ("id",)


def bounded(rows: "QuerySet[Any]", request: Request, column: str, *, days: int, unless: str = "") -> "QuerySet[Any]":
    """The rows of the last `days` days, or of those before the upper end asked for, where no lower end is asked for."""
    given = {name for name in request.query_params if name.split("__")[0] in (column, unless)}
    if not given:
        return rows.filter(**{f"{column}__gte": clock.now().date() - timedelta(days=days)})
    if given == {f"{column}__lte"}:
        try:
            upper = date.fromisoformat(request.query_params[f"{column}__lte"])
            return rows.filter(**{f"{column}__gte": upper - timedelta(days=days)})
        except (ValueError, OverflowError):  # the filter says what is wrong with it
            return rows
    return rows
