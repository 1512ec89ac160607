"""Addresses of the audit below `/api/v1/`."""

from stocksense.audit.api.accesses import AccessView
from stocksense.audit.api.changes import AuditView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(AuditView, AccessView)
