"""The history of an object, the audit search, the access log and their exports."""

from django.contrib import admin

from stocksense.audit.admin import history, models, search
from stocksense.audit.services import reads
from stocksense.core.admin.base import StockSenseModelAdmin
from stocksense.core.admin.site import StockSenseAdminSite

__all__ = ["models"]


def _add_pages(site: StockSenseAdminSite) -> None:
    see, export = "audit.view_history", "audit.export_audit"
    site.add_page("audit/", search.listing, name="audit_search", permission=see)
    site.add_page("audit/export/", search.export, name="audit_export", permission=export)
    site.add_page("audit/access/", search.accesses, name="audit_access", permission="audit.view_accessentry")


_add_pages(admin.site)  # type: ignore[arg-type]
StockSenseModelAdmin.history_page = staticmethod(history.object_page)  # type: ignore[assignment]
StockSenseModelAdmin.keeps_history = staticmethod(reads.has_history)
