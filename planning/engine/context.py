"""What every day of a plan looks up: dates, demand and receipts laid out by day, computed once."""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.calendars import CalendarTable, OrderDates, add_lead_time
from planning.engine.inputs import CustomerOrders, PlanInput, ReceiptKind
from planning.engine.lots import ExpiringStock, expiring_stock, usable_stock
from planning.engine.network import Network, build_network
from planning.engine.use import ExpectedUse, expected_use
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class PlanContext:
    """The input, its network, and arrays by day [T, n] that the sweeps and projections share.

    demand: customer demand, forecast or firm. firm_cumulative: customer orders above forecast, summed from day 0,
    [T + 1, n], None without any. receipt_day [r]: expected day of each open receipt, overdue ones on the first
    feasible day. scheduled: open receipts by expected day. review: order days, frozen days and inactive nodes excluded.
    missed [n]: order day before day 0 that is made up for on day 0, 0 without one. opening [n]: on hand − allocated −
    unshipped transfers out − backorders, without what has expired. use: what each node and all it supplies use. lots:
    stock that expires within the horizon, None without any.
    """

    plan_input: PlanInput
    network: Network
    calendars: CalendarTable
    demand: FloatArray
    firm_cumulative: FloatArray | None
    receipt_day: IntArray
    scheduled: FloatArray
    review: BoolArray
    missed: IntArray
    opening: FloatArray
    use: ExpectedUse
    lots: ExpiringStock | None

    def order_dates(self, nodes: IntArray, release_day: IntArray) -> OrderDates:
        """Ship and due days of orders that `nodes` release on `release_day`."""
        sourcing = self.plan_input.sourcing
        return add_lead_time(
            self.calendars,
            release_day,
            sourcing.lead_time_days[nodes],
            sourcing.ship_calendar[nodes],
            sourcing.receive_calendar[nodes],
        )

    def next_reviews(self, after: IntArray) -> IntArray:
        """First order day later than `after` (-1: the first of all) of every node; T where there is none. [n]."""
        days = np.arange(self.plan_input.horizon)[:, None]
        later = self.review & (days > after[None, :])
        return np.where(later.any(axis=0), later.argmax(axis=0), self.plan_input.horizon)

    def next_due(self, nodes: IntArray, day: int) -> IntArray:
        """Due day of an order of each node's next order day after `day`; T where the horizon ends first."""
        horizon = self.plan_input.horizon
        later = self.review[day + 1 :, nodes]
        found = later.any(axis=0)
        next_day = np.where(found, day + 1 + (later.argmax(axis=0) if len(later) else 0), horizon)
        return np.where(found, np.minimum(self.order_dates(nodes, next_day).due_day, horizon), horizon)

    def feasible_due(self, release_day: IntArray) -> IntArray:
        """Due day of an order of each node's own source, released on `release_day` [n]; T where it cannot order."""
        horizon = self.plan_input.horizon
        nodes = np.arange(self.plan_input.size)
        due = self.order_dates(nodes, np.minimum(release_day, horizon)).due_day
        return np.where(self.network.sourced & (release_day < horizon), np.minimum(due, horizon), horizon)

    def first_to_arrive(self, release_day: IntArray) -> tuple[IntArray, IntArray]:
        """Due day of the part that arrives first of an order released on each node's `release_day` (T where it cannot
        order), and the lead time of the supplier or lane that brings it; both [n].
        """
        plan_input, horizon = self.plan_input, self.plan_input.horizon
        release = np.minimum(release_day, horizon)
        due = self.order_dates(np.arange(plan_input.size), release).due_day
        lead_time, splits = plan_input.sourcing.lead_time_days.copy(), plan_input.splits
        rows = np.flatnonzero((self.network.sourced & (self.network.origin < 0))[splits.node])
        node = splits.node[rows]
        part = add_lead_time(
            self.calendars,
            release[node],
            splits.lead_time_days[rows],
            splits.ship_calendar[rows],
            plan_input.sourcing.receive_calendar[node],
        ).due_day
        earlier = np.flatnonzero(part < due[node])
        earlier = earlier[np.argsort(-part[earlier], kind="stable")]  # written last, the earliest stands
        due[node[earlier]], lead_time[node[earlier]] = part[earlier], splits.lead_time_days[rows[earlier]]
        possible = self.network.sourced & (release_day < horizon)
        return np.where(possible, np.minimum(due, horizon), horizon), lead_time

    def receipt_dates(self, rows: IntArray, release_day: IntArray) -> OrderDates:
        """Ship and due days of the open receipts `rows`, sent on `release_day` by the supplier or lane of each."""
        receipts = self.plan_input.receipts
        return add_lead_time(
            self.calendars,
            release_day,
            receipts.lead_time_days[rows],
            receipts.ship_calendar[rows],
            self.plan_input.sourcing.receive_calendar[receipts.node[rows]],
        )


def build_context(plan_input: PlanInput) -> PlanContext:
    """Lay the input out by day. Raises NetworkCycleError when nodes replenish each other in a circle."""
    calendars = CalendarTable.from_open_days(plan_input.calendar_open)
    firm = due_customer_orders(plan_input)
    demand, excess = effective_demand(plan_input, firm)
    receipt_day = expected_receipt_days(plan_input, calendars)
    network, opening = build_network(plan_input), opening_stock(plan_input)
    return PlanContext(
        plan_input=plan_input,
        network=network,
        calendars=calendars,
        demand=demand,
        firm_cumulative=excess,
        receipt_day=receipt_day,
        scheduled=_scheduled(plan_input, receipt_day),
        review=order_days(plan_input),
        missed=_missed(plan_input),
        opening=opening,
        use=expected_use(demand, network),
        lots=expiring_stock(plan_input, opening),
    )


def order_days(plan_input: PlanInput) -> BoolArray:
    """Days on which orders may be released [T, n]: the review days, and day 0 where an earlier one was missed; never
    within the frozen days or at inactive nodes.
    """
    review = plan_input.levels.review.T.copy()
    review[0, plan_input.missed_orders.node] = True
    days = np.arange(plan_input.horizon)[:, None]
    return np.asarray(review & plan_input.nodes.active & (days >= plan_input.nodes.frozen_days))


def _missed(plan_input: PlanInput) -> IntArray:
    missed = np.zeros(plan_input.size, dtype=np.int64)
    missed[plan_input.missed_orders.node] = plan_input.missed_orders.need_day
    return missed


def opening_stock(plan_input: PlanInput) -> FloatArray:
    """On hand − expired − allocated − unshipped transfers out − backorders (orders past due included) [n]."""
    stock, receipts, orders = plan_input.stock, plan_input.receipts, plan_input.customer_orders
    leaving = (receipts.kind == ReceiptKind.TRANSFER) & ~receipts.shipped & (receipts.origin >= 0)
    promised = sum_by(receipts.origin[leaving], receipts.quantity[leaving], plan_input.size)
    past_due = orders.day < 0
    waiting = sum_by(orders.node[past_due], orders.quantity[past_due], plan_input.size)
    return usable_stock(plan_input) - stock.allocated - promised - stock.backorders - waiting


def due_customer_orders(plan_input: PlanInput) -> CustomerOrders | None:
    """Firm orders due within the horizon; None without any."""
    orders = plan_input.customer_orders
    ahead = (orders.day >= 0) & (orders.day < plan_input.horizon)
    if not ahead.any():
        return None
    return CustomerOrders(node=orders.node[ahead], day=orders.day[ahead], quantity=orders.quantity[ahead])


def effective_demand(plan_input: PlanInput, firm: CustomerOrders | None) -> tuple[FloatArray, FloatArray | None]:
    """Daily demand [T, n], and what firm orders add to the forecast, summed from day 0 [T + 1, n].

    A bucket's demand is the larger of its forecast and its firm orders; what exceeds the forecast falls on
    the order days in proportion to the orders.
    """
    mean = np.ascontiguousarray(plan_input.demand.mean.T)
    if firm is None:
        return mean, None
    horizon, size = mean.shape
    ordered = np.zeros_like(mean)
    np.add.at(ordered, (firm.day, firm.node), firm.quantity)
    starts = np.arange(0, horizon, plan_input.firm_bucket_days)
    bucket = np.arange(horizon) // plan_input.firm_bucket_days
    in_bucket = np.add.reduceat(ordered, starts, axis=0)
    above = np.maximum(in_bucket - np.add.reduceat(mean, starts, axis=0), 0.0)
    share = above / np.where(in_bucket > 0, in_bucket, 1.0)
    excess = ordered * share[bucket]
    return mean + excess, np.vstack([np.zeros((1, size)), np.cumsum(excess, axis=0)])


def expected_receipt_days(plan_input: PlanInput, calendars: CalendarTable) -> IntArray:
    """Day on which each open receipt is expected [r]: as stated, or the first feasible day when overdue.

    That is the destination's first open day; for a transfer that has not left yet, the day it would arrive when
    shipped now.
    """
    receipts, sourcing = plan_input.receipts, plan_input.sourcing
    node, today = receipts.node, np.zeros(len(receipts.node), dtype=np.int64)
    first_open = calendars.first_open_day(sourcing.receive_calendar[node], today)
    if_shipped_now = add_lead_time(
        calendars,
        today,
        receipts.lead_time_days,
        receipts.ship_calendar,
        sourcing.receive_calendar[node],
    ).due_day
    unshipped = (receipts.kind == ReceiptKind.TRANSFER) & ~receipts.shipped
    return np.where(receipts.day >= 0, receipts.day, np.where(unshipped, if_shipped_now, first_open))


def _scheduled(plan_input: PlanInput, receipt_day: IntArray) -> FloatArray:
    scheduled = np.zeros((plan_input.horizon, plan_input.size))
    within = receipt_day < plan_input.horizon
    receipts = plan_input.receipts
    np.add.at(scheduled, (receipt_day[within], receipts.node[within]), receipts.quantity[within])
    return scheduled
