"""Addresses of vendors' resources below `/api/v1/`."""

from stocksense.core.api.routers import addresses
from vendors.api.orders import OrderView
from vendors.api.suppliers import PriceBreakView, SupplierView, TermView

urlpatterns = addresses(SupplierView, TermView, PriceBreakView, OrderView)
