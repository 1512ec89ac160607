"""What was learned from all series together."""

from django.db import models

from stocksense.core.models import positive


class ForecastModel(models.Model):
    """One training of the global model with its blends and corrections; the newest one serves each night.

    `content` is the engine's own archive (no code in it). `evidence` holds the scores of every candidate at past
    origins, overall and per segment, beside those of a forecast of nothing.
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


class EventUplift(models.Model):
    """What the newest run that saw an event ahead expected of it."""

    event = models.OneToOneField("forecasting.DemandEvent", on_delete=models.CASCADE, related_name="expected")
    run_id = models.PositiveBigIntegerField()
    baseline = models.FloatField(help_text="Units expected in its buckets without it.")
    uplift = models.FloatField(help_text="Units expected because of it.")
    series = models.PositiveIntegerField(help_text="Item-locations that it reaches.")

    def __str__(self) -> str:
        return f"uplift of event {self.event_id}"
