"""What an item-location has, owes and expects right now, for pages that show a few of them."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

Key = tuple[int, int]

_POSITIONS = """
WITH wanted AS (SELECT * FROM unnest(%(items)s::bigint[], %(locations)s::bigint[]) AS pair (item_id, location_id)),
stock AS (
    SELECT item_id, location_id, sum(quantity) FILTER (WHERE status = 'available') AS on_hand,
           sum(quantity) FILTER (WHERE status = 'blocked') AS blocked, sum(allocated) AS allocated
    FROM inventory_stockbalance JOIN wanted USING (item_id, location_id) GROUP BY 1, 2
), inbound AS (
    SELECT item_id, location_id, sum(quantity) AS on_order
    FROM inventory_scheduledreceipt JOIN wanted USING (item_id, location_id) GROUP BY 1, 2
), outbound AS (
    SELECT receipt.item_id, receipt.origin_id AS location_id, sum(receipt.quantity) AS promised
    FROM inventory_scheduledreceipt receipt
    JOIN wanted ON wanted.item_id = receipt.item_id AND wanted.location_id = receipt.origin_id
    WHERE NOT receipt.is_shipped GROUP BY 1, 2
)
SELECT wanted.item_id, wanted.location_id, coalesce(stock.on_hand, 0), coalesce(stock.blocked, 0),
       coalesce(stock.allocated, 0), coalesce(outbound.promised, 0), coalesce(inbound.on_order, 0),
       coalesce(state.backorders, 0)
FROM wanted
LEFT JOIN stock USING (item_id, location_id)
LEFT JOIN inbound USING (item_id, location_id)
LEFT JOIN outbound USING (item_id, location_id)
LEFT JOIN inventory_itemlocation item_location USING (item_id, location_id)
LEFT JOIN inventory_itemlocationstate state ON state.item_location_id = item_location.id
"""


@dataclass(frozen=True)
class StockPosition:
    """The parts of an inventory position, stock units.

    `allocated` is promised to customers, `outbound` to own transfers that have not left.
    """

    on_hand: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
    allocated: Decimal = Decimal(0)
    outbound: Decimal = Decimal(0)
    on_order: Decimal = Decimal(0)
    backorders: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """On hand that is not promised."""
        return self.on_hand - self.allocated - self.outbound

    @property
    def position(self) -> Decimal:
        """Inventory position: available + on order - backorders."""
        return self.available + self.on_order - self.backorders


def stock_positions(keys: Collection[Key]) -> dict[Key, StockPosition]:
    """The position of each (item id, location id), in one query."""
    wanted = sorted(set(keys))
    values = {"items": [item for item, _ in wanted], "locations": [location for _, location in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, values)
        return {(item, location): StockPosition(*parts) for item, location, *parts in cursor.fetchall()}
