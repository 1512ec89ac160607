"""Transfer orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Callable, Sequence

from django.db import transaction

from inventory.models import ReceiptKind, TransferOrder, TransferState
from inventory.services import changes, supply
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging import services as messaging

TRANSITIONS: dict[TransferState, frozenset[TransferState]] = {
    TransferState.DRAFT: frozenset({TransferState.APPROVED, TransferState.CANCELLED}),
    TransferState.APPROVED: frozenset({TransferState.SHIPPED, TransferState.CANCELLED}),
    TransferState.SHIPPED: frozenset({TransferState.RECEIVED}),
    TransferState.RECEIVED: frozenset(),
    TransferState.CANCELLED: frozenset(),
}

BY_HAND = frozenset({TransferState.APPROVED, TransferState.CANCELLED})
"""States that a person may set. Shipping and receiving set the others, because they move stock."""

BEFORE_APPROVAL: list[Callable[[TransferOrder, User], None]] = []
"""Asked, with the locked draft and the actor, before it is approved; apps above this one add what they refuse."""

NUMBERS = "inventory_transferorder_number"

_OPEN_SCHEDULES = """
SELECT schedule.id AS schedule_id, line.item_id, transfer.destination_id AS location_id, transfer.origin_id,
       CASE WHEN transfer.state IN ('received', 'cancelled') OR schedule.is_closed THEN 0
            ELSE schedule.quantity - schedule.received_quantity END AS quantity,
       coalesce(schedule.promised_on, schedule.requested_on, transfer.ordered_on, current_date) AS due_on,
       transfer.state = 'shipped' AS is_shipped, transfer.state = 'draft' AS is_draft,
       CASE WHEN transfer.state IN ('draft', 'approved') THEN schedule.release_on END AS release_on,
       transfer.number AS order_number, NULL::numeric AS unit_cost
FROM inventory_transferorder transfer
JOIN inventory_transferorderline line ON line.order_id = transfer.id
JOIN inventory_transferorderschedule schedule ON schedule.line_id = line.id
WHERE transfer.id = ANY (%(orders)s)
"""


def refresh_supply(order_ids: Sequence[int]) -> None:
    """Bring the scheduled receipts of these transfers up to date, inside the caller's transaction."""
    supply.refresh_receipts(kind=ReceiptKind.TRANSFER, schedules_sql=_OPEN_SCHEDULES, order_ids=order_ids)


def advance(*, order_id: int, to: TransferState, actor: User) -> TransferOrder:
    """Move a transfer to another state of its life, with its supply, and tell.

    Raises NotAllowed (also to the author of a draft, where the company wants a second person, and above the actor's
    limit), InvalidInput for a
    state that only a movement of stock sets, Conflict where the table forbids it.
    """
    if not actor.has_perm("inventory.change_transferorder"):
        raise NotAllowed("You may not change transfer orders.")
    if to not in BY_HAND:
        raise InvalidInput(f"A transfer becomes {to.label.lower()} by a movement of its stock.", state=to.value)
    with transaction.atomic():
        order = TransferOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
        before = TransferState(order.state)
        if to not in TRANSITIONS[before]:
            message = f"{order.number} is {before.label.lower()}; it cannot become {to.label.lower()}."
            raise Conflict(message, state=before.value)
        if to is TransferState.APPROVED and order.created_by_id == actor.pk and company.settings().separate_approver:
            raise NotAllowed(f"You made {order.number} yourself; another person must approve it.")
        if to is TransferState.APPROVED:
            for check in BEFORE_APPROVAL:
                check(order, actor)
        _set_state(order, to, actor)
    return order


def cancel(*, order_id: int, actor: User) -> TransferOrder:
    """Cancel a transfer: its supply and its claim on the origin are gone. Errors as `advance`."""
    return advance(order_id=order_id, to=TransferState.CANCELLED, actor=actor)


def close_empty(order: TransferOrder, *, actor: User) -> None:
    """Cancel a draft that nothing is left of, inside the caller's transaction, which holds its lock."""
    _set_state(order, TransferState.CANCELLED, actor)


def _set_state(order: TransferOrder, to: TransferState, actor: User) -> None:
    before = TransferState(order.state)
    order.state = to
    if to is TransferState.APPROVED:
        order.ordered_on = company.today()
    order.save(update_fields=["state", "ordered_on", "updated_at"])
    refresh_supply([order.pk])
    items = list(order.lines.values_list("item_id", flat=True))
    changes.count_changes((item, end) for item in items for end in (order.origin_id, order.destination_id))
    payload = {
        "order_id": order.pk,
        "number": order.number,
        "from": before.value,
        "to": to.value,
        "actor_id": actor.pk,
    }
    messaging.publish(topic="transfer_order.changed", payload=payload)
