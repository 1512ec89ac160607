"""Forecasting families behind one protocol, and the registry in which a company adds its own.

A family forecasts all series of a panel at once: a mean path and quantile paths. Register one class and the weekly
comparison, its evidence and the conformance tests include it.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import numpy as np

from forecasting.engine.comparators import PathForecast
from forecasting.engine.features import FeatureTable
from forecasting.engine.levels import moving_average_levels, ses_levels, tsb_levels
from forecasting.engine.libraries import statsforecast_models
from forecasting.engine.panel import Panel
from forecasting.engine.ratio_pools import RatioPools, fit_ratio_pools
from forecasting.engine.seasonal import weekday_factors
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

WEEKLY_SMOOTHING: Final = 0.1
HALF_YEAR_DAYS: Final = 182
POOL_ORIGINS: Final = 3
POOL_SERIES: Final = 200
SHORTEST_FIT: Final = 10
Means = Callable[[Panel, int], FloatArray]


class Family(Protocol):
    """One way to forecast.

    name: unique, shown to planners. nightly: cheap enough to run every night on every series.
    """

    @property
    def name(self) -> str: ...

    @property
    def nightly(self) -> bool: ...

    def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
        """Mean [n, h] and quantiles [n, h, 11] of the `horizon` buckets after the panel's history.

        Finite, not negative, quantiles not falling in p; zero for series that have not begun; the same for the same
        panel and seed; nothing but the panel is read. Raises ValueError when horizon < 1.
        """
        ...


_REGISTRY: dict[str, Family] = {}


def register(family: type[Family]) -> type[Family]:
    """Class decorator that adds a family under its name. Raises ValueError for a name that is taken."""
    add(family())
    return family


def add(family: Family) -> None:
    """Add a family. Raises ValueError for a name that is taken."""
    if family.name in _REGISTRY:
        raise ValueError(f"there is a family named {family.name!r} already")
    _REGISTRY[family.name] = family


def families() -> tuple[Family, ...]:
    """All registered families, in the order of registration."""
    return tuple(_REGISTRY.values())


@dataclass(frozen=True)
class PooledFamily:
    """A family that says a mean only: its quantiles are pooled ratios of demand to its own means at past origins."""

    name: str
    nightly: bool
    means: Means

    def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
        """See Family."""
        return self.rolling(panel, [panel.buckets], horizon=horizon, seed=seed)[0]

    def rolling(self, panel: Panel, origins: Sequence[int], *, horizon: int, seed: int) -> list[PathForecast]:
        """The forecasts of panel.until(origin), with the means that one origin's pools share with another made once."""
        if horizon < 1:
            raise ValueError("horizon must be at least 1")
        rows = self._pooled_rows(panel, seed)
        some = panel if rows.size == len(panel) else panel.rows(rows)

        @cache
        def means_at(origin: int, of_pools: bool) -> FloatArray:
            return self.means((some if of_pools else panel).until(origin), horizon)

        def pools_at(origin: int) -> RatioPools:
            means, actuals = [np.zeros((0, horizon))], [np.zeros((0, horizon))]
            for past in range(origin - horizon, SHORTEST_FIT, -horizon)[:POOL_ORIGINS]:
                begun = some.first < past
                means.append(means_at(past, some is not panel)[begun])
                actuals.append(some.demand[begun, past : past + horizon])
            return fit_ratio_pools(np.concatenate(means).ravel(), np.concatenate(actuals).ravel())

        found = []
        for origin in origins:
            past = panel.until(origin)
            mean = _begun(past, means_at(origin, False))
            found.append(PathForecast(mean, _begun(past, pools_at(origin).quantiles(mean))))
        return found

    def _pooled_rows(self, panel: Panel, seed: int) -> IntArray:
        """Series whose past errors make the pools: all of a cheap family, a sample of one that takes its time."""
        if self.nightly or len(panel) <= POOL_SERIES:
            return np.arange(len(panel))
        return np.sort(np.random.default_rng(seed).choice(len(panel), POOL_SERIES, replace=False))


def _begun(panel: Panel, values: FloatArray) -> FloatArray:
    begun = panel.first < panel.buckets
    shaped = begun.reshape(-1, *[1] * (values.ndim - 1))
    return np.where(shaped, np.maximum(np.nan_to_num(values), 0.0), 0.0)


def _flat(level: FloatArray, horizon: int) -> FloatArray:
    return np.repeat(np.nan_to_num(level)[:, None], horizon, axis=1)


def _last(levels: FloatArray) -> FloatArray:
    return levels[:, -1] if levels.shape[1] else np.zeros(levels.shape[0])


def smoothing_of(bucket_days: int) -> float:
    """Smoothing constant of .1 per week, carried to the bucket's length."""
    return float(1.0 - (1.0 - WEEKLY_SMOOTHING) ** (bucket_days / 7.0))


def naive(panel: Panel, horizon: int) -> FloatArray:
    """The last bucket's demand."""
    return _flat(_last(panel.demand), horizon)


def seasonal_naive(panel: Panel, horizon: int) -> FloatArray:
    """The same weekday a week ago on daily data, the same bucket a year ago else; the last bucket before that."""
    length = 7 if panel.bucket_days == 1 else panel.year
    result = naive(panel, horizon)
    for ahead in range(horizon):
        at = panel.buckets - length + ahead % length
        if 0 <= at < panel.buckets:
            value = panel.demand[:, at]
            result[:, ahead] = np.where(np.isfinite(value), value, result[:, ahead])
    return result


def ses(panel: Panel, horizon: int) -> FloatArray:
    """Simple exponential smoothing. Source: Brown (1959)."""
    return _flat(_last(ses_levels(panel.demand, smoothing_of(panel.bucket_days))), horizon)


def tsb(panel: Panel, horizon: int) -> FloatArray:
    """Source: Teunter, Syntetos & Babai (2011)."""
    smoothing = smoothing_of(panel.bucket_days)
    return _flat(_last(tsb_levels(panel.demand, smoothing, smoothing)), horizon)


def moving_average(panel: Panel, horizon: int) -> FloatArray:
    """Mean of the latest half year."""
    window = max(1, round(HALF_YEAR_DAYS / panel.bucket_days))
    return _flat(_last(moving_average_levels(panel.demand[:, -window:], window)), horizon)


def smoothers(panel: Panel, horizon: int) -> FloatArray:
    """Mean of the smoothers, with the weekday's share on daily data: what runs every night without any training."""
    if panel.buckets == 0:
        return np.zeros((len(panel), horizon))
    table = FeatureTable(panel, horizon)
    return table.level(panel.buckets)[:, None] * weekday_factors(table, panel.buckets)


def per_series(make: Callable[[Panel], Any]) -> Means:
    """Means of a statsforecast model that is fitted to each series; the plain mean where it refuses one."""

    def means(panel: Panel, horizon: int) -> FloatArray:
        model, result = make(panel), np.zeros((len(panel), horizon))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for row in range(len(panel)):
                history = panel.demand[row, panel.first[row] :]
                result[row] = _fitted(model, history, horizon)
        return result

    return means


def _fitted(model: Any, history: FloatArray, horizon: int) -> FloatArray:
    average = np.full(horizon, float(history.mean()) if history.size else 0.0)
    if history.size < SHORTEST_FIT or float(history.min()) == float(history.max()):
        return average
    try:
        path = np.asarray(model.forecast(y=history, h=horizon)["mean"], dtype=np.float64)
    except (ValueError, NotImplementedError, IndexError, ZeroDivisionError):  # its ways to refuse a series
        return average
    most = 10.0 * float(history.max())
    return np.where(np.isfinite(path) & (np.abs(path) <= most), path, average)


def _season(panel: Panel) -> int:
    return {1: 7, 30: 12}.get(panel.bucket_days, 1)


def _mstl(panel: Panel) -> Any:
    lengths = [7, 364] if panel.bucket_days == 1 else [panel.year]
    lengths = [length for length in lengths if panel.buckets >= 2 * length + 2]
    models = statsforecast_models()
    return models.MSTL(season_length=lengths) if lengths else models.SimpleExponentialSmoothing(0.1)


for _family in (
    PooledFamily("naive", True, naive),
    PooledFamily("seasonal naive", True, seasonal_naive),
    PooledFamily("SES", True, ses),
    PooledFamily("TSB", True, tsb),
    PooledFamily("moving average", True, moving_average),
    PooledFamily("smoothers", True, smoothers),
    PooledFamily("IMAPA", False, per_series(lambda panel: statsforecast_models().IMAPA())),
    PooledFamily("Croston SBA", False, per_series(lambda panel: statsforecast_models().CrostonSBA())),
    PooledFamily(
        "AutoETS", False, per_series(lambda panel: statsforecast_models().AutoETS(season_length=_season(panel)))
    ),
    PooledFamily(
        "dynamic Theta",
        False,
        per_series(lambda panel: statsforecast_models().DynamicOptimizedTheta(season_length=_season(panel))),
    ),
    PooledFamily("MSTL", False, per_series(_mstl)),
):
    add(_family)


@register
class BoostedFamily:
    """The global model alone: its mean and its quantiles as they come out."""

    name = "boosted"
    nightly = False

    def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
        """See Family; the smoothers where there is too little to learn from."""
        from forecasting.engine.global_model import fit_global

        if horizon < 1:
            raise ValueError("horizon must be at least 1")
        table = FeatureTable(panel, horizon) if panel.buckets else None
        model = fit_global(table, seed=seed) if table else None
        if table is None or model is None:
            return PooledFamily("smoothers", True, smoothers).forecast(panel, horizon=horizon, seed=seed)
        rows: IntArray = np.arange(len(panel))
        features = table.at(panel.buckets, rows).reshape(rows.size * horizon, -1)
        scale = np.repeat(table.scale(panel.buckets), horizon)
        mean = model.predict_mean(features, scale).reshape(rows.size, horizon)
        quantiles = model.predict_quantiles(features, scale).reshape(rows.size, horizon, len(QUANTILE_GRID))
        return PathForecast(_begun(panel, mean), _begun(panel, quantiles))


@register
class BlendFamily:
    """The blend of everything that runs at night, trained on the panel itself."""

    name = "blend"
    nightly = False

    def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
        """See Family."""
        from forecasting.engine import prediction, training

        if panel.buckets == 0:
            return PathForecast(np.zeros((len(panel), horizon)), np.zeros((len(panel), horizon, len(QUANTILE_GRID))))
        found = prediction.forecast(training.train(panel, horizon=horizon, seed=seed), panel)
        return PathForecast(found.mean, found.quantiles)
