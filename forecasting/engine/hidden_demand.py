"""A panel in which demand that stock-outs hid is made up for, so that forecasts learn from it and are judged by it."""

from dataclasses import replace
from typing import Final

import numpy as np

from forecasting.engine.censoring import GOLDEN_RATIO, drawn_from_past
from forecasting.engine.panel import Panel
from stocksense.core.numeric import BoolArray, FloatArray

CHUNK: Final = 2_000
BINS: Final = 12
FEWEST_PER_BIN: Final = 300
SMALLEST_OF_MEAN: Final = 0.01  # of the mean expected: a ratio to less is noise, and its multiples are millions


def with_hidden_demand(panel: Panel) -> Panel:
    """The panel with a draw from what demand may have been in each bucket in which stock ran out.

    A draw, not the mean: the spread of outcomes is what quantiles are learned from and corrected by. Each is drawn
    from the buckets before it, so a past origin learns what could have been known then. Such buckets count as in stock
    from then on; `sold_out` keeps what was sold. Those of a stock-out that still lasts are filled too, so that what is
    forecast from now looks as past origins within a stock-out do, but stay `untold`: nothing is learned from them.
    """
    hidden = ~panel.in_stock & np.isfinite(panel.demand)
    seen = np.asarray((panel.told & np.isfinite(panel.demand)).any(axis=1))
    if not seen.all():  # (never in stock by its marks: what was sold is all there is to go by)
        panel = replace(panel, in_stock=panel.in_stock | ~seen[:, None])
        hidden &= seen[:, None]
    if panel.untold is not None:
        hidden &= ~panel.untold
    rows = np.flatnonzero(hidden.any(axis=1))
    if rows.size == 0:
        return panel
    demand = panel.demand.copy()
    for begin in range(0, rows.size, CHUNK):
        some = rows[begin : begin + CHUNK]
        inside = np.isfinite(panel.demand[some])
        drawn = drawn_from_past(np.nan_to_num(panel.demand[some]), panel.in_stock[some], inside)
        demand[some] = np.where(hidden[some], drawn, panel.demand[some])
    lasts = hidden & _trailing(panel)
    return replace(
        panel, demand=demand, in_stock=panel.in_stock | hidden, sold_out=np.where(hidden, panel.demand, np.nan),
        untold=lasts if panel.untold is None else panel.untold | lasts,
    )  # fmt: skip


def outcomes(expected: FloatArray, actual: FloatArray, sold_out: FloatArray) -> FloatArray:
    """What came [r], with sold-out buckets drawn anew from how demand compared with what was expected elsewhere.

    expected, actual [r] (NaN actual: unknown); sold_out [r]: what was sold where stock ran out, NaN elsewhere. The
    distribution of demand / expected is estimated among buckets of like size, sold-out ones counting as "more than
    this": no family of distributions is assumed as far as demand was seen. Beyond the largest seen a bucket keeps its
    `actual`: what it was filled with.
    Source: Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, product-limit estimate.
    """
    hidden = np.isfinite(sold_out) & np.isfinite(actual)
    result = actual.copy()
    if not hidden.any():
        return result
    rows = np.flatnonzero(np.isfinite(actual))
    size = np.maximum(expected[rows], max(SMALLEST_OF_MEAN * float(expected[rows].mean()), 1e-9))
    count = max(1, min(BINS, rows.size // FEWEST_PER_BIN))
    member = np.digitize(size, np.quantile(size, np.linspace(0.0, 1.0, count + 1)[1:-1]))
    ratio = np.where(hidden[rows], sold_out[rows], actual[rows]) / size
    for one in range(count):
        mask = member == one
        drawn = _drawn_beyond(ratio[mask], hidden[rows][mask], actual[rows][mask] / size[mask])
        result[rows[mask]] = np.where(
            hidden[rows][mask], np.maximum(drawn * size[mask], sold_out[rows][mask]), actual[rows][mask]
        )
    return result


def _drawn_beyond(values: FloatArray, censored: BoolArray, beyond: FloatArray) -> FloatArray:
    """Values [m], the censored ones replaced by draws from the product-limit estimate above them.

    beyond [m]: what stands for a draw that falls above all that was seen.
    """
    order = np.lexsort((censored, values))
    ordered, seen = values[order], ~censored[order]
    left = values.size - np.arange(values.size)
    survival = np.cumprod(np.where(seen, 1.0 - 1.0 / left, 1.0))
    places = np.flatnonzero(seen)
    draw = (np.arange(values.size) * GOLDEN_RATIO) % 1.0
    aim = draw * survival
    at = np.searchsorted(-survival[places], -aim)
    found = np.where(
        at < places.size,
        ordered[places[np.minimum(at, max(places.size - 1, 0))]] if places.size else 0.0,
        beyond[order],
    )
    result = values.copy()
    result[order] = np.where(seen, ordered, np.maximum(found, ordered))
    return result


def _trailing(panel: Panel) -> BoolArray:
    """[n, t]: after the last bucket in stock of which something is known."""
    buckets = panel.buckets
    if buckets == 0:
        return np.zeros(panel.demand.shape, dtype=np.bool_)
    seen = panel.told & np.isfinite(panel.demand)
    last = np.where(seen.any(axis=1), buckets - 1 - seen[:, ::-1].argmax(axis=1), -1)
    return np.asarray(np.arange(buckets) > last[:, None])
