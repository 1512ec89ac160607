"""Suppliers, their terms and the forecast shared with them."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from stocksense.audit.tracking import tracked
from stocksense.company.models import CURRENCY_CODE
from stocksense.core.models import TimeStamped, lead_time_field, money_field, not_negative, positive, quantity_field


@tracked()
class Supplier(TimeStamped):
    """A company that goods are bought from."""

    portal_rows = "id = stocksense_portal_supplier()"

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField("e-mail", blank=True)
    currency = models.CharField(max_length=3, blank=True, validators=[CURRENCY_CODE], help_text="Blank: the company's.")
    order_cost = money_field(null=True, blank=True, help_text="Cost of placing one order, company currency.")
    min_order_value = money_field(null=True, blank=True, help_text="In the supplier's currency.")
    truck_volume_m3 = models.DecimalField(
        "truck volume (m³)", max_digits=14, decimal_places=3, null=True, blank=True, help_text="What one truck carries."
    )
    truck_weight_kg = models.DecimalField(
        "truck weight (kg)", max_digits=14, decimal_places=3, null=True, blank=True, help_text="What one truck carries."
    )
    calendar = models.ForeignKey("company.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            *not_negative("supplier", "order_cost", "min_order_value"),
            *positive("supplier", "truck_volume_m3", "truck_weight_kg"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="supplier_changed")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


@tracked()
class SupplierContact(TimeStamped):
    """A person of a supplier who may sign in to the portal."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="supplier_contact")

    class Meta:
        permissions = [("reach_own", "Can read the orders and terms of the own supplier")]

    def __str__(self) -> str:
        return f"{self.user} of {self.supplier}"


class SupplierItemQuerySet(models.QuerySet["SupplierItem"]):
    """Reads that planning, ordering and pages share."""

    def valid_on(self, day: date) -> "SupplierItemQuerySet":
        """Terms in force on `day`."""
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day, supplier__is_active=True
        )


@tracked()
class SupplierItem(TimeStamped):
    """What a supplier offers for an item, valid for a span of days.

    Quantities are in the order unit. A blank location holds where no lane covers the item.
    """

    portal_rows = "supplier_id = stocksense_portal_supplier()"

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="terms")
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="supplier_terms")
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    valid_from = models.DateField(default=date(2000, 1, 1))
    valid_to = models.DateField(null=True, blank=True)
    lead_time_days = lead_time_field(null=True, blank=True)
    lead_time_sd_days = lead_time_field(null=True, blank=True)
    order_uom = models.CharField("order unit", max_length=16, blank=True, help_text="Blank: the item's stock unit.")
    units_per_order_uom = models.DecimalField("stock units per order unit", max_digits=12, decimal_places=4, default=1)
    moq = quantity_field(verbose_name="MOQ", null=True, blank=True, help_text="Order units.")
    order_multiple = quantity_field(null=True, blank=True, help_text="Order units.")
    unit_price = money_field(null=True, blank=True, help_text="Supplier's currency per order unit.")
    priority = models.PositiveSmallIntegerField(default=1, help_text="1 is used first.")
    share = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Part of each order, above 0 and up to 1, where suppliers of one priority share it.",
    )

    objects = SupplierItemQuerySet.as_manager()

    class Meta:
        ordering = ["supplier__code", "item__sku", "-valid_from"]
        verbose_name = "supplier term"
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "item", "location", "valid_from"],
                nulls_distinct=False,
                name="supplier_item_terms_unique",
            ),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="supplier_item_span_ordered"),
            *not_negative("supplier_item", "lead_time_days", "lead_time_sd_days", "moq", "unit_price"),
            *positive("supplier_item", "units_per_order_uom", "order_multiple"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="supplier_item_share_in_range"),
        ]
        indexes = [
            models.Index(fields=["item", "location"], name="supplier_item_sources"),
            models.Index(fields=["updated_at"], name="supplier_item_changed"),
            models.Index(fields=["valid_to"], name="supplier_item_ending"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier.code} {self.item.sku} from {self.valid_from}"


@tracked()
class PriceBreak(TimeStamped):
    """The price from a quantity on, order unit and supplier's currency."""

    portal_rows = (
        "EXISTS (SELECT 1 FROM vendors_supplieritem term WHERE term.id = supplier_item_id"
        " AND term.supplier_id = stocksense_portal_supplier())"
    )

    supplier_item = models.ForeignKey(SupplierItem, on_delete=models.CASCADE, related_name="price_breaks")
    min_quantity = quantity_field()
    unit_price = money_field()
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["min_quantity"]
        constraints = [
            models.UniqueConstraint(fields=["supplier_item", "min_quantity"], name="price_break_unique"),
            *positive("price_break", "min_quantity"),
            *not_negative("price_break", "unit_price"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="price_break_changed")]

    def __str__(self) -> str:
        return f"{self.unit_price} from {self.min_quantity}"


class SharedForecast(models.Model):
    """What a supplier may see of coming orders for an item: quantity per bucket from a date on."""

    portal_rows = "supplier_id = stocksense_portal_supplier()"

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="shared_forecasts")
    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.CASCADE, related_name="+")
    first_date = models.DateField()
    bucket_days = models.PositiveSmallIntegerField()
    quantities = ArrayField(quantity_field())
    published_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "item", "location"], name="shared_forecast_unique")]

    def __str__(self) -> str:
        return f"{self.item_id} for {self.supplier_id}"
