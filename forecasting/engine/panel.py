"""Many histories on one calendar: a dense matrix with what is known of each series and of the future."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stocksense.core.numeric import BoolArray, FloatArray, IntArray

Float32Array = NDArray[np.float32]
DateArray = NDArray[np.datetime64]


@dataclass(frozen=True)
class Panel:
    """Demand of n series over the same t buckets, and covariates that reach into the future.

    demand [n, t]: units per bucket, finite and not negative; NaN before a series' first bucket and nowhere else.
    starts [t + ahead]: first day of each bucket, of the history and of the buckets to come.
    bucket_days: days in a bucket (1, 7, 30 for a month).
    in_stock [n, t]: False where stock ran out, so that demand was at least the value.
    known [n, t + ahead, k]: covariates known ahead (promotions, prices, holidays), without gaps; known_names [k].
    past [n, t, j]: covariates known only up to now, without gaps; past_names [j].
    sold_out [n, t]: what was sold where demand is an estimate because stock had run out, NaN elsewhere (see
        hidden_demand); None: nowhere.
    untold [n, t]: buckets that nothing is learned from, as what came is not known at all: an item's after its end, and
        those of a stock-out that still lasts; None: nowhere.
    categories [n, a]: attribute codes 0.., numbers [n, b]: numeric attributes (NaN where not known).
    """

    demand: FloatArray
    starts: DateArray
    bucket_days: int
    in_stock: BoolArray
    known: Float32Array
    past: Float32Array
    categories: IntArray
    numbers: Float32Array
    known_names: tuple[str, ...] = ()
    past_names: tuple[str, ...] = ()
    category_names: tuple[str, ...] = ()
    number_names: tuple[str, ...] = ()
    sold_out: FloatArray | None = None
    untold: BoolArray | None = None
    first: IntArray = field(init=False)

    def __post_init__(self) -> None:
        if self.demand.ndim != 2 or self.bucket_days <= 0:
            raise ValueError("demand must be [series, buckets] and bucket_days positive")
        size, buckets = self.demand.shape
        shapes = {
            "in_stock": self.in_stock.shape == (size, buckets),
            "starts": self.starts.size >= buckets,
            "known": self.known.shape == (size, self.starts.size, len(self.known_names)),
            "past": self.past.shape == (size, buckets, len(self.past_names)),
            "categories": self.categories.shape == (size, len(self.category_names)),
            "numbers": self.numbers.shape == (size, len(self.number_names)),
            "sold_out": self.sold_out is None or self.sold_out.shape == (size, buckets),
            "untold": self.untold is None or self.untold.shape == (size, buckets),
        }
        wrong = [name for name, fits in shapes.items() if not fits]
        if wrong:
            raise ValueError(f"shapes do not fit the demand matrix: {', '.join(wrong)}")
        there = np.isfinite(self.demand)
        first = np.where(there.any(axis=1), there.argmax(axis=1), buckets) if buckets else np.zeros(size)
        object.__setattr__(self, "first", first.astype(np.int64))
        if int(there.sum()) != int((buckets - self.first).sum()):
            raise ValueError("demand must be without gaps from a series' first bucket on")
        if np.nanmin(self.demand, initial=0.0) < 0:
            raise ValueError("demand must not be negative")

    @classmethod
    def of(
        cls, demand: Any, starts: DateArray, bucket_days: int, *, in_stock: BoolArray | None = None, **columns: Any
    ) -> "Panel":
        """A panel from demand and the calendar; what is not given is empty (and every bucket in stock)."""
        demand = np.asarray(demand, dtype=np.float64)
        size, buckets = demand.shape
        empty = {
            "known": np.zeros((size, starts.size, 0), np.float32),
            "past": np.zeros((size, buckets, 0), np.float32),
            "categories": np.zeros((size, 0), np.int64),
            "numbers": np.zeros((size, 0), np.float32),
        }
        stocked = np.ones(demand.shape, np.bool_) if in_stock is None else in_stock
        return cls(demand=demand, starts=starts, bucket_days=bucket_days, in_stock=stocked, **{**empty, **columns})

    @property
    def told(self) -> BoolArray:
        """[n, t]: in stock, and what came is known: the buckets that forecasts learn from and are judged by."""
        return self.in_stock if self.untold is None else self.in_stock & ~self.untold

    def __len__(self) -> int:
        return int(self.demand.shape[0])

    @property
    def buckets(self) -> int:
        """Buckets of history."""
        return int(self.demand.shape[1])

    @property
    def year(self) -> int:
        """Buckets in a year (at least 1)."""
        return max(1, round(364 / self.bucket_days))

    def until(self, end: int) -> "Panel":
        """The panel as it was after its first `end` buckets: later demand is gone, covariates known ahead stay."""
        sold_out = None if self.sold_out is None else self.sold_out[:, :end]
        untold = None if self.untold is None else self.untold[:, :end]
        return replace(
            self, demand=self.demand[:, :end], in_stock=self.in_stock[:, :end], past=self.past[:, :end],
            sold_out=sold_out, untold=untold,
        )  # fmt: skip

    def rows(self, rows: IntArray | Sequence[int]) -> "Panel":
        """The panel of some of the series."""
        return replace(
            self,
            demand=self.demand[rows],
            in_stock=self.in_stock[rows],
            known=self.known[rows],
            past=self.past[rows],
            categories=self.categories[rows],
            numbers=self.numbers[rows],
            sold_out=None if self.sold_out is None else self.sold_out[rows],
            untold=None if self.untold is None else self.untold[rows],
        )
