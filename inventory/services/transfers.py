"""Transfer orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Sequence

from inventory.models import ReceiptKind, TransferState
from inventory.services import supply

TRANSITIONS: dict[TransferState, frozenset[TransferState]] = {
    TransferState.DRAFT: frozenset({TransferState.APPROVED, TransferState.CANCELLED}),
    TransferState.APPROVED: frozenset({TransferState.SHIPPED, TransferState.CANCELLED}),
    TransferState.SHIPPED: frozenset({TransferState.RECEIVED}),
    TransferState.RECEIVED: frozenset(),
    TransferState.CANCELLED: frozenset(),
}

_OPEN_SCHEDULES = """
SELECT schedule.id AS schedule_id, line.item_id, transfer.destination_id AS location_id, transfer.origin_id,
       CASE WHEN transfer.state IN ('received', 'cancelled') THEN 0
            ELSE schedule.quantity - schedule.received_quantity END AS quantity,
       coalesce(schedule.promised_on, schedule.requested_on, transfer.ordered_on, current_date) AS due_on,
       transfer.state = 'shipped' AS is_shipped, transfer.state = 'draft' AS is_draft,
       transfer.number AS order_number, NULL::numeric AS unit_cost
FROM inventory_transferorder transfer
JOIN inventory_transferorderline line ON line.order_id = transfer.id
JOIN inventory_transferorderschedule schedule ON schedule.line_id = line.id
WHERE transfer.id = ANY (%(orders)s)
"""


def refresh_supply(order_ids: Sequence[int]) -> None:
    """Bring the scheduled receipts of these transfers up to date, inside the caller's transaction."""
    supply.refresh_receipts(kind=ReceiptKind.TRANSFER, schedules_sql=_OPEN_SCHEDULES, order_ids=order_ids)
