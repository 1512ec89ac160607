"""Suppliers, their terms and price breaks, changed one at a time; imports change them in bulk."""

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
    try:
        company.rates_on(company.today()).rate(supplier.currency)
    except InvalidInput:
        return {"currency": [f"There is no exchange rate for {supplier.currency}. Add one first."]}
    return {}


def _count_supplier(supplier: Supplier) -> None:
    terms = SupplierItem.objects.filter(supplier_id=supplier.pk).order_by()
    changes.count_every(items=list(terms.values_list("item_id", flat=True).distinct()))


def _count_term(term: SupplierItem) -> None:
    changes.count_every(items=[term.item_id], locations=None if term.location_id is None else [term.location_id])


SUPPLIERS = Master(
    Supplier,
    touched=_count_supplier,
    check=_check_supplier,
    fixed=frozenset({"code"}),
    unseen=frozenset({"name", "email"}),
    instead="End it instead: is_active false.",
)
TERMS = Master(
    SupplierItem,
    touched=_count_term,
    fixed=frozenset({"supplier", "item", "location", "valid_from"}),
    instead="End it instead: a last day in valid_to.",
)
PRICE_BREAKS = Master(
    PriceBreak,
    touched=lambda row: _count_term(row.supplier_item),
    fixed=frozenset({"supplier_item", "min_quantity"}),
    instead="End it instead: is_active false.",
)
