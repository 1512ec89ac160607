"""The stock ledger: the only writer of stock movements and balances.

A movement is a signed change; a balance is the sum of its movements. An event delivered twice counts once,
by its (source, key).
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from inventory.models import MovementKey, MovementKind, StockMovement, StockStatus
from inventory.services import changes
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.database import prepared
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.errors import FieldErrors, InvalidInput

_RECORD = """
WITH place AS (
    SELECT item.id AS item_id, location.id AS location_id, named.day,
           to_regclass('inventory_stockmovement' || to_char(date_trunc('month', named.day), '_YYYYMMDD')) IS NOT NULL
           AS has_partition
    FROM (SELECT 1) AS one
    LEFT JOIN inventory_item item ON item.{item_key} = %(item)s
    LEFT JOIN inventory_location location ON location.{location_key} = %(location)s
    CROSS JOIN LATERAL (
        SELECT (%(at)s::timestamptz AT TIME ZONE coalesce(
            nullif(location.time_zone, ''), (SELECT time_zone FROM company_companysettings)
        ))::date AS day
    ) AS named
), claimed AS (
    INSERT INTO inventory_movementkey (source, key, moved_on, recorded_at)
    SELECT %(source)s::text, %(key)s::text, day, now() FROM place
    WHERE item_id IS NOT NULL AND location_id IS NOT NULL AND has_partition
      AND day BETWEEN %(earliest)s::date AND %(latest)s::date
    ON CONFLICT (source, key) DO NOTHING RETURNING true
), balance AS (
    INSERT INTO inventory_stockbalance AS balance
        (item_id, location_id, lot, status, quantity, allocated, updated_at)
    SELECT place.item_id, place.location_id, %(lot)s::text, %(status)s::text, %(quantity)s::numeric, 0, now()
    FROM claimed, place
    ON CONFLICT (item_id, location_id, lot, status)
    DO UPDATE SET quantity = balance.quantity + excluded.quantity, updated_at = now()
    RETURNING quantity
), movement AS (
    INSERT INTO inventory_stockmovement
        (item_id, location_id, lot, status, kind, quantity, balance_after, unit_cost, moved_at, moved_on, reference,
         reason, actor_id, recorded_at)
    SELECT place.item_id, place.location_id, %(lot)s::text, %(status)s::text, %(kind)s::text,
           %(quantity)s::numeric, balance.quantity, %(unit_cost)s::numeric, %(at)s::timestamptz, place.day,
           %(reference)s::text, %(reason)s::text, %(actor)s::bigint, now()
    FROM balance, place RETURNING id
), counted AS (
    INSERT INTO inventory_itemlocationstate AS state (item_location_id, backorders, change_counter)
    SELECT pair.id, 0, 1 FROM inventory_itemlocation AS pair, place, balance
    WHERE pair.item_id = place.item_id AND pair.location_id = place.location_id
    ON CONFLICT (item_location_id) DO UPDATE SET change_counter = state.change_counter + 1
    RETURNING true
)
SELECT place.item_id, place.location_id, place.day, place.has_partition, balance.quantity, movement.id,
       EXISTS (SELECT FROM counted)
FROM place LEFT JOIN balance ON true LEFT JOIN movement ON true
"""
_FIRST = """
INSERT INTO inventory_itemlocation (item_id, location_id, method, order_weekdays, created_at, updated_at)
VALUES (%s, %s, '', '{}', now(), now()) ON CONFLICT (item_id, location_id) DO NOTHING
"""
_BALANCE = """
SELECT quantity FROM inventory_stockbalance WHERE item_id = %s AND location_id = %s AND lot = %s AND status = %s
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


class _Outcome(NamedTuple):
    """What the statement found and did; ids are None for what is not known, the last three where nothing was done."""

    item_id: int | None
    location_id: int | None
    day: date
    has_partition: bool
    balance: Decimal | None
    movement_id: int | None
    is_counted: bool


def record_movement(
    *,
    item: int | str,
    location: int | str,
    kind: MovementKind,
    quantity: Decimal,
    source: str,
    key: str,
    actor: Any,
    moved_at: datetime | None = None,
    lot: str = "",
    status: StockStatus = StockStatus.AVAILABLE,
    unit_cost: Decimal | None = None,
    reference: str = "",
    reason: str = "",
) -> Recorded:
    """Add one signed movement (positive in, negative out) to the ledger, once per (`source`, `key`).

    Item and location are named by code (text) or id. Looking them up, key, balance, movement and the item-location's
    change counter are one statement: tills and scanners call this all day. A second call with the same key changes
    nothing and returns the balance as it is. Raises InvalidInput for a quantity of zero, a blank key, or a day outside
    15 years back and 3 years ahead, FieldErrors for an unknown item or location.
    """
    if quantity == 0:
        raise InvalidInput("A stock movement needs a quantity other than zero.", quantity="0")
    if not key:
        raise InvalidInput("A stock movement needs a key that tells a repeated delivery from a new one.", key=key)
    earliest, latest = _recordable()
    names = {
        "item_key": "sku" if isinstance(item, str) else "id",
        "location_key": "code" if isinstance(location, str) else "id",
    }
    values = {
        "item": item, "location": location, "at": moved_at or clock.now(), "earliest": earliest, "latest": latest,
        "lot": lot, "status": StockStatus(status).value, "kind": MovementKind(kind).value, "quantity": quantity,
        "source": source, "key": key, "unit_cost": unit_cost, "reference": reference, "reason": reason,
        "actor": actor and actor.pk,
    }  # fmt: skip
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        done = _Outcome(*prepared.rows(_RECORD.format(**names), values)[0])
        if done.item_id is None or done.location_id is None:
            found = {"item": done.item_id, "location": done.location_id}
            raise FieldErrors({name: [f"There is no such {name}."] for name in found if found[name] is None})
        pair = done.item_id, done.location_id
        if not earliest <= done.day <= latest:
            raise InvalidInput(
                f"{done.day} is too far away: the ledger holds 15 years back and 3 years ahead.",
                moved_at=str(done.day),
            )
        if not done.has_partition:  # the first movement of its month
            ensure_partitions(StockMovement, [done.day])
            done = _Outcome(*prepared.rows(_RECORD.format(**names), values)[0])
        if done.balance is None:
            balances = prepared.rows(_BALANCE, [*pair, lot, values["status"]])
            return Recorded(balances[0][0] if balances else Decimal(0), False, None)
        if not done.is_counted:  # the first movement of this item here
            prepared.rows(_FIRST, pair)
            changes.count_changes([pair])
    return Recorded(done.balance, True, done.movement_id)


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


def _recordable() -> tuple[date, date]:
    """The first and the last day that the ledger holds."""
    today = clock.now().date()
    day = min(today.day, 28)
    return today.replace(year=today.year - 15, day=day), today.replace(year=today.year + 3, day=day)
