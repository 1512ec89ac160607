"""What was imported, when, by whom and with what outcome; and how fresh each kind of data is."""

from django.conf import settings
from django.db import models

from stocksense.core.models import one_of


class ImportState(models.TextChoices):
    """How far an import is."""

    UPLOADED = "uploaded"
    PREVIEWED = "previewed"
    IMPORTED = "imported"
    REFUSED = "refused"


class ImportBatch(models.Model):
    """One import of a folder or an upload: all of its files in one transaction."""

    state = models.CharField(max_length=9, choices=ImportState, default=ImportState.UPLOADED)
    source = models.CharField(max_length=500, help_text="Folder or names of the uploaded files.")
    folder = models.CharField(max_length=500, blank=True, help_text="Where uploaded files wait, below the data folder.")
    report = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "import batches"
        permissions = [("import_data", "Can import data")]
        constraints = [one_of("import_batch", "state", ImportState)]

    def __str__(self) -> str:
        return f"Import {self.pk}"


class DataFeed(models.Model):
    """When a kind of data was last loaded, and the day it speaks of."""

    kind = models.CharField(max_length=32, primary_key=True)
    loaded_at = models.DateTimeField()
    as_of = models.DateField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.kind
