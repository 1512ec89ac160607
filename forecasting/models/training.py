"""What was learned from all series together, and how every candidate did on each of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stocksense.core.models import positive


class ForecastModel(models.Model):
    """One training of the global model with its blends and corrections; the newest one serves each night.

    `content` is the engine's own archive (no code in it). `evidence` holds the scores of the blend and its members at
    past origins, overall and per segment, beside those of a forecast of nothing; under `comparison`, once the second
    step of the training is through, those of all candidates at origins that none of them had seen.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cutoff = models.DateField(help_text="Last day that trained it.")
    bucket_days = models.PositiveSmallIntegerField()
    horizon_buckets = models.PositiveSmallIntegerField()
    series = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    vocabulary = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    content = models.BinaryField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("train_forecast", "Can start a training of the forecast")]
        constraints = [*positive("forecast_model", "bucket_days", "horizon_buckets")]

    def __str__(self) -> str:
        return f"forecast model {self.pk} of {self.cutoff}"


def _scores_field(says: str) -> "ArrayField[list[float | None], list[float | None]]":
    return ArrayField(models.FloatField(null=True), help_text=says)


class CandidateScores(models.Model):
    """How each candidate did on one series in the newest comparison.

    Lists in the order of evidence["comparison"]["candidates"] of the training; null where a candidate was not tried.
    """

    forecast_model = models.ForeignKey(ForecastModel, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.CASCADE, related_name="+")
    segment = models.CharField(max_length=40, help_text="As seen from the first origin.")
    scaled_pinball = _scores_field("Loss of the quantiles over the mean change.")
    wape = _scores_field("Absolute errors over demand.")
    bias = _scores_field("Forecast over demand, less 1.")
    rmsse = _scores_field("Root mean square error over that of no change.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "location"], name="candidate_scores_unique")]

    def __str__(self) -> str:
        return f"candidates of {self.item_id} at {self.location_id}"


class EventUplift(models.Model):
    """What the newest run that saw an event ahead expected of it."""

    event = models.OneToOneField("forecasting.DemandEvent", on_delete=models.CASCADE, related_name="expected")
    run_id = models.PositiveBigIntegerField()
    baseline = models.FloatField(help_text="Units expected in its buckets without it.")
    uplift = models.FloatField(help_text="Units expected because of it.")
    series = models.PositiveIntegerField(help_text="Item-locations that it reaches.")

    def __str__(self) -> str:
        return f"uplift of event {self.event_id}"
