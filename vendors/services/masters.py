"""Suppliers, their terms and price breaks as people and programs change them; imports write alone."""

from collections.abc import Sequence

from inventory.services import changes
from stocksense.company import services as company
from stocksense.core.errors import InvalidInput
from stocksense.core.masters import Master
from stocksense.core.saving import Problems
from vendors.models import PriceBreak, Supplier, SupplierItem


def _check_supplier(supplier: Supplier) -> Problems:
    """A currency that is new to the supplier needs a rate: orders are valued with it."""
    if Supplier.objects.filter(pk=supplier.pk, currency=supplier.currency).exists():
        return {}
    return _check_new_suppliers([supplier])


def _check_new_suppliers(suppliers: Sequence[Supplier]) -> Problems:
    rates = company.rates_on(company.today())
    for supplier in suppliers:
        try:
            rates.rate(supplier.currency)
        except InvalidInput:
            return {"currency": [f"There is no exchange rate for {supplier.currency}. Add one first."]}
    return {}


def _count_suppliers(suppliers: Sequence[Supplier]) -> None:
    terms = SupplierItem.objects.filter(supplier__in=suppliers).order_by()
    changes.count_every(items=list(terms.values_list("item_id", flat=True).distinct()))


def _count_terms(terms: Sequence[SupplierItem]) -> None:
    changes.count_changes((term.item_id, term.location_id) for term in terms if term.location_id is not None)
    changes.count_every(items=[term.item_id for term in terms if term.location_id is None])


SUPPLIERS = Master(
    Supplier,
    touched=_count_suppliers,
    check=_check_supplier,
    check_new=_check_new_suppliers,
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
    touched=lambda breaks: _count_terms([row.supplier_item for row in breaks]),
    fixed=frozenset({"supplier_item", "min_quantity"}),
    instead="End it instead: set it inactive (is_active).",
)
