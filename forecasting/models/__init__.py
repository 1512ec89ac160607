"""What is known of future demand, the forecasts made of it, and how good they were."""

from forecasting.models.accuracy import (
    CoverageKind,
    ForecastAccuracy,
    ForecastCoverage,
    ForecastMiss,
    Layer,
    SegmentKind,
)
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
from forecasting.models.training import CandidateScores, EventUplift, ForecastModel

__all__ = [
    "AggregateLevel",
    "CandidateScores",
    "CorrectionKind",
    "CorrectionState",
    "CoverageKind",
    "DemandCorrection",
    "DemandEvent",
    "EventKind",
    "EventUplift",
    "Forecast",
    "ForecastAccuracy",
    "ForecastAggregate",
    "ForecastChunk",
    "ForecastCoverage",
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
