"""The stock ledger: the only writer of stock movements and balances.

A movement is a signed change; a balance is the sum of its movements. An event delivered twice counts once,
by its (source, key).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from inventory.models import (
    Location,
    MovementKey,
    MovementKind,
    StockBalance,
    StockMovement,
    StockStatus,
)
from inventory.services import item_locations
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.errors import InvalidInput

_CLAIM_KEY = """
INSERT INTO inventory_movementkey (source, key, moved_on, recorded_at) VALUES (%s, %s, %s, now())
ON CONFLICT (source, key) DO NOTHING
"""
_ENSURE_BALANCE = """
INSERT INTO inventory_stockbalance (item_id, location_id, lot, status, quantity, allocated, updated_at)
VALUES (%s, %s, %s, %s, 0, 0, now()) ON CONFLICT (item_id, location_id, lot, status) DO NOTHING
"""
_ENSURE_COUNTED = """
INSERT INTO inventory_stockbalance (item_id, location_id, lot, status, quantity, allocated, updated_at)
SELECT item_id, location_id, lot, status, 0, 0, now() FROM {counts}
ON CONFLICT (item_id, location_id, lot, status) DO NOTHING
"""
_LOCK_COUNTED = """
SELECT b.id FROM inventory_stockbalance b
JOIN {counts} c USING (item_id, location_id, lot, status) ORDER BY b.id FOR UPDATE OF b
"""
_DIFFERENCES = """
CREATE TEMP TABLE {counts}_difference AS
SELECT b.id AS balance_id, c.*, c.quantity - b.quantity + coalesce(later.quantity, 0) AS difference
FROM {counts} c
JOIN inventory_stockbalance b USING (item_id, location_id, lot, status)
LEFT JOIN LATERAL (
    SELECT sum(m.quantity) AS quantity FROM inventory_stockmovement m
    WHERE m.item_id = c.item_id AND m.location_id = c.location_id AND m.lot = c.lot AND m.status = c.status
      AND (m.moved_on > c.counted_on OR (c.at_opening AND m.moved_on = c.counted_on AND m.kind <> 'count'))
) later ON true
"""
_POST_COUNTS = """
INSERT INTO inventory_stockmovement
    (item_id, location_id, lot, status, kind, quantity, balance_after, moved_at, moved_on, reference, reason, actor_id,
     recorded_at)
SELECT d.item_id, d.location_id, d.lot, d.status, 'count', d.difference, b.quantity + d.difference,
       CASE WHEN d.at_opening THEN d.counted_on::timestamp AT TIME ZONE coalesce(nullif(l.time_zone, ''), %(time_zone)s)
            ELSE now() END,
       d.counted_on, %(reference)s, '', %(actor)s, now()
FROM {counts}_difference d
JOIN inventory_stockbalance b ON b.id = d.balance_id
JOIN inventory_location l ON l.id = d.location_id
WHERE d.difference <> 0
"""
_ADD_DIFFERENCES = """
UPDATE inventory_stockbalance b SET quantity = b.quantity + d.difference, updated_at = now()
FROM {counts}_difference d WHERE d.balance_id = b.id AND d.difference <> 0
"""


@dataclass(frozen=True)
class Recorded:
    """Outcome of a movement: the balance after it, and whether it was recorded now or had been before."""

    balance: Decimal
    is_new: bool
    movement_id: int | None


@transaction.atomic
def record_movement(
    *,
    item_id: int,
    location_id: int,
    kind: MovementKind,
    quantity: Decimal,
    source: str,
    key: str,
    actor: Any,
    lot: str = "",
    status: StockStatus = StockStatus.AVAILABLE,
    moved_at: datetime | None = None,
    unit_cost: Decimal | None = None,
    reference: str = "",
    reason: str = "",
) -> Recorded:
    """Add one signed movement (positive in, negative out) to the ledger, once per (`source`, `key`).

    A second call with the same key changes nothing and returns the balance as it is. Raises InvalidInput for
    a quantity of zero, a blank key, or a day outside 15 years back and 3 years ahead.
    """
    if quantity == 0:
        raise InvalidInput("A stock movement needs a quantity other than zero.", quantity="0")
    if not key:
        raise InvalidInput("A stock movement needs a key that tells a repeated delivery from a new one.", key=key)
    at = moved_at or clock.now()
    day = _local_day(location_id, at)
    _require_recordable(day)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_KEY, [source, key, day])
        is_new = cursor.rowcount == 1
        cursor.execute(_ENSURE_BALANCE, [item_id, location_id, lot, status.value])
    where = {"item_id": item_id, "location_id": location_id, "lot": lot, "status": status}
    balance = StockBalance.objects.select_for_update(of=("self",)).get(**where)
    if not is_new:
        return Recorded(balance.quantity, False, None)
    balance.quantity += quantity
    balance.save(update_fields=["quantity", "updated_at"])
    ensure_partitions(StockMovement, [day])
    movement = StockMovement.objects.create(
        **where, kind=kind, quantity=quantity, balance_after=balance.quantity, unit_cost=unit_cost, moved_at=at,
        moved_on=day, reference=reference, reason=reason, actor=actor,
    )  # fmt: skip
    item_locations.ensure_pair(item_id=item_id, location_id=location_id)
    return Recorded(balance.quantity, True, movement.pk)


def is_recorded(*, source: str, key: str) -> bool:
    """Whether the outside event of that key is in the ledger."""
    return MovementKey.objects.filter(source=source, key=key).exists()


def post_counts(*, counts: str, actor: Any, reference: str) -> int:
    """Bring the ledger to counted quantities, inside the caller's transaction; returns how many differed.

    `counts` names a temporary table of item_id, location_id, lot, status, quantity, counted_on (the location's
    local day) and at_opening (counted at the opening of that day; false: now), one row per stock key. For each a
    `count` movement of (counted − ledger at that time) is posted; later movements stay on top. Leaves a temporary
    table `<counts>_difference` with the columns of `counts`, balance_id and difference behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{counts}_difference")
        cursor.execute(_ENSURE_COUNTED.format(counts=counts))
        cursor.execute(_LOCK_COUNTED.format(counts=counts))
        cursor.execute(_DIFFERENCES.format(counts=counts))
        cursor.execute(f"SELECT DISTINCT counted_on FROM {counts}_difference WHERE difference <> 0")
        if days := [day for (day,) in cursor.fetchall()]:
            ensure_partitions(StockMovement, days)
        values = {
            "time_zone": company.settings().time_zone,
            "reference": reference,
            "actor": actor.pk if actor is not None else None,
        }
        cursor.execute(_POST_COUNTS.format(counts=counts), values)
        posted = int(cursor.rowcount)
        cursor.execute(_ADD_DIFFERENCES.format(counts=counts))
    return posted


def _local_day(location_id: int, at: datetime) -> date:
    time_zone = Location.objects.values_list("time_zone", flat=True).get(pk=location_id)
    return clock.local_date(time_zone or company.settings().time_zone, at)


def _require_recordable(day: date) -> None:
    today = clock.now().date()
    if (
        not today.replace(year=today.year - 15, day=min(today.day, 28))
        <= day
        <= today.replace(year=today.year + 3, day=min(today.day, 28))
    ):
        raise InvalidInput(
            f"{day} is too far away: the ledger holds 15 years back and 3 years ahead.", moved_at=str(day)
        )
