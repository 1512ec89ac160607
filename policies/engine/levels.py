"""Reorder points and order-up-to levels, for each of the coming days."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from policies.engine.batching import batching_sd
from policies.engine.interval import cumulative_mean_at, interval_distribution, quantile_at, spread_factor
from policies.engine.order_quantity import bounded_order_quantity
from stocksense.core.numeric import FloatArray, IntArray, require_not_negative

METHODS: Final = ("rss", "min_max", "none")
RSS, MIN_MAX, NONE = range(3)
_ALIASES: Final = {"": RSS, "rss": RSS, "min_max": MIN_MAX, "none": NONE, "no_plan": NONE}


@dataclass(frozen=True)
class LevelInput:
    """What levels are made of, for n item-locations. Every array [n] unless said; NaN means not given where allowed.

    mean [n, h], cumulative_quantiles [n, h, 11]: the forecast, units; bucket_days: days in its buckets.
    elapsed_days: days from the start of the first bucket to today.
    lead_time_days, lead_time_sd_days, review_days, max_cover_days: days, not negative.
    service_level: probability of no stock-out in a protection interval, strictly between 0 and 1.
    order_cost: money/order or NaN; holding_cost_per_year: money/unit/year or NaN.
    minimum_order: units, 0 for none.
    origin: node that replenishes each node, -1 for suppliers and none: what a source is asked for comes in batches.
    min_quantity, max_quantity, safety_stock: the planner's, units or NaN.
    method: index into METHODS.
    """

    mean: FloatArray
    cumulative_quantiles: FloatArray
    bucket_days: float
    elapsed_days: FloatArray
    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray
    review_days: FloatArray
    service_level: FloatArray
    order_cost: FloatArray
    holding_cost_per_year: FloatArray
    max_cover_days: FloatArray
    minimum_order: FloatArray
    origin: IntArray
    min_quantity: FloatArray
    max_quantity: FloatArray
    safety_stock: FloatArray
    method: IntArray

    @property
    def interval_days(self) -> FloatArray:
        """Protection interval [n]: lead time + review period, days."""
        return self.lead_time_days + self.review_days

    @cached_property
    def daily_rate(self) -> FloatArray:
        """Mean demand per day over the forecast's horizon [n], units."""
        rate: FloatArray = self.mean.mean(axis=1) / self.bucket_days
        return rate

    @cached_property
    def order_quantity(self) -> FloatArray:
        """How much is ordered at a time [n], units, before minimum and multiple."""
        return bounded_order_quantity(
            self.daily_rate, self.order_cost, self.holding_cost_per_year, self.review_days,
            self.max_cover_days, self.minimum_order,
        )  # fmt: skip

    @cached_property
    def certain_interval(self) -> tuple[FloatArray, FloatArray]:
        """Mean [n] and quantiles [n, q] of demand over the protection interval from today, as if the lead time were
        certain and nobody ordered in batches.
        """
        return interval_distribution(
            self.mean, self.cumulative_quantiles, self.bucket_days, self.interval_days, np.zeros(len(self.mean)),
            self.elapsed_days,
        )  # fmt: skip

    @cached_property
    def batching_sd(self) -> FloatArray:
        """Standard deviation of destinations' orders over the protection interval beyond their demand [n], units."""
        return batching_sd(self.origin, self.order_quantity, self.daily_rate, self.interval_days)


@dataclass(frozen=True)
class ReorderLevels:
    """Levels in units; NaN throughout for an item-location that is not planned, so that no position is at or below.

    reorder_point, order_up_to [n, T]: s and S at the review date t days from today.
    safety_stock [n]: s − mean demand of the protection interval today; already part of s.
    order_quantity [n]: how much is ordered at a time, before MOQ and multiple; S = s + order_quantity.
    interval_mean [n], interval_quantiles [n, 11]: demand over the protection interval that starts today.
    """

    reorder_point: FloatArray
    order_up_to: FloatArray
    safety_stock: FloatArray
    order_quantity: FloatArray
    interval_mean: FloatArray
    interval_quantiles: FloatArray


def method_codes(names: Sequence[str]) -> IntArray:
    """Indices into METHODS; '' is rss, 'no_plan' is none. Raises ValueError for an unknown name."""
    unknown = sorted(set(names) - _ALIASES.keys())
    if unknown:
        raise ValueError(f"unknown method: {unknown[0]}")
    return np.array([_ALIASES[name] for name in names], dtype=np.int64)


def reorder_levels(given: LevelInput, days: int) -> ReorderLevels:
    """Levels for review dates 0 .. days − 1 days from today.

    rss: s_t is the service-level quantile of demand over (t, t + L + R]. With m_t the mean of that window and q the
    quantile today, s_t = m_t + (q − m_0) · m_t / m_0: spread keeps its relation to the mean (see spread_factor).
    A planner's safety stock replaces the spread: s_t = m_t + safety stock. Then s is raised to min_quantity, S = s +
    order quantity, and both are cut at max_quantity, which wins.
    min_max: s is min_quantity, S is max_quantity (not below s); what is not given is computed as for rss.
    none: NaN. Raises ValueError for numbers out of range.
    """
    if days < 1:
        raise ValueError("days must be at least 1")
    require_not_negative(max_cover_days=given.max_cover_days, minimum_order=given.minimum_order)
    mean, quantiles = interval_distribution(
        given.mean, given.cumulative_quantiles, given.bucket_days, given.interval_days,
        given.lead_time_sd_days, given.elapsed_days, given.batching_sd,
    )  # fmt: skip
    quantity = given.order_quantity
    reorder_point, order_up_to = _levels(given, _points(given, mean, quantiles, days), quantity)
    planned = np.where(given.method == NONE, np.nan, 1.0)
    return ReorderLevels(
        reorder_point=reorder_point * planned[:, None],
        order_up_to=order_up_to * planned[:, None],
        safety_stock=(reorder_point[:, 0] - mean) * planned,
        order_quantity=quantity * planned,
        interval_mean=mean,
        interval_quantiles=quantiles,
    )


def _points(given: LevelInput, mean: FloatArray, quantiles: FloatArray, days: int) -> FloatArray:
    """s [n, T] before the planner's limits."""
    start = given.elapsed_days[:, None] + np.arange(days, dtype=np.float64)
    end = start + given.interval_days[:, None]
    window = cumulative_mean_at(given.mean, given.bucket_days, end)
    window = window - cumulative_mean_at(given.mean, given.bucket_days, start)
    spread = (quantile_at(given.service_level, quantiles) - mean)[:, None] * spread_factor(window, mean[:, None])
    fixed = np.isfinite(given.safety_stock)[:, None]
    return window + np.where(fixed, np.nan_to_num(given.safety_stock)[:, None], spread)


def _levels(given: LevelInput, points: FloatArray, quantity: FloatArray) -> tuple[FloatArray, FloatArray]:
    """s and S [n, T] within the planner's limits."""
    low, high = given.min_quantity[:, None], given.max_quantity[:, None]
    fixed = (given.method == MIN_MAX)[:, None]
    set_by_hand = fixed & np.isfinite(low)
    point = np.where(set_by_hand, low, np.fmax(points, low))
    level = point + quantity[:, None]
    point = np.where(set_by_hand, point, np.fmin(point, high))
    level = np.where(fixed & np.isfinite(high), np.maximum(high, point), np.fmin(level, high))
    return point, level
