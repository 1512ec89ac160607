"""What the global model is told about a series at an origin and about the bucket it is asked for."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from forecasting.engine.levels import Rolling, discounted_means, without_first
from forecasting.engine.panel import Float32Array, Panel
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

SMALLEST_SCALE: Final = 1e-3
SMALLEST_LEVEL: Final = 0.02
SMALLEST_SIZE: Final = 1e-9
FAST_DAYS: Final = 21.0
LEVEL_DAYS: Final = 66.0
SLOW_DAYS: Final = 280.0
WINDOW_DAYS: Final = (28, 56, 91, 182, 364)
LAGS: Final = 3
WEEKDAY_WEEKS: Final = (4, 12)
PROFILE: Final = (0.5, 0.8, 0.9, 0.95)


@dataclass
class FeatureTable:
    """Features of any series, origin and bucket ahead, from tables made once per panel.

    An origin is a number of known buckets: nothing at or after it is read, covariates known ahead apart.
    After `at`, `names` tells the columns, `categorical` those that are codes, and `unsteady` those that a model of
    few origins would learn by heart (calendar, single lags, raw prices, codes). flags: covariates that count as yes or
    no, told where a model was trained on other series than these; found in the panel otherwise.
    """

    panel: Panel
    horizon: int
    flags: tuple[str, ...] | None = None
    names: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        panel = self.panel
        demand = without_first(np.where(panel.in_stock, panel.demand, np.nan))
        self._demand = panel.demand
        self._windows = sorted({max(2, round(days / panel.bucket_days)) for days in WINDOW_DAYS})
        self._ses = [discounted_means(demand, _rate(panel, days)) for days in (FAST_DAYS, LEVEL_DAYS, SLOW_DAYS)]
        sold = np.where(np.isnan(demand), np.nan, (demand > 0).astype(np.float64))
        self._chance = discounted_means(sold, _rate(panel, LEVEL_DAYS))
        self._size = discounted_means(np.where(panel.demand > 0, panel.demand, np.nan), _rate(panel, LEVEL_DAYS))
        self._mean = Rolling(demand)
        self._whole = Rolling(panel.demand)
        self._square = Rolling(np.square(demand))
        self._sold = Rolling(sold)
        stocked = panel.in_stock if panel.sold_out is None else panel.in_stock & np.isnan(panel.sold_out)
        self._stock = Rolling(stocked.astype(np.float64))
        at = np.arange(panel.buckets)
        last = np.where(np.nan_to_num(panel.demand) > 0, at[None, :], -1)
        self._last_sale = np.maximum.accumulate(last, axis=1) if panel.buckets else last
        self._flags = self._flag_columns()
        self._known_mean = [Rolling(panel.known[:, :, k].astype(np.float64)) for k in range(panel.known.shape[2])]
        self._past_mean = [Rolling(panel.past[:, :, k].astype(np.float64)) for k in range(panel.past.shape[2])]
        if self._flags.size:
            on = (panel.known[:, : panel.buckets, self._flags] > 0).any(axis=2)
            self._plain = Rolling(np.where(on, np.nan, demand))
            self._promoted = Rolling(np.where(on, demand, np.nan))

    def _flag_columns(self) -> IntArray:
        """Covariates known ahead that are only 0 or 1 and vary within series: promotions, holidays."""
        known = self.panel.known
        if self.flags is not None:
            return np.array([k for k, name in enumerate(self.panel.known_names) if name in self.flags], dtype=np.int64)
        flags = [k for k in range(known.shape[2]) if np.isin(known[:, :, k], (0.0, 1.0)).all() and known[:, :, k].any()]
        return np.array(flags, dtype=np.int64)

    def scale(self, origin: int) -> FloatArray:
        """Units that make series comparable [n]: level, last year's and all years' mean mixed, never 0."""
        year = np.nan_to_num(self._mean.mean(origin, self.panel.year))
        level = np.nan_to_num(self._ses[1][:, origin - 1])
        size = np.nan_to_num(self._whole.mean(origin, origin))
        return np.asarray(np.maximum(0.45 * level + 0.45 * year + 0.1 * size, SMALLEST_SCALE))

    def sold_before(self, origin: int) -> BoolArray:
        """[n]: True where anything was sold before the origin."""
        return np.asarray(self._last_sale[:, origin - 1] >= 0)

    def steady_columns(self) -> IntArray:
        """Positions of the steady columns of `names`."""
        left_out = set(self.unsteady)
        return np.array([at for at, name in enumerate(self.names) if name not in left_out], dtype=np.int64)

    def statistics(self, origin: int) -> tuple[FloatArray, FloatArray]:
        """ADI and squared coefficient of variation of the demand sizes [n], over the last two years."""
        window = 2 * self.panel.year
        sold = np.nan_to_num(self._sold.mean(origin, window))
        some = np.where(sold > 0, sold, 1.0)
        size = np.nan_to_num(self._mean.mean(origin, window)) / some
        square = np.nan_to_num(self._square.mean(origin, window)) / some
        cv2 = np.where(size > SMALLEST_SIZE, square / np.maximum(size, SMALLEST_SIZE) ** 2 - 1.0, 0.0)
        return np.where(sold > 0, 1.0 / some, np.inf), np.maximum(cv2, 0.0)

    def level(self, origin: int) -> FloatArray:
        """Expected units per bucket [n]: mean of two discounted means, of size times chance, and of half a year."""
        half = self._mean.mean(origin, max(1, round(182 / self.panel.bucket_days)))
        rare = self._size[:, origin - 1] * self._chance[:, origin - 1]
        members = (self._ses[1][:, origin - 1], self._ses[2][:, origin - 1], rare, half)
        level = np.mean([np.nan_to_num(member) for member in members], axis=0)
        return np.asarray(np.maximum(level, SMALLEST_LEVEL * self.scale(origin)))

    def near(self, target: int, origin: int) -> FloatArray:
        """Mean demand [n] of a bucket and its neighbours; NaN where that is not all before the origin."""
        return self._near(target, origin)

    def rows(self, origin: int) -> BoolArray:
        """[n]: True where the series has a first bucket before the origin."""
        return np.asarray(self.panel.first < origin)

    def at(self, origin: int, members: IntArray) -> Float32Array:
        """Features [members, horizon, f] of some series at one origin."""
        self.names, self.categorical, self.unsteady = [], [], []
        scale = self.scale(origin)
        fixed = self._origin_features(origin, scale)
        columns = [np.broadcast_to(column[members][:, None], (members.size, self.horizon)) for column in fixed]
        columns += [column[members] for column in self._target_features(origin, scale)]
        return np.stack(columns, axis=2).astype(np.float32)

    def _add(self, columns: list[FloatArray], name: str, values: FloatArray, *, steady: bool = True) -> None:
        self.names.append(name)
        columns.append(values)
        if not steady:
            self.unsteady.append(name)

    def _origin_features(self, origin: int, scale: FloatArray) -> list[FloatArray]:
        out: list[FloatArray] = []
        panel = self.panel
        self._add(out, "log_scale", np.log(scale))
        self._add(out, "log_age", np.log1p(np.maximum(origin - panel.first, 0).astype(np.float64)))
        for name, table in zip(("fast", "level", "slow"), self._ses, strict=True):
            self._add(out, f"ses_{name}", table[:, origin - 1] / scale)
        for window in self._windows:
            mean = self._mean.mean(origin, window)
            self._add(out, f"mean_{window}", mean / scale)
        longest, middle = self._windows[-1], self._windows[len(self._windows) // 2]
        for window in (middle, longest):
            variance = self._square.mean(origin, window) - np.square(self._mean.mean(origin, window))
            self._add(out, f"sd_{window}", np.sqrt(np.maximum(variance, 0.0)) / scale)
            self._add(out, f"sold_{window}", self._sold.mean(origin, window))
        for lag in range(1, LAGS + 1):
            value = self._demand[:, origin - lag] if origin >= lag else np.full(len(panel), np.nan)
            self._add(out, f"lag_{lag}", value / scale, steady=False)
        since = origin - 1 - self._last_sale[:, origin - 1]
        self._add(out, "since_sale", np.minimum(since, 2 * panel.year).astype(np.float64))
        self._add(out, "in_stock", self._stock.mean(origin, self._windows[0]))
        self._own_profile(out, "", origin, longest, scale)
        self._own_profile(out, "_long", origin, 2 * longest, scale)
        self._own_profile(out, "_short", origin, middle, scale)
        for k, name in enumerate(panel.past_names):
            values = panel.past[:, :, k]
            self._add(out, f"{name}_now", values[:, origin - 1].astype(np.float64), steady=False)
            self._add(out, f"{name}_mean", self._past_mean[k].mean(origin, middle), steady=False)
        if self._flags.size:
            plain, promoted = self._plain.mean(origin, longest), self._promoted.mean(origin, origin)
            self._add(out, "plain", self._plain.mean(origin, middle) / scale)
            self._add(out, "plain_short", self._plain.mean(origin, self._windows[0]) / scale)
            self._add(out, "lift", promoted / np.maximum(plain, 0.1 * scale))
            self._add(out, "promoted", promoted / scale)
        for k, name in enumerate(panel.category_names):
            self.categorical.append(name)
            self._add(out, name, panel.categories[:, k].astype(np.float64), steady=False)
        for k, name in enumerate(panel.number_names):
            self._add(out, name, panel.numbers[:, k].astype(np.float64), steady=False)
        return out

    def _own_profile(self, out: list[FloatArray], name: str, origin: int, window: int, scale: FloatArray) -> None:
        """Quantiles and the largest of the series' own latest demands."""
        recent = self._demand[:, max(origin - window, 0) : origin]
        ordered = np.sort(np.where(np.isnan(recent), np.inf, recent), axis=1)
        count = np.isfinite(recent).sum(axis=1)
        for p in PROFILE:
            rank = np.clip(np.ceil(p * count) - 1, 0, recent.shape[1] - 1).astype(np.int64)
            value = ordered[np.arange(len(self.panel)), rank]
            self._add(out, f"own_q{round(100 * p)}{name}", np.where(np.isfinite(value), value, np.nan) / scale)
        self._add(out, f"own_largest{name}", np.max(np.nan_to_num(recent), axis=1) / scale)

    def _target_features(self, origin: int, scale: FloatArray) -> list[FloatArray]:
        out: list[FloatArray] = []
        panel, horizon = self.panel, self.horizon
        shape = (len(panel), horizon)
        targets = np.arange(origin, origin + horizon)
        self._add(out, "ahead", np.broadcast_to(np.arange(1.0, horizon + 1), shape))
        self._calendar(out, targets, shape)
        year = panel.year
        before = np.stack([self._near(target - year, origin) for target in targets.tolist()], axis=1)
        self._add(out, "year_ago", before / scale[:, None])
        exact = [
            self._demand[:, target - year] if 0 <= target - year < origin else np.full(len(panel), np.nan)
            for target in targets
        ]
        self._add(out, "year_ago_exact", np.stack(exact, axis=1) / scale[:, None], steady=False)
        ratio = self._mean.mean(max(origin - year, 0), self._windows[2] if len(self._windows) > 2 else 2)
        self._add(out, "year_ago_ratio", before / np.maximum(ratio, 0.1 * scale)[:, None])
        if panel.bucket_days == 1:
            self._weekday(out, origin, targets, scale)
        for k, name in enumerate(panel.known_names):
            self._covariate(out, k, name, origin, targets)
        return out

    def _calendar(self, out: list[FloatArray], targets: IntArray, shape: tuple[int, int]) -> None:
        days = self.panel.starts[targets] + np.timedelta64(self.panel.bucket_days // 2, "D")
        years = days.astype("datetime64[Y]")
        day = (days - years.astype("datetime64[D]")).astype(np.int64)
        self._add(out, "day_of_year", np.broadcast_to(day.astype(np.float64), shape), steady=False)
        if self.panel.bucket_days == 1:
            month = days.astype("datetime64[M]")
            weekday = ((days.astype(np.int64) + 3) % 7).astype(np.float64)
            self._add(out, "weekday", np.broadcast_to(weekday, shape), steady=False)
            inside = (days - month.astype("datetime64[D]")).astype(np.float64)
            self._add(out, "day_of_month", np.broadcast_to(inside, shape), steady=False)

    def _near(self, target: int, origin: int) -> FloatArray:
        """Mean demand of the bucket and its neighbours [n]; NaN where that is not all before the origin."""
        width = 3 if self.panel.bucket_days > 1 else 7
        end = target + width // 2 + 1
        if target < 0 or end > origin:
            return np.full(len(self.panel), np.nan)
        return self._mean.mean(end, width)

    def _weekday(self, out: list[FloatArray], origin: int, targets: IntArray, scale: FloatArray) -> None:
        """Means of the same weekday over the last weeks, before the origin."""
        latest = origin - 1 - ((origin - 1 - targets) % 7)
        for weeks in WEEKDAY_WEEKS:
            at = latest[None, :] - 7 * np.arange(weeks)[:, None]
            values = np.where(at >= 0, self._demand[:, np.maximum(at, 0)], np.nan)
            known = np.isfinite(values)
            mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
            mean = np.where(known.any(axis=1), mean, np.nan)
            self._add(out, f"weekday_{weeks}", mean / scale[:, None])

    def _covariate(self, out: list[FloatArray], k: int, name: str, origin: int, targets: IntArray) -> None:
        values = self.panel.known[:, :, k].astype(np.float64)
        value = values[:, targets]
        usual = self._known_mean[k].mean(origin, self._windows[-1])[:, None]
        self._add(out, name, value, steady=k in self._flags)
        if k in self._flags:
            self._add(out, f"{name}_usual", np.broadcast_to(usual, value.shape))
            self._add(out, f"{name}_before", values[:, np.maximum(targets - 1, 0)])
            self._add(out, f"{name}_after", values[:, np.minimum(targets + 1, values.shape[1] - 1)])
        else:
            small = np.maximum(np.abs(usual), 1e-6)
            self._add(out, f"{name}_to_usual", value / small)
            short = self._known_mean[k].mean(origin, self._windows[0])[:, None]
            self._add(out, f"{name}_to_recent", value / np.maximum(np.abs(short), 1e-6))


def _rate(panel: Panel, days: float) -> float:
    """Smoothing constant per bucket of a memory in days."""
    return 1.0 - math.exp(-panel.bucket_days / days)
