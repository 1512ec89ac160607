"""The two sweeps: every day, needs go up the network level by level, then allocation comes down.

A day runs in this order: expired lots are written off; receipts arrive; nodes on an order day ask their sources,
lowest level first, so that a source sees what was asked of it the same day; origins ship, highest level first, after
setting the day's own demand aside; customers are served. Because a day's decisions rest on what really arrived before
it, a transfer cut by scarcity changes every later projection and order of its destination by itself.
"""

from dataclasses import dataclass, field

import numpy as np

from planning.engine.allocation import Claims, fair_share, meets_shortage
from planning.engine.columns import stack, take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.requirements import raise_requests
from planning.engine.rounding import smallest_order
from planning.engine.state import StockState
from planning.engine.tables import AllocationClaims, OrderReason, PlannedOrders, Requests
from planning.engine.urgency import urgent_claims
from stocksense.core.numeric import FloatArray, IntArray


@dataclass(frozen=True)
class SweepResult:
    """Requests, orders, and what happened each day: closing net stock, units lost, expired, arrived and shipped [T, n].

    cancelled [k]: part of each request that fell below the minimum quantity. unsourced_day [n]: first order day on
    which a node without a source needed stock (T: never), and unsourced_need [n]: how much.
    """

    requests: Requests
    orders: PlannedOrders
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
    ship_day: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    need_day: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    remaining: FloatArray = field(default_factory=lambda: np.empty(0, dtype=np.float64))

    def add(self, requests: Requests, first_row: int) -> None:
        """Append the requests that go to another node; `first_row` is the number of the first request."""
        rows = np.flatnonzero(requests.source_node >= 0)
        self.request = np.concatenate([self.request, rows + first_row])
        self.node = np.concatenate([self.node, requests.node[rows]])
        self.origin = np.concatenate([self.origin, requests.source_node[rows]])
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
        self.open = _OpenRequests()
        self.requests: list[Requests] = []
        self.request_count = 0
        self.orders: list[PlannedOrders] = []
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
            self._ask_upward(day)
            self._ship_downward(day)
            lost[day] = self.state.serve(demand[day], lost_sales)
            closing[day] = self.state.net
        return self._result(closing, lost, expired)

    def _ask_upward(self, day: int) -> None:
        network = self.context.network
        due = np.flatnonzero(self.context.review[day])
        for level in range(network.depth):
            nodes = due[network.level[due] == level]
            requests = raise_requests(self.context, self.state, nodes, day) if nodes.size else None
            if requests is None:
                continue
            sourced = network.sourced[requests.node]
            self._note_unsourced(take(requests, np.flatnonzero(~sourced)), day)
            self._place(take(requests, np.flatnonzero(sourced)), day)

    def _place(self, requests: Requests, day: int) -> None:
        self.state.promise(requests.node, requests.source_node, requests.quantity)
        bought = requests.source_node < 0
        self.state.dispatch(requests.node[bought], requests.quantity[bought], requests.due_day[bought], day)
        self.open.add(requests, self.request_count)
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
                release_day=np.where(late, day, self.open.need_day[rows]),
                ship_day=today,
                due_day=due_day,
                need_day=self.open.need_day[rows],
                quantity=quantity,
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

    def _purchase_orders(self, requests: Requests) -> PlannedOrders:
        rows = np.flatnonzero(requests.source_node < 0)
        node, need_day = requests.node[rows], requests.need_day[rows]
        return PlannedOrders(
            request=rows,
            node=node,
            source_node=requests.source_node[rows],
            source_id=self.context.plan_input.sourcing.source_id[node],
            release_day=need_day,
            ship_day=requests.ship_day[rows],
            due_day=requests.due_day[rows],
            need_day=need_day,
            quantity=requests.quantity[rows],
            reason=np.full(len(rows), int(OrderReason.REORDER)),
        )

    def _result(self, closing: FloatArray, lost: FloatArray, expired: FloatArray) -> SweepResult:
        requests = stack(Requests, self.requests)
        orders = stack(PlannedOrders, [self._purchase_orders(requests), *self.orders])
        orders = take(orders, np.lexsort((orders.ship_day, orders.request, orders.node, orders.release_day)))
        cancelled = np.zeros(len(requests.node))
        for rows, quantity in self.cancelled:
            cancelled[rows] += quantity
        return SweepResult(
            requests=requests,
            orders=orders,
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
