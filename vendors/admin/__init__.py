"""Suppliers, their terms and our orders with them in the admin."""

from vendors.admin import orders, suppliers

__all__ = ["orders", "suppliers"]
