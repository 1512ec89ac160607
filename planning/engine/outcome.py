"""What a plan comes to at one node: levels aside, its stock, shortages and costs over the planned days."""

from dataclasses import dataclass

import numpy as np

from planning.engine.plan import Plan
from planning.engine.shortage import demand_spread, expected_shortage
from stocksense.core.numeric import FloatArray


@dataclass(frozen=True)
class Outcome:
    """Totals over the T days of a plan at one node; units are stock units, money company currency.

    average_stock: mean of the projected stock at the ends of days. asked: units that customers and destinations ask
    for. short: of them, expected units lost or late. orders, ordered: orders of the node, and their units.
    """

    average_stock: float
    asked: float
    short: float
    orders: int
    ordered: float
    holding_cost: float
    shortage_cost: float
    order_cost: float

    @property
    def fill_rate(self) -> float | None:
        """Expected part of what is asked for that is served on time; None where nothing is asked for."""
        return None if self.asked <= 0 else max(1.0 - self.short / self.asked, 0.0)

    @property
    def cost(self) -> float:
        """All of it together."""
        return self.holding_cost + self.shortage_cost + self.order_cost


def outcome(plan: Plan, node: int, *, interval_days: float) -> Outcome:
    """Add up a node's part of a plan.

    Shortage: at the end of day t the demand that orders have not reacted to yet is that of the last protection
    interval, of `interval_days`; what came before is taken as made good by later orders. Units that wait are then
    E[(D − x)⁺] with x the projected net stock and D normal with mean 0 and the interval's standard deviation (that of
    the first t days while they are fewer); their rises, with what is lost under expected demand, are the units short.
    """
    given, projection = plan.plan_input, plan.projection
    on_hand = projection.on_hand_mean[node]
    waiting = _waiting(plan, node, interval_days)
    lost = float(projection.lost_mean[node].sum())
    short = lost + float(np.maximum(np.diff(waiting, prepend=0.0), 0.0).sum())
    days_waiting = short if given.nodes.lost_sales[node] else float(waiting.sum())
    mine = plan.orders.node == node
    count = int(mine.sum())
    return Outcome(
        average_stock=float(on_hand.mean()),
        asked=_asked(plan, node),
        short=short,
        orders=count,
        ordered=float(plan.orders.quantity[mine].sum()),
        holding_cost=float(on_hand.sum() * given.costs.holding_per_day[node]),
        shortage_cost=float(days_waiting * given.costs.shortage[node]),
        order_cost=float(count * given.costs.order_cost[node]),
    )


def _waiting(plan: Plan, node: int, interval_days: float) -> FloatArray:
    """Expected units that wait at the end of each day [T]."""
    horizon = plan.plan_input.horizon
    net = plan.projection.on_hand_mean[node] - plan.projection.backorders_mean[node]
    last = min(max(int(np.ceil(interval_days)), 1), horizon) - 1
    spread = demand_spread(plan.plan_input, np.array([node]))[0]
    return expected_shortage(net, np.zeros(horizon), spread[np.minimum(np.arange(horizon), last)])


def _asked(plan: Plan, node: int) -> float:
    requests = plan.requests
    theirs = (requests.source_node == node) & (requests.ship_day < plan.plan_input.horizon)
    return float(plan.plan_input.demand.mean[node].sum() + requests.quantity[theirs].sum())
