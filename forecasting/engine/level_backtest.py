"""Rolling-origin back-test of the level forecast: what was expected at past origins, and what came."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.demand_class import demand_class, demand_statistics
from forecasting.engine.series import SHORTEST_HISTORY, CleanSeries, SeriesBatch, clean_series
from forecasting.engine.smoothers import LevelSmoother
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

YEAR_DAYS: Final = 364
ORIGIN_SPACING_DAYS: Final = 91
PRIOR_BUCKETS: Final = 13
PRIOR_CV2: Final = 0.25
SEASON_SERIES: Final = 200


@dataclass(frozen=True)
class BackTest:
    """Level forecasts at origin 0 (the end of history) and at `windows` past origins, newest first.

    level, scale, change [n, windows + 1]: units per bucket; NaN where history is too short for that origin.
        `scale` is the spread that errors are divided by before they are pooled, `change` the mean absolute
        difference of consecutive buckets before the origin (the yardstick of scaled scores).
    demand_class [n, windows + 1]: codes seen from that origin, −1 where there is none.
    actual [n, windows, horizon]: demand after each past origin; NaN where nothing is known yet.
    weight [n]: of a series in pooled ratios of demand to forecast, 1 / √(m + m²) with m its mean over all history.
        (Not 1 / scale: that is larger just where a level came out too low, and would see a bias where there is none.)
    year_ago_level [n, windows + 1], year_ago_actual [n, windows + 1, horizon]: the same one year before each origin,
        for an even sample of about 200 ordinary series (NaN elsewhere): what the season did to the forecast then.
    labels: per series, '' or why it is not ordinary. Only ordinary series feed the pools.
    """

    level: FloatArray
    scale: FloatArray
    change: FloatArray
    demand_class: IntArray
    actual: FloatArray
    weight: FloatArray
    year_ago_level: FloatArray
    year_ago_actual: FloatArray
    labels: tuple[str, ...]

    @property
    def poolable(self) -> BoolArray:
        """[n]: True for ordinary series."""
        return np.array([label == "" for label in self.labels], dtype=np.bool_)

    @property
    def horizon(self) -> int:
        """Buckets ahead."""
        return int(self.actual.shape[2])


def back_test(batch: SeriesBatch, *, horizon: int, windows: int = 3) -> BackTest:
    """Fit every series at the end of its history and at `windows` origins before it.

    Origins lie a quarter apart (or a horizon, if that is longer), the newest one horizon before the end, so that
    the errors come from different seasons and never overlap. Each fit, scale and class sees only what lies before
    its origin. All histories of a batch should end with the same bucket.
    Raises ValueError when horizon < 1 or windows < 1.
    """
    if horizon < 1 or windows < 1:
        raise ValueError("horizon and windows must be at least 1")
    smoother, year = LevelSmoother(batch.bucket_days), max(1, round(YEAR_DAYS / batch.bucket_days))
    spacing = max(horizon, round(ORIGIN_SPACING_DAYS / batch.bucket_days))
    cleaned = [clean_series(*batch.one(row)) for row in range(len(batch))]
    sampled = _sample(cleaned)
    numbers = np.full((6, len(batch), windows + 1), np.nan)
    actual = np.full((2, len(batch), windows + 1, horizon), np.nan)
    for row, clean in enumerate(cleaned):
        for window in range(windows + 1):
            end = clean.demand.size - (horizon + (window - 1) * spacing if window else 0)
            if window and end < SHORTEST_HISTORY:
                break
            past = clean.demand[:end]
            level = smoother.level(past)
            statistics = demand_statistics(past[-2 * year :])
            numbers[:5, row, window] = level, _scale(past, level, year), _change(past), *statistics
            if window:
                actual[0, row, window] = _outcome(clean, end, clean.demand.size, horizon)
            before = end - year
            if sampled[row] and before >= max(year // 4, SHORTEST_HISTORY):
                numbers[5, row, window] = smoother.level(past[:before])
                actual[1, row, window] = _outcome(clean, before, end, horizon)
    levels, scales, changes, adi, cv2, year_ago_levels = numbers
    classes = np.where(np.isfinite(levels), demand_class(adi, cv2), -1)
    return BackTest(
        level=levels,
        scale=scales,
        change=changes,
        demand_class=classes,
        actual=actual[0, :, 1:],
        weight=np.array([_weight(clean) for clean in cleaned], dtype=np.float64),
        year_ago_level=year_ago_levels,
        year_ago_actual=actual[1],
        labels=tuple(clean.label for clean in cleaned),
    )


def back_test_chunk(batch: SeriesBatch, horizon: int, windows: int) -> BackTest:
    """back_test of some series: what one worker of a cluster is sent."""
    return back_test(batch, horizon=horizon, windows=windows)


def _weight(clean: CleanSeries) -> float:
    mean = float(clean.demand.mean()) if clean.demand.size else 0.0
    return 1.0 / math.sqrt(mean + mean * mean) if mean > 0 else 0.0


def _sample(cleaned: list[CleanSeries]) -> BoolArray:
    """About 200 ordinary series, evenly spaced among the ordinary ones, so that no other series sways the choice."""
    rows = [row for row, clean in enumerate(cleaned) if clean.label == ""]
    result = np.zeros(len(cleaned), dtype=np.bool_)
    result[rows[:: max(1, len(rows) // SEASON_SERIES)]] = True
    return result


def _outcome(clean: CleanSeries, start: int, stop: int, horizon: int) -> FloatArray:
    """Demand of the buckets start .. start + horizon − 1 [horizon]; NaN from `stop` on.

    Where stock ran out it is a draw of what demand may have been. Leaving such buckets out would judge forecasts by
    the buckets of low demand: the pooled bias would then take away what clean_series had added, and more.
    """
    result = np.full(horizon, np.nan)
    span = slice(start, min(start + horizon, stop))
    result[: span.stop - start] = clean.drawn[span]
    return result


def _scale(past: FloatArray, level: float, year: int) -> float:
    """Spread of one bucket: the last year's variance, shrunk to level + .25 level² as if by 13 more buckets.

    One more demand of ordinary size is added, so that an item that has slept for a year keeps a scale above 0.
    """
    recent = past[-year:]
    if recent.size == 0:
        return 0.0
    mean = float(recent.mean())
    variance = max(float(recent @ recent) / recent.size - mean * mean, 0.0)
    sizes = np.count_nonzero(past)
    awake = (float(past.sum()) / sizes) ** 2 / recent.size if sizes else 0.0
    prior = level + PRIOR_CV2 * level * level
    weight = recent.size / (recent.size + PRIOR_BUCKETS)
    return math.sqrt(weight * (variance + awake) + (1.0 - weight) * prior)


def _change(past: FloatArray) -> float:
    return float(np.abs(past[1:] - past[:-1]).mean()) if past.size > 1 else float("nan")
