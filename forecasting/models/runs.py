"""Forecast runs, the forecast of each series, and totals that add up."""

from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stocksense.company.models import Run


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


class ForecastChunk(models.Model):
    """What a run has computed of some of its series, kept until it is published, for whoever takes the job over.

    `digest` is of the call and all its input, so that a result is found again only where it would come out the same.
    The table is not logged: after a crash of the database there is nothing to resume from, and chunks are made again.
    """

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "digest"], name="forecast_chunk_unique")]

    def __str__(self) -> str:
        return f"chunk {self.digest[:8]} of job {self.job_id}"


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

    run = models.ForeignKey(
        ForecastRun, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    run_date = models.DateField()
    item = models.ForeignKey(
        "inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
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
