"""Suppliers, what they offer, and the orders placed with them."""

from vendors.models.orders import (
    ConfirmationLine,
    GoodsReceipt,
    GoodsReceiptLine,
    OrderConfirmation,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    PurchaseState,
    Shipment,
    ShipmentLine,
)
from vendors.models.suppliers import PriceBreak, SharedForecast, Supplier, SupplierContact, SupplierItem

__all__ = [
    "ConfirmationLine",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "OrderConfirmation",
    "PriceBreak",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseOrderSchedule",
    "PurchaseState",
    "SharedForecast",
    "Shipment",
    "ShipmentLine",
    "Supplier",
    "SupplierContact",
    "SupplierItem",
]
