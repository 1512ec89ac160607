"""What is known of future demand, the forecasts made of it, and how good they were."""

from forecasting.models.accuracy import ForecastAccuracy, ForecastMiss, Layer, SegmentKind
from forecasting.models.knowledge import (
    CorrectionKind,
    CorrectionState,
    DemandCorrection,
    DemandEvent,
    EventKind,
    ItemAnalogue,
)
from forecasting.models.overrides import ForecastOverride, OverrideEffect, OverrideMode, OverrideReason
from forecasting.models.runs import (
    AggregateLevel,
    Forecast,
    ForecastAggregate,
    ForecastChunk,
    ForecastRun,
    ForecastScope,
)
from forecasting.models.training import EventUplift, ForecastModel

__all__ = [
    "AggregateLevel",
    "CorrectionKind",
    "CorrectionState",
    "DemandCorrection",
    "DemandEvent",
    "EventKind",
    "EventUplift",
    "Forecast",
    "ForecastAccuracy",
    "ForecastAggregate",
    "ForecastChunk",
    "ForecastMiss",
    "ForecastModel",
    "ForecastOverride",
    "ForecastRun",
    "ForecastScope",
    "ItemAnalogue",
    "Layer",
    "OverrideEffect",
    "OverrideMode",
    "OverrideReason",
    "SegmentKind",
]
