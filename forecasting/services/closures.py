"""Days on which a location, or a part of its range, was or will be closed: no demand could come, which is not none."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from forecasting.models import EventKind
from forecasting.services.events import read_events
from forecasting.services.history import History
from stocksense.core.numeric import BoolArray, FloatArray

if TYPE_CHECKING:
    import polars


def open_shares(
    nodes: "polars.DataFrame", *, first: date, buckets: int, bucket_days: int, item_ids: list[int] | None = None
) -> FloatArray:
    """[n, buckets]: the share of the days of each bucket, from `first` on, on which no closure reaches the node.

    item_ids: those of the nodes, where these are few.
    """
    import polars

    shares = np.ones((len(nodes), buckets))
    days = buckets * bucket_days
    after = first + timedelta(days=days)
    found = read_events(start=first, end=after, item_ids=item_ids, kind=EventKind.CLOSURE)
    found = found.join(nodes.select("node", "item_id", "location_id"), on=["item_id", "location_id"])
    if found.is_empty():
        return shares
    touched, at = np.unique(found["node"].to_numpy(), return_inverse=True)
    since = polars.col("start_date", "end_date") - polars.lit(first)
    spans = found.select(since.dt.total_days())
    begin = spans["start_date"].to_numpy().clip(0, days)
    end = (spans["end_date"] + 1).fill_null(days).to_numpy().clip(0, days)
    steps = np.zeros((touched.size, days + 1), dtype=np.int16)
    np.add.at(steps, (at, begin), 1)
    np.add.at(steps, (at, end), -1)
    closed = np.cumsum(steps[:, :days], axis=1, dtype=np.int16) > 0
    shares[touched] = 1.0 - closed.reshape(touched.size, buckets, bucket_days).mean(axis=2)
    return shares


def as_if_open(
    history: History, nodes: "polars.DataFrame", *, item_ids: list[int] | None = None
) -> tuple[History, BoolArray]:
    """The history with closures taken out, and the buckets [n, w] of which nothing is known because of them.

    A bucket that was closed for a part counts by its open days: what was sold over their share. One that was closed for
    all of it, and sold nothing, is marked like one without stock. What was sold in spite of a closure stays as it is.
    """
    width = history.quantity.shape[1]
    share = open_shares(
        nodes, first=history.first_date, buckets=width, bucket_days=history.bucket_days, item_ids=item_ids
    )
    shut = (share == 0.0) & (history.quantity == 0.0)
    partly = (share > 0.0) & (share < 1.0)
    quantity = np.divide(history.quantity, share, out=history.quantity.copy(), where=partly)
    return replace(history, quantity=quantity, in_stock=history.in_stock & ~shut), shut & history.inside
