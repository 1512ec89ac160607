"""Expected units short under the demand distribution, and what they cost."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.inputs import PlanInput
from stocksense.core.numeric import FloatArray, IntArray

_P90_SCORE: Final = 1.2815515655446004
_CHUNK: Final = 2048


@dataclass(frozen=True)
class Shortage:
    """units: most units short at once, in expectation; cost: what the shortage costs. Equal shapes."""

    units: FloatArray
    cost: FloatArray

    def less(self, other: "Shortage") -> "Shortage":
        """What this shortage has beyond another one, not below 0."""
        return Shortage(np.maximum(self.units - other.units, 0.0), np.maximum(self.cost - other.cost, 0.0))


def expected_shortage(supply: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Expected units by which normally distributed demand exceeds supply, E[(D − supply)⁺]; arguments broadcast.

    spread: standard deviation, 0 where demand is certain.
    Source: standard normal loss function, Silver, Pyke & Thomas (2017), eq. 6.6.
    """
    from scipy.special import ndtr

    gap = mean - supply
    certain = spread <= 0
    score = gap / np.where(certain, 1.0, spread)
    density = np.exp(-0.5 * np.square(np.clip(score, -38.0, 38.0))) / np.sqrt(2.0 * np.pi)
    return np.where(certain, np.maximum(gap, 0.0), np.maximum(spread * density + gap * ndtr(score), 0.0))


def demand_spread(plan_input: PlanInput, nodes: IntArray) -> FloatArray:
    """Standard deviation of cumulative demand that puts a normal curve's P10 and P90 this far apart [nodes, T]."""
    demand = plan_input.demand
    return (demand.cumulative_p90[nodes] - demand.cumulative_p10[nodes]) / (2.0 * _P90_SCORE)


def shortage_until(
    context: PlanContext, supply: FloatArray, until: IntArray, nodes: IntArray, extra: FloatArray | None = None
) -> Shortage:
    """Expected shortage before day `until` at `nodes`, given cumulative net supply [T, n]; a row per entry of `nodes`.

    until: a day per entry. extra: units per entry and day [entries, T] that are added to the supply.
    Lost sales cost the largest expected cumulative shortfall × cost per unit; backorders cost the expected units
    waiting, summed over days, × cost per unit and day.
    """
    units, cost = np.zeros(len(nodes)), np.zeros(len(nodes))
    lost = context.plan_input.nodes.lost_sales[nodes]
    days = int(min(until.max(initial=0), context.plan_input.horizon))
    for start in range(0, len(nodes) if days else 0, _CHUNK):
        part = slice(start, start + _CHUNK)
        rows = nodes[part]
        available = supply[:days, rows].T if extra is None else supply[:days, rows].T + extra[part, :days]
        mean = np.cumsum(context.demand[:days, rows], axis=0).T
        short = expected_shortage(available, mean, demand_spread(context.plan_input, rows)[:, :days])
        short = np.where(np.arange(days) < until[part, None], short, 0.0)
        units[part] = short.max(axis=1)
        cost[part] = np.where(lost[part], units[part], short.sum(axis=1))
    return Shortage(units, cost * context.plan_input.costs.shortage[nodes])


def shift(horizon: int, quantity: FloatArray, early: IntArray, late: IntArray) -> FloatArray:
    """Units that are there from `early` instead of from `late` on: a row per entry, [entries, T]."""
    days = np.arange(horizon)
    return np.where((days >= early[:, None]) & (days < late[:, None]), quantity[:, None], 0.0)
