"""What is known of future demand: events, forecast runs, their series, and what planners put on top."""

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
