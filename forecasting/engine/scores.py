"""Scores of forecasts against what came. Where nothing can be said the score is NaN."""

from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray

SCORED_QUANTILES: Final[tuple[float, ...]] = (0.5, 0.8, 0.9, 0.95, 0.99)
SCORED_COLUMNS: Final[tuple[int, ...]] = tuple(QUANTILE_GRID.index(p) for p in SCORED_QUANTILES)


def wape(actual: FloatArray, forecast: FloatArray) -> FloatArray:
    """Sum of absolute errors over sum of demand along the last axis; NaN entries of `actual` are left out."""
    forecast = np.where(np.isfinite(actual), forecast, 0.0)
    return divide(np.nansum(np.abs(np.nan_to_num(actual) - forecast), axis=-1), np.nansum(actual, axis=-1))


def relative_bias(actual: FloatArray, forecast: FloatArray) -> FloatArray:
    """Sum of (forecast − demand) over sum of demand along the last axis; positive when the forecast is too high."""
    forecast = np.where(np.isfinite(actual), forecast, 0.0)
    total = np.nansum(actual, axis=-1)
    return divide(forecast.sum(axis=-1) - total, total)


def pinball(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Mean pinball loss over the probabilities .5 .8 .9 .95 .99, in units.

    actual [...]; quantiles [..., 11] on QUANTILE_GRID; returns [...]. The loss of quantile q at probability p is
    max(p (y − q), (p − 1)(y − q)). Source: Koenker & Bassett (1978).
    """
    probability = np.array(SCORED_QUANTILES)
    error = actual[..., None] - quantiles[..., list(SCORED_COLUMNS)]
    losses: FloatArray = np.maximum(probability * error, (probability - 1.0) * error)
    mean: FloatArray = losses.mean(axis=-1)
    return mean


def mean_known(values: FloatArray) -> FloatArray:
    """Mean along the last axis without NaN entries; NaN where there are only such."""
    known = np.isfinite(values)
    return divide(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Their ratio; NaN where the denominator is not above 0."""
    result = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) > 0)
    return result
