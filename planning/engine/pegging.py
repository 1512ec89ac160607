"""Pegging: which demand each supply serves and which supply serves each demand, first in, first out."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.sweeps import SweepResult
from stocksense.core.numeric import FloatArray, IntArray


class SupplyKind(IntEnum):
    """What a supply layer is; its `row` counts nodes, open receipts or planned orders."""

    STOCK = 0
    RECEIPT = 1
    ORDER = 2


@dataclass(frozen=True)
class Pegging:
    """Supply layers [p], sorted by node and arrival, and their links to planned orders of destinations [q].

    first_day, last_day: days on which the layer is used up, by the node's customers and its shipments; first_day
    is T when the horizon does not reach it, last_day when it lasts beyond; -1 means backorders at the opening.
    consumed: units used within the horizon. link_layer, link_order, link_quantity: units of a layer at the origin that
    leave with a planned order (a row of the orders).
    """

    kind: IntArray
    row: IntArray
    node: IntArray
    quantity: FloatArray
    arrival_day: IntArray
    first_day: IntArray
    last_day: IntArray
    consumed: FloatArray
    link_layer: IntArray
    link_order: IntArray
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

    def orders_from_layer(self, layer: int) -> IntArray:
        """Planned orders of destinations that take units from a layer."""
        return np.asarray(self.link_order[self.link_layer == layer])


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


def peg(context: PlanContext, sweep: SweepResult) -> Pegging:
    """Peg every supply within the horizon to the days and orders it serves."""
    layers = _layers(context, sweep)
    used = _cumulative_use(context, sweep)
    end = layers.start + layers.quantity
    horizon, last = len(context.demand), used[-1]
    first_day = _first_column_above(used, layers.node, layers.start + TOLERANCE) - 1
    last_day = _first_column_above(used, layers.node, end - TOLERANCE) - 1
    link_layer, link_order, link_quantity = _links(context, sweep, layers, used)
    return Pegging(
        kind=layers.kind,
        row=layers.row,
        node=layers.node,
        quantity=layers.quantity,
        arrival_day=layers.arrival,
        first_day=np.minimum(first_day, horizon),
        last_day=np.minimum(last_day, horizon),
        consumed=np.clip(last[layers.node] - layers.start, 0.0, layers.quantity),
        link_layer=link_layer,
        link_order=link_order,
        link_quantity=link_quantity,
    )


def _layers(context: PlanContext, sweep: SweepResult) -> _Layers:
    """Opening stock, open receipts and planned orders that arrive within the horizon, in order of arrival."""
    horizon, receipts, orders = len(context.demand), context.plan_input.receipts, sweep.orders
    stocked = np.flatnonzero(context.opening > TOLERANCE)
    received = np.flatnonzero(context.receipt_day < horizon)
    ordered = np.flatnonzero(orders.due_day < horizon)
    parts = (
        (SupplyKind.STOCK, stocked, stocked, np.full(len(stocked), -1), context.opening[stocked]),
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


def _cumulative_use(context: PlanContext, sweep: SweepResult) -> FloatArray:
    """Units used up to the end of each day by customers and shipments [T + 1, n]; row 0: owed at the opening."""
    owed = np.maximum(-context.opening, 0.0)[None, :]
    return np.cumsum(np.vstack([owed, context.demand - sweep.lost + sweep.shipped]), axis=0)


def _first_column_above(used: FloatArray, node: IntArray, value: FloatArray) -> IntArray:
    """First row of `used` [T + 1, n] that exceeds each value at its node (T + 1: none), by bisection."""
    low, high = np.zeros(len(node), dtype=np.int64), np.full(len(node), len(used))
    while np.any(low < high):
        middle = (low + high) // 2
        above = used[np.minimum(middle, len(used) - 1), node] > value
        searching = low < high
        high = np.where(searching & above, middle, high)
        low = np.where(searching & ~above, middle + 1, low)
    return low


def _links(
    context: PlanContext, sweep: SweepResult, layers: _Layers, used: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Overlaps between layers at an origin and the transfers that leave it: layer, order, units."""
    orders = sweep.orders
    moved = np.flatnonzero(orders.source_node >= 0)
    moved = moved[np.lexsort((moved, orders.ship_day[moved], orders.source_node[moved]))]
    origin, day, quantity = orders.source_node[moved], orders.ship_day[moved], orders.quantity[moved]
    if not (len(moved) and len(layers.node)):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    same_day = np.concatenate([[True], (origin[1:] != origin[:-1]) | (day[1:] != day[:-1])])
    before = np.cumsum(quantity) - quantity
    ahead = before - np.maximum.accumulate(np.where(same_day, before, 0.0))
    start = used[day + 1, origin] - sweep.shipped[day, origin] + ahead
    first = _layer_at(layers, origin, start + TOLERANCE)
    last = _layer_at(layers, origin, start + quantity - TOLERANCE)
    count = np.maximum(np.minimum(last, layers.first_of_node[origin + 1] - 1) - first + 1, 0)
    transfer = np.repeat(np.arange(len(moved)), count)
    layer = np.repeat(first, count) + np.arange(len(transfer)) - np.repeat(np.cumsum(count) - count, count)
    upper = np.minimum(layers.start[layer] + layers.quantity[layer], (start + quantity)[transfer])
    units = upper - np.maximum(layers.start[layer], start[transfer])
    return layer, moved[transfer], units


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
