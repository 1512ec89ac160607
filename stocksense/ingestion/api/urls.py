"""Addresses of imports below `/api/v1/`."""

from stocksense.core.api.routers import addresses
from stocksense.ingestion.api.imports import FormatView, ImportView

urlpatterns = addresses(ImportView, FormatView)
