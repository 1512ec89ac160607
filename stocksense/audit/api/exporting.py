"""Who may take the audit away as a file."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.exceptions import PermissionDenied

from stocksense.core.api.permissions import permitted
from stocksense.core.api.views import Listed


class ExportedByPermission(Listed):
    """A list whose files need a permission of their own: they hold all of it."""

    def require_export(self) -> None:
        """Raises PermissionDenied where the caller may look but not export."""
        if not permitted(self.request, "audit.export_audit"):
            raise PermissionDenied("Files of the audit need the permission audit.export_audit.")

    def _file(self, rows: "QuerySet[Any]", ordering: Sequence[str], media_type: str) -> HttpResponseBase:
        self.require_export()
        return super()._file(rows, ordering, media_type)
