"""Addresses of inventory's resources below `/api/v1/`."""

from inventory.api.demand import DemandView
from inventory.api.items import CategoryView, ItemView
from inventory.api.locations import ItemLocationView, LaneView, LocationView
from inventory.api.stock import BalanceView, MovementView, ReceiptView
from inventory.api.transfers import TransferView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(
    ItemView,
    CategoryView,
    LocationView,
    LaneView,
    ItemLocationView,
    BalanceView,
    MovementView,
    ReceiptView,
    DemandView,
    TransferView,
)
