"""Purchase orders: how they come to be, the steps of their life, and the supply they stand for."""

from collections.abc import Sequence

from inventory.models import ReceiptKind
from inventory.services import supply
from vendors.models import PurchaseState

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

_OPEN_SCHEDULES = """
SELECT schedule.id AS schedule_id, line.item_id, purchase.destination_id AS location_id, NULL::bigint AS origin_id,
       CASE WHEN purchase.state IN ('received', 'closed', 'cancelled') THEN 0
            ELSE schedule.quantity - schedule.received_quantity END AS quantity,
       coalesce(schedule.promised_on, schedule.requested_on, purchase.ordered_on, current_date) AS due_on,
       schedule.shipped_quantity >= schedule.quantity AS is_shipped, purchase.state = 'draft' AS is_draft,
       purchase.number AS order_number, line.unit_price / line.units_per_order_uom AS unit_cost
FROM vendors_purchaseorder purchase
JOIN vendors_purchaseorderline line ON line.order_id = purchase.id
JOIN vendors_purchaseorderschedule schedule ON schedule.line_id = line.id
WHERE purchase.id = ANY (%(orders)s)
"""


def refresh_supply(order_ids: Sequence[int]) -> None:
    """Bring the scheduled receipts of these orders up to date, inside the caller's transaction."""
    supply.refresh_receipts(kind=ReceiptKind.PURCHASE, schedules_sql=_OPEN_SCHEDULES, order_ids=order_ids)
