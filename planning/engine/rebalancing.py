"""Moves between locations on day 0: what one place can spare goes where another is short before it can order."""

from dataclasses import dataclass, replace

import numpy as np

from planning.engine.calendars import OrderDates, add_lead_time
from planning.engine.columns import empty_table, stack, take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE, LateralLanes
from planning.engine.requirements import draft_requests, firm_excess, write_offs_ahead
from planning.engine.rounding import down_to_multiple, smallest_order, up_to_multiple
from planning.engine.state import StockState
from planning.engine.tables import Moves, OrderReason, PlannedOrders, Requests
from planning.engine.urgency import shortage_ahead
from stocksense.core.numeric import FloatArray, IntArray


def propose_moves(context: PlanContext, state: StockState) -> Moves:
    """Moves over lateral lanes that pay, in the order in which they were chosen; the state is changed by them.

    Called on day 0 after receipts and before anything is asked. A move pays when the shortage it avoids and the
    holding of excess it saves cost more than the lane. The best one goes first (ties: lower destination, origin, lane);
    what it takes is gone for the others, and what it brings is no longer short.
    """
    if not len(context.plan_input.lateral_lanes.origin):
        return empty_table(Moves)
    market = _Market(context, state)
    found = market.evaluate(market.lanes)
    paying = np.flatnonzero(found.gain > TOLERANCE)
    keys = (found.lane, found.source_node, found.node, -np.round(found.gain, 9))
    chosen: list[Moves] = []
    touched: set[int] = set()
    for row in paying[np.lexsort([key[paying] for key in keys])].tolist():
        move = take(found, np.array([row]))
        ends = {int(move.source_node[0]), int(move.node[0])}
        if ends & touched:
            move = market.evaluate(move.lane)
            if not len(move.lane) or move.gain[0] <= TOLERANCE:
                continue
        market.carry_out(move)
        touched |= ends
        chosen.append(move)
    return stack(Moves, chosen)


@dataclass
class _Market:
    """What could still be moved: lanes in use; first regular arrival, surplus left and units moved of each node [n]."""

    context: PlanContext
    state: StockState

    def __post_init__(self) -> None:
        context, size = self.context, self.context.plan_input.size
        self.until = context.feasible_due(context.next_reviews(np.full(size, -1)))
        self.surplus = surplus(context, self.state, self.until)
        self.moved = np.zeros(size)
        nodes, lanes = context.plan_input.nodes, context.plan_input.lateral_lanes
        origin, destination = lanes.origin, lanes.destination
        usable = nodes.active[origin] & nodes.active[destination] & (nodes.frozen_days[destination] == 0)
        usable &= (origin != destination) & (self.surplus[origin] > TOLERANCE)
        rows = np.flatnonzero(usable)
        in_time = self.dates(rows).due_day < self.until[destination[rows]]
        self.lanes = rows[in_time]

    def dates(self, rows: IntArray) -> OrderDates:
        """Ship and due days of goods released on day 0 over these lanes."""
        lanes: LateralLanes = take(self.context.plan_input.lateral_lanes, rows)
        return add_lead_time(
            self.context.calendars,
            np.zeros(len(rows), dtype=np.int64),
            lanes.lead_time_days,
            lanes.ship_calendar,
            self.context.plan_input.sourcing.receive_calendar[lanes.destination],
        )

    def evaluate(self, rows: IntArray) -> Moves:
        """The best move over each of these lanes as things stand; lanes without one are left out."""
        context, lanes = self.context, take(self.context.plan_input.lateral_lanes, rows)
        dates = self.dates(rows)
        short = shortage_ahead(context, self.state, lanes.destination, 0, dates.due_day, self.until[lanes.destination])
        needed, left = short.max(axis=0), self.surplus[lanes.origin]
        quantity = move_quantity(needed, left, lanes.min_quantity, lanes.multiple)
        avoided = self._shortage_avoided(lanes.destination, short, quantity)
        saved = self._holding_saved(lanes.origin, quantity)
        moves = Moves(
            lane=rows,
            node=lanes.destination,
            source_node=lanes.origin,
            ship_day=dates.ship_day,
            due_day=dates.due_day,
            until_day=self.until[lanes.destination],
            net_stock=self.state.net[lanes.destination],
            on_order=self.state.on_order[lanes.destination],
            shortage=needed,
            surplus=left,
            quantity=quantity,
            shortage_avoided=avoided,
            holding_saved=saved,
            lane_cost=lanes.cost_per_unit * quantity + lanes.cost_per_shipment,
        )
        return take(moves, np.flatnonzero(quantity > TOLERANCE))

    def carry_out(self, move: Moves) -> None:
        """Allocate the goods at their origin and put them on their way."""
        self.state.promise(move.node, move.source_node, move.quantity)
        self.state.release(move.source_node, move.quantity)
        self.state.dispatch(move.node, move.quantity, move.due_day, 0)
        np.subtract.at(self.surplus, move.source_node, move.quantity)
        np.add.at(self.moved, move.source_node, move.quantity)

    def _shortage_avoided(self, nodes: IntArray, short: FloatArray, quantity: FloatArray) -> FloatArray:
        """Money: units no longer lost × cost per unit, or units that wait less × days × cost per unit and day."""
        served = np.minimum(short, quantity)
        lost = self.context.plan_input.nodes.lost_sales[nodes]
        units = np.where(lost, served.max(axis=0), served.sum(axis=0))
        return np.asarray(units * self.context.plan_input.costs.shortage[nodes])

    def _holding_saved(self, nodes: IntArray, quantity: FloatArray) -> FloatArray:
        """Money: holding of the moved units on days beyond the maximum cover on which they would still be there."""
        context, costs = self.context, self.context.plan_input.costs
        days = np.arange(context.plan_input.horizon)[:, None]
        stock = context.opening[nodes] - self.moved[nodes] + np.cumsum(context.scheduled[:, nodes], axis=0)
        stock = np.maximum(stock - context.use.cumulative[1:, nodes], 0.0)
        beyond = np.minimum(stock, quantity) * (days >= costs.max_cover_days[nodes])
        return np.asarray(beyond.sum(axis=0) * costs.holding_per_day[nodes])


def surplus(context: PlanContext, state: StockState, until: IntArray) -> FloatArray:
    """Units that each node can spare on day 0 [n]; until [n]: when its first regular order could arrive.

    Kept are the order-up-to level of day 0, or what the node and all it supplies are expected to use until then where
    that is more, and what will have expired by then.
    """
    nodes = np.arange(context.plan_input.size)
    level = context.plan_input.levels.order_up_to[:, 0] + firm_excess(context, nodes, 0)
    kept = np.maximum(level, context.use.cumulative[until, nodes]) + write_offs_ahead(context, state, nodes, 0)
    return np.maximum(context.opening - np.maximum(kept, 0.0), 0.0)


def move_quantity(shortage: FloatArray, spare: FloatArray, minimum: FloatArray, multiple: FloatArray) -> FloatArray:
    """The shortage raised to the minimum and the multiple, at most what can be spared in whole multiples; else 0."""
    wanted = up_to_multiple(np.maximum(shortage, minimum), multiple)
    quantity = np.minimum(wanted, down_to_multiple(spare, multiple))
    fits = (shortage > TOLERANCE) & (quantity >= smallest_order(minimum, multiple) - TOLERANCE)
    return np.where(fits, quantity, 0.0)


def moves_as_requests(context: PlanContext, state: StockState, moves: Moves) -> Requests:
    """What the destinations of the moves ask for, so that a move can be followed like any other order."""
    nodes, count = moves.node, len(moves.node)
    firm, expiring = firm_excess(context, nodes, 0), write_offs_ahead(context, state, nodes, 0)
    return replace(
        draft_requests(context, state, nodes, 0, firm, expiring),
        source_node=moves.source_node,
        need_day=np.zeros(count, dtype=np.int64),
        ship_day=moves.ship_day,
        due_day=moves.due_day,
        reason=np.full(count, int(OrderReason.REBALANCE)),
        net_stock=moves.net_stock,
        on_order=moves.on_order,
        owed=np.zeros(count),
        raw=moves.shortage,
        need=moves.shortage,
        own_need=moves.shortage,
        after_minimum=moves.quantity,
        after_multiple=moves.quantity,
        after_limit=moves.quantity,
        after_price=moves.quantity,
        quantity=moves.quantity,
    )


def moves_as_orders(context: PlanContext, moves: Moves) -> PlannedOrders:
    """The planned transfers of the moves; move i answers request i."""
    count, today = len(moves.node), np.zeros(len(moves.node), dtype=np.int64)
    return PlannedOrders(
        request=np.arange(count),
        node=moves.node,
        source_node=moves.source_node,
        source_id=context.plan_input.lateral_lanes.source_id[moves.lane],
        split=np.full(count, -1),
        release_day=today,
        ship_day=moves.ship_day,
        due_day=moves.due_day,
        need_day=today,
        quantity=moves.quantity,
        added=np.zeros(count),
        unit_cost=context.plan_input.sourcing.unit_cost[moves.node],
        reason=np.full(count, int(OrderReason.REBALANCE)),
    )
