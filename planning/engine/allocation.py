"""Allocation, downward: what an origin has is shared among the requests it can ship today."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.inputs import TOLERANCE
from planning.engine.rounding import down_to_multiple, smallest_order
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


def fair_share(
    available: FloatArray, group: IntArray, claimed: FloatArray, min_quantity: FloatArray, multiple: FloatArray
) -> FloatArray:
    """What each claim gets when claims of a group share what is available to it; the same length as `claimed`.

    available: [groups]; group: index into it per claim. Every claim is filled to the same fraction, rounded down
    to its multiple, and to nothing where that is below its minimum. What is left goes in single multiples (or the
    minimum, to claims without any) to the least filled claims, then fills them up in the same order. Ties go to
    the earlier claim. Never gives more than is available or claimed, nor a part below the minimum.
    """
    total = sum_by(group, claimed, len(available))
    fraction = np.minimum(available / np.where(total > 0, total, 1.0), 1.0)[group]
    smallest = smallest_order(min_quantity, multiple)
    granted = np.minimum(down_to_multiple(claimed * fraction, multiple), claimed)
    granted[granted < smallest - TOLERANCE] = 0.0
    left = available - sum_by(group, granted, len(available))
    unmet = np.round((claimed - granted) / np.where(claimed > 0, claimed, 1.0), 9)
    order = np.lexsort((np.arange(len(group)), -unmet, group))

    def one_step(rows: IntArray) -> FloatArray:
        step = np.where(granted[rows] > 0, multiple[rows], smallest[rows])
        fits = (step <= left[group[rows]] + TOLERANCE) & (granted[rows] + step <= claimed[rows] + TOLERANCE)
        return np.where(fits, step, 0.0)

    def fill(rows: IntArray) -> FloatArray:
        room = np.minimum(claimed[rows] - granted[rows], np.maximum(left[group[rows]], 0.0))
        step = down_to_multiple(room, multiple[rows])
        return np.where(granted[rows] + step >= smallest[rows] - TOLERANCE, step, 0.0)

    for rule in (one_step, fill):
        _in_turn(order, group, granted, left, rule)
    return granted


def _in_turn(
    order: IntArray, group: IntArray, granted: FloatArray, left: FloatArray, rule: Callable[[IntArray], FloatArray]
) -> None:
    """Apply `rule` to the first claim of every group at once, then to the second, and so on; changes its arrays."""
    counts = np.bincount(group, minlength=len(left))
    starts = np.cumsum(counts) - counts
    for rank in range(int(counts.max(initial=0))):
        wanting = np.flatnonzero((counts > rank) & (left > TOLERANCE))
        if not wanting.size:
            return
        rows = order[starts[wanting] + rank]
        step = rule(rows)
        granted[rows] += step
        left[wanting] -= step


@dataclass(frozen=True)
class Share:
    """The outcome of one day's allocation at one level: granted [claims], and which claims met a short origin."""

    granted: FloatArray
    short: BoolArray


def allocate(
    can_give: FloatArray, origin: IntArray, claimed: FloatArray, min_quantity: FloatArray, multiple: FloatArray
) -> Share:
    """Give every claim what it asks where its origin has enough, else a fair share; can_give is [n], by node."""
    total = sum_by(origin, claimed, len(can_give))
    short = (total > can_give + TOLERANCE)[origin]
    granted = claimed.copy()
    if short.any():
        origins, group = np.unique(origin[short], return_inverse=True)
        granted[short] = fair_share(can_give[origins], group, claimed[short], min_quantity[short], multiple[short])
    return Share(granted, short)
