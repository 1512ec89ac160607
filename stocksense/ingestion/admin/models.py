"""Imports with their reports, and how fresh each kind of data is."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from stocksense.core.admin.base import ReadOnlyAdmin
from stocksense.ingestion.models import DataFeed, ImportBatch

COUNTS = ("rows", "new", "changed", "same", "gone", "repeated", "rejected")


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Imports, newest first."""

    list_display = ("id", "source", "state", "rejected", "created_by", "created_at", "finished_at")
    list_display_links = ("id", "source")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    exclude = ("report", "folder")
    change_form_outer_after_template = "ingestion/report.html"

    @admin.display(description="rejected rows")
    def rejected(self, batch: ImportBatch) -> int:
        """Rows that were not loaded."""
        return sum(file.get("rejected", 0) for file in _files(batch))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form with the report below it."""
        batch = kwargs.get("obj")
        if batch is not None:
            context["report"] = batch.report
            context["report_files"] = [
                {**file, "counts": [file.get(name, 0) for name in COUNTS]} for file in _files(batch)
            ]
            context["report_columns"] = COUNTS
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(DataFeed)
class DataFeedAdmin(ReadOnlyAdmin):
    """Kinds of data and their age."""

    list_display = ("kind", "loaded_at", "as_of", "rows", "batch")
    list_select_related = ("batch",)
    ordering = ("kind",)


def _files(batch: ImportBatch) -> list[dict[str, Any]]:
    files = batch.report.get("files", []) if isinstance(batch.report, dict) else []
    return [file for file in files if isinstance(file, dict)]
