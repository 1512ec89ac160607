"""Data in: the upload pages, the record of imports and the age of each kind of data."""

from django.contrib import admin

from stocksense.core.admin.site import StockSenseAdminSite
from stocksense.ingestion.admin import models, uploads
from stocksense.ingestion.uploads import KIND
from stocksense.jobs import pages
from stocksense.jobs.models import Job

__all__ = ["models"]


SEE = "ingestion.view_importbatch"


def _add_pages(site: StockSenseAdminSite) -> None:
    see, change = SEE, "ingestion.import_data"
    site.add_page("imports/", uploads.listing, name="ingestion_imports", permission=see)
    site.add_page("imports/upload/", uploads.upload, name="ingestion_upload", permission=change)
    site.add_page("imports/<int:batch_id>/", uploads.page, name="ingestion_import", permission=see)
    site.add_page("imports/<int:batch_id>/preview/", uploads.preview, name="ingestion_preview", permission=change)
    site.add_page("imports/<int:batch_id>/run/", uploads.run, name="ingestion_run", permission=change)
    site.add_page(
        "imports/<int:batch_id>/rejected/<slug:kind>/", uploads.rejected, name="ingestion_rejected", permission=see
    )


def _pages_of(job: Job) -> list[pages.Page]:
    batch = job.parameters.get("batch")
    return [pages.Page(f"Upload {batch}", "admin:ingestion_import", SEE, (batch,))] if batch else []


_add_pages(admin.site)  # type: ignore[arg-type]
pages.register(KIND, _pages_of)
