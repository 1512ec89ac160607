"""What a plan is made from: arrays over item-locations ("nodes") and days.

Shapes: n nodes, T days of horizon; day 0 is the as-of date and days are offsets from it. Quantities are in
stock units, money in company currency. Stock is counted at the opening of day 0, before that day's demand.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import Final

import numpy as np

from planning.engine.columns import empty_table
from stocksense.core.numeric import BoolArray, FloatArray, IntArray, require_not_negative

TOLERANCE: Final = 1e-6
"""Quantities closer than this are equal: it absorbs float noise and lies far below any stock unit's last decimal."""

ALWAYS_OPEN: Final = -1
"""Calendar id of a place that never closes."""

SENT: Final = 10**6
"""Release day of a receipt whose order has been sent."""

_TABLES: Final = (
    "receipts", "customer_orders", "price_breaks", "splits", "order_minimums", "top_ups", "lots", "lateral_lanes",
    "missed_orders", "given_advice",
)  # fmt: skip


class SourceKind(IntEnum):
    """Where a node is replenished from."""

    NONE = 0
    SUPPLIER = 1
    LANE = 2


class ReceiptKind(IntEnum):
    """What an open receipt is."""

    PURCHASE = 0
    TRANSFER = 1


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The item-locations, all fields [n]. New orders are never released before `frozen_days`.

    shelf_life_days: days that goods keep from their arrival, 0 where they do not expire.
    """

    item_index: IntArray
    location_index: IntArray
    active: BoolArray
    lost_sales: BoolArray
    frozen_days: IntArray
    shelf_life_days: IntArray


@dataclass(frozen=True, kw_only=True)
class Stock:
    """Opening stock, all fields [n].

    on_hand: status available. allocated: promised to something that is not listed in `Receipts`; unshipped
    transfers listed there are allocated at their origin by the engine. backorders: owed to customers.
    """

    on_hand: FloatArray
    allocated: FloatArray
    backorders: FloatArray


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Customer demand at the node itself, all fields [n, T].

    mean: expected units per day. cumulative_p10, cumulative_p90: quantiles of the units demanded on days 0..t.
    Where a node also supplies others, the spread around its own mean carries their variation: the P10 may lie below
    0, by what its destinations may want less than expected.
    """

    mean: FloatArray
    cumulative_p10: FloatArray
    cumulative_p90: FloatArray


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Policy levels for an order released on day t, and whether t is an order day; all fields [n, T]."""

    reorder_point: FloatArray
    order_up_to: FloatArray
    review: BoolArray


@dataclass(frozen=True, kw_only=True)
class Sourcing:
    """The chosen source of each node, all fields [n].

    kind: a SourceKind. node: the same item at the origin (LANE), else -1. source_id: the caller's key of the
    terms or lane. lead_time_days: whole calendar days from shipping to arrival. ship_calendar,
    receive_calendar: rows of `calendar_open`, or ALWAYS_OPEN. multiple: 0 means any quantity.
    """

    kind: IntArray
    node: IntArray
    source_id: IntArray
    lead_time_days: IntArray
    ship_calendar: IntArray
    receive_calendar: IntArray
    min_quantity: FloatArray
    multiple: FloatArray
    unit_cost: FloatArray


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Costs that rank exceptions, all fields [n].

    shortage: money per unit lost, or per unit and day where demand waits. holding_per_day: money per unit
    and day. max_cover_days: days of demand that stock may cover before it counts as excess. order_cost: money per
    order placed with the node's source.
    """

    shortage: FloatArray
    holding_per_day: FloatArray
    max_cover_days: IntArray
    order_cost: FloatArray


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """Open supply, one row per expected receipt, all fields [r].

    day: expected offset, below 0 when overdue. kind: a ReceiptKind. origin: node that ships a transfer, else -1.
    shipped: whether it has left its origin; an unshipped transfer is also allocated at its origin. release_day:
    offset on which an order that was not sent yet is to be sent (below 0: past due), SENT where it was sent.
    lead_time_days, ship_calendar: of the supplier or lane that it comes from, which need not be the node's source.
    """

    node: IntArray
    day: IntArray
    quantity: FloatArray
    kind: IntArray
    origin: IntArray
    shipped: BoolArray
    release_day: IntArray
    lead_time_days: IntArray
    ship_calendar: IntArray


@dataclass(frozen=True, kw_only=True)
class CustomerOrders:
    """Firm customer orders, all fields [o]: day is the due offset; those before 0 count as backorders."""

    node: IntArray
    day: IntArray
    quantity: FloatArray


@dataclass(frozen=True, kw_only=True)
class PriceBreaks:
    """All-units prices of the chosen source, one row per break, sorted by node and min_quantity; all fields [b].

    From min_quantity (stock units) on, every unit of an order costs unit_cost; below the first break
    `Sourcing.unit_cost`.
    """

    node: IntArray
    min_quantity: FloatArray
    unit_cost: FloatArray


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Further suppliers that share a node's orders with its source in `Sourcing`, in their order; all fields [x].

    share: fraction of each order, above 0; the node's source takes what the shares of its splits leave of 1.
    """

    node: IntArray
    share: FloatArray
    source_id: IntArray
    lead_time_days: IntArray
    ship_calendar: IntArray
    min_quantity: FloatArray
    multiple: FloatArray
    unit_cost: FloatArray


@dataclass(frozen=True, kw_only=True)
class OrderMinimums:
    """Nodes whose orders go out together and must reach a value together: a supplier's at one location; all fields [m].

    group: number of the supplier and location. min_value: money, the same in all rows of a group.
    """

    node: IntArray
    group: IntArray
    min_value: FloatArray


@dataclass(frozen=True, kw_only=True)
class TopUps:
    """Units that are added to a node's order of a day whatever its need, one row per node and day; all fields [u].

    They are what a minimum order value added in a plan of all items, for a plan of some of them.
    """

    node: IntArray
    day: IntArray
    quantity: FloatArray


@dataclass(frozen=True, kw_only=True)
class Lots:
    """Stock on hand that expires, one row per lot; all fields [l]. Part of `Stock.on_hand`.

    expires_day: offset of the first day on which the lot can no longer be used; 0 or below: expired already.
    """

    node: IntArray
    quantity: FloatArray
    expires_day: IntArray


@dataclass(frozen=True, kw_only=True)
class LateralLanes:
    """Lanes between nodes of one item that are nobody's regular source; all fields [a].

    cost_per_unit, cost_per_shipment: money. Calendars and lead times as in `Sourcing`.
    """

    origin: IntArray
    destination: IntArray
    source_id: IntArray
    lead_time_days: IntArray
    ship_calendar: IntArray
    min_quantity: FloatArray
    multiple: FloatArray
    cost_per_unit: FloatArray
    cost_per_shipment: FloatArray


@dataclass(frozen=True, kw_only=True)
class MissedOrders:
    """Order days before day 0 whose proposal nobody decided: they are due on day 0; at most one row per node.

    need_day: offset of that order day, below 0.
    """

    node: IntArray
    need_day: IntArray


@dataclass(frozen=True, kw_only=True)
class GivenAdvice:
    """What the plan before this one told its readers, for kinds that are dampened; all fields [g].

    kind: number in `exceptions.dampening.DAMPED_KINDS`. receipt: row of the open receipt it was about, -1 for none.
    day: advised day, as an offset from this plan's day 0. quantity: units it spoke of, 0 where of none.
    """

    kind: IntArray
    node: IntArray
    receipt: IntArray
    day: IntArray
    quantity: FloatArray


@dataclass(frozen=True, kw_only=True)
class PlanInput:
    """Everything one plan needs. Raises ValueError, naming field and node, when it is inconsistent.

    calendar_open: [calendars, days], days beyond the matrix are open. firm_bucket_days: width of the buckets in
    which firm orders are compared with the forecast. planning_window_days: days of proposals the caller acts on.
    """

    nodes: Nodes
    stock: Stock
    demand: Demand
    levels: Levels
    sourcing: Sourcing
    costs: Costs
    receipts: Receipts = field(default_factory=partial(empty_table, Receipts))
    customer_orders: CustomerOrders = field(default_factory=partial(empty_table, CustomerOrders))
    price_breaks: PriceBreaks = field(default_factory=partial(empty_table, PriceBreaks))
    splits: Splits = field(default_factory=partial(empty_table, Splits))
    order_minimums: OrderMinimums = field(default_factory=partial(empty_table, OrderMinimums))
    top_ups: TopUps = field(default_factory=partial(empty_table, TopUps))
    lots: Lots = field(default_factory=partial(empty_table, Lots))
    lateral_lanes: LateralLanes = field(default_factory=partial(empty_table, LateralLanes))
    missed_orders: MissedOrders = field(default_factory=partial(empty_table, MissedOrders))
    calendar_open: BoolArray = field(default_factory=lambda: np.ones((0, 0), dtype=bool))
    given_advice: GivenAdvice = field(default_factory=partial(empty_table, GivenAdvice))
    ended_nodes: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    firm_bucket_days: int = 1
    message_minimum: float = 0.0
    planning_window_days: int = 0

    def __post_init__(self) -> None:
        """Check shapes, ranges and references."""
        validate(self)

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.demand.mean)

    @property
    def horizon(self) -> int:
        """Days planned."""
        return int(self.demand.mean.shape[1])


def validate(plan_input: PlanInput) -> None:
    """Raise ValueError where shapes, signs or references of the input do not fit together."""
    if plan_input.demand.mean.ndim != 2 or plan_input.horizon < 1:
        raise ValueError("demand.mean must have the shape [nodes, days] with at least one day")
    _require_shapes(plan_input)
    _require_values(plan_input)
    _require_sources(plan_input)
    _require_references(plan_input)


def _require_shapes(plan_input: PlanInput) -> None:
    n, horizon = plan_input.size, plan_input.horizon
    groups = {
        "nodes": (n,), "stock": (n,), "sourcing": (n,), "costs": (n,),
        "demand": (n, horizon), "levels": (n, horizon),
        **{name: next(iter(vars(getattr(plan_input, name)).values())).shape for name in _TABLES},
    }  # fmt: skip
    for group, shape in groups.items():
        for name, values in vars(getattr(plan_input, group)).items():
            if values.shape != shape:
                raise ValueError(f"{group}.{name} has the shape {values.shape}, expected {shape}")


def _require_values(plan_input: PlanInput) -> None:
    stock, demand, sourcing, costs = plan_input.stock, plan_input.demand, plan_input.sourcing, plan_input.costs
    require_not_negative(
        on_hand=stock.on_hand, allocated=stock.allocated, backorders=stock.backorders, demand_mean=demand.mean,
        cumulative_p90=demand.cumulative_p90,
        min_quantity=sourcing.min_quantity, multiple=sourcing.multiple, unit_cost=sourcing.unit_cost,
        shortage=costs.shortage, holding_per_day=costs.holding_per_day,
        receipt_quantity=plan_input.receipts.quantity, customer_order_quantity=plan_input.customer_orders.quantity,
        order_cost=costs.order_cost, shelf_life_days=plan_input.nodes.shelf_life_days.astype(np.float64),
        price_break_min_quantity=plan_input.price_breaks.min_quantity,
        price_break_unit_cost=plan_input.price_breaks.unit_cost,
        split_min_quantity=plan_input.splits.min_quantity, split_multiple=plan_input.splits.multiple,
        split_unit_cost=plan_input.splits.unit_cost, min_value=plan_input.order_minimums.min_value,
        lot_quantity=plan_input.lots.quantity, top_up_quantity=plan_input.top_ups.quantity,
        lateral_min_quantity=plan_input.lateral_lanes.min_quantity,
        lateral_multiple=plan_input.lateral_lanes.multiple,
        lateral_cost_per_unit=plan_input.lateral_lanes.cost_per_unit,
        lateral_cost_per_shipment=plan_input.lateral_lanes.cost_per_shipment,
    )  # fmt: skip
    crossed = np.any(~(demand.cumulative_p10 <= demand.cumulative_p90 + TOLERANCE), axis=1)
    if np.any(crossed):
        raise ValueError(f"cumulative_p10 is above cumulative_p90 at {_named(crossed)}")
    for table in (sourcing, plan_input.splits, plan_input.lateral_lanes, plan_input.receipts):
        if np.any(table.lead_time_days < 0):
            raise ValueError(f"lead_time_days is negative at {_named(table.lead_time_days < 0)}")
    shares = np.bincount(plan_input.splits.node, weights=plan_input.splits.share, minlength=1)
    if np.any(plan_input.splits.share <= 0) or np.any(shares >= 1):
        raise ValueError("the shares of a node's splits must be above 0 and leave something to its source")
    for name, nodes in (
        ("missed_orders", plan_input.missed_orders.node),
        ("order_minimums", plan_input.order_minimums.node),
    ):
        twice = np.bincount(nodes, minlength=1) > 1
        if np.any(twice):
            raise ValueError(f"{name} has more than one row of {_named(twice)}")
    if np.any(plan_input.missed_orders.need_day >= 0):
        raise ValueError("missed orders lie before day 0")
    levels = plan_input.levels
    if not (np.all(np.isfinite(levels.reorder_point)) and np.all(np.isfinite(levels.order_up_to))):
        raise ValueError("reorder_point and order_up_to must be finite")
    inverted = np.any(levels.order_up_to < levels.reorder_point - TOLERANCE, axis=1)
    if np.any(inverted):
        raise ValueError(f"order_up_to is below reorder_point at {_named(inverted)}")


def _require_sources(plan_input: PlanInput) -> None:
    sourcing, items = plan_input.sourcing, plan_input.nodes.item_index
    lane = sourcing.kind == SourceKind.LANE
    missing = lane & ((sourcing.node < 0) | (sourcing.node >= plan_input.size))
    if np.any(missing):
        raise ValueError(f"the lane has no origin node at {_named(missing)}")
    other_item = lane & (items[np.where(lane, sourcing.node, 0)] != items)
    if np.any(other_item):
        raise ValueError(f"the origin holds another item at {_named(other_item)}")
    stray = ~lane & (sourcing.node != -1)
    if np.any(stray):
        raise ValueError(f"an origin node is given without a lane at {_named(stray)}")


def _require_references(plan_input: PlanInput) -> None:
    receipts, calendars = plan_input.receipts, plan_input.calendar_open.shape[0]
    for name, values, low, high in (
        ("receipts.node", receipts.node, 0, plan_input.size),
        ("receipts.origin", receipts.origin, -1, plan_input.size),
        ("customer_orders.node", plan_input.customer_orders.node, 0, plan_input.size),
        ("price_breaks.node", plan_input.price_breaks.node, 0, plan_input.size),
        ("splits.node", plan_input.splits.node, 0, plan_input.size),
        ("order_minimums.node", plan_input.order_minimums.node, 0, plan_input.size),
        ("top_ups.node", plan_input.top_ups.node, 0, plan_input.size),
        ("lots.node", plan_input.lots.node, 0, plan_input.size),
        ("lateral_lanes.origin", plan_input.lateral_lanes.origin, 0, plan_input.size),
        ("lateral_lanes.destination", plan_input.lateral_lanes.destination, 0, plan_input.size),
        ("missed_orders.node", plan_input.missed_orders.node, 0, plan_input.size),
        ("ship_calendar", plan_input.sourcing.ship_calendar, ALWAYS_OPEN, calendars),
        ("receive_calendar", plan_input.sourcing.receive_calendar, ALWAYS_OPEN, calendars),
        ("splits.ship_calendar", plan_input.splits.ship_calendar, ALWAYS_OPEN, calendars),
        ("lateral_lanes.ship_calendar", plan_input.lateral_lanes.ship_calendar, ALWAYS_OPEN, calendars),
    ):
        outside = (values < low) | (values >= high)
        if np.any(outside):
            raise ValueError(f"{name} refers outside its table in {_named(outside, 'row')}")
    if plan_input.firm_bucket_days < 1:
        raise ValueError("firm_bucket_days must be at least 1")


def _named(mask: BoolArray, word: str = "node") -> str:
    rows = np.flatnonzero(mask)
    return (
        f"{word} " + ", ".join(str(row) for row in rows[:5]) + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")
    )
