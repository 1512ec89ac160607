"""What is known beside the sales: events to come, corrections of demand, items that new ones are like."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, money_field, one_of, positive, quantity_field


class EventKind(models.TextChoices):
    """What happens to demand."""

    PRICE_CUT = "price_cut", "price cut"
    PRICE_CHANGE = "price_change", "price change"
    PROMOTION = "promotion"
    FEATURE = "feature"
    DISPLAY = "display"
    HOLIDAY = "holiday"
    CLOSURE = "closure"
    OTHER = "other"


@tracked()
class DemandEvent(TimeStamped):
    """A promotion or another happening that moves demand, of an item, a category (with all below it) or everything.

    A blank location means everywhere. So a closure of a shop names the shop only, and a public holiday nothing.
    """

    kind = models.CharField(max_length=12, choices=EventKind)
    item = models.ForeignKey(
        "inventory.Item", null=True, blank=True, on_delete=models.CASCADE, related_name="events",
        help_text="Blank: every item (of the category, where one is given).",
    )  # fmt: skip
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        help_text="Instead of an item: all items in it and below it.",
    )  # fmt: skip
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True)
    price = money_field(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-start_date"]
        constraints = [
            one_of("demand_event", "kind", EventKind),
            models.UniqueConstraint(
                fields=["kind", "item", "category", "location", "start_date"],
                nulls_distinct=False,
                name="demand_event_unique",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True), name="demand_event_item_or_category"
            ),
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="demand_event_span_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.start_date}"


class CorrectionKind(models.TextChoices):
    """Why recorded demand is not what is forecast from."""

    OUTLIER = "outlier"
    STOCK_OUT = "stock_out", "stock-out"
    MANUAL = "manual"


class CorrectionState(models.TextChoices):
    """Whether a correction counts."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    UNDONE = "undone"


@tracked()
class DemandCorrection(TimeStamped):
    """A signed change of the demand that is forecast from, in one bucket; what was recorded stays as it is.

    Without an author it is the system's, and each forecast run makes it anew. With one a person has spoken: no run
    changes it.
    """

    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.CASCADE, related_name="+")
    date = models.DateField(help_text="First day of the bucket.")
    bucket_days = models.PositiveSmallIntegerField(editable=False)
    kind = models.CharField(max_length=9, choices=CorrectionKind)
    quantity = quantity_field(help_text="Units added to what was recorded; below zero: taken away.")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=CorrectionState, default=CorrectionState.APPLIED)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who said so; blank: the system.",
    )  # fmt: skip

    class Meta:
        ordering = ["-date", "id"]
        constraints = [
            one_of("demand_correction", "kind", CorrectionKind),
            one_of("demand_correction", "state", CorrectionState),
            models.UniqueConstraint(
                fields=["item", "location", "date", "bucket_days", "kind"], name="demand_correction_unique"
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="demand_correction_quantity_not_zero"),
            models.CheckConstraint(
                condition=~Q(kind=CorrectionKind.MANUAL) | Q(author__isnull=False),
                name="demand_correction_manual_has_author",
            ),
            *positive("demand_correction", "bucket_days"),
        ]
        indexes = [
            models.Index(fields=["location", "item", "date"], name="demand_correction_place"),
            models.Index(fields=["kind", "state", "-date", "id"], name="demand_correction_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+f} on {self.date}"


@tracked()
class ItemAnalogue(TimeStamped):
    """An item that a planner says a new item will sell like, times `scale`; several are weighed by `weight`."""

    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="analogues")
    analogue = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="+")
    weight = models.DecimalField(max_digits=7, decimal_places=3, default=1, help_text="Against the other analogues.")
    scale = models.DecimalField(
        max_digits=9, decimal_places=4, default=1, help_text="Units of the item per unit of the analogue."
    )
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["item__sku", "-weight"]
        constraints = [
            models.UniqueConstraint(fields=["item", "analogue"], name="item_analogue_unique"),
            models.CheckConstraint(
                condition=~Q(item=F("analogue")),
                name="item_analogue_other",
                violation_error_message="An item is no analogue of itself.",
            ),
            *positive("item_analogue", "weight", "scale"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} like {self.analogue_id}"
