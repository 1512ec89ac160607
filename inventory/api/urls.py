"""Addresses of inventory's resources below `/api/v1/`."""

from inventory.api.items import ItemView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(ItemView)
