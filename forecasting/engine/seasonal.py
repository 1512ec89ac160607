"""The smoothers' path: a level, the weekday's share of a week, and the season that a group of series has in common."""

from typing import Final

import numpy as np

from forecasting.engine.features import FeatureTable
from stocksense.core.numeric import FloatArray, IntArray

PROFILE_WEEKS: Final = 26
PROFILE_PRIOR_UNITS: Final = 60.0
FEWEST_IN_GROUP: Final = 30
LOWEST_FACTOR: Final = 0.25
HIGHEST_FACTOR: Final = 4.0
STRENGTHS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
NEEDED_GAIN: Final = 0.3


def weekday_factors(table: FeatureTable, origin: int) -> FloatArray:
    """Factor of each of the next `horizon` days [n, h]: the weekday's share of the latest half year's demand times 7.

    A series' shares are shrunk to those of all series as if these had sold it 60 more units; 1 where buckets are
    longer than a day, or before four weeks are known.
    """
    weeks = min(PROFILE_WEEKS, origin // 7)
    shape = (len(table.panel), table.horizon)
    if table.panel.bucket_days != 1 or weeks < 4:
        return np.ones(shape)
    recent = np.nan_to_num(table.panel.demand[:, origin - 7 * weeks : origin])
    by_day = recent.reshape(shape[0], weeks, 7).sum(axis=1)
    total = by_day.sum(axis=1, keepdims=True)
    even = by_day / np.sqrt(np.maximum(total, 1.0))
    common = even.sum(axis=0) / max(float(even.sum()), 1e-12) if even.any() else np.full(7, 1.0 / 7.0)
    share = (by_day + PROFILE_PRIOR_UNITS * common) / (total + PROFILE_PRIOR_UNITS)
    return np.asarray(7.0 * share[:, np.arange(table.horizon) % 7])


def season_ratios(table: FeatureTable, origin: int, groups: IntArray) -> FloatArray:
    """What a year ago did to a flat forecast [n, h]: demand of the group over its level then; 1 where not known.

    groups [n]: codes 0.., −1 for none; a group of fewer than 30 series with a year behind them takes the ratio of all,
    as does who has none.
    """
    panel, year = table.panel, table.panel.year
    before = origin - year
    ratios = np.ones((len(panel), table.horizon))
    if before < max(year // 4, 8):
        return ratios
    level, scale = table.level(before), table.scale(before)
    weight = even_weights(scale)
    usable = (level > 0) & (panel.first < before)
    none = int(groups.max(initial=0)) + 1
    groups, size = np.where(groups < 0, none, groups), none + 1
    count = np.bincount(groups[usable], minlength=size)
    count[none] = 0
    if usable.sum() < FEWEST_IN_GROUP:
        return ratios
    for ahead in range(table.horizon):
        actual = table.near(before + ahead, origin)
        known = usable & np.isfinite(actual)
        if known.sum() < FEWEST_IN_GROUP:
            continue
        demand = np.bincount(groups[known], (actual * weight)[known], minlength=size)
        expected = np.bincount(groups[known], (level * weight)[known], minlength=size)
        overall = demand.sum() / expected.sum()
        own = np.divide(demand, expected, out=np.full(size, overall), where=expected > 0)
        ratios[:, ahead] = np.where(count >= FEWEST_IN_GROUP, 0.5 * own + 0.5 * overall, overall)[groups]
    return np.clip(ratios, LOWEST_FACTOR, HIGHEST_FACTOR)


def even_weights(scale: FloatArray) -> FloatArray:
    """Weights [n] under which large series do not drown the others, nor nearly dead ones count for much."""
    typical = float(scale.mean()) if scale.size else 1.0
    return np.asarray(1.0 / (scale + max(typical, 1e-9)))


def season_strength(level: FloatArray, ratios: FloatArray, actual: FloatArray, weight: FloatArray) -> float:
    """How much of the season to believe: the strength that makes the pooled misses smallest.

    level, ratios, actual [o, n, h] (NaN actual: unknown), weight [o, n]. 0 unless the squared pooled misses shrink by
    30 %, and by some in the earlier and in the later half of the origins.
    """
    known = np.isfinite(actual)
    came = np.where(known, actual * weight[..., None], 0.0).sum(axis=1)
    losses = []
    for strength in STRENGTHS:
        expected = level * (1.0 + strength * (ratios - 1.0)) * weight[..., None]
        losses.append(np.square(came - np.where(known, expected, 0.0).sum(axis=1)).sum(axis=1))
    totals = [float(loss.sum()) for loss in losses]
    best = int(np.argmin(totals))
    half = level.shape[0] // 2
    repeats = bool(
        losses[best][:half].sum() < losses[0][:half].sum() and losses[best][half:].sum() < losses[0][half:].sum()
    )
    return STRENGTHS[best] if repeats and totals[best] < (1.0 - NEEDED_GAIN) * totals[0] else 0.0
