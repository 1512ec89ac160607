"""Outliers of recorded demand: values that nothing before them comes near, brought back to what is plausible.

Each bucket is judged by the buckets before it alone, so that a corrected history is as good for a past origin as for
today. Three things keep promotions and seasons apart from errors: what has been seen before (in size) is no outlier,
the second of two strange buckets in a row is a change of level, and buckets of known events are never judged.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import BoolArray, FloatArray, IntArray

REFERENCE_BUCKETS: Final = 26
FEWEST_BUCKETS: Final = 13
NEW_RECORD: Final = 2.0
"""An outlier is above this many times the most, or below the least over this, that was ever recorded before."""
NOTABLE: Final = 4.5
CERTAIN: Final = 6.0
DAMPED_TO: Final = 3.0
MAD_TO_SD: Final = 1.4826
LEAST_SPREAD: Final = 0.5
"""Standard deviation of the square root of a Poisson variable: steadier demand than that is luck."""


@dataclass(frozen=True)
class Outliers:
    """Buckets that stand out, one entry each, ordered by series and bucket.

    row, column: series and bucket. usual: units of the median bucket before it. delta: units to add (negative for a
    value that is too high). score: distance from the median in robust standard deviations. certain: beyond 6 of them,
    so damped without asking; the rest is beyond 4.5 and only proposed.
    """

    row: IntArray
    column: IntArray
    usual: FloatArray
    delta: FloatArray
    score: FloatArray
    certain: BoolArray

    def __len__(self) -> int:
        return self.row.size


def find_outliers(quantity: FloatArray, first: IntArray, last: IntArray, judged: BoolArray) -> Outliers:
    """Outliers of n series in w aligned buckets.

    quantity [n, w]: units, not negative. first, last [n]: a series is first .. last − 1. judged [n, w]: False where a
    bucket is excused (a known event, a stock-out, a value a person has settled); it still counts as seen.
    A bucket is compared with the median of the latest 26 buckets before it (13 at least) on the square-root scale, on
    which counts are equally spread at any level (Anscombe 1948); the spread is the median absolute deviation, at least
    .5 (Poisson demand). It is an outlier when it lies 4.5 spreads or more away, is twice as far as anything recorded
    before it (season, earlier promotions), and the bucket before it is not another. It is damped to 3 spreads.
    """
    candidates = _records(quantity, first, last) & judged
    row, column = np.nonzero(candidates)
    usual, delta, score = (np.zeros(row.size) for _ in range(3))
    for at, (i, t) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        before = np.sqrt(quantity[i, max(first[i], t - REFERENCE_BUCKETS) : t])
        middle = float(np.median(before))
        spread = max(float(np.median(np.abs(before - middle))) * MAD_TO_SD, LEAST_SPREAD)
        distance = (float(np.sqrt(quantity[i, t])) - middle) / spread
        limit = max(middle + np.sign(distance) * DAMPED_TO * spread, 0.0) ** 2
        usual[at], delta[at], score[at] = middle * middle, limit - quantity[i, t], distance
    kept = np.abs(score) >= NOTABLE
    kept &= ~_follows(row, column, kept)
    chosen = np.abs(score[kept])
    return Outliers(row[kept], column[kept], usual[kept], delta[kept], score[kept], chosen >= CERTAIN)


def _records(quantity: FloatArray, first: IntArray, last: IntArray) -> BoolArray:
    """[n, w]: True where a bucket is twice the largest or half the smallest value before it, with enough before it."""
    width = quantity.shape[1]
    columns = np.arange(width)
    result = np.zeros(quantity.shape, dtype=np.bool_)
    for start in range(0, len(quantity), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        inside = (columns >= first[rows, None]) & (columns < last[rows, None])
        part = quantity[rows]
        most = np.maximum.accumulate(np.where(inside, part, 0.0), axis=1)[:, :-1]
        least = np.minimum.accumulate(np.where(inside, part, np.inf), axis=1)[:, :-1]
        now = part[:, 1:]
        strange = (now > NEW_RECORD * most) | (now * NEW_RECORD < least)
        enough = inside[:, 1:] & (columns[1:] - first[rows, None] >= FEWEST_BUCKETS)
        result[rows, 1:] = strange & enough & np.isfinite(now)
    return result


_ROWS_AT_ONCE: Final = 1000


def _follows(row: IntArray, column: IntArray, kept: BoolArray) -> BoolArray:
    """True for an entry whose series has another strange entry in the bucket before."""
    result = np.zeros(row.size, dtype=np.bool_)
    neighbours = (row[1:] == row[:-1]) & (column[1:] == column[:-1] + 1)
    result[1:] = neighbours & kept[:-1]
    return result
