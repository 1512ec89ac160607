"""Items, places, lanes, the stock ledger, demand history and the supply on its way."""

from inventory.models.demand import Demand
from inventory.models.masters import (
    Category,
    Item,
    ItemLocation,
    ItemStatus,
    Lane,
    Location,
    LocationKind,
    PolicyMethod,
)
from inventory.models.orders import (
    ReceiptKind,
    SalesOrderLine,
    ScheduledReceipt,
    TransferOrder,
    TransferOrderLine,
    TransferOrderSchedule,
    TransferState,
)
from inventory.models.stock import (
    ItemLocationState,
    MovementKey,
    MovementKind,
    StockBalance,
    StockMovement,
    StockStatus,
)

__all__ = [
    "Category",
    "Demand",
    "Item",
    "ItemLocation",
    "ItemLocationState",
    "ItemStatus",
    "Lane",
    "Location",
    "LocationKind",
    "MovementKey",
    "MovementKind",
    "PolicyMethod",
    "ReceiptKind",
    "SalesOrderLine",
    "ScheduledReceipt",
    "StockBalance",
    "StockMovement",
    "StockStatus",
    "TransferOrder",
    "TransferOrderLine",
    "TransferOrderSchedule",
    "TransferState",
]
