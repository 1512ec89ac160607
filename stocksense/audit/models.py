"""The access log, and the seals that show later changes of it and of the row history."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stocksense.core.models import DatabaseAccess


class AccessEntry(models.Model):
    """One request to the API, or one attempt to sign in. No bodies, no addresses with their query.

    Partitioned by `recorded_on`, the database's own day of writing, so that a row never joins a day that is sealed.
    """

    database_access = DatabaseAccess.APPEND_ONLY

    recorded_on = models.DateField(
        db_default=models.Func(template="(clock_timestamp() AT TIME ZONE 'UTC')::date", output_field=models.DateField())
    )
    at = models.DateTimeField()
    request_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=16, blank=True)
    user_id = models.BigIntegerField(null=True, blank=True)
    credential = models.CharField(max_length=16, blank=True, help_text="Kind of proof: session, jwt, api_key.")
    credential_id = models.CharField(max_length=64, blank=True)
    route = models.CharField(max_length=120, blank=True, help_text="Name of the route; blank where none fits.")
    method = models.CharField(max_length=8)
    status = models.PositiveSmallIntegerField()
    duration_ms = models.FloatField()
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "access log"
        permissions = [
            ("view_history", "Can search the history of everything"),
            ("export_audit", "Can export history and access log"),
        ]
        indexes = [
            models.Index(fields=["user_id", "id"], name="access_entry_of_user"),
            models.Index(fields=["request_id"], name="access_entry_of_request"),
            models.Index(fields=["at"], name="access_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"


class Seal(models.Model):
    """What one table held for one past day, chained to the seal before it. Table `*` closes a day."""

    database_access = DatabaseAccess.APPEND_ONLY

    number = models.PositiveBigIntegerField(unique=True)
    day = models.DateField()
    table = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63), default=list)
    rows = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 over the number and the SHA-256 of each row, in order.")
    lists_digest = models.CharField(max_length=64, help_text="SHA-256 over the lists of rows kept with the seal.")
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["day", "table"], name="seal_once")]

    def __str__(self) -> str:
        return f"seal {self.number}: {self.table} of {self.day}"


class SealedRows(models.Model):
    """Up to 10,000 rows of a seal, so that a broken one can say which: numbers and the first 8 bytes of digests."""

    database_access = DatabaseAccess.APPEND_ONLY

    seal_number = models.PositiveBigIntegerField()
    position = models.PositiveIntegerField()
    numbers = models.BinaryField()
    digests = models.BinaryField()

    class Meta:
        default_permissions = ()
        abstract = True

    def __str__(self) -> str:
        return f"rows {self.position} of seal {self.seal_number}"


class SealedHistory(SealedRows):
    """Rows of a seal of row history."""

    class Meta(SealedRows.Meta):
        constraints = [models.UniqueConstraint(fields=["seal_number", "position"], name="sealed_history_unique")]


class SealedAccess(SealedRows):
    """Rows of a seal of the access log; they go with the day's log."""

    day = models.DateField()

    class Meta(SealedRows.Meta):
        indexes = [models.Index(fields=["seal_number", "position"], name="sealed_access_of_seal")]


class TableChange(models.Model):
    """That a transaction changed a table: seen by others as soon as its changes are, and gone where it is rolled back.

    The `mark`s of a table's rows, combined, name the state that the table is in (`audit.services.changes`).
    """

    table = models.CharField(max_length=63)
    transaction = models.BigIntegerField(null=True, help_text="Blank where several were combined.")
    mark = models.BigIntegerField(help_text="64 random bits.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["table", "transaction"], include=["mark"], name="table_change_once")
        ]

    def __str__(self) -> str:
        return f"change of {self.table}"
