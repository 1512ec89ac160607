"""What a plan consists of: columns of equal length, one row per request, order, claim or cut."""

from dataclasses import dataclass
from enum import IntEnum

from stocksense.core.numeric import FloatArray, IntArray


class OrderReason(IntEnum):
    """Why an order is planned: its node asked for it, a short origin ships the rest later, it fills a supplier's order
    up to the minimum value, or it moves excess to where it is short.
    """

    REORDER = 0
    REMAINDER = 1
    TOP_UP = 2
    REBALANCE = 3

    @property
    def code(self) -> str:
        """Lower-case word used outside the engine."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Quantities that nodes asked of their sources, one row per node and order day, all fields [k].

    Position arithmetic at the opening of need_day: net_stock (on hand − allocated − backorders; negative when
    owing) + on_order − owed (asked of this node by others, not shipped yet). firm_excess: customer orders above
    forecast until the next request could arrive; expiring: units of the stock that will have expired by then; both are
    included in reorder_point and order_up_to.
    """

    node: IntArray
    source_node: IntArray
    need_day: IntArray
    ship_day: IntArray
    due_day: IntArray
    net_stock: FloatArray
    on_order: FloatArray
    owed: FloatArray
    firm_excess: FloatArray
    expiring: FloatArray
    reorder_point: FloatArray
    order_up_to: FloatArray
    raw: FloatArray
    after_minimum: FloatArray
    quantity: FloatArray


@dataclass(frozen=True, kw_only=True)
class PlannedOrders:
    """Orders to place, sorted by release day, node and request; all fields [k].

    request: row of `Requests`. source_node: -1 for a supplier. quantity: as shipped, so a request that its
    source cannot fill at once becomes several orders. need_day: order day that asked for it. reason: an OrderReason.
    """

    request: IntArray
    node: IntArray
    source_node: IntArray
    source_id: IntArray
    release_day: IntArray
    ship_day: IntArray
    due_day: IntArray
    need_day: IntArray
    quantity: FloatArray
    reason: IntArray


@dataclass(frozen=True, kw_only=True)
class AllocationClaims:
    """What competed for a short source, one row per claim and day on which something was given, sorted by day.

    event: number of the (day, origin) occasion. available: what the origin could give. claimed: still open. urgent:
    the part that avoids a shortage at the destination before anything else can arrive; weight: what that costs.
    """

    event: IntArray
    day: IntArray
    origin: IntArray
    available: FloatArray
    request: IntArray
    claimed: FloatArray
    urgent: FloatArray
    weight: FloatArray
    granted: FloatArray


@dataclass(frozen=True, kw_only=True)
class TransferCuts:
    """Requests that their origin could not fill on the ship day, all fields [c].

    requested = granted (on the ship day) + remainder; of the remainder, `cancelled` fell below the minimum
    quantity and returned to the next order day. remainder_ship_day, remainder_due_day: when its last planned part
    leaves and arrives; -1 when the horizon ends first.
    """

    request: IntArray
    node: IntArray
    source_node: IntArray
    requested: FloatArray
    granted: FloatArray
    remainder: FloatArray
    cancelled: FloatArray
    remainder_ship_day: IntArray
    remainder_due_day: IntArray
