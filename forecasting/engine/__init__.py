"""Forecasts as distributions: pure numbers, from flat arrays of demand to means and quantiles."""

from forecasting.engine.demand_class import DEMAND_CLASSES, demand_class, demand_statistics
from forecasting.engine.level_backtest import BackTest, back_test
from forecasting.engine.pools import ErrorPools, pool_errors
from forecasting.engine.series import SeriesBatch
from forecasting.engine.smooth_forecast import ForecastBatch, calibrate, forecast_batch

__all__ = [
    "DEMAND_CLASSES",
    "BackTest",
    "ErrorPools",
    "ForecastBatch",
    "SeriesBatch",
    "back_test",
    "calibrate",
    "demand_class",
    "demand_statistics",
    "forecast_batch",
    "pool_errors",
]
