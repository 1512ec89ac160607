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


def with_hidden_demand(panel: Panel) -> Panel:
    """The panel with a draw from what demand may have been in each bucket in which stock ran out.

    A draw, not the mean: the spread of outcomes is what quantiles are learned from and corrected by. Each is drawn
    from the buckets before it, so a past origin learns what could have been known then. Such buckets count as in stock
    from then on; `sold_out` keeps what was sold. A history's last buckets without stock stay as they are, unknown:
    nothing tells a long stock-out from an item that has ended.
    """
    hidden = ~panel.in_stock & np.isfinite(panel.demand) & ~_trailing(panel)
    rows = np.flatnonzero(hidden.any(axis=1))
    if rows.size == 0:
        return panel
    demand = panel.demand.copy()
    for begin in range(0, rows.size, CHUNK):
        some = rows[begin : begin + CHUNK]
        inside = np.isfinite(panel.demand[some])
        drawn = drawn_from_past(np.nan_to_num(panel.demand[some]), panel.in_stock[some], inside)
        demand[some] = np.where(hidden[some], drawn, panel.demand[some])
    return replace(
        panel, demand=demand, in_stock=panel.in_stock | hidden, sold_out=np.where(hidden, panel.demand, np.nan)
    )


def outcomes(expected: FloatArray, actual: FloatArray, sold_out: FloatArray) -> FloatArray:
    """What came [r], with sold-out buckets drawn anew from how demand compared with what was expected elsewhere.

    expected, actual [r] (NaN actual: unknown); sold_out [r]: what was sold where stock ran out, NaN elsewhere. The
    distribution of demand / expected is estimated among buckets of like size, sold-out ones counting as "more than
    this": no family of distributions is assumed, so the tail is that of the buckets in which all demand was seen.
    Source: Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, product-limit estimate.
    """
    hidden = np.isfinite(sold_out) & np.isfinite(actual)
    result = actual.copy()
    if not hidden.any():
        return result
    rows = np.flatnonzero(np.isfinite(actual))
    size = np.maximum(expected[rows], 1e-9)
    count = max(1, min(BINS, rows.size // FEWEST_PER_BIN))
    member = np.digitize(size, np.quantile(size, np.linspace(0.0, 1.0, count + 1)[1:-1]))
    ratio = np.where(hidden[rows], sold_out[rows], actual[rows]) / size
    for one in range(count):
        mask = member == one
        drawn = _drawn_beyond(ratio[mask], hidden[rows][mask])
        result[rows[mask]] = np.where(
            hidden[rows][mask], np.maximum(drawn * size[mask], sold_out[rows][mask]), actual[rows][mask]
        )
    return result


def _drawn_beyond(values: FloatArray, censored: BoolArray) -> FloatArray:
    """Values [m], the censored ones replaced by draws from the product-limit estimate beyond them."""
    order = np.lexsort((censored, values))
    ordered, seen = values[order], ~censored[order]
    left = values.size - np.arange(values.size)
    survival = np.cumprod(np.where(seen, 1.0 - 1.0 / left, 1.0))
    places, largest = np.flatnonzero(seen), ordered[seen].max(initial=0.0)
    draw = (np.arange(values.size) * GOLDEN_RATIO) % 1.0
    aim = draw * survival
    at = np.searchsorted(-survival[places], -aim)
    found = np.where(
        at < places.size, ordered[places[np.minimum(at, max(places.size - 1, 0))]] if places.size else 0.0, largest
    )
    result = values.copy()
    result[order] = np.where(seen, ordered, np.maximum(found, ordered))
    return result


def _trailing(panel: Panel) -> BoolArray:
    """[n, t]: after the last bucket in stock."""
    buckets = panel.buckets
    if buckets == 0:
        return np.zeros(panel.demand.shape, dtype=np.bool_)
    seen = panel.in_stock & np.isfinite(panel.demand)
    last = np.where(seen.any(axis=1), buckets - 1 - seen[:, ::-1].argmax(axis=1), -1)
    return np.asarray(np.arange(buckets) > last[:, None])
