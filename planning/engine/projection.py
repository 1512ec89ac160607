"""Projected stock: with the plan, its P10 and P90, and what happens at a node that places no new order."""

from dataclasses import dataclass

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.lots import ExpiringStock, LotStock
from planning.engine.sweeps import SweepResult
from stocksense.core.numeric import BoolArray, FloatArray


@dataclass(frozen=True)
class Projection:
    """Free stock (on hand − allocated) at the end of each day, all fields [n, T], in stock units.

    on_hand_mean, backorders_mean, lost_mean: under expected demand with the plan. on_hand_p10 and on_hand_p90: on
    hand + receipts − shipments − the cumulative-demand quantile, not below 0; of what destinations may want less, no
    more stays than was to be shipped to them. without_orders: under expected demand
    when the node itself places no new order while its destinations still ask; without_orders_short: units
    short that day (lost that day, or waiting at its end). expired_mean: units written off at the opening of each day
    with the plan; each path writes off what its own demand leaves of the lots.
    """

    on_hand_mean: FloatArray
    backorders_mean: FloatArray
    lost_mean: FloatArray
    on_hand_p10: FloatArray
    on_hand_p90: FloatArray
    without_orders: FloatArray
    without_orders_short: FloatArray
    expired_mean: FloatArray


def stock_path(
    opening: FloatArray,
    inflow: FloatArray,
    outflow: FloatArray,
    demand: FloatArray,
    lost_sales: BoolArray,
    expiring: ExpiringStock | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Net stock at the end of each day (negative when owed) and units short per day; by day [T, n].

    Expired lots leave first, then arrivals come, customers are next, shipments last. Short is what was lost that day
    where unmet demand is lost, else what waits at the end of the day.
    """
    net, rate, lots = opening.copy(), lost_sales.astype(np.float64), LotStock.at_opening(expiring)
    path, short = np.empty_like(demand), np.empty_like(demand)
    for day in range(len(demand)):
        if lots is not None:
            lots.write_off(day, net)
        net += inflow[day]
        lost = np.maximum(demand[day] - np.maximum(net, 0.0), 0.0) * rate
        net -= demand[day] - lost
        net -= outflow[day]
        if lots is not None:
            lots.use(np.maximum(demand[day] - lost + outflow[day], 0.0))
        path[day] = net
        short[day] = np.where(lost_sales, lost, np.maximum(-net, 0.0))
    return path, short


def project(context: PlanContext, sweep: SweepResult) -> Projection:
    """Projections of a finished pair of sweeps."""
    without, without_short = stock_path(
        context.opening, context.scheduled, asked_by_day(context, sweep), context.demand, _lost(context), context.lots
    )
    on_hand = np.maximum(sweep.closing, 0.0)
    low = _quantile_path(context, sweep, context.plan_input.demand.cumulative_p90)
    high = _quantile_path(context, sweep, context.plan_input.demand.cumulative_p10)
    return Projection(
        on_hand_mean=_by_node(on_hand),
        backorders_mean=_by_node(np.maximum(-sweep.closing, 0.0)),
        lost_mean=_by_node(sweep.lost),
        on_hand_p10=_by_node(low if context.lots is None else np.minimum(low, on_hand)),
        on_hand_p90=_by_node(high if context.lots is None else np.maximum(high, on_hand)),
        without_orders=_by_node(np.maximum(without, 0.0)),
        without_orders_short=_by_node(without_short),
        expired_mean=_by_node(sweep.expired),
    )


def asked_by_day(context: PlanContext, sweep: SweepResult) -> FloatArray:
    """Units that destinations asked of each node, by the day they should have shipped [T, n]."""
    asked = np.zeros_like(context.demand)
    requests = sweep.requests
    rows = (requests.source_node >= 0) & (requests.ship_day < len(asked))
    np.add.at(asked, (requests.ship_day[rows], requests.source_node[rows]), requests.quantity[rows])
    return asked


def _quantile_path(context: PlanContext, sweep: SweepResult, cumulative: FloatArray) -> FloatArray:
    """Where demand waits this is the formula itself; where it is lost, what was lost is not served later.

    Slow demand leaves more of a lot to expire, so that less remains on its day than the formula says.
    """
    leaving = np.maximum(cumulative, -np.cumsum(sweep.shipped, axis=0).T)
    daily = np.diff(leaving, axis=1, prepend=0.0).T
    if context.firm_cumulative is not None:
        daily = daily + np.diff(context.firm_cumulative, axis=0)
    path, _ = stock_path(context.opening, sweep.arrivals, sweep.shipped, daily, _lost(context), context.lots)
    return np.maximum(path, 0.0)


def _lost(context: PlanContext) -> BoolArray:
    return context.plan_input.nodes.lost_sales


def _by_node(by_day: FloatArray) -> FloatArray:
    return np.ascontiguousarray(by_day.T)
