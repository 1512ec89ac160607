"""Synthetic demand of other character for the forecasting benchmarks: spare parts and daily retail, fixed by a seed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import FloatArray

DAILY_START: Final = np.datetime64("2021-01-04")
WEEKLY_START: Final = np.datetime64("2020-01-01")
MONTHLY_START: Final = np.datetime64("2017-01-01")


@dataclass(frozen=True)
class DemandSet:
    """Demand [n, t] (NaN before a series' first sale), bucket dates [t], and future-known covariates [n, t] by name."""

    name: str
    freq: str
    horizon: int
    demand: FloatArray
    dates: np.ndarray
    covariates: dict[str, FloatArray]


def spare_parts_weekly(count: int = 1000, buckets: int = 156, seed: int = 7) -> DemandSet:
    """Nine weeks in ten without demand: rare, clumped, sized orders; rates drift, some items die, some are new."""
    dates = WEEKLY_START + np.arange(buckets) * np.timedelta64(7, "D")
    demand = _spares(np.random.default_rng(seed), count, buckets, yearly=52.0)
    return DemandSet("spare parts, weekly", "W-WED", 8, demand, dates, {})


def spare_parts_monthly(count: int = 1000, buckets: int = 72, seed: int = 8) -> DemandSet:
    """The same kind of items in months."""
    months = MONTHLY_START.astype("datetime64[M]") + np.arange(buckets)
    demand = _spares(np.random.default_rng(seed), count, buckets, yearly=12.0)
    return DemandSet("spare parts, monthly", "MS", 6, demand, months.astype("datetime64[D]"), {})


def _spares(rng: np.random.Generator, count: int, buckets: int, yearly: float) -> FloatArray:
    rate = rng.beta(0.9, 17.0, count)[:, None]
    drift = np.cumsum(rng.normal(0.0, 0.4 / np.sqrt(yearly), (count, buckets)), axis=1)
    clump = rng.gamma(2.0, 0.5, (count, buckets))
    clump = 0.5 + 0.5 * (clump + np.roll(clump, 1, axis=1)) / 2.0
    busy = np.clip(rate * np.exp(drift - drift.mean(axis=1, keepdims=True)) * clump, 0.0, 0.95)
    typical = np.exp(rng.normal(1.0, 1.0, count))[:, None]
    shape = rng.uniform(0.7, 4.0, count)[:, None]
    size = 1.0 + rng.negative_binomial(shape, shape / (shape + typical), (count, buckets))
    demand = np.where(rng.random((count, buckets)) < busy, size, 0.0)
    pack = rng.choice([1.0, 1.0, 1.0, 5.0, 10.0], count)[:, None]
    demand = demand * pack
    death = rng.integers(buckets // 2, buckets * 4, count)
    demand[np.arange(buckets)[None, :] >= death[:, None]] = 0.0
    return _from_first_sale(demand)


def daily_retail(count: int = 500, buckets: int = 820, seed: int = 9, horizon: int = 14) -> DemandSet:
    """Slow and fast items with weekday and yearly pattern, trends, promotions, holidays, stock-outs and new items."""
    rng = np.random.default_rng(seed)
    dates = DAILY_START + np.arange(buckets + horizon) * np.timedelta64(1, "D")
    day = np.arange(buckets + horizon)
    level = np.exp(rng.normal(0.6, 1.2, count))[:, None]
    kind = rng.integers(0, 6, count)
    weekday = (
        np.exp(rng.normal(0.0, 0.25, (6, 7)))[kind][:, day % 7] * np.exp(rng.normal(0, 0.12, (count, 7)))[:, day % 7]
    )
    wave = rng.normal(0.0, 0.25, (6, 4))[kind]
    angle = 2.0 * np.pi * day / 365.25
    yearly = sum(
        wave[:, [k]] * f for k, f in enumerate((np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)))
    )
    drift = np.cumsum(rng.normal(0.0, 0.02, (count, day.size)), axis=1)
    promotion = _promotions(rng, count, day.size)
    lift = np.exp(rng.normal(0.7, 0.25, count))[:, None] ** promotion
    holiday = np.isin(day % 365, (0, 90, 145, 245, 330, 358, 359)).astype(float)[None, :]
    special = np.exp(rng.normal(0.3, 0.3, 6))[kind][:, None] ** holiday
    expected = level * weekday * np.exp(yearly + drift - drift.mean(axis=1, keepdims=True)) * lift * special
    shape = rng.uniform(1.0, 8.0, count)[:, None]
    demand = rng.negative_binomial(shape, shape / (shape + expected)).astype(np.float64)
    for row in np.flatnonzero(rng.random(count) < 0.4):
        for begin in rng.integers(0, buckets, 3):
            demand[row, begin : begin + int(rng.integers(2, 8))] = 0.0
    late = np.where(rng.random(count) < 0.25, rng.integers(0, buckets - 150, count), 0)
    demand[day[None, :] < late[:, None]] = 0.0
    price = np.exp(rng.normal(1.0, 0.6, count))[:, None] * (1.0 - 0.25 * promotion)
    covariates = {"price": np.round(price, 2), "promo": promotion, "holiday": np.repeat(holiday, count, axis=0)}
    return DemandSet(
        "retail, daily",
        "D",
        horizon,
        _from_first_sale(demand[:, :buckets]),
        dates[:buckets],
        {k: v[:, :buckets] for k, v in covariates.items()},
    )


def _promotions(rng: np.random.Generator, count: int, buckets: int) -> FloatArray:
    on = np.zeros((count, buckets))
    for row in range(count):
        for begin in rng.integers(0, buckets, buckets // 60):
            on[row, begin : begin + 7] = 1.0
    return on


def _from_first_sale(demand: FloatArray) -> FloatArray:
    sold = demand > 0
    demand = demand[sold.any(axis=1)]
    started = np.maximum.accumulate(demand > 0, axis=1)
    return np.where(started, demand, np.nan)
