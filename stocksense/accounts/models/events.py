"""What happened to credentials, for those who watch over them."""

from typing import Any

from django.conf import settings
from django.db import models

from stocksense.core.models import DatabaseAccess, one_of


class SecurityEventKind(models.TextChoices):
    """What happened."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_LIMITED = "sign_in_limited"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    REFRESH_REUSED = "refresh_reused"
    FAMILY_ENDED = "family_ended"
    ACCESS_ENDED = "access_ended"
    KEY_CREATED = "key_created"
    KEY_CHANGED = "key_changed"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"


def _person() -> Any:
    # Without a constraint: an event outlives those it is about, and rows are never changed.
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )


class SecurityEvent(models.Model):
    """One thing that happened to a credential. Written once; holds no secret."""

    database_access = DatabaseAccess.APPEND_ONLY

    kind = models.CharField(max_length=24, choices=SecurityEventKind)
    at = models.DateTimeField()
    user = _person()
    actor = _person()
    address = models.GenericIPAddressField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [one_of("security_event", "kind", SecurityEventKind)]
        indexes = [models.Index(fields=["user", "at"], name="security_event_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"
