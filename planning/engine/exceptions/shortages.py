"""Where stock runs short, and because of whom: one message per node, the most pressing one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.exceptions.kinds import (
    CLEARING,
    LATE_ORDER,
    SOURCE_SHORT,
    STOCK_OUT,
    STOCK_OUT_RISK,
    Parameter,
    PlanException,
    shortage_strength,
)
from planning.engine.exceptions.outlook import Findings
from planning.engine.exceptions.reasons import Reasons
from planning.engine.inputs import TOLERANCE
from planning.engine.shortage import Shortage, shift, shortage_until
from stocksense.core.numeric import FloatArray, IntArray


def shortages(findings: Findings) -> Iterator[PlanException]:
    """Per node the most pressing of stock_out, late_order, source_short and stock_out_risk, with why it is short.

    stock_out: nothing free now, and something is owed or goes short before the first new order can arrive.
    late_order: an order released today would arrive after the stock has run out, so it was needed before today.
    source_short: the origin cannot ship what was asked in time. stock_out_risk: short even when every proposal is
    carried out, on average or in one case of ten, before an order of the second order day can arrive. All but what
    is owed to customers must be above noise (`kinds.shortage_strength`).
    """
    context, outlook = findings.context, findings.outlook
    horizon, minimum = context.plan_input.horizon, context.plan_input.message_minimum
    planned = findings.planned
    strength = shortage_strength(outlook.doing_nothing.units, outlook.doing_nothing.cost, minimum)
    owing = context.opening < -TOLERANCE
    heard = owing | (strength >= 1)
    out = planned & heard & (context.opening <= TOLERANCE) & (owing | (outlook.first_short < outlook.first_due))
    late = planned & ~out & heard & (outlook.first_short < outlook.soonest_due) & (outlook.first_short < horizon)
    short = _short_sources(findings)
    cut = planned & ~out & ~late & (short.strength >= 1)
    remaining = shortage_strength(outlook.with_plan.units, outlook.with_plan.cost, minimum)
    risk_day = _first_risk(findings)
    risky = planned & ~out & ~late & ~cut & (risk_day < horizon) & (remaining >= CLEARING)
    cost = outlook.doing_nothing.cost
    reasons = Reasons(findings)
    for kind, mask, days, costs, strengths in (
        (STOCK_OUT, out, np.zeros_like(risk_day), cost, np.full(len(cost), np.inf)),
        (LATE_ORDER, late, outlook.first_short, cost, np.full(len(cost), np.inf)),
        (SOURCE_SHORT, cut, short.day, short.missing.cost, np.full(len(cost), np.inf)),
        (STOCK_OUT_RISK, risky, risk_day, np.maximum(cost, outlook.with_plan.cost), remaining),
    ):
        for node in np.flatnonzero(mask).tolist():
            expected = short.missing if kind == SOURCE_SHORT else outlook.doing_nothing
            yield PlanException(
                kind=kind,
                node=node,
                day=int(days[node]),
                cost_of_inaction=float(costs[node]),
                parameters={
                    "expected_units_short": float(expected.units[node]),
                    **(short.parameters(node) if kind == SOURCE_SHORT else {}),
                    **reasons.of(node, kind, int(days[node])),
                },
                strength=float(strengths[node]),
            )


def _first_risk(findings: Findings) -> IntArray:
    """First day before second_due on which the plan is short on average, or its P10 before an order arrives."""
    context, outlook, projection = findings.context, findings.outlook, findings.projection
    horizon = context.plan_input.horizon
    waiting = ~context.plan_input.nodes.lost_sales[:, None] * projection.backorders_mean
    days = np.arange(horizon)
    high = context.plan_input.demand.cumulative_p90
    if context.firm_cumulative is not None:
        high = high + context.firm_cumulative[1:].T
    thin = (high - outlook.supply_with.T > TOLERANCE) & (days < outlook.first_due[:, None])
    average = (projection.lost_mean + waiting > TOLERANCE) & (days < outlook.second_due[:, None])
    risk = average | thin
    return np.where(risk.any(axis=1), risk.argmax(axis=1), horizon)


@dataclass(frozen=True)
class _ShortSources:
    """Cuts merged per destination, all fields [n]: what they cost there, and what is said of them.

    day: first ship day that was cut. requested, granted: of the requests cut. until: day on which the last remainder
    arrives, ships: leaves (-1: not within the horizon).
    """

    missing: Shortage
    strength: FloatArray
    day: IntArray
    requested: FloatArray
    granted: FloatArray
    cancelled: FloatArray
    ships: IntArray
    arrives: IntArray

    def parameters(self, node: int) -> Mapping[str, Parameter]:
        """The numbers of a destination's cuts."""
        ships, arrives = int(self.ships[node]), int(self.arrives[node])
        return {
            "requested": float(self.requested[node]),
            "granted": float(self.granted[node]),
            "remainder": float(self.requested[node] - self.granted[node]),
            "cancelled": float(self.cancelled[node]),
            "remainder_ship_day": ships if ships >= 0 else None,
            "remainder_due_day": arrives if arrives >= 0 else None,
        }


def _short_sources(findings: Findings) -> _ShortSources:
    """What cuts cost their destinations: expected shortage with the plan, beyond that had all been shipped in time.

    Counted are cuts before the origin's own next order could arrive: later ones can still be avoided by ordering.
    """
    context, outlook, cuts = findings.context, findings.outlook, findings.cuts
    requests, horizon, size = findings.sweep.requests, context.plan_input.horizon, context.plan_input.size
    ships = requests.ship_day[cuts.request]
    rows = np.flatnonzero(ships < np.maximum(outlook.first_due[cuts.source_node], 1))
    node, ships = cuts.node[rows], ships[rows]
    due = np.minimum(requests.due_day[cuts.request[rows]], horizon)
    open_ended = cuts.remainder_due_day[rows] < 0
    arrives = np.where(open_ended, horizon, np.minimum(cuts.remainder_due_day[rows], horizon))
    hit, entry = np.unique(node, return_inverse=True)
    units, until = np.zeros((len(hit), horizon)), np.zeros(len(hit), dtype=np.int64)
    np.add.at(units, entry, shift(horizon, cuts.remainder[rows], due, arrives))
    np.maximum.at(until, entry, arrives)
    missing = shortage_until(context, outlook.supply_with, until, hit).less(
        shortage_until(context, outlook.supply_with, until, hit, units)
    )
    spread = Shortage(_spread(missing.units, hit, size), _spread(missing.cost, hit, size))
    first, last, arrival = np.full(size, horizon), np.full(size, -1), np.full(size, -1)
    np.minimum.at(first, node, ships)
    np.maximum.at(last, node, cuts.remainder_ship_day[rows])
    np.maximum.at(arrival, node, cuts.remainder_due_day[rows])
    never = np.zeros(size, dtype=bool)
    never[node[open_ended]] = True
    return _ShortSources(
        missing=spread,
        strength=shortage_strength(spread.units, spread.cost, context.plan_input.message_minimum),
        day=first,
        requested=sum_by(node, cuts.requested[rows], size),
        granted=sum_by(node, cuts.granted[rows], size),
        cancelled=sum_by(node, cuts.cancelled[rows], size),
        ships=np.where(never, -1, last),
        arrives=np.where(never, -1, arrival),
    )


def _spread(values: FloatArray, nodes: IntArray, size: int) -> FloatArray:
    result = np.zeros(size)
    result[nodes] = values
    return result
