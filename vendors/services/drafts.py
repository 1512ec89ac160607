"""Draft purchase orders that a plan makes: collected per supplier and destination until somebody approves them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db.models import DecimalField, F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from inventory.models import ReceiptKind
from inventory.services import changes, draft_rows
from inventory.services.draft_rows import DraftedRow, OrderTables
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.database.sequences import next_numbers
from stocksense.core.errors import InvalidInput
from vendors.models import (
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    PurchaseState,
    SupplierItem,
)
from vendors.services import orders as purchases

Ends = tuple[int, int]

TABLES = OrderTables(ReceiptKind.PURCHASE, PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule)


@dataclass(frozen=True)
class DraftLine:
    """What to buy: `quantity` in stock units under the supplier term `term_id`. `reference` tells lines apart."""

    reference: int
    supplier_id: int
    destination_id: int
    item_id: int
    term_id: int
    quantity: Decimal
    release_on: date
    requested_on: date

    @property
    def ends(self) -> Ends:
        """What the lines of one order have in common."""
        return self.supplier_id, self.destination_id


@dataclass(frozen=True)
class Drafts:
    """Draft orders made or added to, and the schedule row of each line by its reference."""

    orders: list[PurchaseOrder]
    rows: dict[int, DraftedRow]


def create_drafts(*, lines: Sequence[DraftLine], plan_run_id: int, actor: User) -> Drafts:
    """Add to the newest draft that a plan made for the same supplier and destination, or make one.

    One line per item and unit, priced by the price break that its whole quantity reaches; one schedule row per
    date and call. Call inside a transaction. The supply that they stand for counts at once. Raises InvalidInput
    where a term is gone.
    """
    if not lines:
        return Drafts([], {})
    terms = _terms({line.term_id for line in lines})
    ranked = sorted(lines, key=lambda line: (line.ends, line.item_id, line.term_id, line.requested_on, line.reference))
    groups = {ends: list(found) for ends, found in groupby(ranked, key=lambda line: line.ends)}
    home = company.settings().currency
    currencies = {ends: terms[found[0].term_id].supplier.currency or home for ends, found in groups.items()}
    orders = _open_drafts(currencies, actor)
    missing = [ends for ends in groups if ends not in orders]
    for ends, number in zip(missing, next_numbers(purchases.NUMBERS, len(missing)), strict=True):
        orders[ends] = PurchaseOrder.objects.create(
            number=f"PO-{number}",
            supplier_id=ends[0],
            destination_id=ends[1],
            currency=currencies[ends],
            plan_run_id=plan_run_id,
            created_by=actor,
        )
    rows: dict[int, DraftedRow] = {}
    for ends, found in groups.items():
        rows |= _add_lines(orders[ends], found, terms)
    purchases.refresh_supply([order.pk for order in orders.values()])
    changes.count_changes((line.item_id, line.destination_id) for line in lines)
    return Drafts([orders[ends] for ends in groups], rows)


def take_back(*, rows: Sequence[DraftedRow], terms: Mapping[int, int], actor: User) -> list[PurchaseOrder]:
    """Take these rows off their drafts; what is left of a line is priced again, a draft left empty is cancelled.

    `terms` is the supplier term of each schedule row. Call inside a transaction. Raises Conflict, with the
    numbers, where an order is no longer the draft that the rows were added to.
    """
    orders: list[PurchaseOrder] = draft_rows.lock_untouched(TABLES, rows)
    schedules = PurchaseOrderSchedule.objects.filter(pk__in={row.schedule_id for row in rows})
    touched = list(schedules.values_list("pk", "line_id", "line__item_id", "line__order__destination_id"))
    term_of = {line: terms[pk] for pk, line, *_ in touched if pk in terms}
    known = terms_with_breaks(set(term_of.values()))
    for line in draft_rows.remove_rows(TABLES, rows):
        if (term := known.get(term_of.get(line.pk, 0))) is not None:
            _price(line, term)
    purchases.refresh_supply([order.pk for order in orders])
    changes.count_changes((item, destination) for _, _, item, destination in touched)
    for order in orders:
        if not order.lines.exists():
            purchases.close_empty(order, actor=actor)
    return orders


def collecting(actor: User | None) -> "QuerySet[PurchaseOrder]":
    """Drafts that lines are added to: those a plan made and no other system knows.

    Where the approver must be another person than the author, only the actor's own: a draft has one author.
    """
    rows = PurchaseOrder.objects.filter(
        state=PurchaseState.DRAFT, source_system="", external_number="", plan_run_id__isnull=False
    )
    return rows.filter(created_by=actor) if company.settings().separate_approver else rows


def values_of(order_ids: Collection[int]) -> dict[int, Decimal]:
    """What these orders are worth, company currency at today's rate; a line without a price by its item's cost.

    Raises InvalidInput where an exchange rate is missing.
    """
    decimal: DecimalField[Decimal, Decimal] = DecimalField(max_digits=24, decimal_places=8)
    priced = F("quantity") * F("line__unit_price") / F("line__units_per_order_uom")
    at_cost = F("quantity") * Coalesce(F("line__item__unit_cost"), Decimal(0))
    rows = PurchaseOrderSchedule.objects.filter(line__order__in=order_ids, is_closed=False).order_by()
    grouped = rows.values_list("line__order_id", "line__order__currency").annotate(
        foreign=Sum(priced, output_field=decimal),
        unpriced=Sum(at_cost, output_field=decimal, filter=Q(line__unit_price__isnull=True)),
    )
    rates = company.rates_on(company.today())
    return {
        order: round((foreign or Decimal(0)) * Decimal(str(rates.rate(currency))) + (unpriced or Decimal(0)), 4)
        for order, currency, foreign, unpriced in grouped
    }


def price_at(term: SupplierItem, order_units: Decimal) -> Decimal | None:
    """Price per order unit at this quantity: of the highest price break reached (`term.breaks`), else the term's."""
    breaks: list[PriceBreak] = term.breaks  # type: ignore[attr-defined]
    price: Decimal | None = term.unit_price
    for row in breaks:
        if row.min_quantity <= order_units:
            price = row.unit_price
    return price


def _terms(wanted: set[int]) -> dict[int, SupplierItem]:
    terms = terms_with_breaks(wanted)
    if missing := wanted - terms.keys():
        raise InvalidInput(
            "The supplier's terms have changed since the plan was made. Run the cycle again.", terms=sorted(missing)
        )
    return terms


def terms_with_breaks(wanted: Iterable[int]) -> dict[int, SupplierItem]:
    """Terms by id, each with its price breaks in force as `breaks`."""
    breaks = Prefetch(
        "price_breaks", queryset=PriceBreak.objects.filter(is_active=True).order_by("min_quantity"), to_attr="breaks"
    )
    found = SupplierItem.objects.filter(pk__in=set(wanted)).select_related("supplier", "item").prefetch_related(breaks)
    return {term.pk: term for term in found}


def _open_drafts(currencies: Mapping[Ends, str], actor: User) -> dict[Ends, PurchaseOrder]:
    """The newest draft per supplier and destination, locked."""
    rows = collecting(actor).filter(
        supplier_id__in={supplier for supplier, _ in currencies},
        destination_id__in={destination for _, destination in currencies},
    )
    found = {(row.supplier_id, row.destination_id): row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    return {ends: order for ends, order in found.items() if currencies.get(ends) == order.currency}


def _add_lines(
    order: PurchaseOrder, lines: Sequence[DraftLine], terms: Mapping[int, SupplierItem]
) -> dict[int, DraftedRow]:
    known = {(line.item_id, line.order_uom, line.units_per_order_uom): line for line in order.lines.all()}
    number = draft_rows.next_number(line.number for line in known.values())
    rows: dict[int, DraftedRow] = {}
    for (item_id, term_id), found in groupby(lines, key=lambda line: (line.item_id, line.term_id)):
        term = terms[term_id]
        key = (item_id, term.order_uom or term.item.uom, term.units_per_order_uom)
        if key not in known:
            known[key] = PurchaseOrderLine.objects.create(
                order=order, number=str(number), item_id=item_id, order_uom=key[1], units_per_order_uom=key[2]
            )
            number += 1
        rows |= draft_rows.add_schedules(TABLES, known[key], list(found))
        _price(known[key], term)
    return rows


def _price(line: PurchaseOrderLine, term: SupplierItem) -> None:
    """Price the line by the break that its whole quantity reaches."""
    total = line.schedules.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    line.unit_price = price_at(term, total / line.units_per_order_uom)
    line.save(update_fields=["unit_price"])
