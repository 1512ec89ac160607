"""The outbox: news written in the transaction that makes it true, delivered after commit."""

from django.db import models
from django.db.models import Q

from stocksense.core.models import one_of


class DeliveryState(models.TextChoices):
    """How far a message is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class OutboxMessage(models.Model):
    """One piece of news. Delivered at least once, in order of id within a topic; handlers are idempotent."""

    topic = models.CharField(max_length=100)
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [one_of("outbox_message", "state", DeliveryState)]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="outbox_message_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
