"""Transfers between own locations, customers' open orders, and the one table of supply on its way."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, money_field, not_negative, one_of, positive, quantity_field


class TransferState(models.TextChoices):
    """The life of a transfer order (see `inventory.services.transfers.TRANSITIONS`)."""

    DRAFT = "draft"
    APPROVED = "approved"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"


@tracked()
class TransferOrder(TimeStamped):
    """Goods to move from one own location to another."""

    number = models.CharField(max_length=32, unique=True)
    origin = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="transfers_out")
    destination = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="transfers_in")
    state = models.CharField(max_length=9, choices=TransferState, default=TransferState.DRAFT)
    source_system = models.CharField(max_length=64, blank=True)
    external_number = models.CharField(max_length=64, blank=True)
    plan_run_id = models.PositiveBigIntegerField(null=True, blank=True)
    ordered_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("transfer_order", "state", TransferState),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="transfer_order_ends_differ"),
            models.UniqueConstraint(
                fields=["source_system", "external_number"],
                condition=~Q(external_number=""),
                name="transfer_order_external_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="transfer_order_by_state"),
            models.Index(fields=["updated_at"], name="transfer_order_changed"),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class TransferOrderLine(models.Model):
    """One item of a transfer order. Quantities and dates are on its schedule rows."""

    order = models.ForeignKey(TransferOrder, on_delete=models.CASCADE, related_name="lines")
    number = models.CharField(max_length=32)
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="transfer_order_line_unique")]

    def __str__(self) -> str:
        return f"{self.order} / {self.number}"


class OrderSchedule(models.Model):
    """How much of an order line comes when; netting reads these rows only."""

    number = models.CharField(max_length=32, default="1")
    quantity = quantity_field()
    shipped_quantity = quantity_field(default=0)
    received_quantity = quantity_field(default=0)
    release_on = models.DateField(null=True, blank=True)
    requested_on = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    is_closed = models.BooleanField(
        "closed",
        default=False,
        db_default=False,
        help_text="Nothing more is expected, whatever is open of the quantity.",
    )

    class Meta:
        abstract = True
        ordering = ["id"]


@tracked()
class TransferOrderSchedule(OrderSchedule):
    """Schedule row of a transfer line."""

    line = models.ForeignKey(TransferOrderLine, on_delete=models.CASCADE, related_name="schedules")

    class Meta(OrderSchedule.Meta):
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="transfer_order_schedule_unique"),
            *positive("transfer_order_schedule", "quantity"),
            *not_negative("transfer_order_schedule", "shipped_quantity", "received_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.line} / {self.number}"


class SalesOrderLine(TimeStamped):
    """A customer's open order line, as the selling system reports it."""

    source_system = models.CharField(max_length=64, blank=True)
    external_number = models.CharField(max_length=64)
    line = models.CharField(max_length=32, default="1")
    schedule = models.CharField(max_length=32, default="1")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    quantity = quantity_field()
    delivered_quantity = quantity_field(default=0)
    ordered_on = models.DateField(null=True, blank=True)
    requested_on = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    is_open = models.BooleanField("open", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_system", "external_number", "line", "schedule"], name="sales_order_line_unique"
            ),
            *positive("sales_order_line", "quantity"),
            *not_negative("sales_order_line", "delivered_quantity"),
        ]
        indexes = [models.Index(fields=["location", "item"], condition=Q(is_open=True), name="sales_order_line_open")]

    def __str__(self) -> str:
        return f"{self.external_number} / {self.line}"


class ReceiptKind(models.TextChoices):
    """Where supply on its way comes from."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"


class ScheduledReceipt(models.Model):
    """Open supply, one row per open schedule row of a purchase or transfer order.

    Written in the transaction that changes the order. A transfer that is not shipped is an allocation
    at its `origin` as well (`is_shipped` false).
    """

    kind = models.CharField(max_length=8, choices=ReceiptKind)
    schedule_id = models.PositiveBigIntegerField(help_text="Row of the purchase or transfer order schedule.")
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="scheduled_receipts")
    origin = models.ForeignKey("inventory.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quantity = quantity_field(help_text="Open quantity, stock unit.")
    due_on = models.DateField(help_text="Promised date, else requested.")
    is_shipped = models.BooleanField(default=False)
    is_draft = models.BooleanField(
        default=False, help_text="Not yet sent: it counts as supply and can still be cancelled."
    )
    release_on = models.DateField(
        null=True, blank=True, help_text="When an order that has not been sent yet is to be sent; blank: it was sent."
    )
    order_number = models.CharField(max_length=64)
    unit_cost = money_field(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "schedule_id"], name="scheduled_receipt_unique"),
            one_of("scheduled_receipt", "kind", ReceiptKind),
            models.CheckConstraint(
                condition=Q(kind="purchase", origin__isnull=True) | Q(kind="transfer", origin__isnull=False),
                name="scheduled_receipt_origin_fits_kind",
            ),
            *positive("scheduled_receipt", "quantity"),
        ]
        indexes = [
            models.Index(fields=["location", "item"], name="scheduled_receipt_inbound"),
            models.Index(
                fields=["origin", "item"], condition=Q(origin__isnull=False), name="scheduled_receipt_outbound"
            ),
            models.Index(fields=["due_on"], name="scheduled_receipt_due"),
            models.Index(fields=["order_number"], name="scheduled_receipt_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} from {self.order_number} due {self.due_on}"
