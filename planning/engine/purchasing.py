"""From the purchase requests of a day to orders: further suppliers, price breaks, minimum order values."""

from dataclasses import dataclass, replace

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.calendars import add_lead_time
from planning.engine.columns import empty_table, stack, take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.order_value import Lines, top_up
from planning.engine.price_breaks import Offers, PriceList, find_offers
from planning.engine.requirements import draft_requests, firm_excess, position_before, write_offs_ahead
from planning.engine.rounding import smallest_order
from planning.engine.splits import SplitTerms, share_out, split_terms
from planning.engine.state import StockState
from planning.engine.tables import OrderJoins, OrderReason, PlannedOrders, Requests
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Purchases:
    """What is bought on a day: requests, the orders that fill them (`request` counts them from 0), and the orders
    that were below their minimum value (`join` counts those from 0).
    """

    requests: Requests
    orders: PlannedOrders
    joins: OrderJoins


class Purchasing:
    """The terms of all suppliers, laid out once, and what they make of a day's requests.

    own_share [n]: the part of a need that goes to the source in `Sourcing`.
    """

    def __init__(self, context: PlanContext) -> None:
        plan_input, size = context.plan_input, context.plan_input.size
        self.context = context
        breaks, minimums = plan_input.price_breaks, plan_input.order_minimums
        self.prices = PriceList.from_rows(
            plan_input.sourcing.unit_cost, breaks.node, breaks.min_quantity, breaks.unit_cost
        )
        self.bought = context.network.sourced & (context.network.origin < 0)
        self.splits: SplitTerms = split_terms(plan_input.splits, self.bought)
        self.own_share = self.splits.own_share
        self.groups, group = np.unique(minimums.group, return_inverse=True)
        self.min_value = np.zeros(len(self.groups))
        self.min_value[group] = minimums.min_value
        self.group = np.full(size, -1)
        self.group[minimums.node] = group

    def buy(self, state: StockState, requests: Requests, day: int) -> Purchases:
        """Orders for the day's purchase requests; the state, with all transfers asked for, is left as it is."""
        rows = self.splits.rows(requests.node)
        requests, parts = self._divide(requests, rows)
        requests = self._at_best_price(requests)
        requests = self._add_given(state, requests, day)
        requests, joins = self._join(state, requests, day)
        quantity = requests.after_price + requests.added + requests.split_quantity
        requests = replace(requests, quantity=quantity)
        orders = [self._own_orders(requests)]
        if rows.size:
            orders.append(self._split_orders(requests, rows, parts))
        return Purchases(requests, stack(PlannedOrders, orders), joins)

    def offers(self, requests: Requests) -> Offers:
        """What the own source's part of each request costs at its own quantity and at the price breaks above."""
        costs, sourcing, node = self.context.plan_input.costs, self.context.plan_input.sourcing, requests.node
        return find_offers(
            requests.after_limit,
            self.prices.take(node),
            multiple=sourcing.multiple[node],
            order_cost=costs.order_cost[node],
            holding_per_day=costs.holding_per_day[node],
            daily_use=requests.daily_use,
            limit=requests.coverable - position_before(requests) - requests.split_quantity,
        )

    def _divide(self, requests: Requests, rows: IntArray) -> tuple[Requests, FloatArray]:
        if not rows.size:
            return requests, np.zeros((0, 0))
        asked = take(requests, rows)
        terms = self.splits.take(asked.node)
        room = asked.usable - position_before(asked) - asked.after_limit
        parts = share_out(asked.need, asked.after_limit, terms.share, terms.min_quantity, terms.multiple, room)
        split_quantity = requests.split_quantity.copy()
        split_quantity[rows] = parts.sum(axis=1)
        return replace(requests, split_quantity=split_quantity), parts

    def _at_best_price(self, requests: Requests) -> Requests:
        rows = np.flatnonzero(self.prices.has_breaks[requests.node])
        if not rows.size:
            return requests
        offers = self.offers(take(requests, rows))
        chosen = (np.arange(len(rows)), offers.cheapest())
        quantity, unit_cost = requests.after_price.copy(), requests.unit_cost.copy()
        quantity[rows], unit_cost[rows] = offers.quantity[chosen], offers.unit_cost[chosen]
        return replace(requests, after_price=quantity, unit_cost=unit_cost)

    def is_given(self, day: int) -> bool:
        """Whether something is to be added to the day's orders in any case."""
        return bool((self.context.plan_input.top_ups.day == day).any())

    def _add_given(self, state: StockState, requests: Requests, day: int) -> Requests:
        """The day's orders with what is given to be added to them, with new lines where nothing was asked."""
        given = self.context.plan_input.top_ups
        rows = np.flatnonzero(given.day == day)
        if not rows.size:
            return requests
        new = np.setdiff1d(given.node[rows], requests.node)
        requests = stack(Requests, [requests, self._lines_for(state, new, day)])
        order = np.argsort(requests.node)
        at = order[np.searchsorted(requests.node[order], given.node[rows])]
        added, unit_cost = requests.added.copy(), requests.unit_cost.copy()
        added[at] = given.quantity[rows]
        unit_cost[at] = self.prices.take(requests.node[at]).at(requests.after_price[at] + added[at])
        return replace(requests, added=added, unit_cost=unit_cost)

    def _join(self, state: StockState, requests: Requests, day: int) -> tuple[Requests, OrderJoins]:
        """Fill the orders that go out together up to their minimum value, with new lines where that is cheapest."""
        grouped = np.flatnonzero(self.group[requests.node] >= 0)
        value = sum_by(
            self.group[requests.node[grouped]],
            requests.after_price[grouped] * requests.unit_cost[grouped],
            len(self.groups),
        )
        below = (value > 0) & (value < self.min_value - TOLERANCE)
        if not below.any():
            return requests, empty_table(OrderJoins)
        concerned = np.flatnonzero(below[self.group[requests.node]] & (self.group[requests.node] >= 0))
        requests = stack(Requests, [requests, self._new_lines(state, requests.node[concerned], below, day)])
        rows = np.flatnonzero((self.group[requests.node] >= 0) & below[self.group[requests.node]])
        rows = rows[np.argsort(requests.node[rows])]
        filled = self._fill(take(requests, rows), np.flatnonzero(below), value[below])
        added, unit_cost, join = requests.added.copy(), requests.unit_cost.copy(), requests.join.copy()
        added[rows], unit_cost[rows], join[rows] = filled.added, filled.unit_cost, filled.join
        requests = replace(requests, added=added, unit_cost=unit_cost, join=join)
        ordered = np.flatnonzero(requests.after_price + added > TOLERANCE)
        return take(requests, ordered), replace(filled.joins, day=np.full(len(filled.joins.day), day))

    def _new_lines(self, state: StockState, asking: IntArray, below: BoolArray, day: int) -> Requests:
        """Lines that may be added to orders below their minimum: their order day is today, but they need nothing."""
        may = self.bought & self.context.review[day] & (self.group >= 0) & below[self.group]
        may[asking] = False
        return self._lines_for(state, np.flatnonzero(may), day)

    def _lines_for(self, state: StockState, nodes: IntArray, day: int) -> Requests:
        firm, expiring = firm_excess(self.context, nodes, day), write_offs_ahead(self.context, state, nodes, day)
        draft = draft_requests(self.context, state, nodes, day, firm, expiring)
        return replace(draft, reason=np.full(len(nodes), int(OrderReason.TOP_UP)))

    def _fill(self, lines: Requests, groups: IntArray, value: FloatArray) -> "_Filled":
        """Steps are valued at the price before them; where a price break lowers the value again, more is added."""
        group = np.searchsorted(groups, self.group[lines.node])
        prices, before = self.prices.take(lines.node), position_before(lines) + lines.split_quantity
        sourcing, count = self.context.plan_input.sourcing, len(groups)
        multiple = sourcing.multiple[lines.node]
        smallest = smallest_order(sourcing.min_quantity[lines.node], multiple)
        added, reached = np.zeros(len(lines.node)), np.ones(count, dtype=bool)
        while True:
            quantity = lines.after_price + added
            started = quantity > TOLERANCE
            unit_cost = prices.at(np.where(started, quantity, smallest))
            value_after = sum_by(group, unit_cost * quantity, count)
            missing = np.where(reached, self.min_value[groups] - value_after, 0.0)
            if not (missing > TOLERANCE).any():
                break
            step = top_up(
                Lines(
                    group=group, position=before + quantity, daily_use=lines.daily_use, unit_cost=unit_cost,
                    first=np.where(started, multiple, smallest), multiple=multiple,
                    limit=lines.coverable - before - quantity,
                ),
                missing,
            )  # fmt: skip
            reached &= step.reached
            added = np.where(reached[group], added + step.added, 0.0)
        last_node, last_cover = _last_steps(lines, before + quantity, added, group, count)
        joins = OrderJoins(
            group=self.groups[groups],
            day=np.zeros(count, dtype=np.int64),
            value=value,
            min_value=self.min_value[groups],
            value_after=value_after,
            reached=reached,
            last_node=last_node,
            last_cover=last_cover,
        )
        return _Filled(added, unit_cost, group, joins)

    def _own_orders(self, requests: Requests) -> PlannedOrders:
        count = len(requests.node)
        return PlannedOrders(
            request=np.arange(count),
            node=requests.node,
            source_node=requests.source_node,
            source_id=self.context.plan_input.sourcing.source_id[requests.node],
            split=np.full(count, -1),
            release_day=requests.ask_day,
            ship_day=requests.ship_day,
            due_day=requests.due_day,
            need_day=requests.need_day,
            quantity=requests.after_price + requests.added,
            added=requests.added,
            unit_cost=requests.unit_cost,
            reason=requests.reason,
        )

    def _split_orders(self, requests: Requests, rows: IntArray, parts: FloatArray) -> PlannedOrders:
        """One order per part that a further supplier delivers; rows [k] and parts [k, x] as divided."""
        line, column = np.nonzero(parts > TOLERANCE)
        request = rows[line]
        node, day = requests.node[request], requests.ask_day[request]
        table, split = self.context.plan_input.splits, self.splits.take(node).row[np.arange(len(node)), column]
        dates = add_lead_time(
            self.context.calendars,
            day,
            table.lead_time_days[split],
            table.ship_calendar[split],
            self.context.plan_input.sourcing.receive_calendar[node],
        )
        return PlannedOrders(
            request=request,
            node=node,
            source_node=np.full(len(node), -1),
            source_id=table.source_id[split],
            split=split,
            release_day=day,
            ship_day=dates.ship_day,
            due_day=dates.due_day,
            need_day=requests.need_day[request],
            quantity=parts[line, column],
            added=np.zeros(len(node)),
            unit_cost=table.unit_cost[split],
            reason=requests.reason[request],
        )


@dataclass(frozen=True)
class _Filled:
    """added, unit_cost, join: by line; join is the row of `joins`."""

    added: FloatArray
    unit_cost: FloatArray
    join: IntArray
    joins: OrderJoins


def _last_steps(
    lines: Requests, position: FloatArray, added: FloatArray, group: IntArray, count: int
) -> tuple[IntArray, FloatArray]:
    """The line of each group that got the last addition, and its days of cover then; -1 without any."""
    node, cover = np.full(count, -1), np.full(count, -1.0)
    rows = np.flatnonzero(added > 0)
    after = np.round(position[rows] / lines.daily_use[rows], 9)
    order = np.lexsort((lines.node[rows], after))
    node[group[rows[order]]], cover[group[rows[order]]] = lines.node[rows[order]], after[order]
    return node, cover
