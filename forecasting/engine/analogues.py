"""New items: what similar items sell stands in for a history, and gives way to it as it comes.

How far the stand-in may be trusted is learned from past launches of the same company: how their first months turned
out against what their analogues sold just before.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

CATEGORY, SUPPLIER, PRICE, PLACES = 0.4, 0.15, 0.25, 0.2
"""Weights of the attributes in the distance of two items."""

PRICE_RANGE: Final = 4.0
FARTHEST: Final = 0.7
NEAREST: Final = 5
KERNEL: Final = 0.1

PRIOR_LAUNCHES: Final = 10.0
PRIOR_SPREAD: Final = 0.5
PRIOR_HANDOVER: Final = 8.0
SHORTEST_HANDOVER, LONGEST_HANDOVER = 1.0, 104.0
LARGEST_RATIO: Final = 5.0
LATTICE, LATTICE_STEP = 610, 377
"""Neighbours in the Fibonacci sequence: pairs (i, 377 i mod 610) fill a square evenly."""


@dataclass(frozen=True)
class ItemAttributes:
    """What tells items apart, a row each.

    category [n, depth]: ids of the categories above an item from the root down, -1 beyond its own. supplier [n]: an
    id, -1 unknown. price [n]: money, NaN unknown. places [n, locations]: where it is kept.
    """

    category: IntArray
    supplier: IntArray
    price: FloatArray
    places: BoolArray


@dataclass(frozen=True)
class LaunchEvidence:
    """How past launches turned out against their analogues.

    launches: how many. factor: demand of a new item per unit of its analogues'. spread: relative standard deviation
    of new items' levels around that. handover: buckets of own history that weigh as much as the analogues (k).
    """

    launches: int
    factor: float
    spread: float
    handover: float


@dataclass(frozen=True)
class Paths:
    """Forecasts of n series over h buckets: mean [n, h]; quantiles and cumulative quantiles [n, h, 11]."""

    mean: FloatArray
    quantiles: FloatArray
    cumulative_quantiles: FloatArray


def distances(items: ItemAttributes, rows: IntArray, candidates: IntArray) -> FloatArray:
    """Weighted distance [rows, candidates] between 0 (alike) and 1; attributes that one of two lacks are left out.

    Category: share of the path that differs. Supplier: another or not. Price: |ln ratio| over ln 4, at most 1.
    Places: one less the share of locations that both have. Source: Gower (1971), general similarity coefficient.
    """
    total = np.zeros((rows.size, candidates.size))
    weight = np.zeros_like(total)
    for part, known, share in (
        _category(items.category[rows], items.category[candidates]),
        _supplier(items.supplier[rows], items.supplier[candidates]),
        _price(items.price[rows], items.price[candidates]),
        _places(items.places[rows], items.places[candidates]),
    ):
        total += np.where(known, part * share, 0.0)
        weight += np.where(known, share, 0.0)
    result = np.ones_like(total)
    np.divide(total, weight, out=result, where=weight > 0)
    return result


_Part = tuple[FloatArray, BoolArray, float]


def _category(one: IntArray, other: IntArray) -> _Part:
    same = (one[:, None] == other[None]) & (one[:, None] >= 0)
    shared = np.logical_and.accumulate(same, axis=2).sum(axis=2)
    deep, deep_other = (one >= 0).sum(axis=1)[:, None], (other >= 0).sum(axis=1)[None]
    longest = np.maximum(deep, deep_other)
    return 1.0 - shared / np.maximum(longest, 1), (deep > 0) & (deep_other > 0), CATEGORY


def _supplier(one: IntArray, other: IntArray) -> _Part:
    known = (one[:, None] >= 0) & (other[None] >= 0)
    return (one[:, None] != other[None]).astype(np.float64), known, SUPPLIER


def _price(one: FloatArray, other: FloatArray) -> _Part:
    positive, positive_other = np.where(one > 0, one, np.nan), np.where(other > 0, other, np.nan)
    apart = np.abs(np.log(positive)[:, None] - np.log(positive_other)[None]) / np.log(PRICE_RANGE)
    return np.minimum(np.nan_to_num(apart), 1.0), np.isfinite(apart), PRICE


def _places(one: BoolArray, other: BoolArray) -> _Part:
    mine, theirs = one.astype(np.float64), other.astype(np.float64)
    both = mine @ theirs.T
    either = mine.sum(axis=1)[:, None] + theirs.sum(axis=1)[None] - both
    return 1.0 - both / np.maximum(either, 1.0), either > 0, PLACES


def nearest(distance: FloatArray) -> tuple[IntArray, FloatArray]:
    """Up to 5 nearest candidates per row: columns [rows, 5] (-1 for none) and weights [rows, 5] that add up to 1.

    None farther than .7 counts; weights fall with the square of distance + .1. Ties go to the earlier candidate.
    """
    order = np.argsort(distance, axis=1, kind="stable")[:, :NEAREST]
    order = np.pad(order, ((0, 0), (0, NEAREST - order.shape[1])), constant_values=-1)
    apart = (
        np.where(order >= 0, np.take_along_axis(distance, np.maximum(order, 0), axis=1), np.inf)
        if distance.size
        else np.full(order.shape, np.inf)
    )
    chosen = np.where(apart <= FARTHEST, order, -1)
    weight = np.where(chosen >= 0, 1.0 / (apart + KERNEL) ** 2, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    np.divide(weight, total, out=weight, where=total > 0)
    return chosen.astype(np.int64), weight


def pool_launches(expected: FloatArray, early: FloatArray) -> LaunchEvidence:
    """What l past launches say. expected [l]: units per bucket of their analogues just before, above 0; early [l, m].

    early: units in each of the first m ≥ 2 buckets. The spread is the variance of the ratios of mean early demand to
    factor · expected, less what m noisy buckets add to it; the handover is the variance of one bucket over it, the
    weight n / (n + k) of the best linear mix (Bühlmann 1967). All are held to 1, .5 and 8 buckets as if by 10 more
    launches, ratios to at most 5.
    """
    count = expected.size
    kept = count / (count + PRIOR_LAUNCHES)
    if count == 0:
        return LaunchEvidence(0, 1.0, PRIOR_SPREAD, PRIOR_HANDOVER)
    ratio = np.minimum(early.mean(axis=1) / expected, LARGEST_RATIO)
    factor = kept * float((ratio * expected).sum() / expected.sum()) + (1 - kept)
    within = np.minimum(early.var(axis=1, ddof=1) / np.square(expected * factor), LARGEST_RATIO**2)
    noise = float(within.mean())
    between = float(np.square(ratio / factor - 1.0).mean()) - noise / early.shape[1]
    between = max(between, 0.0) * kept + PRIOR_SPREAD**2 * (1 - kept)
    handover = kept * min(noise / between, LONGEST_HANDOVER) + (1 - kept) * PRIOR_HANDOVER
    handover = min(max(handover, SHORTEST_HANDOVER), LONGEST_HANDOVER)
    return LaunchEvidence(count, factor, float(np.sqrt(between)), handover)


def own_weight(buckets: FloatArray, evidence: LaunchEvidence) -> FloatArray:
    """Weight n / (n + k) of own history after n buckets."""
    weight: FloatArray = buckets / (buckets + evidence.handover)
    return weight


def launch_paths(own: Paths, analogue: Paths, buckets: FloatArray, evidence: LaunchEvidence) -> Paths:
    """Forecasts of new items from their own short history [n] of `buckets` and from their (scaled) analogues'.

    The mean is the mix of both means with `own_weight` (the analogues' times the launch factor). Quantiles are the mix
    of both shapes around it, made wider by what is not known of the level: a gamma factor of mean 1 and standard
    deviation spread · √(1 − weight), the same in all buckets.
    """
    weight = own_weight(buckets, evidence)[:, None]
    mean = weight * own.mean + (1 - weight) * evidence.factor * analogue.mean
    doubt = evidence.spread**2 * (1 - weight[:, 0])
    summed = np.cumsum(mean, axis=1)

    def mixed(own_shape: FloatArray, its_shape: FloatArray) -> FloatArray:
        return widened(weight[..., None] * own_shape + (1 - weight[..., None]) * its_shape, doubt)

    single = mixed(_around(own.quantiles, own.mean, mean), _around(analogue.quantiles, analogue.mean, mean))
    total = mixed(
        _around(own.cumulative_quantiles, np.cumsum(own.mean, axis=1), summed),
        _around(analogue.cumulative_quantiles, np.cumsum(analogue.mean, axis=1), summed),
    )
    return Paths(mean, single, np.maximum.accumulate(total, axis=1))


def _around(quantiles: FloatArray, before: FloatArray, mean: FloatArray) -> FloatArray:
    """Quantiles [n, h, 11] of a forecast with mean `before`, scaled to `mean` (shifted where it was 0)."""
    positive = before > 0
    ratio = np.divide(mean, before, out=np.zeros_like(mean), where=positive)
    return np.where(positive[..., None], quantiles * ratio[..., None], quantiles + mean[..., None])


def widened(quantiles: FloatArray, variance: FloatArray) -> FloatArray:
    """Quantiles [n, h, 11] of X · R, with X of the given quantiles and R gamma with mean 1 and `variance` [n]."""
    from scipy.special import gammaincinv

    grid = np.array(QUANTILE_GRID)
    far = np.concatenate(([0.001], grid, [0.999]))
    below = np.maximum(quantiles[..., :1] - 2.0 * (quantiles[..., 1:2] - quantiles[..., :1]), 0.0)
    above = quantiles[..., -1:] + 2.0 * (quantiles[..., -1:] - quantiles[..., -2:-1])
    known = np.concatenate((below, quantiles, above), axis=-1)
    points = (np.arange(LATTICE) + 0.5) / LATTICE
    nodes = ((np.arange(LATTICE) * LATTICE_STEP) % LATTICE + 0.5) / LATTICE
    at = np.searchsorted(far, points).clip(1, far.size - 1)
    step = ((points - far[at - 1]) / (far[at] - far[at - 1])).clip(0.0, 1.0)
    values = known[..., at - 1] + step * (known[..., at] - known[..., at - 1])
    spread = np.maximum(variance, 1e-9)[:, None]
    factor = gammaincinv(1 / spread, nodes) * spread
    result = quantiles.copy()
    for row in np.flatnonzero(variance > 1e-6):
        result[row] = np.quantile(values[row] * factor[row], grid, axis=1, method="hazen").T
    return result
