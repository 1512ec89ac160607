"""How much of what is asked avoids a shortage: units a node will be short before anything else can arrive."""

import numpy as np

from planning.engine.arrays import sum_before
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.state import StockState
from stocksense.core.numeric import FloatArray, IntArray


def shortage_ahead(
    context: PlanContext, state: StockState, nodes: IntArray, day: int, due: IntArray, until: IntArray
) -> FloatArray:
    """Units short at the end of each day from `day` on that goods arriving on `due` could still serve [days, nodes].

    Under expected demand, with the node's net stock, what it owes further down and what is on its way; 0 outside
    the days due … until − 1. Where unmet demand is lost, what is lost before `due` is past saving and left out.
    """
    last = max(int(until.max(initial=0)), day + 1)
    uncovered = np.cumsum(context.demand[day:last, nodes], axis=0) - state.net[nodes]
    uncovered[1:] -= np.cumsum(state.arrivals[day + 1 : last, nodes], axis=0)
    if state.lots is not None:
        uncovered += state.lots.ahead(context.use, nodes, day, last)
    days = np.arange(day, last)[:, None]
    lost = np.where(days < due, uncovered, 0.0).max(axis=0) * context.plan_input.nodes.lost_sales[nodes]
    short = np.maximum(uncovered + state.owed[nodes] - lost, 0.0)
    return np.where((days >= due) & (days < until), short, 0.0)


def urgent_claims(
    context: PlanContext, state: StockState, nodes: IntArray, claimed: FloatArray, day: int
) -> tuple[FloatArray, FloatArray]:
    """Urgent part of each claim that could ship today, and what its shortage would cost; claims oldest first.

    Urgent are the units the node will be short from the arrival of today's shipment until an order of its next order
    day could arrive; a node's oldest claim carries them first. Cost: units × cost per unit, times the days
    short where demand waits.
    """
    due = context.order_dates(nodes, np.full(len(nodes), day)).due_day
    short = shortage_ahead(context, state, nodes, day, due, context.next_due(nodes, day))
    urgent = np.clip(short.max(axis=0) - sum_before(nodes, claimed), 0.0, claimed)
    waiting = np.where(context.plan_input.nodes.lost_sales[nodes], 1, (short > TOLERANCE).sum(axis=0))
    return urgent, urgent * context.plan_input.costs.shortage[nodes] * waiting
