"""Weights of a blend, per probability and segment, shrunk to those of all series."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.global_model import TWEEDIE_POWER
from forecasting.engine.panel import Float32Array
from forecasting.engine.ratio_pools import SMALLEST_MEAN
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

STEPS: Final = 200
SEGMENT_STEPS: Final = 30
LEARNING_RATE: Final = 0.5
MOST_ROWS: Final = 30_000
SEGMENT_PRIOR_ROWS: Final = 10_000.0
MEAN_STEPS: Final = 20
EQUAL_SHARE: Final = 0.03
SMALLEST_CHANGE: Final = 1e-6


@dataclass(frozen=True)
class Blend:
    """Weights of the members of a blend.

    quantile [s, 11, m]: convex weights of the members' quantiles per segment and probability.
    mean [s, m]: convex weights of the members' means. members, mean_members: their names.
    rows [s]: past buckets that a segment's weights rest on.
    """

    members: tuple[str, ...]
    mean_members: tuple[str, ...]
    quantile: FloatArray
    mean: FloatArray
    rows: IntArray

    def quantiles(self, forecasts: dict[str, Float32Array], segment: IntArray) -> FloatArray:
        """Blended quantiles [c, h, 11] of the members' [c, h, 11], segment [c]; never falling in p, never below 0."""
        result = np.zeros(next(iter(forecasts.values())).shape)
        for at, name in enumerate(self.members):
            result += self.quantile[segment][:, None, :, at] * forecasts[name]
        return np.maximum.accumulate(np.maximum(result, 0.0), axis=-1)

    def means(self, forecasts: dict[str, FloatArray], segment: IntArray) -> FloatArray:
        """Blended mean [c, h]."""
        result = np.zeros(next(iter(forecasts.values())).shape)
        for at, name in enumerate(self.mean_members):
            result += self.mean[segment][:, None, at] * forecasts[name]
        return result


def fit_blend(
    quantiles: dict[str, Float32Array],
    means: dict[str, FloatArray],
    actual: FloatArray,
    change: FloatArray,
    segment: IntArray,
    *,
    segments: int,
    seed: int,
) -> Blend:
    """Weights that would have made the scaled pinball loss smallest at past origins.

    quantiles [c, h, 11], means [c, h] of each member, actual [c, h] (NaN: unknown), change and segment [c].
    Every weight keeps a bit of the equal one (few origins say little); a segment's weights count n / (n + 10,000).
    """
    names, mean_names = tuple(quantiles), tuple(means)
    case, ahead = np.nonzero(np.isfinite(actual))
    rng = np.random.default_rng(seed)
    if case.size > MOST_ROWS:
        kept = np.sort(rng.choice(case.size, MOST_ROWS, replace=False))
        case, ahead = case[kept], ahead[kept]
    came, code = actual[case, ahead], segment[case]
    weight = 1.0 / np.maximum(change[case], SMALLEST_CHANGE)  # (sums of larger weights are beyond what floats hold)
    equal = np.full(len(names), 1.0 / len(names))
    weights = np.tile(equal, (segments, len(QUANTILE_GRID), 1))
    mean_weights = np.tile(np.full(len(mean_names), 1.0 / len(mean_names)), (segments, 1))
    rows = np.bincount(code, minlength=segments)
    if case.size:
        for at, probability in enumerate(QUANTILE_GRID):
            stacked = np.stack([quantiles[name][case, ahead, at] for name in names], axis=1).astype(np.float64)
            weights[:, at] = _per_segment(stacked, came, weight, code, probability, segments)
        stacked = np.stack([means[name][case, ahead] for name in mean_names], axis=1)
        mean_weights = _mean_weights(stacked, came, code, segments)
    weights = (1.0 - EQUAL_SHARE) * weights + EQUAL_SHARE * equal
    return Blend(names, mean_names, weights, mean_weights, rows.astype(np.int64))


def _per_segment(
    forecasts: FloatArray, actual: FloatArray, weight: FloatArray, code: IntArray, probability: float, segments: int
) -> FloatArray:
    start = np.full(forecasts.shape[1], 1.0 / forecasts.shape[1])
    overall = pinball_weights(forecasts, actual, weight, probability, start, STEPS)
    result = np.tile(overall, (segments, 1))
    for segment in range(segments):
        mask = code == segment
        count = int(mask.sum())
        if count > 200:
            own = pinball_weights(forecasts[mask], actual[mask], weight[mask], probability, overall, SEGMENT_STEPS)
            share = count / (count + SEGMENT_PRIOR_ROWS)
            result[segment] = share * own + (1.0 - share) * overall
    return result


def pinball_weights(
    forecasts: FloatArray, actual: FloatArray, weight: FloatArray, probability: float, start: FloatArray, steps: int
) -> FloatArray:
    """Convex weights [m] of forecasts [r, m] for a small pinball loss, by exponentiated subgradients.

    Source: Kivinen & Warmuth (1997), Inf. Comput. 132; the mean of the later half of the steps is returned.
    """
    shares, average = start.copy(), np.zeros_like(start)
    error = actual - forecasts.mean(axis=1)
    loss = np.maximum(probability * error, (probability - 1.0) * error)
    scale = float((weight * loss).mean()) + 1e-12
    for step in range(steps):
        slope = np.where(actual > forecasts @ shares, -probability, 1.0 - probability) * weight
        gradient = (slope @ forecasts) / (actual.size * scale)
        pull = np.clip(gradient - gradient.mean(), -2.0, 2.0)
        shares = shares * np.exp(-LEARNING_RATE / np.sqrt(1.0 + step / 5.0) * pull)
        shares /= shares.sum()
        if step >= steps // 2:
            average += shares
    return np.asarray(average / average.sum())


def _mean_weights(forecasts: FloatArray, actual: FloatArray, code: IntArray, segments: int) -> FloatArray:
    """Weights of two or fewer means [r, m] on a grid, of least deviance, shrunk like those of the quantiles.

    The Tweedie deviance that the boosted mean is trained on asks each unit for the same; squared errors by the series'
    changes would ask little of the items that sell most, and choose whichever mean is lower for rare ones.
    """
    if forecasts.shape[1] == 1:
        return np.ones((segments, 1))
    grid = np.linspace(0.0, 1.0, MEAN_STEPS + 1)
    mixed = np.maximum(forecasts[:, [0]] * grid + forecasts[:, [1]] * (1.0 - grid), SMALLEST_MEAN)
    power = TWEEDIE_POWER
    deviance = mixed ** (2.0 - power) / (2.0 - power) - actual[:, None] * mixed ** (1.0 - power) / (1.0 - power)
    overall = grid[int(np.argmin(deviance.mean(axis=0)))]
    result = np.zeros((segments, 2))
    for segment in range(segments):
        mask = code == segment
        own = grid[int(np.argmin(deviance[mask].mean(axis=0)))] if mask.sum() > 200 else overall
        share = mask.sum() / (mask.sum() + SEGMENT_PRIOR_ROWS)
        first = share * own + (1.0 - share) * overall
        first = (1.0 - EQUAL_SHARE) * first + EQUAL_SHARE * 0.5
        result[segment] = first, 1.0 - first
    return result
