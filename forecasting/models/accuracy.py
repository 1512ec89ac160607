"""How good closed forecasts were."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stocksense.core.models import one_of


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


class CoverageKind(models.TextChoices):
    """Whose quantiles."""

    BUCKET = "bucket", "one bucket ahead"
    SUM = "sum", "sum over four weeks"


class ForecastCoverage(models.Model):
    """What a closed bucket said of earlier quantiles, and by how much each is aimed higher since, by probability.

    `seen` and `below` count, over the series that tell something of a probability, all of them and those in which
    demand was at most the quantile. Arrays over the common grid. Each bucket counts once; the newest row holds.
    """

    kind = models.CharField(max_length=6, choices=CoverageKind)
    bucket_start = models.DateField(help_text="The bucket that closed; of a sum the last one.")
    bucket_days = models.PositiveSmallIntegerField()
    judged_run_id = models.PositiveBigIntegerField(help_text="The run whose forecasts are judged.")
    learned_by_id = models.PositiveBigIntegerField(help_text="The run that judged them.")
    seen = ArrayField(models.PositiveIntegerField())
    below = ArrayField(models.PositiveIntegerField())
    shift = ArrayField(models.FloatField())

    class Meta:
        ordering = ["-bucket_start"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["kind", "bucket_days", "bucket_start"], name="forecast_coverage_unique"),
            one_of("forecast_coverage", "kind", CoverageKind),
        ]

    def __str__(self) -> str:
        return f"coverage of {self.kind} {self.bucket_start}"


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
