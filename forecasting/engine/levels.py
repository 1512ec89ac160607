"""Level smoothers of all series at once, with the level after every bucket: each origin costs nothing more."""

import numpy as np

from stocksense.core.numeric import FloatArray


def ses_levels(demand: FloatArray, smoothing: float) -> FloatArray:
    """Level after each bucket [n, t] of simple exponential smoothing that starts at the first value.

    demand [n, t] with NaN before a series' first bucket (there the level is NaN too). Source: Brown (1959).
    """
    levels = np.empty_like(demand)
    level = np.full(demand.shape[0], np.nan)
    for at in range(demand.shape[1]):
        value = demand[:, at]
        level = np.where(np.isnan(level), value, level + smoothing * (value - level))
        levels[:, at] = level
    return levels


def tsb_levels(demand: FloatArray, size_smoothing: float, chance_smoothing: float) -> FloatArray:
    """Level after each bucket [n, t]: smoothed size of demands times smoothed chance of one.

    Source: Teunter, Syntetos & Babai (2011), Eur. J. Opl. Res. 214.
    """
    size = np.full(demand.shape[0], np.nan)
    chance = ses_levels(np.where(np.isnan(demand), np.nan, (demand > 0).astype(np.float64)), chance_smoothing)
    levels = np.empty_like(demand)
    for at in range(demand.shape[1]):
        value = demand[:, at]
        sold = value > 0
        size = np.where(sold, np.where(np.isnan(size), value, size + size_smoothing * (value - size)), size)
        levels[:, at] = np.where(np.isnan(value), np.nan, np.where(np.isnan(size), 0.0, size) * chance[:, at])
    return levels


def discounted_means(values: FloatArray, smoothing: float) -> FloatArray:
    """Mean of all values so far after each bucket [n, t], older ones discounted by 1 - smoothing per bucket.

    Like exponential smoothing, but no value counts more for being the first. NaN counts as absent; NaN before the
    first value.
    """
    total, weight = np.zeros(values.shape[0]), np.zeros(values.shape[0])
    means = np.full(values.shape, np.nan)
    for at in range(values.shape[1]):
        known = np.isfinite(values[:, at])
        total = (1.0 - smoothing) * total + np.where(known, values[:, at], 0.0)
        weight = (1.0 - smoothing) * weight + known
        np.divide(total, weight, out=means[:, at], where=weight > 0)
    return means


def without_first(demand: FloatArray) -> FloatArray:
    """Demand [n, t] with each series' first bucket absent, as long as it has another.

    A history starts with a sale by definition, so that its first bucket says too much about a rare mover.
    """
    values = demand.copy()
    there = np.isfinite(demand)
    rows = np.flatnonzero(there.sum(axis=1) > 1)
    values[rows, there[rows].argmax(axis=1)] = np.nan
    return values


class Rolling:
    """Sums over the latest buckets of every series, at any bucket, from one cumulative sum."""

    def __init__(self, values: FloatArray) -> None:
        """values [n, t]; NaN counts as absent."""
        known = np.isfinite(values)
        zero = np.zeros((values.shape[0], 1))
        self.total = np.concatenate((zero, np.cumsum(np.where(known, values, 0.0), axis=1)), axis=1)
        self.count = np.concatenate((zero, np.cumsum(known, axis=1)), axis=1)

    def mean(self, end: int, window: int) -> FloatArray:
        """Mean [n] of the known values in buckets end - window .. end - 1; NaN where none is known."""
        begin = max(end - window, 0)
        count = self.count[:, end] - self.count[:, begin]
        total = self.total[:, end] - self.total[:, begin]
        means: FloatArray = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
        return means


def moving_average_levels(demand: FloatArray, window: int) -> FloatArray:
    """Mean of the latest `window` buckets after each bucket [n, t] (of fewer at the start of a history)."""
    rolling = Rolling(demand)
    return np.stack([rolling.mean(end, window) for end in range(1, demand.shape[1] + 1)], axis=1)
