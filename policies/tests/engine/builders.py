"""Forecasts and level inputs for tests: normal demand with a known mean and deviation unless a test says otherwise."""

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from policies.engine import LevelInput, method_codes
from stocksense.core.numeric import QUANTILE_GRID


def normal_forecast(mean, sd, horizon):
    """Mean [1, h] and cumulative quantiles [1, h, 11] of independent normal demand per bucket, never below 0."""
    ahead = np.arange(1, horizon + 1)[:, None]
    quantiles = np.maximum(ahead * mean + np.sqrt(ahead) * sd * ndtri(np.array(QUANTILE_GRID)), 0.0)
    return np.full((1, horizon), float(mean)), quantiles[None]


def level_input(mean=10.0, sd=3.0, horizon=60, bucket_days=1, method="rss", **more):
    """One item-location: daily normal demand, L = 4, R = 1, α = .95, no costs, nothing set by a planner."""
    means, quantiles = normal_forecast(mean, sd, horizon)
    numbers = {
        "elapsed_days": 0.0, "lead_time_days": 4.0, "lead_time_sd_days": 0.0, "review_days": 1.0, "service_level": 0.95,
        "order_cost": np.nan, "holding_cost_per_year": np.nan, "max_cover_days": 90.0, "minimum_order": 0.0,
        "min_quantity": np.nan, "max_quantity": np.nan, "safety_stock": np.nan,
    }  # fmt: skip
    arrays = {name: np.array([value], dtype=float) for name, value in (numbers | more).items()}
    origin = np.array([-1])
    return LevelInput(means, quantiles, bucket_days, **arrays, origin=origin, method=method_codes([method]))


def with_means(given, means):
    """The same spread of the sum, around other means per bucket."""
    means = np.array([means], dtype=float)
    spread = (
        given.cumulative_quantiles[:, : means.shape[1]] - given.mean[:, : means.shape[1]].cumsum(axis=1)[:, :, None]
    )
    return replace(given, mean=means, cumulative_quantiles=np.maximum(means.cumsum(axis=1)[:, :, None] + spread, 0.0))


def source_with_destinations(given, count):
    """`count` copies of one item-location; the first is the source of the others."""
    arrays = {
        name: np.concatenate([value] * count)
        for name, value in vars(given).items()
        if isinstance(value, np.ndarray) and name != "origin"
    }
    return replace(given, **arrays, origin=np.array([-1] + [0] * (count - 1)))
