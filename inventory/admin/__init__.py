"""Items, places, lanes, transfers and the ledger in the admin."""

from inventory.admin import masters, stock, transfers

__all__ = ["masters", "stock", "transfers"]
