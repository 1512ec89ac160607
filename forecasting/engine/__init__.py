"""Forecasts as distributions: pure numbers, from flat arrays of demand to means and quantiles."""

from forecasting.engine.conformal import CoverageState
from forecasting.engine.continuation import continued
from forecasting.engine.cumulative import ON_GRID
from forecasting.engine.demand_class import DEMAND_CLASSES, demand_class, demand_statistics
from forecasting.engine.hidden_demand import with_hidden_demand
from forecasting.engine.level_backtest import BackTest, back_test, back_test_chunk
from forecasting.engine.panel import Panel
from forecasting.engine.pools import ErrorPools, pool_errors
from forecasting.engine.prediction import PanelForecast, forecast
from forecasting.engine.series import SeriesBatch
from forecasting.engine.smooth_forecast import ForecastBatch, calibrate, forecast_batch
from forecasting.engine.storage import (
    ChunkForecast,
    UnreadableTraining,
    fingerprint,
    forecast_chunk,
    forecast_stored,
    from_bytes,
    remembered,
    result_from_bytes,
    result_to_bytes,
    to_bytes,
)
from forecasting.engine.training import Trained, segment_name, train

__all__ = [
    "DEMAND_CLASSES",
    "ON_GRID",
    "BackTest",
    "ChunkForecast",
    "CoverageState",
    "ErrorPools",
    "ForecastBatch",
    "Panel",
    "PanelForecast",
    "SeriesBatch",
    "Trained",
    "UnreadableTraining",
    "back_test",
    "back_test_chunk",
    "calibrate",
    "continued",
    "demand_class",
    "demand_statistics",
    "fingerprint",
    "forecast",
    "forecast_batch",
    "forecast_chunk",
    "forecast_stored",
    "from_bytes",
    "pool_errors",
    "remembered",
    "result_from_bytes",
    "result_to_bytes",
    "segment_name",
    "to_bytes",
    "train",
    "with_hidden_demand",
]
