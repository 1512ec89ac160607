"""Forecasts by a training: each member of the blend, the blend with its corrections, and sums over buckets."""

from dataclasses import dataclass

import numpy as np

from forecasting.engine.conformal import corrected
from forecasting.engine.cumulative import cumulative_dense
from forecasting.engine.features import FeatureTable
from forecasting.engine.hidden_demand import with_hidden_demand
from forecasting.engine.panel import Float32Array, Panel
from forecasting.engine.seasonal import season_ratios, weekday_factors
from forecasting.engine.training import (
    GLOBAL_POOLS,
    GLOBAL_QUANTILES,
    GLOBAL_RATIOS,
    OWN_PAST,
    SMOOTHERS,
    Members,
    Trained,
    own_quantiles,
    predict_ratios,
    segments_at,
    with_mean,
)
from stocksense.core.numeric import FloatArray, IntArray


@dataclass(frozen=True)
class PanelForecast:
    """Forecasts of the buckets after a panel, in units.

    mean [n, h]; quantiles [n, h, 11]; cumulative_dense [n, h, d] of sums, on forecasting.engine.cumulative.DENSE;
    segment [n]: codes. Zero for series that have not begun.
    """

    mean: FloatArray
    quantiles: FloatArray
    cumulative_dense: FloatArray
    segment: IntArray


def forecast(trained: Trained, panel: Panel) -> PanelForecast:
    """Forecast the `trained.horizon` buckets that follow the panel's history.

    Raises ValueError where the panel's covariates or attributes are not those of the training.
    """
    panel = with_hidden_demand(panel)
    table = _features_for(trained, panel)
    origin, size = panel.buckets, len(panel)
    rows = np.arange(size)
    features = table.at(origin, rows)
    if trained.members.model is not None and tuple(table.names) != trained.feature_names:
        raise ValueError("the panel has other covariates or attributes than the training")
    scale, segment = table.scale(origin), segments_at(table, origin, trained.volume_edges)
    quantiles, means = _forecast_members(trained.members, table, origin, features, scale)
    mean = trained.blend.means(means, segment) * trained.bias
    final = corrected(trained.blend.quantiles(quantiles, segment), trained.corrections, scale, segment)
    begun = panel.first < origin
    mean, final = mean * begun[:, None], final * begun[:, None, None]
    sums = cumulative_dense(mean, final, trained.cumulative) * begun[:, None, None]
    return PanelForecast(mean, final, sums, segment)


def forecast_members(trained: Trained, panel: Panel) -> tuple[dict[str, Float32Array], dict[str, FloatArray]]:
    """What each member of the blend says of the buckets after the panel: quantiles [n, h, 11], means [n, h]."""
    panel = with_hidden_demand(panel)
    table, rows = _features_for(trained, panel), np.arange(len(panel))
    features = table.at(panel.buckets, rows)
    return _forecast_members(trained.members, table, panel.buckets, features, table.scale(panel.buckets))


def _features_for(trained: Trained, panel: Panel) -> FeatureTable:
    """Features as the training had them: what is a yes or no does not depend on which series are forecast together."""
    flags = tuple(name for name in panel.known_names if f"{name}_before" in trained.feature_names)
    return FeatureTable(panel, trained.horizon, flags=flags)


def _forecast_members(
    members: Members, table: FeatureTable, origin: int, features: Float32Array, scale: FloatArray
) -> tuple[dict[str, Float32Array], dict[str, FloatArray]]:
    size, horizon = features.shape[:2]
    ratios = season_ratios(table, origin, members.season.groups(table.panel))
    level = table.level(origin)[:, None] * weekday_factors(table, origin)
    level = level * (1.0 + members.season.strength * (ratios - 1.0))
    quantiles: dict[str, Float32Array] = {}
    means: dict[str, FloatArray] = {}
    if members.model is not None and members.mean_pools is not None:
        flat, scales = features.reshape(size * horizon, -1), np.repeat(scale, horizon)
        mean = members.model.predict_mean(flat, scales)
        direct = members.model.predict_quantiles(flat, scales)
        quantiles[GLOBAL_QUANTILES] = direct.reshape(size, horizon, -1).astype(np.float32)
        if members.ratios:
            inputs = with_mean(flat, mean, scales, table.steady_columns())
            ratio = predict_ratios(members.ratios, inputs, mean)
            quantiles[GLOBAL_RATIOS] = ratio.reshape(size, horizon, -1).astype(np.float32)
        quantiles[GLOBAL_POOLS] = members.mean_pools.quantiles(mean).reshape(size, horizon, -1).astype(np.float32)
        means["boosted mean"] = mean.reshape(size, horizon) * members.boosted_factor
    quantiles[SMOOTHERS] = members.level_pools.quantiles(level).astype(np.float32)
    own = own_quantiles(table, origin, np.arange(size))
    quantiles[OWN_PAST] = np.repeat(own[:, None], horizon, axis=1).astype(np.float32)
    means["smoothers"] = level
    return quantiles, means
