"""Finding items and locations by what people type."""

from django.db.models import QuerySet

from inventory.models import Item, Location
from stocksense.core.database.search import matching


def find_items(term: str, rows: "QuerySet[Item] | None" = None) -> "QuerySet[Item]":
    """Items by start of the SKU or of words of the name."""
    return matching(Item.objects.all() if rows is None else rows, term, code="sku", name="name")


def find_locations(term: str, rows: "QuerySet[Location] | None" = None) -> "QuerySet[Location]":
    """Locations by start of the code or of words of the name."""
    return matching(Location.objects.all() if rows is None else rows, term, code="code", name="name")
