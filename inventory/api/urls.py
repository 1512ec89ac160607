"""Addresses of inventory's resources below `/api/v1/`."""

from inventory.api.items import CategoryView, ItemView
from inventory.api.locations import ItemLocationView, LaneView, LocationView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(ItemView, CategoryView, LocationView, LaneView, ItemLocationView)
