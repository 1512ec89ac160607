"""What is known of future demand: events, forecast runs, their series, and what planners put on top."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from stocksense.audit.tracking import tracked
from stocksense.company.models import Run
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


class ForecastRun(Run):
    """One forecast of every series, from demand up to `cutoff` (the last day that trained it)."""

    cutoff = models.DateField(null=True)
    bucket_days = models.PositiveSmallIntegerField()
    horizon_buckets = models.PositiveSmallIntegerField()

    class Meta(Run.Meta):
        pass


class ForecastScope(models.TextChoices):
    """Whose demand a series is."""

    OWN = "own", "demand at the location"
    NETWORK = "network", "demand at the location and below it"


class Forecast(models.Model):
    """The predictive distribution of one series in one run: one row, arrays over buckets.

    `quantiles` and `cumulative_quantiles` are [bucket][probability] on the common grid; the second is of
    the sum of demand from the first bucket on, which is what sizes stock.
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    run_date = models.DateField()
    item = models.ForeignKey("inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    scope = models.CharField(max_length=7, choices=ForecastScope)
    first_date = models.DateField()
    mean = ArrayField(models.FloatField())
    quantiles = ArrayField(ArrayField(models.FloatField()))
    cumulative_quantiles = ArrayField(ArrayField(models.FloatField()))
    demand_class = models.CharField(max_length=12)
    fallback = models.CharField(max_length=40, blank=True, help_text="Why the usual model could not be used.")
    scores = models.JSONField(default=dict, help_text="Back-test scores of this series.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "location", "scope", "run_date"], name="forecast_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.item_id} at {self.location_id}"


class OverrideMode(models.TextChoices):
    """How an override changes the statistical forecast."""

    REPLACE = "replace"
    ADD = "add"
    SCALE = "scale"


@tracked()
class ForecastOverride(TimeStamped):
    """A planner's change of the forecast over a span of days; survives runs until it expires."""

    item = models.ForeignKey("inventory.Item", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    start_date = models.DateField()
    end_date = models.DateField()
    mode = models.CharField(max_length=7, choices=OverrideMode)
    value = quantity_field(help_text="Units over the span (replace, add) or a factor (scale).")
    reason = models.CharField(max_length=64)
    comment = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("forecast_override", "mode", OverrideMode),
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="forecast_override_span_ordered"),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True), name="forecast_override_item_or_category"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.value} from {self.start_date}"


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


class AggregateLevel(models.TextChoices):
    """What a total is taken over."""

    TOTAL = "total", "everything"
    CATEGORY = "category"
    REGION = "region"
    LOCATION = "location"


class ForecastAggregate(models.Model):
    """The forecast of a total in one run: its mean is the sum of the item-locations' means.

    Arrays over buckets as in `Forecast`. Everything blank is the total of the company; a category counts all below it.
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    run_date = models.DateField()
    level = models.CharField(max_length=8, choices=AggregateLevel)
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    region = models.CharField(max_length=120, blank=True)
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    series = models.PositiveIntegerField(help_text="Item-locations that it sums up.")
    first_date = models.DateField()
    mean = ArrayField(models.FloatField())
    quantiles = ArrayField(ArrayField(models.FloatField()))
    scores = models.JSONField(default=dict, help_text="Back-test scores of the total's own forecast.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "level", "category", "region", "location", "run_date"],
                nulls_distinct=False,
                name="forecast_aggregate_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.category_id or self.location_id or self.region}".strip()
