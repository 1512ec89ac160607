"""What a planner should look at, ranked by the expected cost of doing nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.network import sum_along_path
from planning.engine.projection import Projection
from planning.engine.shortage import money_short
from planning.engine.sweeps import SweepResult
from planning.engine.tables import TransferCuts
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

STOCK_OUT = "stock_out"
STOCK_OUT_RISK = "stock_out_risk"
LATE_ORDER = "late_order"
EXCESS = "excess"
CANNOT_PLAN = "cannot_plan"
HORIZON_TOO_SHORT = "horizon_too_short"
OVERDUE_RECEIPT = "overdue_receipt"
SOURCE_SHORT = "source_short"

Parameter = float | int | str | None


@dataclass(frozen=True)
class PlanException:
    """One message: what, where, on which day it bites, what inaction costs, and the numbers for its sentence."""

    kind: str
    node: int
    day: int
    cost_of_inaction: float
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True)
class Outlook:
    """What is known per node before judging, all fields [n]; T stands for "not within the horizon".

    soonest_due: arrival of an order released on day 0, order day or not. first_due, second_due: arrivals of orders
    released on the first and second order day. first_short: first day short without new orders.
    inaction_cost: expected cost of shortages until second_due when nothing new is ordered now.
    """

    soonest_due: IntArray
    first_due: IntArray
    second_due: IntArray
    first_short: IntArray
    inaction_cost: FloatArray


def build_outlook(context: PlanContext, projection: Projection, asked: FloatArray) -> Outlook:
    """Arrivals that are still possible, and what shortages until then cost. asked: as `asked_by_day` returns it."""
    size = context.plan_input.size
    first = context.next_reviews(np.full(size, -1))
    second_due = context.feasible_due(context.next_reviews(first))
    supply = context.opening + np.cumsum(context.scheduled - asked, axis=0)
    short = projection.without_orders_short > TOLERANCE
    return Outlook(
        soonest_due=context.feasible_due(np.zeros(size, dtype=np.int64)),
        first_due=context.feasible_due(first),
        second_due=second_due,
        first_short=np.where(short.any(axis=1), short.argmax(axis=1), context.plan_input.horizon),
        inaction_cost=money_short(context, supply, second_due),
    )


def find_exceptions(
    context: PlanContext, sweep: SweepResult, projection: Projection, cuts: TransferCuts, asked: FloatArray
) -> tuple[PlanException, ...]:
    """All exceptions, dearest first; ties by kind, node and day."""
    outlook = build_outlook(context, projection, asked)
    found = [
        *shortages(context, projection, outlook),
        *unplannable(context, sweep, outlook),
        *excesses(context, projection),
        *overdue_receipts(context, asked, outlook),
        *short_sources(context, sweep, cuts),
        *short_horizons(context),
    ]
    found.sort(key=lambda exception: (-exception.cost_of_inaction, exception.kind, exception.node, exception.day))
    return tuple(found)


def shortages(context: PlanContext, projection: Projection, outlook: Outlook) -> Iterator[PlanException]:
    """Per node the most pressing one of stock_out, late_order and stock_out_risk.

    stock_out: nothing free now, and something is owed or goes short before the first new order can arrive.
    late_order: an order released today would arrive after the stock has run out, so it was needed before today.
    stock_out_risk: still short on some day with the whole plan, or the P10 of today's supply reaches zero
    before the first new order can arrive.
    """
    horizon = context.plan_input.horizon
    planned = context.plan_input.nodes.active & context.network.sourced
    owing = context.opening < -TOLERANCE
    out = planned & (context.opening <= TOLERANCE) & (owing | (outlook.first_short < outlook.first_due))
    late = planned & ~out & (outlook.first_short < outlook.soonest_due) & (outlook.first_short < horizon)
    risk_day = _first_risk(context, projection, outlook)
    risky = planned & ~out & ~late & (risk_day < horizon)
    for kind, mask, days in (
        (STOCK_OUT, out, np.zeros_like(risk_day)),
        (LATE_ORDER, late, outlook.first_short),
        (STOCK_OUT_RISK, risky, risk_day),
    ):
        for node in np.flatnonzero(mask).tolist():
            yield PlanException(
                kind=kind,
                node=node,
                day=int(days[node]),
                cost_of_inaction=float(outlook.inaction_cost[node]),
                parameters=_shortage_parameters(context, outlook, node),
            )


def unplannable(context: PlanContext, sweep: SweepResult, outlook: Outlook) -> Iterator[PlanException]:
    """Nodes that need stock on an order day and have no source to ask."""
    for node in np.flatnonzero(sweep.unsourced_day < context.plan_input.horizon).tolist():
        yield PlanException(
            kind=CANNOT_PLAN,
            node=node,
            day=int(sweep.unsourced_day[node]),
            cost_of_inaction=float(outlook.inaction_cost[node]),
            parameters={"quantity_needed": float(sweep.unsourced_need[node]), "reason": "no_source"},
        )


def excesses(context: PlanContext, projection: Projection) -> Iterator[PlanException]:
    """Supply on hand and on order that lasts beyond the maximum cover; cost: holding it from then on."""
    horizon, costs = context.plan_input.horizon, context.plan_input.costs
    beyond = (np.arange(horizon) >= costs.max_cover_days[:, None]) * projection.without_orders
    unit_days = beyond.sum(axis=1)
    for node in np.flatnonzero((unit_days > TOLERANCE) & context.plan_input.nodes.active).tolist():
        left = projection.without_orders[node]
        cover = int(costs.max_cover_days[node])
        yield PlanException(
            kind=EXCESS,
            node=node,
            day=cover,
            cost_of_inaction=float(unit_days[node] * costs.holding_per_day[node]),
            parameters={
                "units": float(left[cover]),
                "max_cover_days": cover,
                "unit_days": float(unit_days[node]),
                "days_of_cover": int(np.argmax(left <= TOLERANCE)) if (left <= TOLERANCE)[cover:].any() else None,
            },
        )


def overdue_receipts(context: PlanContext, asked: FloatArray, outlook: Outlook) -> Iterator[PlanException]:
    """Receipts whose day has passed; cost: what shortages until a new order can arrive cost more without them."""
    receipts = context.plan_input.receipts
    rows = np.flatnonzero(receipts.day < 0)
    if not rows.size:
        return
    missing = np.zeros_like(context.scheduled)
    within = rows[context.receipt_day[rows] < len(missing)]
    np.add.at(missing, (context.receipt_day[within], receipts.node[within]), receipts.quantity[within])
    supply = context.opening + np.cumsum(context.scheduled - missing - asked, axis=0)
    cost = money_short(context, supply, outlook.second_due, np.unique(receipts.node[rows])) - outlook.inaction_cost
    for row in rows.tolist():
        node = int(receipts.node[row])
        yield PlanException(
            kind=OVERDUE_RECEIPT,
            node=node,
            day=int(context.receipt_day[row]),
            cost_of_inaction=max(float(cost[node]), 0.0),
            parameters={
                "receipt": row,
                "stated_day": int(receipts.day[row]),
                "quantity": float(receipts.quantity[row]),
            },
        )


def short_sources(context: PlanContext, sweep: SweepResult, cuts: TransferCuts) -> Iterator[PlanException]:
    """Requests cut by a short origin; cost: units short at the destination until the remainder arrives."""
    plan_input, requests = context.plan_input, sweep.requests
    horizon = plan_input.horizon
    lost_sales = plan_input.nodes.lost_sales
    short = np.where(lost_sales, sweep.lost, np.maximum(-sweep.closing, 0.0))
    running = np.vstack([np.zeros((1, plan_input.size)), np.cumsum(short, axis=0)])
    due = np.minimum(requests.due_day[cuts.request], horizon)
    until = np.where(cuts.remainder_due_day < 0, horizon, np.minimum(cuts.remainder_due_day, horizon))
    units = running[np.maximum(until, due), cuts.node] - running[due, cuts.node]
    units = np.where(lost_sales[cuts.node], np.minimum(units, cuts.remainder), units)
    for row, node in enumerate(cuts.node.tolist()):
        ships = int(cuts.remainder_ship_day[row])
        yield PlanException(
            kind=SOURCE_SHORT,
            node=node,
            day=int(requests.ship_day[cuts.request[row]]),
            cost_of_inaction=float(units[row] * plan_input.costs.shortage[node]),
            parameters={
                "source_node": int(cuts.source_node[row]),
                "request": int(cuts.request[row]),
                "requested": float(cuts.requested[row]),
                "granted": float(cuts.granted[row]),
                "remainder": float(cuts.remainder[row]),
                "cancelled": float(cuts.cancelled[row]),
                "remainder_ship_day": ships if ships >= 0 else None,
            },
        )


def short_horizons(context: PlanContext) -> Iterator[PlanException]:
    """Nodes whose supply path and planning window reach beyond the horizon."""
    plan_input = context.plan_input
    needed = required_horizon(context)
    short = (needed > plan_input.horizon) & plan_input.nodes.active & context.network.sourced
    for node in np.flatnonzero(short).tolist():
        parameters: dict[str, Parameter] = {"days": plan_input.horizon, "days_needed": int(needed[node])}
        yield PlanException(HORIZON_TOO_SHORT, node, plan_input.horizon, 0.0, parameters)


def required_horizon(context: PlanContext) -> IntArray:
    """Longest way of an order from the outside supplier down to each node [n], in days.

    Per node on the path: the wait for its first order day, the longest wait between two order days, and
    the time from release to receipt; plus the planning window.
    """
    plan_input = context.plan_input
    horizon, size = plan_input.horizon, plan_input.size
    nodes = np.arange(size)
    transit = context.order_dates(nodes, np.zeros(size, dtype=np.int64)).due_day
    wait = _longest_review_gap(context.review)
    own = np.where(context.network.sourced, np.where(wait > horizon, 0, wait) + transit, 0)
    return sum_along_path(context.network, own) + plan_input.planning_window_days


def _longest_review_gap(review: BoolArray) -> IntArray:
    """Most days from an order day to the next one; T + 1 where there are fewer than two. [n]"""
    days = np.arange(len(review))[:, None]
    last = np.maximum.accumulate(np.where(review, days, -1), axis=0)
    before = np.vstack([np.full((1, review.shape[1]), -1), last[:-1]])
    gap = np.where(review & (before >= 0), days - before, 0).max(axis=0)
    return np.where(gap > 0, gap, len(review) + 1)


def _first_risk(context: PlanContext, projection: Projection, outlook: Outlook) -> IntArray:
    horizon = context.plan_input.horizon
    waiting = ~context.plan_input.nodes.lost_sales[:, None] * projection.backorders_mean
    days = np.arange(horizon)
    unreachable = days < outlook.first_due[:, None]
    thin = unreachable & (projection.on_hand_p10 <= TOLERANCE) & (context.plan_input.demand.cumulative_p90 > 0)
    risk = (projection.lost_mean + waiting > TOLERANCE) | thin
    return np.where(risk.any(axis=1), risk.argmax(axis=1), horizon)


def _shortage_parameters(context: PlanContext, outlook: Outlook, node: int) -> dict[str, Parameter]:
    horizon = context.plan_input.horizon
    first_short, soonest = int(outlook.first_short[node]), int(outlook.soonest_due[node])
    return {
        "available": float(context.opening[node]),
        "first_day_short": first_short if first_short < horizon else None,
        "next_receipt_day": soonest if soonest < horizon else None,
        "days_late": soonest - first_short if first_short < min(soonest, horizon) else None,
        "lead_time_days": int(context.plan_input.sourcing.lead_time_days[node]),
    }
