"""Allocation, downward: what an origin has is shared among the requests it can ship today."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.inputs import TOLERANCE
from planning.engine.rounding import down_to_multiple, smallest_order
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What is asked of origins that cannot give it all; all fields of equal length.

    claimed: units still open. urgent: the part of it that avoids a shortage. weight: what that shortage costs.
    min_quantity, multiple: what a shipment must meet.
    """

    claimed: FloatArray
    urgent: FloatArray
    weight: FloatArray
    min_quantity: FloatArray
    multiple: FloatArray


def fair_share(available: FloatArray, group: IntArray, claims: Claims) -> FloatArray:
    """What each claim gets when the claims of a group share what is available to it, one number per claim.

    available: [groups]; group: index into it per claim. The ideal share of `ideal_shares` is rounded down to the
    claim's multiple, and to nothing where that is below its minimum. What is left goes in single multiples (or
    the minimum, to claims without any), then fills claims up: first to claims whose urgent share was rounded away, the
    costliest first, then to the least filled, then to the costliest, then to the earlier claim. Never gives more
    than is available or claimed, nor a part below the minimum.
    """
    claimed, multiple = claims.claimed, claims.multiple
    urgent_share, ideal = ideal_shares(available, group, claims)
    smallest = smallest_order(claims.min_quantity, multiple)
    granted = np.minimum(down_to_multiple(ideal, multiple), claimed)
    granted[granted < np.maximum(smallest - TOLERANCE, TOLERANCE)] = 0.0
    left = available - sum_by(group, granted, len(available))
    order = _turns(group, claims, np.maximum(urgent_share - granted, 0.0), claimed - granted)

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


def ideal_shares(available: FloatArray, group: IntArray, claims: Claims) -> tuple[FloatArray, FloatArray]:
    """Each claim's share of what avoids shortages, and its whole share before any rounding.

    The urgent parts come first: in proportion to what their shortage costs, at most the urgent part; what that
    limit frees is shared again. Urgent parts without a cost follow, in proportion to their units. What is left
    fills every claim's remaining need to the same fraction.
    """
    costly = claims.weight > 0
    unit_cost = np.where(costly, claims.weight / np.where(claims.urgent > 0, claims.urgent, 1.0), 1.0)
    share = _by_weight(available, group, np.where(costly, claims.urgent, 0.0), unit_cost)
    left = np.maximum(available - sum_by(group, share, len(available)), 0.0)
    share += _by_weight(left, group, np.where(costly, 0.0, claims.urgent), np.ones(len(group)))
    left = np.maximum(available - sum_by(group, share, len(available)), 0.0)
    need = claims.claimed - share
    total = sum_by(group, need, len(available))
    return share, share + need * np.minimum(left / np.where(total > 0, total, 1.0), 1.0)[group]


def _by_weight(available: FloatArray, group: IntArray, most: FloatArray, unit_weight: FloatArray) -> FloatArray:
    """Shares in proportion to most × unit_weight (above 0), none above `most`; what that limit frees is shared again.

    Sorted by falling unit weight, the shares that reach their limit come first: one does where an equal share of what
    the ones before it leave would reach it.
    """
    order = np.lexsort((-unit_weight, group))
    at, limit, per_unit = group[order], most[order], unit_weight[order]
    weight = limit * per_unit
    starts = np.searchsorted(at, np.arange(len(available)))
    taken, before = np.cumsum(limit) - limit, np.cumsum(weight) - weight
    taken, before = taken - taken[starts[at]], before - before[starts[at]]
    weight_left = sum_by(at, weight, len(available))[at] - before
    full = per_unit * (available[at] - taken) >= weight_left
    rest = available - sum_by(at, np.where(full, limit, 0.0), len(available))
    open_weight = sum_by(at, np.where(full, 0.0, weight), len(available))
    level = np.maximum(rest, 0.0) / np.where(open_weight > 0, open_weight, 1.0)
    result = np.empty(len(group))
    result[order] = np.where(full, limit, np.minimum(level[at] * weight, limit))
    return result


def _turns(group: IntArray, claims: Claims, missing: FloatArray, unmet: FloatArray) -> IntArray:
    """The claims in the order in which leftovers are offered to them, group by group.

    missing: units of the urgent share that rounding took away; unmet: units not granted.
    """
    unit_cost = claims.weight / np.where(claims.urgent > 0, claims.urgent, 1.0)
    fraction = unmet / np.where(claims.claimed > 0, claims.claimed, 1.0)
    keys = [np.round(-key, 9) for key in (claims.weight, fraction, missing, missing * unit_cost)]
    return np.lexsort((np.arange(len(group)), *keys, group))


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


def meets_shortage(can_give: FloatArray, origin: IntArray, claimed: FloatArray) -> BoolArray:
    """Which claims meet an origin that cannot give all that is claimed of it; can_give is [n], by node."""
    return np.asarray((sum_by(origin, claimed, len(can_give)) > can_give + TOLERANCE)[origin])
