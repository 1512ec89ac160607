"""Nodes that cannot be planned, or not far enough."""

from collections.abc import Iterator

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.exceptions.kinds import CANNOT_PLAN, HORIZON_TOO_SHORT, Parameter, PlanException
from planning.engine.exceptions.outlook import Findings, longest_review_gap
from planning.engine.inputs import SourceKind
from planning.engine.network import sum_along_path
from stocksense.core.numeric import IntArray

NO_SOURCE = "no_source"
SOURCE_INACTIVE = "source_inactive"
ENDED = "ended"


def unplannable(findings: Findings) -> Iterator[PlanException]:
    """Nodes that need stock on an order day and have no source to ask; reason: none is known, or it is not active."""
    sweep, plan_input = findings.sweep, findings.context.plan_input
    for node in np.flatnonzero(sweep.unsourced_day < plan_input.horizon).tolist():
        by_lane = plan_input.sourcing.kind[node] == SourceKind.LANE
        parameters: dict[str, Parameter] = {
            "reason": SOURCE_INACTIVE if by_lane else NO_SOURCE,
            "quantity_needed": float(sweep.unsourced_need[node]),
        }
        if by_lane:
            parameters["source_node"] = int(plan_input.sourcing.node[node])
        cost = float(findings.outlook.doing_nothing.cost[node])
        yield PlanException(CANNOT_PLAN, node, int(sweep.unsourced_day[node]), cost, parameters)


def ended_with_orders(findings: Findings) -> Iterator[PlanException]:
    """Items that ended where they are and still have open orders; cost: what the goods cost."""
    plan_input = findings.context.plan_input
    receipts = plan_input.receipts
    for node in plan_input.ended_nodes.tolist():
        rows = np.flatnonzero(receipts.node == node)
        if not rows.size:
            continue
        coming = float(receipts.quantity[rows].sum())
        yield PlanException(
            kind=CANNOT_PLAN,
            node=node,
            day=max(int(findings.context.receipt_day[rows].min()), 0),
            cost_of_inaction=coming * float(plan_input.sourcing.unit_cost[node]),
            parameters={"reason": ENDED, "quantity": coming, "open_orders": len(rows), "receipt": int(rows[0])},
        )


def short_horizons(findings: Findings) -> Iterator[PlanException]:
    """Nodes whose supply path and planning window reach beyond the horizon."""
    plan_input = findings.context.plan_input
    needed = required_horizon(findings.context)
    short = (needed > plan_input.horizon) & findings.planned
    for node in np.flatnonzero(short).tolist():
        parameters: dict[str, Parameter] = {"days": plan_input.horizon, "days_needed": int(needed[node])}
        yield PlanException(HORIZON_TOO_SHORT, node, plan_input.horizon, 0.0, parameters)


def required_horizon(context: PlanContext) -> IntArray:
    """Longest way of an order from the outside supplier down to each node [n], in days.

    Per node on the path: the longest wait between two order days (where there is none at all, the first one lies beyond
    the horizon) and the time from release to receipt; plus the planning window.
    """
    plan_input = context.plan_input
    horizon, size = plan_input.horizon, plan_input.size
    nodes = np.arange(size)
    transit = context.order_dates(nodes, np.zeros(size, dtype=np.int64)).due_day
    wait = longest_review_gap(context.review)
    wait = np.where((wait > horizon) & context.review.any(axis=0), 0, wait)
    own = np.where(context.network.sourced, wait + transit, 0)
    return sum_along_path(context.network, own) + plan_input.planning_window_days
