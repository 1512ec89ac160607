"""The outbox: news written in the transaction that makes it true, delivered after commit. And answers kept for keys."""

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


class IdempotencyKey(models.Model):
    """The answer to a request that a program may send again: kept for a day, committed with what the request did."""

    principal = models.CharField(max_length=64, help_text="Who sent it.")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(help_text="Digest of method, address and body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="idempotency_key_unique")]

    def __str__(self) -> str:
        return self.key
