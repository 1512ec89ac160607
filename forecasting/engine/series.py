"""Demand histories as flat arrays, and what is done to them before anything is fitted."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.censoring import unconstrain_from_past
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

LARGEST_VALUE: Final = 1e15
"""Beyond this a quantity is a data error and its square no longer safe: it counts as not finite."""

POOLABLE_VALUE: Final = 1e9
SPIKE_RATIO: Final = 1000.0
SHORTEST_HISTORY: Final = 8

NO_HISTORY: Final = "no history"
NOT_FINITE: Final = "not finite"
IMPLAUSIBLE: Final = "implausible values"
ALL_ZERO: Final = "all zero"
TOO_SHORT: Final = "too short"
CONSTANT: Final = "constant"


@dataclass(frozen=True)
class SeriesBatch:
    """Ragged demand histories, oldest bucket first, in consecutive buckets without gaps.

    values [m]: units per bucket; series i is values[offsets[i]:offsets[i + 1]].
    offsets [n + 1]: first 0, last m, not decreasing.
    in_stock [m]: False where stock ran out, so that demand was at least the value (a censored bucket).
    bucket_days: days in a bucket (1, 7, ...).
    Raises ValueError when the arrays do not fit together.
    """

    values: FloatArray
    offsets: IntArray
    in_stock: BoolArray
    bucket_days: int

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.shape != self.in_stock.shape:
            raise ValueError("values and in_stock must be flat arrays of the same length")
        if self.offsets.ndim != 1 or self.offsets.size == 0 or self.offsets[0] != 0:
            raise ValueError("offsets must be a flat array that starts at 0")
        if self.offsets[-1] != self.values.size or np.any(np.diff(self.offsets) < 0):
            raise ValueError("offsets must not decrease and must end at the number of values")
        if self.bucket_days <= 0:
            raise ValueError("bucket_days must be positive")

    def __len__(self) -> int:
        return self.offsets.size - 1

    def one(self, index: int) -> tuple[FloatArray, BoolArray]:
        """Values and in-stock marks of one series, as views."""
        span = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        return self.values[span], self.in_stock[span]

    @classmethod
    def from_series(
        cls,
        series: Sequence[Sequence[float]],
        in_stock: Sequence[Sequence[bool]] | None = None,
        *,
        bucket_days: int = 7,
    ) -> "SeriesBatch":
        """A batch from one sequence per series; every bucket in stock unless told otherwise."""
        offsets = np.concatenate(([0], np.cumsum([len(one) for one in series]))).astype(np.int64)
        values = np.array([value for one in series for value in one], dtype=np.float64)
        marks = np.ones(values.size, dtype=np.bool_)
        if in_stock is not None:
            marks = np.array([mark for one in in_stock for mark in one], dtype=np.bool_)
        return cls(values=values, offsets=offsets, in_stock=marks, bucket_days=bucket_days)


@dataclass(frozen=True)
class CleanSeries:
    """One history ready for fitting.

    demand [t]: finite, not negative; censored buckets raised to what was expected behind them. Starts at the first
        observed bucket.
    observed [t]: True where demand is what was recorded, False where it was filled.
    drawn [t]: demand to judge forecasts by: filled buckets hold a draw from what was possible, not its mean.
    label: why the series is not an ordinary one ('' when it is); only ordinary series feed the error pools.
    """

    demand: FloatArray
    observed: BoolArray
    drawn: FloatArray
    label: str


def clean_series(values: FloatArray, in_stock: BoolArray) -> CleanSeries:
    """What to fit for one history; a pure function of the past at every bucket, the label apart.

    Negative values (returns) count as 0. Values that are not finite, or above 1000 times the median positive value
    before them, are missing. A censored bucket becomes the demand expected given that it was at least what was sold, a
    missing one (demand was at least nothing) the local mean: see unconstrain_from_past. Buckets before the first
    observed one are dropped.
    """
    finite = np.isfinite(values) & (np.abs(values) <= LARGEST_VALUE)
    demand = np.where(finite, np.maximum(np.where(finite, values, 0.0), 0.0), 0.0)
    spike = np.isfinite(usual_at_spikes(demand))
    known = finite & ~spike
    observed = known & in_stock
    demand = np.where(known, demand, 0.0)
    if not observed.any():
        label = NOT_FINITE if values.size and not finite.any() else NO_HISTORY
        return CleanSeries(demand[:0], observed[:0], demand[:0], label)
    first = int(np.argmax(observed))
    demand, observed = demand[first:], observed[first:]
    completed = unconstrain_from_past(demand, observed)
    label = _label(completed.demand, finite_all=bool(finite.all()), spiked=bool(spike.any()))
    return CleanSeries(completed.demand, observed, completed.drawn, label)


def usual_at_spikes(demand: FloatArray) -> FloatArray:
    """The median sale before each spike of a history [t], NaN at every other bucket; nothing later changes it.

    demand [t]: finite. A spike is above 1000 times the median positive value of the buckets before it, of which there
    are eight or more. Spikes count in the medians after them, so that a change of units is a spike only for a while.
    """
    usual = np.full(demand.size, np.nan)
    sold = np.flatnonzero(demand > 0)
    if sold.size <= SHORTEST_HISTORY:
        return usual
    sales = demand[sold]
    if sales[SHORTEST_HISTORY:].max() <= SPIKE_RATIO * sales.min():
        return usual
    ordered = sorted(sales[:SHORTEST_HISTORY].tolist())
    for at, sale in zip(sold[SHORTEST_HISTORY:].tolist(), sales[SHORTEST_HISTORY:].tolist(), strict=True):
        middle = len(ordered) // 2
        before = (ordered[middle] + ordered[-1 - middle]) / 2.0
        if sale > SPIKE_RATIO * before:
            usual[at] = before
        insort(ordered, sale)
    return usual


def _label(demand: FloatArray, *, finite_all: bool, spiked: bool) -> str:
    if not finite_all:
        return NOT_FINITE
    if spiked or float(demand.max()) > POOLABLE_VALUE:
        return IMPLAUSIBLE
    if not demand.any():
        return ALL_ZERO
    if demand.size < SHORTEST_HISTORY:
        return TOO_SHORT
    return CONSTANT if float(demand.min()) == float(demand.max()) else ""
