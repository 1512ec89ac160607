"""What a forecast is measured against: statsforecast's models, each with its own conformal intervals."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from forecasting.engine.libraries import statsforecast_models
from stocksense.core.numeric import QUANTILE_GRID, FloatArray

CONFORMAL_WINDOWS: Final = 8
LEVELS: Final = (0, 50, 60, 80, 90, 95, 98)
SHORTEST: Final = 10
FEWEST_WINDOWS: Final = 2
SEASON: Final = {1: 7, 7: 1, 30: 12}


@dataclass(frozen=True)
class PathForecast:
    """Mean [n, h] and quantiles [n, h, 11] of n series."""

    mean: FloatArray
    quantiles: FloatArray


def single_models(bucket_days: int) -> dict[str, Callable[[int], Any]]:
    """The cheap models of statsforecast by name; each makes a fitted-per-series model for a horizon."""
    models = statsforecast_models()
    from statsforecast.utils import ConformalIntervals

    def intervals(horizon: int) -> Any:
        return ConformalIntervals(h=horizon, n_windows=CONFORMAL_WINDOWS)

    window = max(2, round(182 / bucket_days))
    result: dict[str, Callable[[int], Any]] = {
        "Naive": lambda h: models.Naive(prediction_intervals=intervals(h)),
        "SES": lambda h: models.SimpleExponentialSmoothing(alpha=0.1, prediction_intervals=intervals(h)),
        "SES optimised": lambda h: models.SimpleExponentialSmoothingOptimized(prediction_intervals=intervals(h)),
        "IMAPA": lambda h: models.IMAPA(prediction_intervals=intervals(h)),
        "TSB": lambda h: models.TSB(alpha_d=0.1, alpha_p=0.1, prediction_intervals=intervals(h)),
        "Croston SBA": lambda h: models.CrostonSBA(prediction_intervals=intervals(h)),
        "window average": lambda h: models.WindowAverage(window, prediction_intervals=intervals(h)),
        "historic average": lambda h: models.HistoricAverage(prediction_intervals=intervals(h)),
    }
    if SEASON.get(bucket_days, 1) > 1:
        length = SEASON[bucket_days]
        result["seasonal naive"] = lambda h: models.SeasonalNaive(length, prediction_intervals=intervals(h))
        result["seasonal window"] = lambda h: models.SeasonalWindowAverage(
            season_length=length, window_size=max(2, 56 // (length * bucket_days)), prediction_intervals=intervals(h)
        )
    return result


def slow_models(bucket_days: int) -> dict[str, Callable[[int], Any]]:
    """AutoETS and the dynamic optimised Theta method, some ten times slower than the others."""
    models = statsforecast_models()
    from statsforecast.utils import ConformalIntervals

    length = SEASON.get(bucket_days, 1)

    def intervals(horizon: int) -> Any:
        return ConformalIntervals(h=horizon, n_windows=CONFORMAL_WINDOWS)

    return {
        "AutoETS": lambda h: models.AutoETS(season_length=length, prediction_intervals=intervals(h)),
        "dynamic Theta": lambda h: models.DynamicOptimizedTheta(
            season_length=length, prediction_intervals=intervals(h)
        ),
    }


def fit_series(make: Callable[[int], Any], histories: list[FloatArray], horizon: int) -> PathForecast:
    """Forecast each history [t] by a model of its own.

    Series that are too short for the model's intervals get its mean, or a constant mean, without spread.
    Quantiles are cut at 0.
    """
    mean = np.zeros((len(histories), horizon))
    quantiles = np.zeros((len(histories), horizon, len(QUANTILE_GRID)))
    model = make(horizon)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for at, history in enumerate(histories):
            mean[at], quantiles[at] = _one(model, make, history, horizon)
    return PathForecast(np.maximum(mean, 0.0), np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=-1))


def _one(model: Any, make: Callable[[int], Any], history: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Mean [h] and quantiles [h, 11] of one history."""
    average = float(history.mean()) if history.size else 0.0
    constant = np.full(horizon, average), np.full((horizon, len(QUANTILE_GRID)), average)
    if history.size < SHORTEST:
        return constant
    conformal = model.prediction_intervals is not None
    if conformal and history.size <= horizon * CONFORMAL_WINDOWS + 1:
        windows = (history.size - 2) // horizon
        if windows < FEWEST_WINDOWS:
            return constant
        model = make(horizon)
        model.prediction_intervals.n_windows = windows
    try:
        found = model.forecast(y=history, h=horizon, level=list(LEVELS[1:]))
    except (ValueError, NotImplementedError, IndexError, ZeroDivisionError):  # statsforecast's ways to refuse a series
        return constant
    path = np.asarray(found["mean"], dtype=np.float64)
    path = np.where(np.isfinite(path), path, average)
    bounds = np.stack([_bound(found, path, probability) for probability in QUANTILE_GRID], axis=1)
    return path, bounds


def _bound(found: dict[str, Any], path: FloatArray, probability: float) -> FloatArray:
    if probability == 0.5:
        return path
    level = round(100 * abs(2 * probability - 1))
    side = "hi" if probability > 0.5 else "lo"
    values = found.get(f"{side}-{level}")
    if values is None:
        return path
    return np.where(np.isfinite(values), np.asarray(values, dtype=np.float64), path)
