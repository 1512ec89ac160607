"""How frozen forecasts did once their buckets closed, as sums that any span of buckets can be put together of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.engine.scores import pinball
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Sums:
    """Errors of n forecasts of one bucket, added up. Ratios of such sums are the scores.

    series: forecasts judged; left_out: those of which demand is not known, because stock ran out.
    scaled_series: those of series with a unit to scale by (all sums that begin with `scaled` are over these).
    scaled_pinball, below_95, below_99, inside_95: None where there are no quantiles.
    """

    series: int
    left_out: int
    actual: float
    forecast: float
    absolute_error: float
    scaled_series: int
    scaled_error: float
    scaled_square: float
    scaled_pinball: float | None = None
    below_95: int | None = None
    below_99: int | None = None
    inside_95: int | None = None


def add_up(
    actual: FloatArray, forecast: FloatArray, *, change_mean: FloatArray, change_rms: FloatArray,
    quantiles: FloatArray | None = None,
) -> Sums:  # fmt: skip
    """Sums over n series of one bucket.

    actual [n]: NaN where demand is not known; forecast [n]; change_mean, change_rms [n]: in-sample mean absolute and
    root mean square change, NaN where a series has none; quantiles [n, 11] on QUANTILE_GRID.
    """
    known = np.isfinite(actual)
    y, error = actual[known], forecast[known] - actual[known]
    unit, unit_rms = change_mean[known], change_rms[known]
    scalable = np.isfinite(unit) & np.isfinite(unit_rms)
    absolute = np.abs(error)
    sums = {
        "series": int(known.sum()),
        "left_out": int((~known).sum()),
        "actual": float(y.sum()),
        "forecast": float(forecast[known].sum()),
        "absolute_error": float(absolute.sum()),
        "scaled_series": int(scalable.sum()),
        "scaled_error": float((absolute[scalable] / unit[scalable]).sum()),
        "scaled_square": float(np.square(error[scalable] / unit_rms[scalable]).sum()),
    }
    if quantiles is None:
        return Sums(**sums)  # type: ignore[arg-type]
    q = quantiles[known]
    low, high, p95, p99 = (q[:, QUANTILE_GRID.index(p)] for p in (0.025, 0.975, 0.95, 0.99))
    return Sums(
        **sums,  # type: ignore[arg-type]
        scaled_pinball=float((pinball(y, q)[scalable] / unit[scalable]).sum()),
        below_95=int((y <= p95).sum()),
        below_99=int((y <= p99).sum()),
        inside_95=int(((y >= low) & (y <= high)).sum()),
    )


def total_by(actual: FloatArray, forecast: FloatArray, group: IntArray) -> Sums:
    """The same at a higher level: series are added up by `group` [n] before their errors are taken.

    Series of which demand is not known are left out of both sums; nothing is scaled.
    """
    known = np.isfinite(actual)
    groups, at = np.unique(group[known], return_inverse=True)
    sold, expected = (np.bincount(at, weights=values[known], minlength=len(groups)) for values in (actual, forecast))
    return Sums(
        series=len(groups),
        left_out=0,
        actual=float(sold.sum()),
        forecast=float(expected.sum()),
        absolute_error=float(np.abs(expected - sold).sum()),
        scaled_series=0,
        scaled_error=0.0,
        scaled_square=0.0,
    )


@dataclass(frozen=True)
class Step:
    """One override in one run: the series (rows) it changed and the units it added to each."""

    rows: IntArray
    units: FloatArray


def before_and_after(statistical: FloatArray, steps: Sequence[Step]) -> list[tuple[FloatArray, FloatArray]]:
    """Per step the forecasts of its rows before and after it, taken in their order from the statistical one.

    So the value that the steps add telescopes: over all of them it is that of the last forecast over the first.
    """
    state, found = statistical.copy(), []
    for step in steps:
        before = state[step.rows]
        state[step.rows] = before + step.units
        found.append((before, state[step.rows].copy()))
    return found


def worst(
    actual: FloatArray, forecast: FloatArray, *, usual_error: FloatArray, unit_cost: FloatArray, count: int
) -> tuple[IntArray, FloatArray]:
    """The rows whose error exceeded the usual one by most money (at most `count`, the worst first), and by how much.

    usual_error [n]: units, NaN where nothing is known of it (then 0). Rows without an excess are left out.
    """
    excess = (np.abs(actual - forecast) - np.nan_to_num(usual_error)) * unit_cost
    excess = np.where(np.isfinite(excess), excess, 0.0)
    order = np.argsort(-excess, kind="stable")[:count]
    order = order[excess[order] > 0]
    return order, excess[order]


def observed(mean: FloatArray, highest: FloatArray, actual: FloatArray) -> BoolArray:
    """[n]: False where nothing was expected and nothing came, of which there is nothing to judge."""
    told: BoolArray = (mean > 0) | (highest > 0) | ~(actual == 0)
    return told
