"""Master data: what is stocked, where, and how it moves between own locations."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from stocksense.audit.tracking import tracked
from stocksense.company.models import UnmetDemand, validate_time_zone
from stocksense.core.models import (
    TimeStamped,
    lead_time_field,
    money_field,
    not_negative,
    one_of,
    positive,
    quantity_field,
)


@tracked()
class Category(TimeStamped):
    """A node of the item tree. `path` is its full name, parts parted by '/'."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=600, unique=True)

    class Meta:
        ordering = ["path"]
        indexes = [models.Index(fields=["updated_at"], name="category_changed")]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.path


class ItemStatus(models.TextChoices):
    """Where an item is in its life."""

    ACTIVE = "active"
    PHASE_OUT = "phase_out", "phasing out"
    ENDED = "ended"


@tracked()
class Item(TimeStamped):
    """Something the company buys, stores or sells, counted in its stock unit."""

    sku = models.CharField("SKU", max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    uom = models.CharField("stock unit", max_length=16, default="pcs")
    uom_decimals = models.PositiveSmallIntegerField(
        "decimals of the unit", default=0, validators=[MaxValueValidator(3)]
    )
    unit_cost = money_field(null=True, blank=True, help_text="Company currency per stock unit.")
    unit_price = money_field(null=True, blank=True, help_text="Selling price, company currency per stock unit.")
    unit_volume_m3 = models.DecimalField("unit volume (m³)", max_digits=14, decimal_places=6, null=True, blank=True)
    unit_weight_kg = models.DecimalField("unit weight (kg)", max_digits=14, decimal_places=6, null=True, blank=True)
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=ItemStatus, default=ItemStatus.ACTIVE)
    active_from = models.DateField(null=True, blank=True)
    active_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors")

    class Meta:
        ordering = ["sku"]
        constraints = [
            one_of("item", "status", ItemStatus),
            *not_negative("item", "unit_cost", "unit_price", "unit_volume_m3", "unit_weight_kg"),
            models.CheckConstraint(condition=Q(uom_decimals__lte=3), name="item_uom_decimals_known"),
            models.CheckConstraint(condition=Q(active_to__gte=F("active_from")), name="item_active_span_ordered"),
            models.CheckConstraint(condition=~Q(successor=F("id")), name="item_successor_other"),
        ]
        indexes = [
            models.Index(fields=["status", "sku"], name="item_by_status"),
            models.Index(fields=["unit_cost"], name="item_by_cost"),
            models.Index(fields=["updated_at"], name="item_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}".strip()


class LocationKind(models.TextChoices):
    """What a location does in the network."""

    STORE = "store"
    DC = "dc", "distribution centre"
    WAREHOUSE = "warehouse"


@tracked()
class Location(TimeStamped):
    """A place of the company's own that holds stock."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=9, choices=LocationKind, default=LocationKind.STORE)
    region = models.CharField(max_length=120, blank=True)
    storage_capacity_m3 = models.DecimalField(
        "storage capacity (m³)", max_digits=14, decimal_places=3, null=True, blank=True
    )
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[validate_time_zone], help_text="Blank: the company's."
    )
    unmet_demand = models.CharField(
        max_length=11, choices=UnmetDemand, blank=True, help_text="Blank: lost at stores, backordered elsewhere."
    )
    backorder_cost_per_day = money_field(null=True, blank=True, help_text="Per unit short and day, company currency.")
    calendar = models.ForeignKey("company.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["code"]
        constraints = [
            one_of("location", "kind", LocationKind),
            *not_negative("location", "storage_capacity_m3", "backorder_cost_per_day"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="location_changed")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


class PolicyMethod(models.TextChoices):
    """How the levels of an item-location are set."""

    PERIODIC = "rss", "review, s and S from the forecast"
    MIN_MAX = "min_max", "fixed minimum and maximum"
    NONE = "none", "not planned"


@tracked()
class ItemLocation(TimeStamped):
    """An item at a location, and the planner's settings for it; blank means the rule or company default."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="item_locations")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="item_locations", db_index=False)
    active_from = models.DateField(null=True, blank=True)
    active_to = models.DateField(null=True, blank=True)
    method = models.CharField(max_length=8, choices=PolicyMethod, blank=True)
    review_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    order_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="0 = Monday … 6 = Sunday."
    )
    min_quantity = quantity_field(null=True, blank=True)
    max_quantity = quantity_field(null=True, blank=True)
    safety_stock = quantity_field(null=True, blank=True)
    service_target = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["item__sku", "location__code"]
        constraints = [
            models.UniqueConstraint(fields=["item", "location"], name="item_location_unique"),
            models.CheckConstraint(
                condition=Q(method__in=["", *PolicyMethod.values]), name="item_location_method_known"
            ),
            models.CheckConstraint(
                condition=Q(service_target__gt=0, service_target__lt=1), name="item_location_service_in_range"
            ),
            models.CheckConstraint(
                condition=Q(max_quantity__gte=F("min_quantity")), name="item_location_max_above_min"
            ),
            models.CheckConstraint(
                condition=Q(active_to__gte=F("active_from")), name="item_location_active_span_ordered"
            ),
            models.CheckConstraint(
                condition=Q(order_weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="item_location_order_weekdays_known",
            ),
            *not_negative("item_location", "min_quantity", "max_quantity", "safety_stock"),
            *positive("item_location", "review_days"),
        ]
        indexes = [
            models.Index(fields=["location", "item"], name="item_location_by_location"),
            models.Index(fields=["location", "id"], name="item_location_of_location"),
            models.Index(fields=["method", "id"], name="item_location_by_method"),
            models.Index(fields=["updated_at"], name="item_location_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.item.sku} @ {self.location.code}"


@tracked()
class Lane(TimeStamped):
    """A way from one own location to another, for one item or (item blank) for all."""

    origin = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="lanes_out")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="lanes_in")
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="lanes")
    lead_time_days = lead_time_field(null=True, blank=True)
    lead_time_sd_days = lead_time_field(null=True, blank=True)
    min_quantity = quantity_field(null=True, blank=True)
    order_multiple = quantity_field(null=True, blank=True)
    cost_per_unit = money_field(null=True, blank=True)
    cost_per_shipment = money_field(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=1, help_text="1 is used first.")
    calendar = models.ForeignKey("company.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField("active", default=True, help_text="Ended lanes are kept for history.")

    class Meta:
        ordering = ["origin__code", "destination__code"]
        constraints = [
            models.UniqueConstraint(fields=["origin", "destination", "item"], nulls_distinct=False, name="lane_unique"),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="lane_ends_differ"),
            *not_negative(
                "lane", "lead_time_days", "lead_time_sd_days", "min_quantity", "cost_per_unit", "cost_per_shipment"
            ),
            *positive("lane", "order_multiple"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="lane_changed")]

    def __str__(self) -> str:
        return f"{self.origin.code} → {self.destination.code}" + (f" {self.item.sku}" if self.item else "")
