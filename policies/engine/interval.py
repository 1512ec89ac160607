"""Demand over an interval of any number of days, from a forecast in buckets."""

from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray, require_not_negative, require_positive

HIGHEST_SCORE: Final = 3.2905267314919255
"""Normal score of probability .9995: quantiles are not extrapolated beyond it, nor below its negative."""

SPREAD_GROWTH_LIMIT: Final = 10.0
"""Spread never grows more than this many times with the mean (a launch from almost nothing has no safe ratio)."""

_MEDIAN: Final = QUANTILE_GRID.index(0.5)


def normal_scores() -> FloatArray:
    """Standard normal quantiles of QUANTILE_GRID [11]."""
    from scipy.special import ndtri

    scores: FloatArray = ndtri(np.array(QUANTILE_GRID))
    return scores


def cumulative_mean_at(mean: FloatArray, bucket_days: float, at_days: FloatArray) -> FloatArray:
    """Expected demand from the start of the first bucket until `at_days` later.

    mean [n, h]: units per bucket; at_days [n] or [n, T], not negative. Linear inside a bucket; beyond the horizon the
    last bucket's rate goes on. Returns units, shaped like at_days.
    """
    columns = at_days if at_days.ndim == 2 else at_days[:, None]
    total = np.concatenate((np.zeros((mean.shape[0], 1)), np.cumsum(mean, axis=1)), axis=1)
    buckets = columns / bucket_days
    whole = np.clip(np.floor(buckets).astype(np.int64), 0, mean.shape[1] - 1)
    result: FloatArray = np.take_along_axis(total, whole, 1) + (buckets - whole) * np.take_along_axis(mean, whole, 1)
    return result.reshape(at_days.shape)


def spread_factor(window_mean: FloatArray, base_mean: FloatArray) -> FloatArray:
    """By how much spread changes when the mean of the window does: window_mean / base_mean, at most 10.

    1 where the base is 0. Spread keeps its relation to the mean (constant coefficient of variation). Broadcasts.
    """
    window_mean, base_mean = np.broadcast_arrays(window_mean, base_mean)
    ratio = np.ones(window_mean.shape)
    np.divide(window_mean, base_mean, out=ratio, where=base_mean > 0)
    return np.minimum(ratio, SPREAD_GROWTH_LIMIT)


def excess_at(excess: FloatArray, bucket_days: float, days: FloatArray) -> FloatArray:
    """Quantile minus mean of the demand of the first `days` days [n, 11], from that at bucket ends [n, h, 11].

    Linear in the square root of time between bucket ends, starting from 0 at time 0; beyond the horizon it grows with
    the square root of time, as for independent days. Where an upper quantile's excess falls from one bucket end to the
    next it is linear in time, so that quantiles from the median up never fall as the interval grows.
    """
    rows, horizon = np.arange(excess.shape[0]), excess.shape[1]
    knots = np.concatenate((np.zeros((excess.shape[0], 1, excess.shape[2])), excess), axis=1)
    buckets = days / bucket_days
    inside = np.minimum(buckets, horizon)
    whole = np.minimum(np.floor(inside).astype(np.int64), horizon - 1)
    low, high = knots[rows, whole], knots[rows, whole + 1]
    by_root = (np.sqrt(inside) - np.sqrt(whole)) / (np.sqrt(whole + 1.0) - np.sqrt(whole))
    falls = (high < low) & (np.arange(excess.shape[2]) >= _MEDIAN)
    weight = np.where(falls, (inside - whole)[:, None], by_root[:, None])
    beyond = np.sqrt(np.maximum(buckets, horizon) / horizon)
    grown: FloatArray = (low + weight * (high - low)) * beyond[:, None]
    return grown


def add_in_quadrature(excess: FloatArray, other: FloatArray) -> FloatArray:
    """√(a² + b²) with their sign where both have the same one, a + b where not.

    For normal excesses z σ and z τ it is z √(σ² + τ²) exactly. Plain addition across signs (a skewed demand's .75
    quantile may lie below its mean) keeps it rising in both, never faster than either does.
    """
    same = excess * other >= 0
    return np.where(same, np.sign(excess + other) * np.hypot(excess, other), excess + other)


def interval_distribution(
    mean: FloatArray,
    cumulative_quantiles: FloatArray,
    bucket_days: float,
    days: FloatArray,
    lead_time_sd_days: FloatArray,
    elapsed_days: FloatArray,
    batching_sd: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Mean [n] and quantiles [n, 11] of demand over `days` days, starting `elapsed_days` into the forecast; units.

    mean [n, h]: units per bucket; cumulative_quantiles [n, h, 11]: of the sum over buckets 1..k, on QUANTILE_GRID.
    days [n]: the protection interval, lead time + review period, fractions allowed.
    lead_time_sd_days [n]: standard deviation of the lead time.
    elapsed_days [n]: days from the start of the first bucket to today (the spent part of an open bucket).
    batching_sd [n]: standard deviation, units, of what destinations order in batches (none unless given).

    m = M(elapsed + days) − M(elapsed), M the cumulative mean. x_p, the excess of the sum over the first `days` days
    over its mean, times m / M(days) (see spread_factor), the excess z_p · (m / days) · lead_time_sd of a varying
    lead time and z_p · batching_sd are added in quadrature per quantile: the random-sum variance E[L] σ² + μ² σ_L²
    (Silver, Pyke & Thomas 2017, section 6.10), exact for normal demand. Quantiles are cut at 0.
    Raises ValueError for negative or non-finite numbers and for bucket_days that are not positive.
    """
    require_positive(bucket_days=bucket_days)
    require_not_negative(mean=mean, cumulative_quantiles=cumulative_quantiles, days=days)
    require_not_negative(lead_time_sd_days=lead_time_sd_days, elapsed_days=elapsed_days)
    ends = np.cumsum(mean, axis=1)[:, :, None]
    first = cumulative_mean_at(mean, bucket_days, days)
    window = cumulative_mean_at(mean, bucket_days, elapsed_days + days)
    window = window - cumulative_mean_at(mean, bucket_days, elapsed_days)
    excess = excess_at(cumulative_quantiles - ends, bucket_days, days) * spread_factor(window, first)[:, None]
    rate = np.divide(window, days, out=np.zeros(window.shape), where=days > 0)
    excess = np.maximum(excess, -window[:, None])
    late = (rate * lead_time_sd_days)[:, None] * normal_scores()
    excess = add_in_quadrature(excess, late)
    if batching_sd is not None:
        require_not_negative(batching_sd=batching_sd)
        excess = add_in_quadrature(excess, batching_sd[:, None] * normal_scores())
    quantiles = np.maximum(window[:, None] + excess, 0.0)
    return window, np.maximum.accumulate(quantiles, axis=1)


def quantile_at(probability: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Quantile [n] at any probability [n] from quantiles on the grid [n, 11].

    Linear in the normal score between grid points, so exact for a normal distribution. Beyond .99 (below .025) the
    last (first) segment's line goes on until .9995 (.0005) and is flat from there; never below 0.
    Raises ValueError unless every probability lies strictly between 0 and 1.
    """
    from scipy.special import ndtri

    probability = np.asarray(probability, dtype=np.float64)
    if not np.all((probability > 0) & (probability < 1)):
        raise ValueError("probability must lie strictly between 0 and 1")
    grid, rows = normal_scores(), np.arange(quantiles.shape[0])
    score = np.clip(ndtri(probability), -HIGHEST_SCORE, HIGHEST_SCORE)
    segment = np.clip(np.searchsorted(grid, score, side="right") - 1, 0, grid.size - 2)
    low, high = quantiles[rows, segment], quantiles[rows, segment + 1]
    weight = (score - grid[segment]) / (grid[segment + 1] - grid[segment])
    return np.maximum(low + weight * (high - low), 0.0)
