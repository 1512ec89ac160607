"""Long work as rows: what it is, how far it is, and who may write its results."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from stocksense.core.models import one_of


class JobState(models.TextChoices):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class Job(models.Model):
    """One piece of long work.

    A worker holds a job by lease: it renews `lease_expires_at`, and each attempt gets the next
    `fencing_token`. Writes check the token, so a worker that was thought dead cannot write late.
    """

    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=JobState, default=JobState.QUEUED)
    parameters = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was last hinted at it.")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(
        max_length=64, blank=True, default="", editable=False, help_text="Of the request or command that asked for it."
    )
    single_key = models.CharField(max_length=128, blank=True, help_text="At most one job with this key runs or waits.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("job", "state", JobState),
            models.UniqueConstraint(
                fields=["single_key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(single_key=""),
                name="job_single_key_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_expires_at"], condition=Q(state="running"), name="job_running_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.pk})"


class JobStep(models.Model):
    """One step of a job with its own bar."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    unit = models.CharField(max_length=32, blank=True)
    message = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["job_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="job_step_position_unique"),
            one_of("job_step", "state", JobState),
        ]

    def __str__(self) -> str:
        return self.name
