"""The two sweeps: every day, needs go up the network level by level, then allocation comes down.

A day runs in this order: expired lots are written off; receipts arrive; nodes on an order day ask their sources,
lowest level first, so that a source sees what was asked of it the same day; origins ship, highest level first, after
setting the day's own demand aside; customers are served. Because a day's decisions rest on what really arrived before
it, a transfer cut by scarcity changes every later projection and order of its destination by itself.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from planning.engine.allocation import Claims, fair_share, meets_shortage
from planning.engine.columns import empty_table, stack, take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.purchasing import Purchasing
from planning.engine.rebalancing import moves_as_orders, moves_as_requests, propose_moves
from planning.engine.requirements import raise_requests
from planning.engine.rounding import smallest_order
from planning.engine.state import StockState
from planning.engine.tables import AllocationClaims, Moves, OrderJoins, OrderReason, PlannedOrders, Requests
from planning.engine.urgency import urgent_claims
from stocksense.core.numeric import FloatArray, IntArray


@dataclass(frozen=True)
class SweepResult:
    """Requests, orders, and what happened each day: closing net stock, units lost, expired, arrived and shipped [T, n].

    joins: orders that were below their minimum value.
    cancelled [k]: part of each request that fell below the minimum quantity. unsourced_day [n]: first order day on
    which a node without a source needed stock (T: never), and unsourced_need [n]: how much.
    """

    requests: Requests
    orders: PlannedOrders
    joins: OrderJoins
    moves: Moves
    claims: AllocationClaims
    cancelled: FloatArray
    closing: FloatArray
    lost: FloatArray
    expired: FloatArray
    arrivals: FloatArray
    shipped: FloatArray
    unsourced_day: IntArray
    unsourced_need: FloatArray


@dataclass
class _OpenRequests:
    """Requests to other nodes that have not shipped in full, oldest first."""

    request: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    node: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    origin: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ask_day: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ship_day: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    need_day: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    remaining: FloatArray = field(default_factory=lambda: np.empty(0, dtype=np.float64))

    def add(self, requests: Requests, first_row: int) -> None:
        """Append requests to other nodes; `first_row` is the number of the first request."""
        rows = np.arange(len(requests.node))
        self.request = np.concatenate([self.request, rows + first_row])
        self.node = np.concatenate([self.node, requests.node[rows]])
        self.origin = np.concatenate([self.origin, requests.source_node[rows]])
        self.ask_day = np.concatenate([self.ask_day, requests.ask_day[rows]])
        self.ship_day = np.concatenate([self.ship_day, requests.ship_day[rows]])
        self.need_day = np.concatenate([self.need_day, requests.need_day[rows]])
        self.remaining = np.concatenate([self.remaining, requests.quantity[rows]])

    def forget_shipped(self) -> None:
        """Drop what has nothing left to ship."""
        keep = self.remaining > TOLERANCE
        if not keep.all():
            for name in vars(self):
                setattr(self, name, getattr(self, name)[keep])


class Sweeps:
    """One run of the two sweeps over the horizon."""

    def __init__(self, context: PlanContext) -> None:
        shape = context.demand.shape
        self.context = context
        self.state = StockState.at_opening(context)
        self.purchasing = Purchasing(context)
        self.open = _OpenRequests()
        self.moves = empty_table(Moves)
        self.requests: list[Requests] = []
        self.request_count = 0
        self.orders: list[PlannedOrders] = []
        self.joins: list[OrderJoins] = []
        self.join_count = 0
        self.claims: list[AllocationClaims] = []
        self.events = 0
        self.cancelled: list[tuple[IntArray, FloatArray]] = []
        self.shipped = np.zeros(shape)
        self.unsourced_day = np.full(shape[1], shape[0])
        self.unsourced_need = np.zeros(shape[1])

    def run(self) -> SweepResult:
        """Walk through the days once."""
        demand = self.context.demand
        closing, lost, expired = np.empty_like(demand), np.empty_like(demand), np.empty_like(demand)
        lost_sales = self.context.plan_input.nodes.lost_sales.astype(np.float64)
        for day in range(len(demand)):
            expired[day] = self.state.expire(day)
            self.state.receive(day)
            if day == 0:
                self._rebalance()
            self._ask_upward(day)
            self._ship_downward(day)
            lost[day] = self.state.serve(demand[day], lost_sales)
            closing[day] = self.state.net
        return self._result(closing, lost, expired)

    def _rebalance(self) -> None:
        """Move what one place does not need today to where it is short: the first requests of the plan."""
        self.moves = propose_moves(self.context, self.state)
        if len(self.moves.node):
            np.add.at(self.shipped[0], self.moves.source_node, self.moves.quantity)
            self.orders.append(moves_as_orders(self.context, self.moves))
            self._keep(moves_as_requests(self.context, self.state, self.moves))

    def _ask_upward(self, day: int) -> None:
        """Transfers are asked for level by level; what is bought waits until all have asked, because it goes out as
        one order per supplier. Nobody else's position depends on it.
        """
        network = self.context.network
        due = np.flatnonzero(self.context.review[day])
        bought: list[Requests] = []
        for level in range(network.depth):
            nodes = due[network.level[due] == level]
            own_share = self.purchasing.own_share
            requests = raise_requests(self.context, self.state, nodes, day, own_share) if nodes.size else None
            if requests is None:
                continue
            sourced, inside = network.sourced[requests.node], requests.source_node >= 0
            self._note_unsourced(take(requests, np.flatnonzero(~sourced)), day)
            self._place_transfers(take(requests, np.flatnonzero(inside)))
            bought.append(take(requests, np.flatnonzero(sourced & ~inside)))
        if any(requests.node.size for requests in bought) or self.purchasing.is_given(day):
            self._place_purchases(stack(Requests, bought), day)

    def _place_transfers(self, requests: Requests) -> None:
        self.state.promise(requests.node, requests.source_node, requests.quantity)
        self.open.add(requests, self.request_count)
        self._keep(requests)

    def _place_purchases(self, requests: Requests, day: int) -> None:
        bought = self.purchasing.buy(self.state, requests, day)
        requests, orders = bought.requests, bought.orders
        self.state.promise(requests.node, requests.source_node, requests.quantity)
        self.state.dispatch(orders.node, orders.quantity, orders.due_day, day)
        self.orders.append(replace(orders, request=orders.request + self.request_count))
        join = np.where(requests.join >= 0, requests.join + self.join_count, -1)
        self._keep(replace(requests, join=join))
        self.joins.append(bought.joins)
        self.join_count += len(bought.joins.group)

    def _keep(self, requests: Requests) -> None:
        self.requests.append(requests)
        self.request_count += len(requests.node)

    def _note_unsourced(self, requests: Requests, day: int) -> None:
        first = self.unsourced_day[requests.node] > day
        self.unsourced_need[requests.node[first]] = requests.raw[first]
        self.unsourced_day[requests.node[first]] = day

    def _ship_downward(self, day: int) -> None:
        if not self.open.request.size:
            return
        level = self.context.network.level[self.open.origin]
        ready = self.open.ship_day <= day
        ready &= self.context.order_dates(self.open.node, np.full(len(ready), day)).ship_day == day
        for current in np.unique(level[ready])[::-1]:
            can_give = self.state.can_give(self.context.demand[day])
            rows = np.flatnonzero(ready & (level == current) & (can_give[self.open.origin] > 0))
            if rows.size:
                self._ship(rows, can_give, day)
        self.open.forget_shipped()

    def _ship(self, rows: IntArray, can_give: FloatArray, day: int) -> None:
        sourcing, nodes, origins = self.context.plan_input.sourcing, self.open.node[rows], self.open.origin[rows]
        claimed = self.open.remaining[rows]
        granted = claimed.copy()
        short = np.flatnonzero(meets_shortage(can_give, origins, claimed))
        if short.size:
            granted[short] = self._share(rows[short], can_give, day)
        given = np.flatnonzero(granted > 0)
        if given.size:
            self._dispatch(rows[given], granted[given], day)
        left = claimed - granted
        smallest = smallest_order(sourcing.min_quantity[nodes], sourcing.multiple[nodes])
        dropped = (granted > 0) & (left > TOLERANCE) & (left < smallest - TOLERANCE)
        if dropped.any():
            self._cancel(rows[dropped], left[dropped])
            left[dropped] = 0.0
        self.open.remaining[rows] = left

    def _share(self, rows: IntArray, can_give: FloatArray, day: int) -> FloatArray:
        """What each of the open requests in `rows` gets today, all of them at short origins."""
        sourcing, nodes, claimed = self.context.plan_input.sourcing, self.open.node[rows], self.open.remaining[rows]
        urgent, weight = urgent_claims(self.context, self.state, nodes, claimed, day)
        claims = Claims(
            claimed=claimed,
            urgent=urgent,
            weight=weight,
            min_quantity=sourcing.min_quantity[nodes],
            multiple=sourcing.multiple[nodes],
        )
        origins, group = np.unique(self.open.origin[rows], return_inverse=True)
        granted = fair_share(can_give[origins], group, claims)
        self._record_claims(rows, can_give, claims, granted, day)
        return granted

    def _dispatch(self, rows: IntArray, quantity: FloatArray, day: int) -> None:
        nodes, origins, today = self.open.node[rows], self.open.origin[rows], np.full(len(rows), day)
        late = self.open.ship_day[rows] < day
        due_day = self.context.order_dates(nodes, today).due_day
        self.state.release(origins, quantity)
        np.add.at(self.shipped[day], origins, quantity)
        self.state.dispatch(nodes, quantity, due_day, day)
        self.orders.append(
            PlannedOrders(
                request=self.open.request[rows],
                node=nodes,
                source_node=origins,
                source_id=self.context.plan_input.sourcing.source_id[nodes],
                split=np.full(len(rows), -1),
                release_day=np.where(late, day, self.open.ask_day[rows]),
                ship_day=today,
                due_day=due_day,
                need_day=self.open.need_day[rows],
                quantity=quantity,
                added=np.zeros(len(rows)),
                unit_cost=self.context.plan_input.sourcing.unit_cost[nodes],
                reason=np.where(late, OrderReason.REMAINDER, OrderReason.REORDER),
            )
        )

    def _record_claims(
        self, rows: IntArray, can_give: FloatArray, claims: Claims, granted: FloatArray, day: int
    ) -> None:
        """Keep what competed for origins that gave something."""
        origins = self.open.origin[rows]
        gave = np.zeros(len(can_give), dtype=bool)
        gave[origins[granted > 0]] = True
        kept = np.flatnonzero(gave[origins])
        if not kept.size:
            return
        occasions, event = np.unique(origins[kept], return_inverse=True)
        self.claims.append(
            AllocationClaims(
                event=event + self.events,
                day=np.full(len(kept), day),
                origin=origins[kept],
                available=can_give[origins[kept]],
                request=self.open.request[rows[kept]],
                claimed=claims.claimed[kept],
                urgent=claims.urgent[kept],
                weight=claims.weight[kept],
                granted=granted[kept],
            )
        )
        self.events += len(occasions)

    def _cancel(self, rows: IntArray, quantity: FloatArray) -> None:
        self.state.promise(self.open.node[rows], self.open.origin[rows], -quantity)
        self.cancelled.append((self.open.request[rows], quantity))

    def _result(self, closing: FloatArray, lost: FloatArray, expired: FloatArray) -> SweepResult:
        requests = stack(Requests, self.requests)
        orders = stack(PlannedOrders, self.orders)
        orders = take(orders, np.lexsort((orders.ship_day, orders.request, orders.node, orders.release_day)))
        cancelled = np.zeros(len(requests.node))
        for rows, quantity in self.cancelled:
            cancelled[rows] += quantity
        return SweepResult(
            requests=requests,
            orders=orders,
            joins=stack(OrderJoins, self.joins),
            moves=self.moves,
            claims=stack(AllocationClaims, self.claims),
            cancelled=cancelled,
            closing=closing,
            lost=lost,
            expired=expired,
            arrivals=self.state.arrivals,
            shipped=self.shipped,
            unsourced_day=self.unsourced_day,
            unsourced_need=self.unsourced_need,
        )
