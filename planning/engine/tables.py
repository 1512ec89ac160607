"""What a plan consists of: columns of equal length, one row per request, order, claim or cut."""

from dataclasses import dataclass
from enum import IntEnum

from stocksense.core.numeric import BoolArray, FloatArray, IntArray


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

    ask_day: day on which it is asked and released. need_day: the order day that asks; below 0 where that day was
    missed, else ask_day. reason: TOP_UP where only the order's minimum value asks, else REORDER.

    Position arithmetic at the opening of ask_day: net_stock (on hand − allocated − backorders; negative when
    owing) + on_order − owed (asked of this node by others, not shipped yet). firm_excess: customer orders above
    forecast until the next request could arrive; expiring: units of the stock that will have expired by then; both are
    included in reorder_point and order_up_to.

    daily_use: expected units per day from ask_day on. usable: units used until what arrives now expires, infinite
    where goods keep; coverable: units used until the maximum cover (or shelf life) after arrival; both with `expiring`,
    which takes no part. They bound the position after the order.

    From need to quantity: raw, what the position lacks; need, the part of it that may be ordered by `usable`, of
    which the node's source gets its share; own_need; after_minimum; after_multiple; after_limit, rounded down to what
    is usable; after_price, raised to a price break; added, to reach a minimum order value. split_quantity: what further
    suppliers deliver; quantity = after_price + added + split_quantity. beyond_limit: units by which the position
    exceeds `usable` because the source's smallest order is larger. unit_cost: price of the own source's part.
    join: row of `OrderJoins`, -1 where the order met no minimum value or had enough by itself.
    """

    node: IntArray
    source_node: IntArray
    ask_day: IntArray
    need_day: IntArray
    ship_day: IntArray
    due_day: IntArray
    reason: IntArray
    net_stock: FloatArray
    on_order: FloatArray
    owed: FloatArray
    firm_excess: FloatArray
    expiring: FloatArray
    reorder_point: FloatArray
    order_up_to: FloatArray
    daily_use: FloatArray
    usable: FloatArray
    coverable: FloatArray
    raw: FloatArray
    need: FloatArray
    own_need: FloatArray
    after_minimum: FloatArray
    after_multiple: FloatArray
    after_limit: FloatArray
    after_price: FloatArray
    added: FloatArray
    split_quantity: FloatArray
    quantity: FloatArray
    beyond_limit: FloatArray
    unit_cost: FloatArray
    join: IntArray


@dataclass(frozen=True, kw_only=True)
class OrderJoins:
    """Orders of one group and day that were below their minimum value, sorted by day and group; all fields [j].

    group: as in `OrderMinimums`. value: money of the requests before anything was added; value_after: with it.
    reached: whether the minimum could be reached; where not, nothing was added. last_node, last_cover: the line that
    got the last addition and its days of cover after it; -1 where nothing was added.
    """

    group: IntArray
    day: IntArray
    value: FloatArray
    min_value: FloatArray
    value_after: FloatArray
    reached: BoolArray
    last_node: IntArray
    last_cover: FloatArray


@dataclass(frozen=True, kw_only=True)
class PlannedOrders:
    """Orders to place, sorted by release day, node and request; all fields [k].

    request: row of `Requests`. source_node: -1 for a supplier. quantity: as shipped, so a request that its
    source cannot fill at once becomes several orders. need_day: order day that asked for it, below 0 where it was
    missed. reason: an OrderReason. split: row of `Splits` where a further supplier delivers, -1 for the node's
    own source. added: the part of quantity that only fills the order up to its minimum value. unit_cost: money
    per unit.
    """

    request: IntArray
    node: IntArray
    source_node: IntArray
    source_id: IntArray
    split: IntArray
    release_day: IntArray
    ship_day: IntArray
    due_day: IntArray
    need_day: IntArray
    quantity: FloatArray
    added: FloatArray
    unit_cost: FloatArray
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
    quantity and returned to the next order day and `outstanding` cannot leave within the horizon. remainder_ship_day,
    remainder_due_day: when its last planned part leaves and arrives; -1 when the horizon ends first, or none follows.
    """

    request: IntArray
    node: IntArray
    source_node: IntArray
    requested: FloatArray
    granted: FloatArray
    remainder: FloatArray
    cancelled: FloatArray
    outstanding: FloatArray
    remainder_ship_day: IntArray
    remainder_due_day: IntArray


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Moves over lateral lanes on day 0, in the order in which they were chosen; all fields [v].

    lane: row of `LateralLanes`. net_stock, on_order: of the destination before the move. shortage: units it will be
    short, and the move could still serve, before until_day, when its first regular order could arrive; surplus: units
    the origin can spare. quantity: the shortage rounded up, at most the surplus rounded down. Money: shortage_avoided,
    holding_saved of units beyond the origin's maximum cover, lane_cost.
    """

    lane: IntArray
    node: IntArray
    source_node: IntArray
    ship_day: IntArray
    due_day: IntArray
    until_day: IntArray
    net_stock: FloatArray
    on_order: FloatArray
    shortage: FloatArray
    surplus: FloatArray
    quantity: FloatArray
    shortage_avoided: FloatArray
    holding_saved: FloatArray
    lane_cost: FloatArray

    @property
    def gain(self) -> FloatArray:
        """Money that a move saves."""
        return self.shortage_avoided + self.holding_saved - self.lane_cost
