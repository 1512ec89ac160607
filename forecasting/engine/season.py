"""The season that all series share: what it did to the level forecast a year ago, used if that would have helped."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from forecasting.engine.level_backtest import BackTest
from stocksense.core.numeric import FloatArray

FEWEST_SERIES: Final = 20
FEWEST_WINDOWS: Final = 2
NEEDED_GAIN: Final = 0.3
LOWEST_FACTOR: Final = 0.25
HIGHEST_FACTOR: Final = 4.0


def season_factors(tests: Sequence[BackTest]) -> FloatArray:
    """Factor on the level per origin and bucket ahead [windows + 1, h], newest origin first; 1 without a season.

    The raw factor of an origin is pooled demand over pooled level forecast (each series by its weight) from the
    origin one year before: a flat forecast lags a season in the same way each year. It counts with the strength (0..1)
    that fits the pooled demand of the back-test windows best by least squares, and only if the squared pooled
    deviations of at least two windows shrink by 30 %; else there is no season.
    """
    raw, known = _year_ago_factors(tests)
    demand, level = _pooled(tests)
    usable = known[1:]
    if not known[0] or int(usable.sum()) < FEWEST_WINDOWS:
        return np.ones(raw.shape)
    missed = (demand - level)[usable]
    explained = ((raw[1:] - 1.0) * level)[usable]
    square = float(np.square(explained).sum())
    strength = min(max(float((missed * explained).sum()) / square, 0.0), 1.0) if square > 0 else 0.0
    before, after = float(np.square(missed).sum()), float(np.square(missed - strength * explained).sum())
    if after > (1.0 - NEEDED_GAIN) * before:
        return np.ones(raw.shape)
    factors: FloatArray = 1.0 + strength * (raw - 1.0)
    return factors


def spread_growth(season: FloatArray) -> tuple[FloatArray, FloatArray]:
    """By how much the season widens the errors of single buckets and of sums over buckets 1..k, like season [..., h].

    √factor, as for Poisson demand; for sums the root of the mean factor so far.
    """
    ahead = np.arange(1, season.shape[-1] + 1)
    return np.sqrt(season), np.sqrt(np.cumsum(season, axis=-1) / ahead)


def _year_ago_factors(tests: Sequence[BackTest]) -> tuple[FloatArray, FloatArray]:
    """Raw factors [windows + 1, h], smoothed over three buckets, and whether an origin had enough series."""
    weight = np.concatenate([test.weight for test in tests])[:, None, None]
    level = np.concatenate([test.year_ago_level for test in tests])[:, :, None]
    actual = np.concatenate([test.year_ago_actual for test in tests])
    seen = np.isfinite(actual)
    demand = np.where(seen, actual * weight, 0.0).sum(axis=0)
    expected = np.where(seen, level * weight, 0.0).sum(axis=0)
    enough = (seen.sum(axis=0) >= FEWEST_SERIES) & (expected > 0)
    raw = np.where(enough, demand / np.where(enough, expected, 1.0), 1.0)
    padded = np.pad(raw, ((0, 0), (1, 1)), mode="edge")
    smooth = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3.0
    return np.clip(smooth, LOWEST_FACTOR, HIGHEST_FACTOR), enough.any(axis=1)


def _pooled(tests: Sequence[BackTest]) -> tuple[FloatArray, FloatArray]:
    """Demand and level forecast of the back-test windows [windows, h], summed over ordinary series by their weights."""
    weight = np.concatenate([test.weight[test.poolable] for test in tests])[:, None, None]
    level = np.concatenate([test.level[test.poolable, 1:] for test in tests])[:, :, None]
    actual = np.concatenate([test.actual[test.poolable] for test in tests])
    seen = np.isfinite(actual)
    return np.where(seen, actual * weight, 0.0).sum(axis=0), np.where(seen, level * weight, 0.0).sum(axis=0)
