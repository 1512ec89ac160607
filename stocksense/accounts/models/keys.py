"""API keys of people and service accounts."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stocksense.audit.tracking import tracked


@tracked(exclude=["secret_hash", "previous_hash", "last_used_at"])
class ApiKey(models.Model):
    """A secret with which a program acts for its owner, within a list of permissions and until a day.

    Only the SHA-256 of a secret is kept. While a key is being rotated the secret before it is good as well,
    until `previous_expires_at`.
    """

    public_id = models.CharField(max_length=16, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses the key, such as 'nightly ERP export'.")
    secret_hash = models.CharField(max_length=64, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    permissions = ArrayField(
        models.CharField(max_length=150),
        default=list,
        blank=True,
        help_text="What the key may do, of what its owner may.",
    )
    rate_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Blank: the limit of all keys.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=~Q(secret_hash=""), name="api_key_secret_given"),
            models.CheckConstraint(
                condition=Q(previous_hash="") | Q(previous_expires_at__isnull=False), name="api_key_overlap_ends"
            ),
            models.CheckConstraint(
                condition=Q(rate_per_minute=None) | Q(rate_per_minute__gte=1), name="api_key_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (ssk_{self.public_id}…)"
