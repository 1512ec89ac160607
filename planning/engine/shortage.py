"""Expected units short under the demand distribution, and what they cost."""

from typing import Final

import numpy as np
from scipy.special import ndtr

from planning.engine.context import PlanContext
from planning.engine.inputs import PlanInput
from stocksense.core.numeric import FloatArray, IntArray

_P90_SCORE: Final = 1.2815515655446004
_CHUNK: Final = 2048


def expected_shortage(supply: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Expected units by which normally distributed demand exceeds supply, E[(D − supply)⁺]; arguments broadcast.

    spread: standard deviation, 0 where demand is certain.
    Source: standard normal loss function, Silver, Pyke & Thomas (2017), eq. 6.6.
    """
    gap = mean - supply
    certain = spread <= 0
    score = gap / np.where(certain, 1.0, spread)
    density = np.exp(-0.5 * np.square(np.clip(score, -38.0, 38.0))) / np.sqrt(2.0 * np.pi)
    return np.where(certain, np.maximum(gap, 0.0), np.maximum(spread * density + gap * ndtr(score), 0.0))


def demand_spread(plan_input: PlanInput, nodes: IntArray) -> FloatArray:
    """Standard deviation of cumulative demand that puts a normal curve's P10 and P90 this far apart [nodes, T]."""
    demand = plan_input.demand
    return (demand.cumulative_p90[nodes] - demand.cumulative_p10[nodes]) / (2.0 * _P90_SCORE)


def money_short(context: PlanContext, supply: FloatArray, until: IntArray, only: IntArray | None = None) -> FloatArray:
    """Cost of the expected shortage before day `until` [n], given cumulative net supply [T, n].

    Lost sales: the largest expected cumulative shortfall × cost per unit. Backorders: expected units
    waiting, summed over days, × cost per unit and day. Computed for the nodes in `only`, else for all.
    """
    plan_input = context.plan_input
    result = np.zeros(plan_input.size)
    nodes = np.arange(plan_input.size) if only is None else only
    for start in range(0, len(nodes), _CHUNK):
        part = nodes[start : start + _CHUNK]
        mean = np.cumsum(context.demand[:, part], axis=0).T
        short = expected_shortage(supply[:, part].T, mean, demand_spread(plan_input, part))
        short = np.where(np.arange(plan_input.horizon) < until[part, None], short, 0.0)
        units = np.where(plan_input.nodes.lost_sales[part], short.max(axis=1), short.sum(axis=1))
        result[part] = units * plan_input.costs.shortage[part]
    return result
