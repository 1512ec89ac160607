"""Suppliers, their terms and our orders with them over REST."""
