"""The command palette (Ctrl-K): items, locations, suppliers and orders by what people type."""

from collections.abc import Callable, Iterable

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from inventory.models import TransferOrder
from inventory.services import search
from stocksense.core.database.search import matching
from vendors.models import PurchaseOrder, Supplier

MOST = 8
Finder = Callable[[str], Iterable[SearchResult]]


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """What fits `term` and what this person may see, a few of each kind."""
    found: list[SearchResult] = []
    for permission, finder in _FINDERS.items():
        if request.user.has_perm(permission):
            found.extend(finder(term))
    return found


def _items(term: str) -> Iterable[SearchResult]:
    overview = reverse("admin:planning_item_locations")
    for item in search.find_items(term)[:MOST]:
        yield SearchResult(f"{item.name or item.sku}", f"item {item.sku}", f"{overview}?q={item.sku}", "inventory_2")


def _locations(term: str) -> Iterable[SearchResult]:
    overview = reverse("admin:planning_item_locations")
    for location in search.find_locations(term)[:MOST]:
        kind = location.get_kind_display()
        yield SearchResult(f"{location}", kind, f"{overview}?location={location.code}", "warehouse")


def _suppliers(term: str) -> Iterable[SearchResult]:
    for supplier in matching(Supplier.objects.all(), term, code="code", name="name")[:MOST]:
        url = reverse("admin:vendors_supplier_change", args=[supplier.pk])
        yield SearchResult(f"{supplier}", "supplier", url, "factory")


def _purchases(term: str) -> Iterable[SearchResult]:
    rows = matching(PurchaseOrder.objects.select_related("supplier"), term, code="number")
    for order in rows[:MOST]:
        url = reverse("admin:vendors_purchaseorder_change", args=[order.pk])
        yield SearchResult(order.number, f"{order.get_state_display()}, {order.supplier}", url, "shopping_cart")


def _transfers(term: str) -> Iterable[SearchResult]:
    rows = matching(TransferOrder.objects.select_related("origin", "destination"), term, code="number")
    for order in rows[:MOST]:
        url = reverse("admin:inventory_transferorder_change", args=[order.pk])
        way = f"{order.get_state_display()}, {order.origin.code} → {order.destination.code}"
        yield SearchResult(order.number, way, url, "local_shipping")


_FINDERS: dict[str, Finder] = {
    "inventory.view_item": _items,
    "inventory.view_location": _locations,
    "vendors.view_supplier": _suppliers,
    "vendors.view_purchaseorder": _purchases,
    "inventory.view_transferorder": _transfers,
}
