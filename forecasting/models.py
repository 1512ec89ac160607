"""What is known of future demand: events, forecast runs, their series, and what planners put on top."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta

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

    @property
    def starts_on(self) -> date:
        """First day of the first bucket: the day after the last one that trained the run."""
        return self.as_of if self.cutoff is None else self.cutoff + timedelta(days=1)

    @property
    def ends_on(self) -> date:
        """Last day that the run has a forecast for."""
        return self.starts_on + timedelta(days=self.horizon_buckets * self.bucket_days - 1)


class ForecastScope(models.TextChoices):
    """Whose demand a series is."""

    OWN = "own", "demand at the location"
    NETWORK = "network", "demand at the location and below it"


class Forecast(models.Model):
    """The predictive distribution of one series in one run: one row, arrays over buckets.

    `quantiles` and `cumulative_quantiles` are [bucket][probability] on the common grid; the second is of
    the sum of demand from the first bucket on, which is what sizes stock. `mean` is the final one, planners' overrides
    included; what it was made from is frozen beside it, so that each step can be judged when the buckets have closed.
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
    statistical_mean = ArrayField(
        models.FloatField(), null=True, blank=True, help_text="The mean before overrides; null where none touched it."
    )
    statistical_quantiles = ArrayField(
        ArrayField(models.FloatField()), null=True, blank=True, help_text="The quantiles before overrides, likewise."
    )
    naive_mean = ArrayField(
        models.FloatField(), null=True, blank=True, help_text="The no-change forecast: the last demand seen, repeated."
    )
    change_mean = models.FloatField(
        null=True, blank=True, help_text="Mean absolute change between buckets of the history: the unit of MASE."
    )
    change_rms = models.FloatField(
        null=True, blank=True, help_text="Root mean square of these changes: the unit of RMSSE."
    )

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
class OverrideReason(TimeStamped):
    """A reason that overrides are given: the company's own list."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField("offered", default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def new_reference() -> str:
    """A name for an override that was given none: OV- and ten characters."""
    return f"OV-{secrets.token_hex(5)}"


class ForecastOverrideQuerySet(models.QuerySet["ForecastOverride"]):
    """Which overrides count."""

    def in_force(self, *, on: date, ahead_from: date) -> "ForecastOverrideQuerySet":
        """Those that a forecast made `on` a day, of demand from `ahead_from` on, takes in."""
        return self.filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=on), withdrawn_at__isnull=True, end_date__gte=ahead_from
        )

    def touching(self, *, item_id: int, location_id: int, category_ids: Sequence[int]) -> "ForecastOverrideQuerySet":
        """Those that reach this series, at whatever level; `category_ids`: its item's category and those above it."""
        return self.filter(
            Q(item__isnull=True) | Q(item=item_id),
            Q(location__isnull=True) | Q(location=location_id),
            Q(category__isnull=True) | Q(category__in=category_ids),
        )


@tracked()
class ForecastOverride(TimeStamped):
    """A planner's change of the forecast over a span of days; in every run until the span is past or it expires.

    It is about an item at a location, an item everywhere, a category (and what is below it) everywhere or at a
    location, a location, or (all three blank) everything.
    """

    reference = models.CharField(
        max_length=64, unique=True, default=new_reference, help_text="Its name in files; the same again changes it."
    )
    item = models.ForeignKey("inventory.Item", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    start_date = models.DateField()
    end_date = models.DateField(help_text="Last day of the span.")
    mode = models.CharField(max_length=7, choices=OverrideMode)
    value = quantity_field(help_text="Units over the whole span (replace, add) or a factor (scale).")
    reason = models.ForeignKey(OverrideReason, on_delete=models.PROTECT, related_name="overrides")
    comment = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who wrote it; blank for what an unattended import brought.",
    )  # fmt: skip
    expires_on = models.DateField(null=True, blank=True, help_text="Last day on which runs take it in.")
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ForecastOverrideQuerySet.as_manager()

    class Meta:
        ordering = ["start_date", "id"]
        constraints = [
            one_of("forecast_override", "mode", OverrideMode),
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="forecast_override_span_ordered"),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True), name="forecast_override_item_or_category"
            ),
            models.CheckConstraint(
                condition=Q(mode=OverrideMode.ADD) | Q(value__gte=0), name="forecast_override_value_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["end_date"], name="forecast_override_by_end")]

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
            models.CheckConstraint(condition=~Q(item=F("analogue")), name="item_analogue_other"),
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


class OverrideEffect(models.Model):
    """What one override did to one series in one run, frozen: the override may change or be withdrawn later.

    `change` is the units added to the mean per bucket, after the overrides with a lower `position` in the same run.
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


    override = models.ForeignKey(ForecastOverride, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    reason = models.ForeignKey(OverrideReason, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    change = ArrayField(models.FloatField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "level", "category", "region", "location", "run_date"],
                nulls_distinct=False,
                name="forecast_aggregate_unique",


                fields=["run", "item", "location", "position", "run_date"], name="override_effect_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.category_id or self.location_id or self.region}".strip()


        return f"override {self.override_id} in run {self.run_id}"


class SegmentKind(models.TextChoices):
    """What the closed forecasts of a row of accuracy have in common."""

    LEVEL = "level"
    DEMAND_CLASS = "class", "demand class"
    REASON = "reason", "override reason"
    PERSON = "person"


class Layer(models.TextChoices):
    """A step in the making of a forecast, each of which should add value to the one before it."""

    ZERO = "zero", "all zero"
    NAIVE = "naive", "no change"
    STATISTICAL = "statistical"
    FINAL = "final", "with overrides"


class ForecastAccuracy(models.Model):
    """How one layer of the frozen forecasts did in one closed bucket, `lag` buckets ahead, summed over a segment.

    Sums, so that any span of buckets can be put together. `key` is the level, the demand class, or the id of the reason
    or person (of which `statistical` is the forecast before their overrides and `final` the one after them).
    """

    bucket_start = models.DateField()
    bucket_days = models.PositiveSmallIntegerField()
    lag = models.PositiveSmallIntegerField(help_text="Buckets ahead: 1 was forecast from the bucket before.")
    kind = models.CharField(max_length=6, choices=SegmentKind)
    key = models.CharField(max_length=32)
    layer = models.CharField(max_length=11, choices=Layer)
    run_id = models.PositiveBigIntegerField()
    series = models.PositiveIntegerField(help_text="Forecasts that could be judged.")
    left_out = models.PositiveIntegerField(help_text="Forecasts that could not, because stock ran out.")
    actual = models.FloatField(help_text="Demand, units.")
    forecast = models.FloatField(help_text="Forecast, units.")
    absolute_error = models.FloatField(help_text="Units.")
    scaled_series = models.PositiveIntegerField(help_text="Forecasts of series whose history changes at all.")
    scaled_error = models.FloatField(help_text="Sum of absolute errors, each over its series' mean change.")
    scaled_square = models.FloatField(help_text="Sum of squared errors, each over its series' mean squared change.")
    scaled_pinball = models.FloatField(null=True, help_text="Sum of pinball losses, each over the mean change.")
    below_95 = models.PositiveIntegerField(null=True, help_text="How often demand was at most the .95 quantile.")
    below_99 = models.PositiveIntegerField(null=True, help_text="How often demand was at most the .99 quantile.")
    inside_95 = models.PositiveIntegerField(null=True, help_text="How often it lay between the .025 and .975 ones.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bucket_start", "bucket_days", "lag", "kind", "key", "layer"], name="forecast_accuracy_unique"
            ),
            one_of("forecast_accuracy", "kind", SegmentKind),
            one_of("forecast_accuracy", "layer", Layer),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of {self.bucket_start}"


class ForecastMiss(models.Model):
    """One of the forecasts of a closed bucket that missed by most more than usual, in money; one bucket ahead."""

    bucket_start = models.DateField()
    rank = models.PositiveSmallIntegerField()
    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.CASCADE, related_name="+")
    actual = models.FloatField()
    statistical = models.FloatField()
    final = models.FloatField()
    usual_error = models.FloatField(help_text="The error that the back-test expects, units.")
    excess = models.FloatField(help_text="Error beyond the usual one, at cost, company currency.")

    class Meta:
        ordering = ["-bucket_start", "rank"]
        constraints = [models.UniqueConstraint(fields=["bucket_start", "rank"], name="forecast_miss_unique")]

    def __str__(self) -> str:
        return f"miss {self.rank} of {self.bucket_start}"
