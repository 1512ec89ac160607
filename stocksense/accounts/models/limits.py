"""What the limiter keeps where Redis does not answer, and where people are known to sign in from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class LimitBucket(models.Model):
    """The calls that count against one limit, counted here while Redis does not answer."""

    key = models.CharField(max_length=200, primary_key=True)
    hits = ArrayField(models.FloatField(), default=list, help_text="Unix times, oldest first.")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="limit_bucket_expiry")]

    def __str__(self) -> str:
        return self.key


class KnownAddress(models.Model):
    """A network address from which an account signed in well lately; both as digests.

    Wrong passwords that others send from elsewhere do not lock these out.
    """

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "known addresses"
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="known_address_unique")]
        indexes = [models.Index(fields=["seen_at"], name="known_address_age")]

    def __str__(self) -> str:
        return f"known address {self.pk}"
