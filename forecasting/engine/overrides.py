"""What planners know and the history does not: changes of a forecast over a span of days, spread over its series.

State of a cell (series, bucket) while changes are applied: its mean, and a spread s by which the distances of its
quantiles from the mean are multiplied. The statistical forecast has the spread 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

Mode = Literal["replace", "add", "scale"]

LOW: Final = QUANTILE_GRID.index(0.025)
HIGH: Final = QUANTILE_GRID.index(0.975)

# Units per bucket below which a forecast counts as none: proportions of less are noise of the arithmetic.
NOTHING: Final = 1e-6


@dataclass(frozen=True)
class Change:
    """One override.

    mode: what `value` is: units over the whole span (replace, add), or a factor (scale).
    start, end: the span as days from the first day of the first bucket, end not included; parts of it may lie before
        the first bucket or after the last one.
    rows: the series it is about.
    """

    mode: Mode
    value: float
    start: int
    end: int
    rows: IntArray


@dataclass(frozen=True)
class Adjusted:
    """What changes make of n series over h buckets.

    mean [n, h]: units, never below zero; spread [n, h]: see the module.
    steps: per change the units that it added to the mean of its rows [len(rows), h], in the order of the changes;
        statistical mean plus all steps is the mean.
    """

    mean: FloatArray
    spread: FloatArray
    steps: tuple[FloatArray, ...]


def covered(change: Change, *, bucket_days: int, horizon: int) -> FloatArray:
    """Share of each bucket that the span covers [horizon], between 0 and 1."""
    first = np.arange(horizon) * bucket_days
    days = np.minimum(first + bucket_days, change.end) - np.maximum(first, change.start)
    share: FloatArray = np.clip(days, 0, bucket_days) / bucket_days
    return share


def adjust(statistical: FloatArray, sold: BoolArray, changes: Sequence[Change], *, bucket_days: int) -> Adjusted:
    """Apply the changes one after the other, each to what those before it left.

    statistical [n, h]: mean units per bucket; sold [n, h]: False where an item is not sold, which no change alters.

    Units (replace, add) are those of the whole span: of a span that lies partly outside the buckets its share by days
    counts. They are spread over the covered cells in proportion to the statistical forecast in the span, prorated in
    buckets that are covered in part; where that is zero everywhere, each covered bucket of each series gets the same.

    - scale: the covered part of the mean and the distances of quantiles from it are multiplied by the factor.
    - add: the mean moves, the distances stay. What would take a mean below zero leaves it at zero.
    - replace: the covered part of the mean becomes the share of the value. The distances follow the mean down
      (r = new / statistical ≤ 1: times r, so that nothing is certain of nothing) and by its root up (times √r, as for
      Poisson demand: a planner who says 500 where 5 were expected does not say 100 times as uncertain).

    Raises ValueError where shapes differ, a span is empty, or a value is not finite, or below zero where it may not be.
    """
    if statistical.shape != sold.shape:
        raise ValueError("statistical and sold must have the same shape")
    mean, spread, steps = statistical.copy(), np.ones_like(statistical), []
    for change in changes:
        _require_sound(change)
        rows = change.rows
        share = covered(change, bucket_days=bucket_days, horizon=mean.shape[1]) * sold[rows]
        before = mean[rows]
        if change.mode == "scale":
            after, wide = _scaled(before, spread[rows], share, change.value)
        else:
            units = _units(change, bucket_days=bucket_days, horizon=mean.shape[1])
            parts = units * _weights(statistical[rows], share)
            if change.mode == "add":
                after, wide = np.maximum(before + parts, 0.0), spread[rows]
            else:
                after, wide = _replaced(before, spread[rows], statistical[rows], share, parts)
        mean[rows], spread[rows] = after, wide
        steps.append(after - before)
    return Adjusted(mean, spread, tuple(steps))


def move_quantiles(
    statistical: FloatArray,
    quantiles: FloatArray,
    cumulative: FloatArray,
    mean: FloatArray,
    spread: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Quantiles and cumulative quantiles [n, h, 11] of the changed forecast, from those of the statistical one.

    A bucket's quantile q becomes mean + spread × (q − statistical). Cumulative ones move the same way around the
    summed means, with the spread of the sum: √(Σ s² w / Σ w), w the squared 95 % width of a bucket, which is s itself
    where all buckets changed alike, and what independent buckets have elsewhere. Nothing falls below zero, quantiles
    never fall in p, cumulative ones never over time, and a mean of zero means zero at every probability.
    """
    moved = _moved(mean, spread, quantiles - statistical[..., None])
    widths = np.square(quantiles[..., HIGH] - quantiles[..., LOW])
    weight = np.where(widths.sum(axis=-1, keepdims=True) > 0, widths, statistical)
    total = np.cumsum(weight, axis=-1)
    summed = np.ones_like(total)
    np.divide(np.cumsum(np.square(spread) * weight, axis=-1), total, out=summed, where=total > 0)
    distance = cumulative - np.cumsum(statistical, axis=-1)[..., None]
    sums = _moved(np.cumsum(mean, axis=-1), np.sqrt(summed), distance)
    return moved, np.maximum.accumulate(sums, axis=-2)


def _moved(mean: FloatArray, spread: FloatArray, distance: FloatArray) -> FloatArray:
    values = np.maximum(mean[..., None] + spread[..., None] * distance, 0.0)
    values = np.where(mean[..., None] > 0, values, 0.0)
    result: FloatArray = np.maximum.accumulate(values, axis=-1)
    return result


def _require_sound(change: Change) -> None:
    if change.end <= change.start:
        raise ValueError("a span has at least one day")
    if not np.isfinite(change.value) or (change.mode != "add" and change.value < 0):
        raise ValueError(f"{change.mode} by {change.value} is no forecast")


def _units(change: Change, *, bucket_days: int, horizon: int) -> float:
    """The share of the value that falls on days of the buckets."""
    inside = min(change.end, horizon * bucket_days) - max(change.start, 0)
    return change.value * max(inside, 0) / (change.end - change.start)


def _weights(statistical: FloatArray, share: FloatArray) -> FloatArray:
    """Shares of cells that sum to 1; all zero where no cell is covered."""
    weight = np.where(statistical > NOTHING, statistical, 0.0) * share
    total = float(weight.sum())
    if total <= 0:
        weight, total = share, float(share.sum())
    result: FloatArray = weight / total if total > 0 else np.zeros_like(share)
    return result


def _scaled(before: FloatArray, spread: FloatArray, share: FloatArray, factor: float) -> tuple[FloatArray, FloatArray]:
    by = 1.0 + share * (factor - 1.0)
    return before * by, spread * by


def _replaced(
    before: FloatArray, spread: FloatArray, statistical: FloatArray, share: FloatArray, parts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    was = statistical * share
    ratio = np.ones_like(was)
    np.divide(parts, was, out=ratio, where=was > NOTHING)
    wide = np.where(ratio <= 1.0, ratio, np.sqrt(ratio))
    return before * (1.0 - share) + parts, spread * (1.0 - share) + wide * share
