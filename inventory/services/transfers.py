"""Transfer orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db import transaction

from inventory.models import ReceiptKind, TransferOrder, TransferOrderLine, TransferOrderSchedule, TransferState
from inventory.services import changes, supply
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.database.sequences import next_numbers
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


@dataclass(frozen=True)
class DraftLine:
    """What to move: `quantity` in stock units."""

    origin_id: int
    destination_id: int
    item_id: int
    quantity: Decimal
    release_on: date
    requested_on: date


def create_drafts(*, lines: Sequence[DraftLine], plan_run_id: int | None, actor: User) -> list[TransferOrder]:
    """Draft transfers, one per origin and destination, one line per item, one schedule row per date.

    Call inside a transaction. They count at once as supply at the destination and as promised at the origin.
    """
    if not lines:
        return []
    ranked = sorted(lines, key=lambda line: (line.origin_id, line.destination_id, line.item_id, line.requested_on))
    groups = [list(rows) for _, rows in groupby(ranked, key=lambda line: (line.origin_id, line.destination_id))]
    numbers = next_numbers(NUMBERS, len(groups))
    orders = [
        TransferOrder.objects.create(
            number=f"TO-{number}",
            origin_id=rows[0].origin_id,
            destination_id=rows[0].destination_id,
            plan_run_id=plan_run_id,
            created_by=actor,
        )
        for number, rows in zip(numbers, groups, strict=True)
    ]
    for order, rows in zip(orders, groups, strict=True):
        _write_lines(order, rows)
    refresh_supply([order.pk for order in orders])
    changes.count_changes((line.item_id, end) for line in lines for end in (line.origin_id, line.destination_id))
    return orders


def advance(*, order_id: int, to: TransferState, actor: User) -> TransferOrder:
    """Move a transfer to another state of its life, with its supply, and tell.

    Raises NotAllowed, InvalidInput for a state that only a movement of stock sets, Conflict where the table forbids it.
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
    return order


def cancel(*, order_id: int, actor: User) -> TransferOrder:
    """Cancel a transfer: its supply and its claim on the origin are gone. Errors as `advance`."""
    return advance(order_id=order_id, to=TransferState.CANCELLED, actor=actor)


def _write_lines(order: TransferOrder, rows: Sequence[DraftLine]) -> None:
    for number, (item_id, grouped) in enumerate(groupby(rows, key=lambda row: row.item_id), start=1):
        line = TransferOrderLine.objects.create(order=order, number=str(number), item_id=item_id)
        dates = groupby(grouped, key=lambda part: part.requested_on)
        TransferOrderSchedule.objects.bulk_create(
            TransferOrderSchedule(
                line=line,
                number=str(position),
                quantity=sum((part.quantity for part in same_day), Decimal(0)),
                release_on=min(part.release_on for part in same_day),
                requested_on=requested_on,
            )
            for position, (requested_on, same_day) in enumerate(((day, list(found)) for day, found in dates), start=1)
        )
