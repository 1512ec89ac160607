"""The outbox (news written in the transaction that makes it true), answers kept for keys, and webhooks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, one_of


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


class News(models.TextChoices):
    """What other systems can hear of."""

    PLAN_PUBLISHED = "plan.published", "A plan was published"
    EXCEPTIONS_RAISED = "exceptions.raised", "A plan raised exceptions (one message for all of them)"
    PURCHASE_ORDER_SENT = "purchase_order.sent", "A purchase order was sent"
    PURCHASE_ORDER_CONFIRMED = "purchase_order.confirmed", "A purchase order was confirmed"
    PURCHASE_ORDER_RECEIVED = "purchase_order.received", "A purchase order was received, in part or whole"
    JOB_FINISHED = "job.finished", "A job ended, well or not"
    TEST = "webhook.test", "A test that somebody asked for"


@tracked(exclude=["secret", "previous_secret", "failing_since"])
class WebhookEndpoint(TimeStamped):
    """An address of another system that wants to hear news."""

    url = models.CharField("URL", max_length=500)
    description = models.CharField(max_length=200, blank=True)
    topics = ArrayField(models.CharField(max_length=40, choices=News), help_text="What it wants to hear of.")
    is_active = models.BooleanField("active", default=True)
    secret = models.TextField(editable=False, help_text="Sealed; signs every message.")
    previous_secret = models.TextField(
        blank=True, editable=False, help_text="Sealed; signs beside the new one until receivers have changed over."
    )
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    pause_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = "webhook"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(topics__len__gt=0), name="webhook_endpoint_some_topic"),
            models.CheckConstraint(condition=~Q(secret=""), name="webhook_endpoint_has_secret"),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One message to one endpoint. Sent until the receiver takes it or it is dead; its id stays the same."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=64)
    topic = models.CharField(max_length=40, choices=News)
    body = models.TextField(help_text="What is sent, to the letter.")
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(auto_now_add=True)
    leased_until = models.DateTimeField(null=True, blank=True, help_text="A worker is sending it until then.")
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status of the last answer.")
    last_error = models.CharField(max_length=300, blank=True)
    last_seconds = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        constraints = [
            one_of("webhook_delivery", "state", DeliveryState),
            models.UniqueConstraint(fields=["endpoint", "message_id"], name="webhook_delivery_message_unique"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="webhook_delivery_waiting"),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_by_endpoint"),
            models.Index(fields=["delivered_at"], condition=Q(state="delivered"), name="webhook_delivery_old"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.endpoint_id}"
