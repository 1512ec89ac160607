"""Pegging: which demand each supply serves and which supply serves each demand, first in, first out.

A node's supply is laid end to end in order of arrival, and so is its use: what was owed at the opening, then day by
day its own customers and what it ships. The supply that covers a stretch of that line serves the use at the same
stretch. Units keep their line when orders are split, follow later or move sideways, so every unit has one way.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE, ReceiptKind
from planning.engine.lots import usable_stock
from planning.engine.sweeps import SweepResult
from planning.engine.tables import OrderReason
from stocksense.core.numeric import FloatArray, IntArray


class SupplyKind(IntEnum):
    """What a supply layer is; its `row` counts nodes, open receipts or planned orders."""

    STOCK = 0
    RECEIPT = 1
    ORDER = 2

    @property
    def code(self) -> str:
        """Lower-case word used outside the engine."""
        return self.name.lower()


@dataclass(frozen=True)
class Pegging:
    """Supply layers [p], sorted by node and arrival, and their links to transfers that leave the node [q].

    start: units that are used at the node before the layer. first_day, last_day: days on which the layer is used
    up, by the node's customers and its shipments; first_day is T when the horizon does not reach it, last_day when it
    lasts beyond; -1 means owed at the opening. consumed: units used within the horizon; own: those of them that the
    node's customers take; expired: those that are written off. link_layer, link_quantity: units of a layer at the
    origin that leave with a planned order (link_order, a row of the orders) or with an open transfer (link_receipt, a
    row of the receipts); the other of the two is -1.
    """

    kind: IntArray
    row: IntArray
    node: IntArray
    quantity: FloatArray
    arrival_day: IntArray
    start: FloatArray
    first_day: IntArray
    last_day: IntArray
    consumed: FloatArray
    own: FloatArray
    expired: FloatArray
    link_layer: IntArray
    link_order: IntArray
    link_receipt: IntArray
    link_quantity: FloatArray

    def layers_of_order(self, order: int) -> IntArray:
        """Layers that a planned order becomes at its destination (none when it arrives after the horizon)."""
        return np.flatnonzero((self.kind == SupplyKind.ORDER) & (self.row == order))

    def layers_for_demand(self, node: int, day: int) -> IntArray:
        """Layers that serve a node on a day: the way from demand to supply."""
        return np.flatnonzero((self.node == node) & (self.first_day <= day) & (self.last_day >= day))

    def layers_into_order(self, order: int) -> IntArray:
        """Layers at the origin that a planned transfer takes its units from."""
        return np.asarray(self.link_layer[self.link_order == order])

    def layers_into_receipt(self, receipt: int) -> IntArray:
        """Layers at the origin that an open transfer, not shipped yet, takes its units from."""
        return np.asarray(self.link_layer[self.link_receipt == receipt])

    def orders_from_layer(self, layer: int) -> IntArray:
        """Planned orders of destinations that take units from a layer."""
        orders = self.link_order[self.link_layer == layer]
        return np.asarray(orders[orders >= 0])


@dataclass(frozen=True)
class _Layers:
    """Layers with the interval of a node's cumulative use that each one covers."""

    kind: IntArray
    row: IntArray
    node: IntArray
    arrival: IntArray
    quantity: FloatArray
    start: FloatArray
    first_of_node: IntArray


@dataclass(frozen=True)
class _Uses:
    """Stretches of nodes' cumulative use that leave with a transfer; order or receipt is -1."""

    node: IntArray
    start: FloatArray
    quantity: FloatArray
    order: IntArray
    receipt: IntArray


def peg(context: PlanContext, sweep: SweepResult) -> Pegging:
    """Peg every supply within the horizon to the days and orders it serves."""
    layers = _layers(context, sweep)
    used = cumulative_use(context, sweep)
    end = layers.start + layers.quantity
    horizon, last = len(context.demand), used[-1]
    first_day = first_row_above(used, layers.node, layers.start + TOLERANCE) - 1
    last_day = first_row_above(used, layers.node, end - TOLERANCE) - 1
    consumed = np.clip(last[layers.node] - layers.start, 0.0, layers.quantity)
    uses = _uses(context, sweep, used)
    layer, use, units = _overlaps(layers, uses)
    # Only stock on hand has lots, and what expires is never more than is left of it.
    expired = np.where(layers.kind == SupplyKind.STOCK, sweep.expired.sum(axis=0)[layers.node], 0.0)
    return Pegging(
        kind=layers.kind,
        row=layers.row,
        node=layers.node,
        quantity=layers.quantity,
        arrival_day=layers.arrival,
        start=layers.start,
        first_day=np.minimum(first_day, horizon),
        last_day=np.minimum(last_day, horizon),
        consumed=consumed,
        own=np.maximum(consumed - sum_by(layer, units, len(consumed)) - expired, 0.0),
        expired=expired,
        link_layer=layer,
        link_order=uses.order[use],
        link_receipt=uses.receipt[use],
        link_quantity=units,
    )


def stock_layer(context: PlanContext) -> FloatArray:
    """Units of each node's stock on hand that can be pegged: on hand − expired − allocated to what is not listed."""
    return np.maximum(usable_stock(context.plan_input) - context.plan_input.stock.allocated, 0.0)


def cumulative_use(context: PlanContext, sweep: SweepResult) -> FloatArray:
    """Units used up to the end of each day: expired, by customers, shipped [T + 1, n]; row 0: owed at the opening.

    Owed are, in this order: allocations beyond the stock on hand, open transfers that have not left, backorders.
    """
    owed = (stock_layer(context) - context.opening)[None, :]
    return np.cumsum(np.vstack([owed, sweep.expired + context.demand - sweep.lost + sweep.shipped]), axis=0)


def _layers(context: PlanContext, sweep: SweepResult) -> _Layers:
    """Opening stock, open receipts and planned orders that arrive within the horizon, in order of arrival."""
    horizon, receipts, orders = len(context.demand), context.plan_input.receipts, sweep.orders
    held = stock_layer(context)
    stocked = np.flatnonzero(held > TOLERANCE)
    received = np.flatnonzero(context.receipt_day < horizon)
    ordered = np.flatnonzero(orders.due_day < horizon)
    parts = (
        (SupplyKind.STOCK, stocked, stocked, np.full(len(stocked), -1), held[stocked]),
        (SupplyKind.RECEIPT, received, receipts.node[received], context.receipt_day[received],
         receipts.quantity[received]),
        (SupplyKind.ORDER, ordered, orders.node[ordered], orders.due_day[ordered], orders.quantity[ordered]),
    )  # fmt: skip
    kind = np.concatenate([np.full(len(part[1]), int(part[0])) for part in parts])
    row, node, arrival = (np.concatenate([part[column] for part in parts]) for column in (1, 2, 3))
    quantity = np.concatenate([part[4] for part in parts])
    order = np.lexsort((row, kind, arrival, node))
    node, quantity = node[order], quantity[order]
    first_of_node = np.searchsorted(node, np.arange(context.plan_input.size + 1))
    before = np.concatenate([[0.0], np.cumsum(quantity)])[:-1]
    start = before - before[first_of_node[node]] if len(node) else before[:0]
    return _Layers(kind[order], row[order], node, arrival[order], quantity, start, first_of_node)


def first_row_above(used: FloatArray, node: IntArray, value: FloatArray) -> IntArray:
    """First row of `used` [T + 1, n] that exceeds each value at its node (T + 1: none), by bisection."""
    low, high = np.zeros(len(node), dtype=np.int64), np.full(len(node), len(used))
    while np.any(low < high):
        middle = (low + high) // 2
        above = used[np.minimum(middle, len(used) - 1), node] > value
        searching = low < high
        high = np.where(searching & above, middle, high)
        low = np.where(searching & ~above, middle + 1, low)
    return low


def _uses(context: PlanContext, sweep: SweepResult, used: FloatArray) -> _Uses:
    """Where open and planned transfers lie in their origins' use."""
    open_, planned = _open_transfers(context), _planned_transfers(sweep, used)
    return _Uses(
        *(np.concatenate([getattr(open_, name), getattr(planned, name)]) for name in _Uses.__dataclass_fields__)
    )


def _open_transfers(context: PlanContext) -> _Uses:
    """They are owed at the opening, right after what is allocated beyond the stock on hand."""
    receipts, plan_input = context.plan_input.receipts, context.plan_input
    rows = np.flatnonzero((receipts.kind == ReceiptKind.TRANSFER) & ~receipts.shipped & (receipts.origin >= 0))
    rows = rows[np.argsort(receipts.origin[rows], kind="stable")]
    origin, quantity = receipts.origin[rows], receipts.quantity[rows]
    beyond = np.maximum(plan_input.stock.allocated - usable_stock(plan_input), 0.0)[origin]
    return _Uses(origin, beyond + _ahead(origin, quantity), quantity, np.full(len(rows), -1), rows)


def _planned_transfers(sweep: SweepResult, used: FloatArray) -> _Uses:
    """A day's transfers leave after its customers are served, in plan order."""
    orders = sweep.orders
    rows = np.flatnonzero((orders.source_node >= 0) & (orders.ship_day < len(sweep.shipped)))
    # A lateral move is allocated at its origin from its release on.
    leaves = np.where(orders.reason == OrderReason.REBALANCE, orders.release_day, orders.ship_day)
    rows = rows[np.lexsort((rows, leaves[rows], orders.source_node[rows]))]
    origin, day, quantity = orders.source_node[rows], leaves[rows], orders.quantity[rows]
    ahead = _ahead(origin * len(used) + day, quantity)
    start = used[day + 1, origin] - sweep.shipped[day, origin] + ahead
    return _Uses(origin, start, quantity, rows, np.full(len(rows), -1))


def _ahead(group: IntArray, quantity: FloatArray) -> FloatArray:
    """Units of earlier rows of the same group; groups stand together."""
    before = np.cumsum(quantity) - quantity
    first = np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]
    return np.asarray(before - np.maximum.accumulate(np.where(first, before, 0.0)))


def _overlaps(layers: _Layers, uses: _Uses) -> tuple[IntArray, IntArray, FloatArray]:
    """Overlaps between layers and the transfers that leave the same node: layer, use, units."""
    if not (len(uses.node) and len(layers.node)):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    first = _layer_at(layers, uses.node, uses.start + TOLERANCE)
    last = _layer_at(layers, uses.node, uses.start + uses.quantity - TOLERANCE)
    count = np.maximum(np.minimum(last, layers.first_of_node[uses.node + 1] - 1) - first + 1, 0)
    use = np.repeat(np.arange(len(uses.node)), count)
    layer = np.repeat(first, count) + np.arange(len(use)) - np.repeat(np.cumsum(count) - count, count)
    upper = np.minimum(layers.start[layer] + layers.quantity[layer], (uses.start + uses.quantity)[use])
    units = upper - np.maximum(layers.start[layer], uses.start[use])
    kept = units > TOLERANCE
    return layer[kept], use[kept], units[kept]


def _layer_at(layers: _Layers, node: IntArray, value: FloatArray) -> IntArray:
    """Row of the last layer of each node that starts at or before `value`, by bisection."""
    low, high = layers.first_of_node[node], layers.first_of_node[node + 1]
    end = high.copy()
    while np.any(low < high):
        middle = (low + high) // 2
        after = layers.start[np.minimum(middle, len(layers.start) - 1)] > value
        searching = low < high
        high = np.where(searching & after, middle, high)
        low = np.where(searching & ~after, middle + 1, low)
    return np.minimum(np.maximum(low - 1, layers.first_of_node[node]), np.maximum(end - 1, 0))
