"""Finding items and locations by what people type."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Upper

from inventory.models import Item, Location
from stocksense.core.database.search import matching


def find_items(term: str, rows: "QuerySet[Item] | None" = None) -> "QuerySet[Item]":
    """Items by start of the SKU or of words of the name."""
    return matching(Item.objects.all() if rows is None else rows, term, code="sku", name="name")


def find_locations(term: str, rows: "QuerySet[Location] | None" = None) -> "QuerySet[Location]":
    """Locations by start of the code or of words of the name."""
    return matching(Location.objects.all() if rows is None else rows, term, code="code", name="name")


def items_of(skus: Iterable[str]) -> "QuerySet[Item]":
    """Items with exactly these SKUs, in whatever case they are written."""
    return Item.objects.alias(upper_sku=Upper("sku")).filter(upper_sku__in=sorted({sku.upper() for sku in skus}))


def unknown_skus(skus: Iterable[str]) -> list[str]:
    """Those of `skus` that no item has, as written and in their order."""
    wanted = list(skus)
    known = set(items_of(wanted).values_list(Upper("sku"), flat=True))
    return [sku for sku in wanted if sku.upper() not in known]
