"""What a plan is made from: arrays over item-locations ("nodes") and days.

Shapes: n nodes, T days of horizon; day 0 is the as-of date and days are offsets from it. Quantities are in
stock units, money in company currency. Stock is counted at the opening of day 0, before that day's demand.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np

from stocksense.core.numeric import BoolArray, FloatArray, IntArray, require_not_negative

TOLERANCE: Final = 1e-6
"""Quantities closer than this are equal: it absorbs float noise and lies far below any stock unit's last decimal."""

ALWAYS_OPEN: Final = -1
"""Calendar id of a place that never closes."""


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
    """The item-locations, all fields [n]. New orders are never released before `frozen_days`."""

    item_index: IntArray
    location_index: IntArray
    active: BoolArray
    lost_sales: BoolArray
    frozen_days: IntArray


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
    Where a node also supplies others, the spread around its own mean may carry their variation.
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
    and day. max_cover_days: days of demand that stock may cover before it counts as excess.
    """

    shortage: FloatArray
    holding_per_day: FloatArray
    max_cover_days: IntArray


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """Open supply, one row per expected receipt, all fields [r].

    day: expected offset, below 0 when overdue. kind: a ReceiptKind. origin: node that ships a transfer, else -1.
    shipped: whether it has left its origin; an unshipped transfer is also allocated at its origin.
    """

    node: IntArray
    day: IntArray
    quantity: FloatArray
    kind: IntArray
    origin: IntArray
    shipped: BoolArray

    @classmethod
    def none(cls) -> "Receipts":
        """No open supply."""
        empty = np.empty(0, dtype=np.int64)
        quantity = np.empty(0, dtype=np.float64)
        return cls(node=empty, day=empty, quantity=quantity, kind=empty, origin=empty, shipped=empty.astype(bool))


@dataclass(frozen=True, kw_only=True)
class CustomerOrders:
    """Firm customer orders, all fields [o]: day is the due offset; those before 0 count as backorders."""

    node: IntArray
    day: IntArray
    quantity: FloatArray

    @classmethod
    def none(cls) -> "CustomerOrders":
        """No firm orders."""
        empty = np.empty(0, dtype=np.int64)
        return cls(node=empty, day=empty, quantity=np.empty(0, dtype=np.float64))


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
    receipts: Receipts = field(default_factory=Receipts.none)
    customer_orders: CustomerOrders = field(default_factory=CustomerOrders.none)
    calendar_open: BoolArray = field(default_factory=lambda: np.ones((0, 0), dtype=bool))
    firm_bucket_days: int = 1
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
        "receipts": plan_input.receipts.node.shape, "customer_orders": plan_input.customer_orders.node.shape,
    }  # fmt: skip
    for group, shape in groups.items():
        for name, values in vars(getattr(plan_input, group)).items():
            if values.shape != shape:
                raise ValueError(f"{group}.{name} has the shape {values.shape}, expected {shape}")


def _require_values(plan_input: PlanInput) -> None:
    stock, demand, sourcing, costs = plan_input.stock, plan_input.demand, plan_input.sourcing, plan_input.costs
    require_not_negative(
        on_hand=stock.on_hand, allocated=stock.allocated, backorders=stock.backorders, demand_mean=demand.mean,
        cumulative_p10=demand.cumulative_p10, cumulative_p90=demand.cumulative_p90,
        min_quantity=sourcing.min_quantity, multiple=sourcing.multiple, unit_cost=sourcing.unit_cost,
        shortage=costs.shortage, holding_per_day=costs.holding_per_day,
        receipt_quantity=plan_input.receipts.quantity, customer_order_quantity=plan_input.customer_orders.quantity,
    )  # fmt: skip
    if np.any(sourcing.lead_time_days < 0):
        raise ValueError(f"lead_time_days is negative at {_named(sourcing.lead_time_days < 0)}")
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
        ("ship_calendar", plan_input.sourcing.ship_calendar, ALWAYS_OPEN, calendars),
        ("receive_calendar", plan_input.sourcing.receive_calendar, ALWAYS_OPEN, calendars),
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
