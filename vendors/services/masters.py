"""Suppliers, their terms and price breaks as people and programs change them; imports write alone."""

from collections.abc import Sequence

from django.db.models import prefetch_related_objects

from inventory.services import changes
from stocksense.company import services as company
from stocksense.core.errors import InvalidInput
from stocksense.core.masters import Master
from stocksense.core.saving import Problems
from vendors.models import PriceBreak, Supplier, SupplierItem


def _check_suppliers(suppliers: Sequence[Supplier]) -> dict[int, Problems]:
    """A currency that is new to a supplier needs a rate: orders are valued with it."""
    ids = [supplier.pk for supplier in suppliers if supplier.pk is not None]
    had = dict(Supplier.objects.filter(pk__in=ids).order_by().values_list("pk", "currency"))
    new = {place: one.currency for place, one in enumerate(suppliers) if had.get(one.pk) != one.currency}
    rates = company.rates_on(company.today()) if new else None
    problems: dict[int, Problems] = {}
    for place, currency in new.items():
        try:
            rates.rate(currency)  # type: ignore[union-attr]
        except InvalidInput:
            problems[place] = {"currency": [f"There is no exchange rate for {currency}. Add one first."]}
    return problems


def _count_suppliers(suppliers: Sequence[Supplier]) -> None:
    terms = SupplierItem.objects.filter(supplier__in=suppliers).order_by()
    changes.count_every(items=list(terms.values_list("item_id", flat=True).distinct()))


def _count_terms(terms: Sequence[SupplierItem]) -> None:
    changes.count_changes((term.item_id, term.location_id) for term in terms if term.location_id is not None)
    changes.count_every(items=[term.item_id for term in terms if term.location_id is None])


def _count_breaks(breaks: Sequence[PriceBreak]) -> None:
    prefetch_related_objects(breaks, "supplier_item")
    _count_terms([row.supplier_item for row in breaks])


SUPPLIERS = Master(
    Supplier,
    touched=_count_suppliers,
    check_many=_check_suppliers,
    fixed=frozenset({"code"}),
    unseen=frozenset({"name", "email"}),
    instead="End it instead: set it inactive (is_active).",
)
TERMS = Master(
    SupplierItem,
    touched=_count_terms,
    fixed=frozenset({"supplier", "item", "location", "valid_from"}),
    instead="End it instead: give it a last day (valid_to).",
)
PRICE_BREAKS = Master(
    PriceBreak,
    touched=_count_breaks,
    fixed=frozenset({"supplier_item", "min_quantity"}),
    instead="End it instead: set it inactive (is_active).",
)
