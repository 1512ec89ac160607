"""Keeps `ScheduledReceipt`, the one table of supply on its way, in step with open orders."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from inventory.models import ReceiptKind, ScheduledReceipt

_REMOVE_CLOSED = """
DELETE FROM inventory_scheduledreceipt receipt
USING ({schedules}) AS schedule
WHERE receipt.kind = %(kind)s AND receipt.schedule_id = schedule.schedule_id AND schedule.quantity <= 0
"""

_WRITE_OPEN = """
INSERT INTO inventory_scheduledreceipt
    (kind, schedule_id, item_id, location_id, origin_id, quantity, due_on, is_shipped, is_draft, release_on,
     order_number, unit_cost)
SELECT %(kind)s, schedule_id, item_id, location_id, origin_id, quantity, due_on, is_shipped, is_draft, release_on,
       order_number, unit_cost
FROM ({schedules}) AS schedule WHERE quantity > 0
ON CONFLICT (kind, schedule_id) DO UPDATE SET
    item_id = excluded.item_id, location_id = excluded.location_id, origin_id = excluded.origin_id,
    quantity = excluded.quantity, due_on = excluded.due_on, is_shipped = excluded.is_shipped,
    is_draft = excluded.is_draft, release_on = excluded.release_on, order_number = excluded.order_number,
    unit_cost = excluded.unit_cost
"""


def refresh_receipts(*, kind: ReceiptKind, schedules_sql: str, order_ids: Sequence[int]) -> None:
    """Rewrite the scheduled receipts of `order_ids`, inside the caller's transaction.

    `schedules_sql` selects, for the orders `%(orders)s`: schedule_id, item_id, location_id, origin_id,
    quantity (open, zero or less where nothing is), due_on, is_shipped, is_draft, release_on (null once
    sent), order_number, unit_cost.
    """
    values: dict[str, Any] = {"kind": kind.value, "orders": list(order_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_CLOSED.format(schedules=schedules_sql), values)
        cursor.execute(_WRITE_OPEN.format(schedules=schedules_sql), values)


def remove_receipts(*, kind: ReceiptKind, schedule_ids: Sequence[int]) -> None:
    """Forget the supply of schedule rows that were taken off their order, inside the caller's transaction."""
    ScheduledReceipt.objects.filter(kind=kind, schedule_id__in=schedule_ids).delete()
