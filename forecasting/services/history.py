"""Recorded demand as aligned arrays: every series ends with the last closed bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from forecasting.engine import SeriesBatch
from stocksense.company.models import CompanySettings
from stocksense.core.database.copy import parse_array, read_frame
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars
    from scipy.sparse import csr_array

YEARS_READ = 4

_LAST_BUCKET_END = "SELECT max(date + bucket_days)::date AS last_end, max(bucket_days) AS grain FROM inventory_demand"

_SERIES = """
SELECT item_id, location_id, array_agg(bucket)::text AS buckets, array_agg(quantity)::text AS quantities,
       array_agg(bucket) FILTER (WHERE NOT in_stock)::text AS sold_out
FROM (
    SELECT item_id, location_id, (date - %(first)s::date) / %(bucket_days)s AS bucket,
           sum(quantity)::float8 AS quantity, bool_and(in_stock) AS in_stock
    FROM inventory_demand WHERE date >= %(first)s AND date < %(end)s
      AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s::bigint[]))
    GROUP BY 1, 2, 3
) AS bucketed
GROUP BY item_id, location_id
"""


@dataclass(frozen=True)
class History:
    """Demand of n nodes in w buckets, all ending on the day before `end`.

    quantity [n, w]: units; in_stock [n, w]; first [n]: column of the first sale (w where there is none);
    last [n]: one past the last column (earlier than w for items that have ended). untold [n, w]: buckets of which
    nothing is known, where the quantity is only what was to be expected (closed shops); None: nowhere.
    """

    end: date
    bucket_days: int
    quantity: FloatArray
    in_stock: BoolArray
    first: IntArray
    last: IntArray
    untold: BoolArray | None = None

    @property
    def first_date(self) -> date:
        """First day of the first column."""
        return self.end - timedelta(days=self.quantity.shape[1] * self.bucket_days)

    @property
    def inside(self) -> BoolArray:
        """[n, w]: from first sale to end."""
        columns = np.arange(self.quantity.shape[1])
        return (columns >= self.first[:, None]) & (columns < self.last[:, None])

    def batch(self, rows: IntArray) -> SeriesBatch:
        """The histories of some nodes, from first sale to end, as the engine takes them."""
        columns = np.arange(self.quantity.shape[1])
        inside = (columns >= self.first[rows, None]) & (columns < self.last[rows, None])
        lengths = inside.sum(axis=1)
        return SeriesBatch(
            values=self.quantity[rows][inside],
            offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            in_stock=self.in_stock[rows][inside],
            bucket_days=self.bucket_days,
        )


def bucket_floor(day: date, settings: CompanySettings) -> date:
    """First day of the bucket that `day` is in."""
    if settings.bucket_days == 1:
        return day
    return day - min(timedelta(days=(day.weekday() - settings.week_start) % 7), day - date.min)


def training_end(as_of: date, settings: CompanySettings) -> date:
    """The day after the last closed bucket of any demand load, not after `as_of`.

    Raises InvalidInput where demand was recorded at a coarser grain than the company plans at.
    """
    row = read_frame(_LAST_BUCKET_END).row(0, named=True)
    if row["last_end"] is None:
        return bucket_floor(as_of, settings)
    if row["grain"] > settings.bucket_days:
        raise InvalidInput(
            f"Demand is recorded in buckets of {row['grain']} days, "
            f"but the company plans by {settings.get_bucket_display()}. "
            "Set the company's bucket to week, or import daily demand."
        )
    return bucket_floor(min(row["last_end"], as_of), settings)


def read_history(
    nodes: "polars.DataFrame", *, as_of: date, settings: CompanySettings, end: date | None = None,
    item_ids: Sequence[int] | None = None,
) -> History:  # fmt: skip
    """Demand of every node up to the last bucket that closed by `as_of`, zeros filled from the first sale on.

    `end`: the day after the last bucket, where it is known. `item_ids` reads no others (all that `nodes` has).
    """
    import polars

    end, step = end or training_end(as_of, settings), settings.bucket_days
    first_day = end - timedelta(days=YEARS_READ * 364)
    width = (end - first_day).days // step
    wanted = None if item_ids is None else list(item_ids)
    rows = read_frame(_SERIES, {"first": first_day, "end": end, "bucket_days": step, "items": wanted})
    keys = ["item_id", "location_id"]
    rows = rows.join(nodes.select("node", *keys), on=keys)
    shape = (len(nodes), width)
    quantity, in_stock = np.zeros(shape), np.ones(shape, dtype=bool)
    for node, buckets, quantities, sold_out in rows.select("node", "buckets", "quantities", "sold_out").iter_rows():
        quantity[node, parse_array(buckets)] = parse_array(quantities)
        if sold_out:
            in_stock[node, parse_array(sold_out)] = False
    sold = quantity > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), width)
    days_left = nodes.select((polars.col("active_to") - first_day).dt.total_days().alias("days"))["days"]
    last = np.clip(days_left.fill_null(width * step).to_numpy() // step + 1, 0, width)
    return History(end, step, quantity, in_stock, first, np.maximum(last, np.minimum(first, width)))


def with_downstream(history: History, origin_node: IntArray) -> tuple[IntArray, History]:
    """Histories of the nodes that supply others: their own demand plus that of everything below them.

    origin_node [n]: the node each one is replenished from, -1 for none; must hold no cycle. Returns (the
    supplying nodes, their summed histories), so that correlation between locations is in the historic sum.
    """
    quantity = history.quantity.copy()
    inside = np.arange(quantity.shape[1]) < history.last[:, None]
    quantity *= inside
    for rows in _bottom_up(origin_node):
        np.add.at(quantity, origin_node[rows], quantity[rows])
    supplying = np.unique(origin_node[origin_node >= 0])
    total = quantity[supplying]
    sold = total > 0
    width = total.shape[1]
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), width)
    full = np.full(len(supplying), width)
    return supplying, History(history.end, history.bucket_days, total, np.ones_like(sold), first, full)


def below(origin_node: IntArray) -> "csr_array":
    """Sparse [n, n]: 1 where the column's node is the row's or is supplied through it."""
    from scipy.sparse import csr_array

    size = len(origin_node)
    at, rows, columns = np.arange(size), [], []
    node = np.arange(size)
    while at.size:
        rows.append(at)
        columns.append(node)
        above = origin_node[at]
        at, node = above[above >= 0], node[above >= 0]
    pairs = np.concatenate(rows or [np.zeros(0, np.int64)]), np.concatenate(columns or [np.zeros(0, np.int64)])
    return csr_array((np.ones(pairs[0].size), pairs), shape=(size, size))


def _bottom_up(origin_node: IntArray) -> list[IntArray]:
    """Nodes in groups such that everything below a node stands in an earlier group."""
    depth = np.zeros(len(origin_node), dtype=np.int64)
    at = origin_node.copy()
    while (climbing := at >= 0).any():
        depth[climbing] += 1
        at = np.where(climbing, origin_node[at], -1)
    return [np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)), 0, -1)]
