"""Pooled split-conformal quantiles: errors of many series, each on its own scale, make one set of quantiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.demand_class import DEMAND_CLASSES
from forecasting.engine.level_backtest import BackTest
from forecasting.engine.season import season_factors, spread_growth
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

CLASS_PRIOR_ERRORS: Final = 500.0
NORMAL_PRIOR_ERRORS: Final = 30.0
LARGEST_BIAS_STEP: Final = 0.25
BIAS_SD: Final = 0.05
WINDOW_SD: Final = 0.1
WINDOW_PRIOR: Final = 3


@dataclass(frozen=True)
class ErrorPools:
    """Quantiles of scaled forecast errors per demand class (c) and bucket ahead (h), on QUANTILE_GRID.

    season [windows + 1, h]: factor on the level per origin (now first) and bucket ahead, see season_factors.
    bias [c]: factor that makes the level unbiased for the class.
    bucket [c, h, 11]: (demand − expected) / (scale × spread growth of the season) of bucket h.
    cumulative [c, h, 11]: the same for the sum over buckets 1..h, from errors of the sum itself.
    sizes [c]: windows of series that the class contributed.
    """

    season: FloatArray
    bias: FloatArray
    bucket: FloatArray
    cumulative: FloatArray
    sizes: IntArray


@dataclass(frozen=True)
class _Errors:
    """Back-test rows of ordinary series: expected and actual [r, h]; scale, weight, class and window [r]."""

    expected: FloatArray
    scale: FloatArray
    weight: FloatArray
    group: IntArray
    window: IntArray
    actual: FloatArray


def pool_errors(tests: Sequence[BackTest]) -> ErrorPools:
    """Pool the errors of one or more back-tests of the same horizon.

    Order statistics sit at p (n + 1), the split-conformal rank. A class's quantiles are shrunk to those of all
    classes with weight n / (n + 500), these to the normal ones with weight n / (n + 30), so a pool of any size
    (none too) gives usable quantiles. Source: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), split conformal.
    Raises ValueError without back-tests, or with different horizons or numbers of windows.
    """
    if not tests or len({test.actual.shape[1:] for test in tests}) != 1:
        raise ValueError("pooling needs back-tests, all of the same horizon and windows")
    season = season_factors(tests)
    errors = _gather(tests, season)
    bias = _bias(errors)
    single, summed = spread_growth(season[1:])
    missed = (errors.actual - errors.expected * bias[errors.group][:, None]) / errors.scale[:, None]
    bucket = missed / single[errors.window]
    total = np.cumsum(missed, axis=1) / summed[errors.window]
    members = [errors.group == code for code in range(len(DEMAND_CLASSES))]
    spread = np.sqrt(np.arange(1, bucket.shape[1] + 1))
    return ErrorPools(
        season=season,
        bias=bias,
        bucket=_class_quantiles(bucket, members, np.ones_like(spread)),
        cumulative=_class_quantiles(total, members, spread),
        sizes=np.array([int(mask.sum()) for mask in members], dtype=np.int64),
    )


def _gather(tests: Sequence[BackTest], season: FloatArray) -> _Errors:
    rows = []
    for test in tests:
        known = np.isfinite(test.level[:, 1:]) & (test.scale[:, 1:] > 0) & test.poolable[:, None]
        window = np.nonzero(known)[1]
        expected = test.level[:, 1:][known][:, None] * season[1:][window]
        weight = test.weight[np.nonzero(known)[0]]
        group = test.demand_class[:, 1:][known]
        rows.append((expected, test.scale[:, 1:][known], weight, group, window, test.actual[known]))
    return _Errors(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _bias(errors: _Errors) -> FloatArray:
    """Demand over forecast per class, by the series' weights, corrected only so far as it repeats over windows.

    The mean deviation of the windows' ratios from 1 is shrunk to 0 with weight τ² / (τ² + se²), the posterior mean
    under a normal prior with τ = .05; se² is the windows' variance over their number, that variance itself held to
    .1² as if by three more windows. So a season that moved all series in one window is not mistaken for a bias.
    """
    factors = np.ones(len(DEMAND_CLASSES))
    for code in range(len(DEMAND_CLASSES)):
        ratios = [_ratio(errors, (errors.group == code) & (errors.window == w)) for w in np.unique(errors.window)]
        known = np.array([ratio for ratio in ratios if np.isfinite(ratio)])
        if known.size:
            step = float(known.mean()) - 1.0
            squares = float(np.square(known - known.mean()).sum())
            variance = (squares + WINDOW_PRIOR * WINDOW_SD**2) / (known.size - 1 + WINDOW_PRIOR) / known.size
            kept = BIAS_SD**2 / (BIAS_SD**2 + variance)
            factors[code] = 1.0 + float(np.clip(step * kept, -LARGEST_BIAS_STEP, LARGEST_BIAS_STEP))
    return factors


def _ratio(errors: _Errors, mask: BoolArray) -> float:
    weight = errors.weight[mask][:, None]
    actual = errors.actual[mask] * weight
    expected = np.where(np.isfinite(actual), errors.expected[mask] * weight, 0.0)
    total = float(expected.sum())
    return float(np.nansum(actual)) / total if total > 0 else float("nan")


def _class_quantiles(errors: FloatArray, members: Sequence[BoolArray], spread: FloatArray) -> FloatArray:
    """[c, h, 11] from scaled errors [r, h]; `spread` [h] is the standard deviation of the normal fallback."""
    from scipy.special import ndtri

    normal = spread[:, None] * ndtri(np.array(QUANTILE_GRID))
    overall = _shrunk(errors, normal, NORMAL_PRIOR_ERRORS)
    return np.stack([_shrunk(errors[mask], overall, CLASS_PRIOR_ERRORS) for mask in members])


def _shrunk(errors: FloatArray, prior: FloatArray, prior_errors: float) -> FloatArray:
    result = prior.copy()
    for ahead in range(errors.shape[1]):
        known = errors[:, ahead][np.isfinite(errors[:, ahead])]
        if known.size:
            weight = known.size / (known.size + prior_errors)
            observed = np.quantile(known, QUANTILE_GRID, method="weibull")
            result[ahead] = weight * observed + (1.0 - weight) * prior[ahead]
    return result
