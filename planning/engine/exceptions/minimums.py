"""Orders that a source's minimum keeps from being right: too little money in an order, or too many units."""

from collections.abc import Iterator

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.exceptions.kinds import BELOW_MINIMUM, PlanException, money_strength
from planning.engine.exceptions.outlook import Findings
from planning.engine.inputs import TOLERANCE
from stocksense.core.numeric import BoolArray

MOST_DAYS = 365
"""Days for which units beyond maximum cover are charged their holding cost at most."""


def minimum_values(findings: Findings) -> Iterator[PlanException]:
    """Supplier orders of the next order day that cannot reach their minimum value: one message per order, at its
    dearest line. cost: shortages of its lines until an order of the second order day could arrive.
    """
    requests, joins = findings.sweep.requests, findings.sweep.joins
    told: set[int] = set()
    for row in np.flatnonzero(~joins.reached).tolist():
        group = int(joins.group[row])
        lines = np.flatnonzero(requests.join == row)
        if group in told or not lines.size:
            continue
        told.add(group)
        worth = requests.quantity[lines] * requests.unit_cost[lines]
        dearest = int(requests.node[lines[worth.argmax()]])
        if joins.day[row] > findings.outlook.first_order[dearest]:
            continue
        value, least = float(joins.value[row]), float(joins.min_value[row])
        yield PlanException(
            kind=BELOW_MINIMUM,
            node=dearest,
            day=int(joins.day[row]),
            cost_of_inaction=float(findings.outlook.doing_nothing.cost[np.unique(requests.node[lines])].sum()),
            parameters={
                "reason": "order_value",
                "value": value,
                "min_value": least,
                "shortfall": least - value,
                "lines": len(lines),
            },
        )


def minimum_quantities(findings: Findings) -> Iterator[PlanException]:
    """Orders of a node's first order day that are larger than can be used, because the source sells no less.

    Beyond shelf life the units are lost: cost is what they cost. Beyond maximum cover they are held: u units that are
    used at d a day wait u² / 2d unit-days.
    """
    plan_input, requests = findings.context.plan_input, findings.sweep.requests
    sourcing, costs, node = plan_input.sourcing, plan_input.costs, requests.node
    position = requests.net_stock + requests.on_order - requests.owed + requests.quantity
    shelf = requests.beyond_limit
    cover = np.minimum(np.maximum(position - requests.coverable, 0.0), requests.quantity)
    forced = np.maximum(requests.after_multiple - requests.own_need, 0.0)
    units = np.where(shelf > TOLERANCE, shelf, np.minimum(cover, forced))
    days = np.minimum(units / np.maximum(requests.daily_use, TOLERANCE), 2.0 * MOST_DAYS)
    held = costs.holding_per_day[node] * units * days / 2.0
    cost = np.where(shelf > TOLERANCE, shelf * requests.unit_cost, held)
    strength = money_strength(cost, plan_input.message_minimum)
    first = _first_of_node(findings) & (units > TOLERANCE) & (strength >= 1)
    ordered = sum_by(node[first], requests.quantity[first], plan_input.size)
    for row in np.flatnonzero(first).tolist():
        at = int(node[row])
        expires = bool(shelf[row] > TOLERANCE)
        yield PlanException(
            kind=BELOW_MINIMUM,
            node=at,
            day=int(requests.ask_day[row]),
            cost_of_inaction=float(cost[row]),
            parameters={
                "reason": "min_quantity",
                "limit": "shelf_life" if expires else "max_cover",
                "limit_days": int((plan_input.nodes.shelf_life_days if expires else costs.max_cover_days)[at]),
                "min_quantity": float(max(sourcing.min_quantity[at], sourcing.multiple[at])),
                "quantity": float(ordered[at]),
                "units": float(units[row]),
            },
        )


def _first_of_node(findings: Findings) -> BoolArray:
    """Requests of their node's first order day."""
    requests = findings.sweep.requests
    return np.asarray(requests.ask_day == findings.outlook.first_order[requests.node])
