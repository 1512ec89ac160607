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
from stocksense.core.models import TimeStamped, money_field, one_of, quantity_field


class EventKind(models.TextChoices):
    """What happens to demand."""

    PRICE_CUT = "price_cut", "price cut"
    FEATURE = "feature"
    DISPLAY = "display"
    OTHER = "other"


@tracked()
class DemandEvent(TimeStamped):
    """A promotion or another happening that moves demand; a blank location means everywhere."""

    kind = models.CharField(max_length=9, choices=EventKind)
    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="events")
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
                fields=["kind", "item", "location", "start_date"], nulls_distinct=False, name="demand_event_unique"
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


class OverrideEffect(models.Model):
    """What one override did to one series in one run, frozen: the override may change or be withdrawn later.

    `change` is the units added to the mean per bucket, after the overrides with a lower `position` in the same run.
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    run_date = models.DateField()
    override = models.ForeignKey(ForecastOverride, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    position = models.PositiveIntegerField()
    reason = models.ForeignKey(OverrideReason, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    change = ArrayField(models.FloatField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "item", "location", "position", "run_date"], name="override_effect_unique"
            ),
        ]

    def __str__(self) -> str:
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
    STATISTICAL = "statistical", "statistical"
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
