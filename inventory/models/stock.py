"""The stock ledger and what it adds up to. Written by `inventory.services` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from stocksense.core.models import DatabaseAccess, money_field, not_negative, one_of, quantity_field


class StockStatus(models.TextChoices):
    """Whether stock may be promised."""

    AVAILABLE = "available"
    BLOCKED = "blocked"


class MovementKind(models.TextChoices):
    """Why stock changed."""

    COUNT = "count"
    RECEIPT = "receipt"
    SALE = "sale"
    CUSTOMER_RETURN = "customer_return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    ADJUSTMENT = "adjustment"
    SCRAP = "scrap"


class StockBalance(models.Model):
    """On hand of one lot and status, the sum of its movements; `allocated` is promised and not yet shipped."""

    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="balances")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    lot = models.CharField(max_length=64, blank=True, default="", help_text="Blank is the default lot.")
    status = models.CharField(max_length=9, choices=StockStatus, default=StockStatus.AVAILABLE)
    quantity = quantity_field(default=0)
    allocated = quantity_field(default=0)
    expires_on = models.DateField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "location", "lot", "status"], name="stock_balance_unique"),
            one_of("stock_balance", "status", StockStatus),
            *not_negative("stock_balance", "allocated"),
        ]
        indexes = [
            models.Index(fields=["location", "item"], name="stock_balance_by_location"),
            models.Index(fields=["location", "id"], name="stock_balance_of_location"),
            models.Index(fields=["updated_at"], name="stock_balance_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.item_id} at {self.location_id}"


class ItemLocationState(models.Model):
    """What is true of an item-location besides its stock, and a counter that moves with every change of its inputs."""

    item_location = models.OneToOneField(
        "inventory.ItemLocation", on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    backorders = quantity_field(default=0)
    stock_as_of = models.DateField(null=True, blank=True)
    change_counter = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = not_negative("item_location_state", "backorders")

    def __str__(self) -> str:
        return f"state of {self.item_location_id}"


class StockMovement(models.Model):
    """One signed change of stock: positive in, negative out. Never changed, never deleted."""

    database_access = DatabaseAccess.APPEND_ONLY

    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    lot = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=9, choices=StockStatus, default=StockStatus.AVAILABLE)
    kind = models.CharField(max_length=16, choices=MovementKind)
    quantity = quantity_field()
    balance_after = quantity_field()
    unit_cost = money_field(null=True, blank=True)
    moved_at = models.DateTimeField()
    moved_on = models.DateField(help_text="The location's local day of `moved_at`; the partition key.")
    reference = models.CharField(max_length=100, blank=True, help_text="Order, count or document behind the movement.")
    reason = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-moved_at", "-id"]
        constraints = [
            one_of("stock_movement", "kind", MovementKind),
            one_of("stock_movement", "status", StockStatus),
            models.CheckConstraint(condition=~Q(quantity=0), name="stock_movement_quantity_not_zero"),
        ]
        indexes = [
            models.Index(fields=["item", "location", "-moved_on"], name="stock_movement_history"),
            models.Index(fields=["location", "id"], name="stock_movement_by_location"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+}"


class MovementKey(models.Model):
    """Which outside events are in the ledger already, so that one delivered twice counts once."""

    database_access = DatabaseAccess.APPEND_ONLY

    source = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    moved_on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="movement_key_unique")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"
