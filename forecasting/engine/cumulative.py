"""Demand over an interval: quantiles and probabilities of the sum, from past errors of sums."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray

DENSE: Final[FloatArray] = np.unique(
    np.round(np.concatenate(([0.005, 0.01, 0.02, 0.98, 0.985, 0.995], np.linspace(0.025, 0.975, 39), QUANTILE_GRID)), 4)
)
"""Probabilities at which a sum's distribution is kept; holds QUANTILE_GRID."""

ON_GRID: Final = np.searchsorted(DENSE, np.array(QUANTILE_GRID))
BINS: Final = 5
FEWEST: Final = 200
PRIOR_ROWS: Final = 300.0
SMALLEST_SPREAD: Final = 1e-6


def _cells(probabilities: FloatArray) -> FloatArray:
    """Probability that each of sorted quantiles stands for; adds up to 1."""
    edges = np.concatenate(([0.0], (probabilities[1:] + probabilities[:-1]) / 2.0, [1.0]))
    return np.diff(edges)


GRID_CELLS: Final = _cells(np.array(QUANTILE_GRID))
DENSE_CELLS: Final = _cells(DENSE)


@dataclass(frozen=True)
class CumulativePools:
    """Quantiles of the scaled error of a sum over buckets 1..k.

    edges [b - 1]: of expected sum / spread; errors [h, b, d] on DENSE.
    """

    edges: FloatArray
    errors: FloatArray


def sum_spread(mean: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Spread of the sums over buckets 1..k [..., h] if buckets were independent: the unit of the errors of sums."""
    square = np.sum(GRID_CELLS * np.square(quantiles - mean[..., None]), axis=-1)
    spread: FloatArray = np.sqrt(np.cumsum(np.maximum(square, 0.25 * mean), axis=-1))
    return np.maximum(spread, SMALLEST_SPREAD)


def fit_cumulative(mean: FloatArray, quantiles: FloatArray, actual: FloatArray) -> CumulativePools:
    """Pools from past forecasts: mean and actual [c, h] (NaN: unknown), quantiles [c, h, 11].

    Where fewer than 200 sums of a length are known the shorter length's errors stand in, first normal ones.
    """
    from scipy.special import ndtri

    spread, expected = sum_spread(mean, quantiles), np.cumsum(mean, axis=1)
    missed = (np.cumsum(actual, axis=1) - expected) / spread
    ratio = expected / spread
    known = np.isfinite(missed)
    edges = np.quantile(ratio[known], np.linspace(0, 1, BINS + 1)[1:-1]) if known.sum() >= FEWEST else np.zeros(0)
    edges = np.unique(edges)
    errors = np.zeros((mean.shape[1], edges.size + 1, DENSE.size))
    prior = np.tile(ndtri(DENSE), (edges.size + 1, 1))
    for ahead in range(mean.shape[1]):
        usable = known[:, ahead]
        member = np.digitize(ratio[:, ahead], edges)
        for code in range(edges.size + 1):
            values = missed[usable & (member == code), ahead]
            if values.size < FEWEST // 4 or usable.sum() < FEWEST:
                continue
            share = values.size / (values.size + PRIOR_ROWS)
            prior[code] = share * np.quantile(values, DENSE, method="weibull") + (1.0 - share) * prior[code]
        errors[ahead] = prior
    return CumulativePools(edges=edges, errors=errors)


def cumulative_dense(mean: FloatArray, quantiles: FloatArray, pools: CumulativePools) -> FloatArray:
    """Quantiles [n, h, d] on DENSE of the sums over buckets 1..k; not below 0, not falling in p or k."""
    spread, expected = sum_spread(mean, quantiles), np.cumsum(mean, axis=1)
    member = np.digitize(expected / spread, pools.edges)
    error = pools.errors[np.arange(mean.shape[1])[None, :], member]
    values = np.maximum(expected[..., None] + spread[..., None] * error, 0.0)
    return np.maximum.accumulate(np.maximum.accumulate(values, axis=2), axis=1)


@dataclass(frozen=True)
class LeadTimeDemand:
    """Demand of one series over an interval of uncertain length.

    mean: units. quantiles [11] on QUANTILE_GRID. units [u], chances [u]: the probability of each number of units
    (steps of `step` units, so that there are at most 1,000 of them), adding up to 1.
    """

    mean: float
    quantiles: FloatArray
    units: FloatArray
    chances: FloatArray


def lead_time_demand(
    dense: FloatArray, lengths: FloatArray, length_chances: FloatArray, *, most_units: int = 1000
) -> LeadTimeDemand:
    """Distribution of the sum over an interval whose length has its own distribution.

    dense [h, d]: one series' quantiles of sums on DENSE (cumulative_dense). lengths [l]: buckets, not whole ones
    interpolated, at most h; length_chances [l]: their probabilities.
    Raises ValueError where a length is outside 0 .. h or the chances do not add up to 1.
    """
    if np.any(lengths < 0) or np.any(lengths > dense.shape[0]) or abs(float(length_chances.sum()) - 1.0) > 1e-6:
        raise ValueError("lengths must lie within the horizon and their chances add up to 1")
    padded = np.concatenate((np.zeros((1, dense.shape[1])), dense))
    low = np.floor(lengths).astype(np.int64)
    part = (lengths - low)[:, None]
    values = padded[low] * (1.0 - part) + padded[np.minimum(low + 1, dense.shape[0])] * part
    weights = (length_chances[:, None] * DENSE_CELLS[None, :]).ravel()
    order = np.argsort(values, axis=None, kind="stable")
    sums, weights = values.ravel()[order], weights[order]
    share = np.cumsum(weights) - weights / 2.0
    quantiles = np.interp(np.array(QUANTILE_GRID), share, sums)
    step = max(1.0, math.ceil(float(sums[-1]) / most_units))
    slot = np.rint(sums / step).astype(np.int64)
    chances: FloatArray = np.bincount(slot, weights=weights).astype(np.float64)
    units: FloatArray = step * np.arange(chances.size, dtype=np.float64)
    return LeadTimeDemand(float(sums @ weights), np.asarray(quantiles, dtype=np.float64), units, chances)
