"""Purchase orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from inventory.models import ReceiptKind
from inventory.services import changes, supply
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging import services as messaging
from stocksense.messaging.models import News
from stocksense.messaging.webhooks import news
from vendors.models import (
    PurchaseOrder,
    PurchaseState,
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

TOLD = {
    PurchaseState.SENT: News.PURCHASE_ORDER_SENT,
    PurchaseState.ACKNOWLEDGED: News.PURCHASE_ORDER_CONFIRMED,
    PurchaseState.PARTIALLY_RECEIVED: News.PURCHASE_ORDER_RECEIVED,
    PurchaseState.RECEIVED: News.PURCHASE_ORDER_RECEIVED,
}
"""States that other systems hear of."""

BEFORE_APPROVAL: list[Callable[[PurchaseOrder, User], None]] = []
"""Asked, with the locked draft and the actor, before it is approved; apps above this one add what they refuse."""

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


def advance(*, order_id: int, to: PurchaseState, actor: User) -> PurchaseOrder:
    """Move an order to another state of its life, with its supply, and tell.

    Raises NotAllowed (also to the author of a draft, where the company wants a second person, and above the actor's
    limit), InvalidInput for a
    state that only a receipt sets, Conflict where the table forbids the step.
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
        if to is PurchaseState.APPROVED and order.created_by_id == actor.pk and company.settings().separate_approver:
            raise NotAllowed(f"You made {order.number} yourself; another person must approve it.")
        if to is PurchaseState.APPROVED:
            for check in BEFORE_APPROVAL:
                check(order, actor)
        _set_state(order, to, actor)
    return order


def cancel(*, order_id: int, actor: User) -> PurchaseOrder:
    """Cancel an order: its supply is gone, and the next plan proposes what is then missing. Errors as `advance`."""
    return advance(order_id=order_id, to=PurchaseState.CANCELLED, actor=actor)


def close_empty(order: PurchaseOrder, *, actor: User) -> None:
    """Cancel a draft that nothing is left of, inside the caller's transaction, which holds its lock."""
    _set_state(order, PurchaseState.CANCELLED, actor)


def _set_state(order: PurchaseOrder, to: PurchaseState, actor: User) -> None:
    before = PurchaseState(order.state)
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
    if to in TOLD:
        news.announce(TOLD[to], _told(order, before, to))


def _told(order: PurchaseOrder, before: PurchaseState, to: PurchaseState) -> dict[str, Any]:
    """What other systems hear of an order."""
    return {
        "id": order.pk,
        "number": order.number,
        "supplier": order.supplier.code,
        "destination": order.destination.code,
        "from": before.value,
        "to": to.value,
        "url": f"/api/v1/purchase-orders/{order.pk}",
    }
