"""Refresh token families, and tokens that are used once."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from stocksense.core.models import one_of


class TokenFamily(models.Model):
    """One sign-in of a program: the chain of refresh tokens that came of it, of which only the newest is good.

    `generation` is the number of the newest refresh token; a token with a lower one was used before.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="token_families")
    generation = models.PositiveIntegerField(default=1)
    second_factor = models.BooleanField(default=False, help_text="The sign-in was completed with a second factor.")
    created_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="When the newest refresh token ends.")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name_plural = "token families"
        constraints = [
            models.CheckConstraint(condition=Q(generation__gte=1), name="token_family_generation_positive"),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(ended_at=None), name="token_family_live"),
            models.Index(fields=["expires_at"], name="token_family_expiry"),
        ]

    def __str__(self) -> str:
        return f"family {self.pk}"


class OneTimeKind(models.TextChoices):
    """What a one-time token is good for."""

    SOCKET_TICKET = "socket_ticket"
    MFA_CHALLENGE = "mfa_challenge"
    TOTP_USED = "totp_used"


class OneTimeToken(models.Model):
    """A random token that is used once and soon, kept as its SHA-256; using it deletes the row."""

    kind = models.CharField(max_length=16, choices=OneTimeKind)
    digest = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict, blank=True)
    attempts_left = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "kind"], name="one_time_token_unique"),
            one_of("one_time_token", "kind", OneTimeKind),
        ]
        indexes = [models.Index(fields=["expires_at"], name="one_time_token_expiry")]

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"
