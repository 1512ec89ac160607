"""A panel in which demand that stock-outs hid is made up for, so that forecasts learn from it and are judged by it."""

from dataclasses import replace
from typing import Final

import numpy as np

from forecasting.engine.censoring import drawn_from_past
from forecasting.engine.panel import Panel
from stocksense.core.numeric import BoolArray

CHUNK: Final = 2_000


def with_hidden_demand(panel: Panel) -> Panel:
    """The panel with a draw from what demand may have been in each bucket in which stock ran out.

    A draw, not the mean: the spread of outcomes is what quantiles are learned from and corrected by. Each is drawn
    from the buckets before it, so a past origin learns what could have been known then. Such buckets count as in stock
    from then on and as `estimated`. A history's last buckets without stock stay as they are, unknown: nothing tells a
    long stock-out from an item that has ended.
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
    return replace(panel, demand=demand, in_stock=panel.in_stock | hidden, estimated=hidden)


def _trailing(panel: Panel) -> BoolArray:
    """[n, t]: after the last bucket in stock."""
    buckets = panel.buckets
    if buckets == 0:
        return np.zeros(panel.demand.shape, dtype=np.bool_)
    seen = panel.in_stock & np.isfinite(panel.demand)
    last = np.where(seen.any(axis=1), buckets - 1 - seen[:, ::-1].argmax(axis=1), -1)
    return np.asarray(np.arange(buckets) > last[:, None])
