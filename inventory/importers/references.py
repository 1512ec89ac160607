"""What codes in import files refer to."""

from typing import Final

from stocksense.ingestion.columns import Reference

ITEM: Final = Reference("items", "inventory_item", "sku")
LOCATION: Final = Reference("locations", "inventory_location")
CALENDAR: Final = Reference("calendars", "company_calendar")
CATEGORY: Final = Reference("items", "inventory_category", "path", named="categories")
"""Categories come to be with the items in them."""
