"""Purchase orders and what suppliers and the dock say about them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models.orders import OrderSchedule
from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, money_field, not_negative, one_of, positive, quantity_field

_OWN_ORDER = (
    "EXISTS (SELECT 1 FROM vendors_purchaseorder owned WHERE owned.id = {column}"
    " AND owned.supplier_id = stocksense_portal_supplier() AND owned.state NOT IN ('draft', 'approved'))"
)


class PurchaseState(models.TextChoices):
    """The life of a purchase order (see `vendors.services.orders.TRANSITIONS`)."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    PARTIALLY_RECEIVED = "partially_received", "partially received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@tracked()
class PurchaseOrder(TimeStamped):
    """An order with one supplier for one destination."""

    portal_rows = "supplier_id = stocksense_portal_supplier() AND state NOT IN ('draft', 'approved')"

    number = models.CharField(max_length=32, unique=True)
    supplier = models.ForeignKey("vendors.Supplier", on_delete=models.PROTECT, related_name="purchase_orders")
    destination = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="purchase_orders")
    state = models.CharField(max_length=18, choices=PurchaseState, default=PurchaseState.DRAFT)
    currency = models.CharField(max_length=3)
    source_system = models.CharField(max_length=64, blank=True)
    external_number = models.CharField(max_length=64, blank=True)
    plan_run_id = models.PositiveBigIntegerField(null=True, blank=True)
    ordered_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("purchase_order", "state", PurchaseState),
            models.UniqueConstraint(
                fields=["source_system", "external_number"],
                condition=~Q(external_number=""),
                name="purchase_order_external_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "state"], name="purchase_order_by_supplier"),
            models.Index(fields=["state", "id"], name="purchase_order_by_state"),
            models.Index(fields=["updated_at"], name="purchase_order_changed"),
            models.Index(fields=["ordered_on"], name="purchase_order_by_day"),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class PurchaseOrderLine(models.Model):
    """One item of a purchase order; its quantities and dates are on its schedule rows, in stock units."""

    portal_rows = _OWN_ORDER.format(column="order_id")

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    number = models.CharField(max_length=32)
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    order_uom = models.CharField("order unit", max_length=16, blank=True)
    units_per_order_uom = models.DecimalField(max_digits=12, decimal_places=4, default=1)
    unit_price = money_field(null=True, blank=True, help_text="Order's currency per order unit.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="purchase_order_line_unique"),
            *positive("purchase_order_line", "units_per_order_uom"),
            *not_negative("purchase_order_line", "unit_price"),
        ]

    def __str__(self) -> str:
        return f"{self.order} / {self.number}"


@tracked()
class PurchaseOrderSchedule(OrderSchedule):
    """Schedule row of a purchase order line."""

    portal_rows = (
        "EXISTS (SELECT 1 FROM vendors_purchaseorderline own_line"
        " JOIN vendors_purchaseorder owned ON owned.id = own_line.order_id"
        " WHERE own_line.id = line_id AND owned.supplier_id = stocksense_portal_supplier()"
        " AND owned.state NOT IN ('draft', 'approved'))"
    )

    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.CASCADE, related_name="schedules")

    class Meta(OrderSchedule.Meta):
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="purchase_order_schedule_unique"),
            *positive("purchase_order_schedule", "quantity"),
            *not_negative("purchase_order_schedule", "shipped_quantity", "received_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.line} / {self.number}"


@tracked()
class OrderConfirmation(models.Model):
    """A supplier's answer to an order, as given; later answers supersede earlier ones."""

    portal_rows = _OWN_ORDER.format(column="order_id")

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="confirmations")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.TextField(blank=True)
    answered_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"answer to {self.order_id}"


@tracked()
class ConfirmationLine(models.Model):
    """What the supplier confirms of a schedule row: quantity (zero: cannot supply), date, price."""

    confirmation = models.ForeignKey(OrderConfirmation, on_delete=models.CASCADE, related_name="lines")
    schedule = models.ForeignKey(PurchaseOrderSchedule, on_delete=models.CASCADE, related_name="confirmations")
    quantity = quantity_field()
    promised_on = models.DateField(null=True, blank=True)
    unit_price = money_field(null=True, blank=True)

    class Meta:
        constraints = not_negative("confirmation_line", "quantity", "unit_price")

    def __str__(self) -> str:
        return f"{self.quantity} on {self.promised_on}"


@tracked()
class Shipment(TimeStamped):
    """Goods a supplier says are on their way."""

    portal_rows = "supplier_id = stocksense_portal_supplier()"

    supplier = models.ForeignKey("vendors.Supplier", on_delete=models.PROTECT, related_name="shipments")
    reference = models.CharField(max_length=64)
    shipped_on = models.DateField()
    expected_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "reference"], name="shipment_unique")]

    def __str__(self) -> str:
        return self.reference


@tracked()
class ShipmentLine(models.Model):
    """How much of a schedule row a shipment carries."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    schedule = models.ForeignKey(PurchaseOrderSchedule, on_delete=models.PROTECT, related_name="shipments")
    quantity = quantity_field()
    lot = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = positive("shipment_line", "quantity")

    def __str__(self) -> str:
        return f"{self.quantity}"


@tracked()
class GoodsReceipt(TimeStamped):
    """Goods that came in at a location against purchase orders."""

    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey("vendors.Supplier", on_delete=models.PROTECT, related_name="receipts")
    source_system = models.CharField(max_length=64, blank=True)
    external_number = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_system", "external_number"],
                condition=~Q(external_number=""),
                name="goods_receipt_external_unique",
            )
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


@tracked()
class GoodsReceiptLine(models.Model):
    """How much of a schedule row came in, and into which lot."""

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.CASCADE, related_name="lines")
    schedule = models.ForeignKey(PurchaseOrderSchedule, on_delete=models.PROTECT, related_name="receipts")
    quantity = quantity_field()
    lot = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = positive("goods_receipt_line", "quantity")

    def __str__(self) -> str:
        return f"{self.quantity}"
