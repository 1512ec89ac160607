"""Purchase orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db import transaction
from django.db.models import Prefetch

from inventory.models import ReceiptKind
from inventory.services import changes, supply
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.database.sequences import next_numbers
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging import services as messaging
from vendors.models import (
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    PurchaseState,
    SupplierItem,
)

TRANSITIONS: dict[PurchaseState, frozenset[PurchaseState]] = {
    PurchaseState.DRAFT: frozenset({PurchaseState.APPROVED, PurchaseState.CANCELLED}),
    PurchaseState.APPROVED: frozenset({PurchaseState.SENT, PurchaseState.CANCELLED}),
    PurchaseState.SENT: frozenset(
        {PurchaseState.ACKNOWLEDGED, PurchaseState.PARTIALLY_RECEIVED, PurchaseState.RECEIVED, PurchaseState.CANCELLED}
    ),
    PurchaseState.ACKNOWLEDGED: frozenset(
        {PurchaseState.PARTIALLY_RECEIVED, PurchaseState.RECEIVED, PurchaseState.CANCELLED}
    ),
    PurchaseState.PARTIALLY_RECEIVED: frozenset({PurchaseState.RECEIVED, PurchaseState.CLOSED}),
    PurchaseState.RECEIVED: frozenset({PurchaseState.CLOSED}),
    PurchaseState.CLOSED: frozenset(),
    PurchaseState.CANCELLED: frozenset(),
}

BY_HAND = frozenset(
    {
        PurchaseState.APPROVED,
        PurchaseState.SENT,
        PurchaseState.ACKNOWLEDGED,
        PurchaseState.CLOSED,
        PurchaseState.CANCELLED,
    }
)
"""States that a person may set. Receipts set the others, because they move stock."""

NUMBERS = "vendors_purchaseorder_number"

_OPEN_SCHEDULES = """
SELECT schedule.id AS schedule_id, line.item_id, purchase.destination_id AS location_id, NULL::bigint AS origin_id,
       CASE WHEN purchase.state IN ('received', 'closed', 'cancelled') OR schedule.is_closed THEN 0
            ELSE schedule.quantity - schedule.received_quantity END AS quantity,
       coalesce(schedule.promised_on, schedule.requested_on, purchase.ordered_on, current_date) AS due_on,
       schedule.shipped_quantity >= schedule.quantity AS is_shipped, purchase.state = 'draft' AS is_draft,
       CASE WHEN purchase.state IN ('draft', 'approved') THEN schedule.release_on END AS release_on,
       purchase.number AS order_number, line.unit_price / line.units_per_order_uom AS unit_cost
FROM vendors_purchaseorder purchase
JOIN vendors_purchaseorderline line ON line.order_id = purchase.id
JOIN vendors_purchaseorderschedule schedule ON schedule.line_id = line.id
WHERE purchase.id = ANY (%(orders)s)
"""


def refresh_supply(order_ids: Sequence[int]) -> None:
    """Bring the scheduled receipts of these orders up to date, inside the caller's transaction."""
    supply.refresh_receipts(kind=ReceiptKind.PURCHASE, schedules_sql=_OPEN_SCHEDULES, order_ids=order_ids)


@dataclass(frozen=True)
class DraftLine:
    """What to buy: `quantity` in stock units under the supplier term `term_id`."""

    supplier_id: int
    destination_id: int
    item_id: int
    term_id: int
    quantity: Decimal
    release_on: date
    requested_on: date


def create_drafts(*, lines: Sequence[DraftLine], plan_run_id: int | None, actor: User) -> list[PurchaseOrder]:
    """Draft orders, one per supplier and destination, one line per item and term, one schedule row per date.

    Call inside a transaction. The supply that they stand for counts at once. Raises InvalidInput where a term is gone.
    """
    if not lines:
        return []
    terms = _terms(lines)
    ranked = sorted(
        lines, key=lambda line: (line.supplier_id, line.destination_id, line.item_id, line.term_id, line.requested_on)
    )
    groups = [list(rows) for _, rows in groupby(ranked, key=lambda line: (line.supplier_id, line.destination_id))]
    numbers = next_numbers(NUMBERS, len(groups))
    home = company.settings().currency
    orders = [
        PurchaseOrder.objects.create(
            number=f"PO-{number}",
            supplier_id=rows[0].supplier_id,
            destination_id=rows[0].destination_id,
            currency=terms[rows[0].term_id].supplier.currency or home,
            plan_run_id=plan_run_id,
            created_by=actor,
        )
        for number, rows in zip(numbers, groups, strict=True)
    ]
    for order, rows in zip(orders, groups, strict=True):
        _write_lines(order, rows, terms)
    refresh_supply([order.pk for order in orders])
    changes.count_changes((line.item_id, line.destination_id) for line in lines)
    return orders


def advance(*, order_id: int, to: PurchaseState, actor: User) -> PurchaseOrder:
    """Move an order to another state of its life, with its supply, and tell.

    Raises NotAllowed, InvalidInput for a state that only a receipt sets, Conflict where the table forbids the step.
    """
    if not actor.has_perm("vendors.change_purchaseorder"):
        raise NotAllowed("You may not change purchase orders.")
    if to not in BY_HAND:
        raise InvalidInput(f"An order becomes {to.label.lower()} by a receipt with its quantities.", state=to.value)
    with transaction.atomic():
        order = PurchaseOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
        before = PurchaseState(order.state)
        if to not in TRANSITIONS[before]:
            raise Conflict(
                f"{order.number} is {before.label.lower()}; it cannot become {to.label.lower()}.", state=before.value
            )
        order.state = to
        if to is PurchaseState.SENT:
            order.ordered_on = company.today()
        order.save(update_fields=["state", "ordered_on", "updated_at"])
        refresh_supply([order.pk])
        changes.count_changes((item, order.destination_id) for item in order.lines.values_list("item_id", flat=True))
        payload = {
            "order_id": order.pk,
            "number": order.number,
            "from": before.value,
            "to": to.value,
            "actor_id": actor.pk,
        }
        messaging.publish(topic="purchase_order.changed", payload=payload)
    return order


def cancel(*, order_id: int, actor: User) -> PurchaseOrder:
    """Cancel an order: its supply is gone, and the next plan proposes what is then missing. Errors as `advance`."""
    return advance(order_id=order_id, to=PurchaseState.CANCELLED, actor=actor)


def price_at(term: SupplierItem, order_units: Decimal) -> Decimal | None:
    """Price per order unit at this quantity: of the highest price break reached (`term.breaks`), else the term's."""
    breaks: list[PriceBreak] = term.breaks  # type: ignore[attr-defined]
    price: Decimal | None = term.unit_price
    for row in breaks:
        if row.min_quantity <= order_units:
            price = row.unit_price
    return price


def _terms(lines: Sequence[DraftLine]) -> dict[int, SupplierItem]:
    breaks = Prefetch(
        "price_breaks", queryset=PriceBreak.objects.filter(is_active=True).order_by("min_quantity"), to_attr="breaks"
    )
    wanted = {line.term_id for line in lines}
    found = SupplierItem.objects.filter(pk__in=wanted).select_related("supplier", "item").prefetch_related(breaks)
    terms = {term.pk: term for term in found}
    if missing := wanted - terms.keys():
        raise InvalidInput(
            "The supplier's terms have changed since the plan was made. Run the cycle again.", terms=sorted(missing)
        )
    return terms


def _write_lines(order: PurchaseOrder, rows: Sequence[DraftLine], terms: dict[int, SupplierItem]) -> None:
    by_line = groupby(rows, key=lambda row: (row.item_id, row.term_id))
    for number, ((item_id, term_id), grouped) in enumerate(by_line, start=1):
        parts, term = list(grouped), terms[term_id]
        total = sum((part.quantity for part in parts), Decimal(0))
        line = PurchaseOrderLine.objects.create(
            order=order,
            number=str(number),
            item_id=item_id,
            order_uom=term.order_uom or term.item.uom,
            units_per_order_uom=term.units_per_order_uom,
            unit_price=price_at(term, total / term.units_per_order_uom),
        )
        dates = groupby(parts, key=lambda part: part.requested_on)
        PurchaseOrderSchedule.objects.bulk_create(
            PurchaseOrderSchedule(
                line=line,
                number=str(position),
                quantity=sum((part.quantity for part in same_day), Decimal(0)),
                release_on=min(part.release_on for part in same_day),
                requested_on=requested_on,
            )
            for position, (requested_on, same_day) in enumerate(((day, list(found)) for day, found in dates), start=1)
        )
