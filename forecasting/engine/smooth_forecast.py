"""The forecast of a batch of series: level, calibrated quantiles, and how it would have done."""

from dataclasses import dataclass

import numpy as np

from forecasting.engine.level_backtest import BackTest, back_test
from forecasting.engine.pools import ErrorPools, pool_errors
from forecasting.engine.scores import mean_known, pinball, relative_bias, wape
from forecasting.engine.season import spread_growth
from forecasting.engine.series import CONSTANT, SeriesBatch
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray


@dataclass(frozen=True)
class ForecastBatch:
    """Forecasts of n series for the h buckets that follow their history, all in units.

    mean [n, h]: expected demand per bucket.
    quantiles [n, h, 11]: of each bucket's demand, on QUANTILE_GRID.
    cumulative_quantiles [n, h, 11]: of the sum over buckets 1..k; estimated from errors of sums, not by adding.
    fallback: per series '' or why it was not forecast in the ordinary way (labels in forecasting.engine.series).
    demand_class [n]: index into DEMAND_CLASSES; -1 without history.
    wape, bias, scaled_pinball [n]: over the back-test windows; bias is relative, positive when too high; the pinball
        loss is divided by the mean absolute change between buckets. NaN where the back-test says nothing.
    all_zero_wape, all_zero_scaled_pinball [n]: the same scores of a forecast of nothing at all.
    """

    mean: FloatArray
    quantiles: FloatArray
    cumulative_quantiles: FloatArray
    fallback: tuple[str, ...]
    demand_class: IntArray
    wape: FloatArray
    bias: FloatArray
    scaled_pinball: FloatArray
    all_zero_wape: FloatArray
    all_zero_scaled_pinball: FloatArray


def forecast_batch(batch: SeriesBatch, *, horizon: int, windows: int = 3, seed: int) -> ForecastBatch:
    """Forecast every series of the batch; errors are pooled over the batch.

    Several batches that shall share one pool: back_test each, pool_errors over all, calibrate each.
    `seed` belongs to the protocol of forecasters; nothing is drawn at random here, so it changes nothing.
    Raises ValueError when horizon < 1 or windows < 1; no series, however broken, raises.
    """
    del seed
    test = back_test(batch, horizon=horizon, windows=windows)
    return calibrate(test, pool_errors([test]))


def calibrate(test: BackTest, pools: ErrorPools) -> ForecastBatch:
    """Put pooled error quantiles around the levels of a back-test, now and at its past origins (for the scores).

    Quantiles are cut at 0 and never fall in p; cumulative ones never fall over time either.
    """
    group = np.maximum(test.demand_class, 0)
    level = test.level * np.where(test.poolable[:, None], pools.bias[group], 1.0)
    seasonal = np.array([label != CONSTANT for label in test.labels], dtype=np.bool_)[:, None, None]
    season = np.where(seasonal, pools.season, 1.0)
    single, summed = (growth * test.scale[:, :, None] for growth in spread_growth(season))
    expected = level[:, :, None] * season
    mean, past = expected[:, 0], expected[:, 1:]
    quantiles = _around(mean, single[:, 0], pools.bucket[group[:, 0]])
    cumulative = _around(np.cumsum(mean, axis=1), summed[:, 0], pools.cumulative[group[:, 0]])
    past_quantiles = _around(past, single[:, 1:], pools.bucket[group[:, 1:]])
    flat = (len(test.labels), past.shape[1] * test.horizon)
    actual, fitted = test.actual.reshape(flat), np.nan_to_num(past).reshape(flat)
    return ForecastBatch(
        mean=mean,
        quantiles=quantiles,
        cumulative_quantiles=np.maximum.accumulate(cumulative, axis=1),
        fallback=test.labels,
        demand_class=test.demand_class[:, 0],
        wape=wape(actual, fitted),
        bias=relative_bias(actual, fitted),
        scaled_pinball=_scaled_pinball(test, past_quantiles),
        all_zero_wape=wape(actual, np.zeros_like(fitted)),
        all_zero_scaled_pinball=_scaled_pinball(test, np.zeros((*test.actual.shape, len(QUANTILE_GRID)))),
    )


def _around(mean: FloatArray, scale: FloatArray, errors: FloatArray) -> FloatArray:
    """Quantiles [..., h, 11] from mean and scale [..., h] and scaled errors [..., h, 11]."""
    values: FloatArray = np.maximum(mean[..., None] + scale[..., None] * errors, 0.0)
    return np.maximum.accumulate(values, axis=-1)


def _scaled_pinball(test: BackTest, quantiles: FloatArray) -> FloatArray:
    change = test.change[:, 1:, None]
    loss = pinball(test.actual, quantiles)
    scaled = np.full(loss.shape, np.nan)
    np.divide(loss, change, out=scaled, where=np.broadcast_to(change, loss.shape) > 0)
    return mean_known(scaled.reshape(len(test.labels), loss.shape[1] * test.horizon))
