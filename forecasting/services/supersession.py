"""Supersession: from the handover on, the successor has its predecessors' demand, and they have none."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from forecasting.engine import supersession as engine
from forecasting.services.history import History
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import FloatArray

if TYPE_CHECKING:
    import polars

_SUCCESSORS = """
SELECT item.id AS item_id, item.successor_id, coalesce(analogue.scale, 1)::float8 AS scale
FROM inventory_item item
LEFT JOIN forecasting_itemanalogue analogue
    ON analogue.item_id = item.successor_id AND analogue.analogue_id = item.id
WHERE item.successor_id IS NOT NULL
"""
_PREDECESSORS = """
WITH RECURSIVE earlier AS (
    SELECT id, 1 AS depth FROM inventory_item WHERE successor_id = %(item)s
    UNION
    SELECT item.id, depth + 1 FROM inventory_item item JOIN earlier ON item.successor_id = earlier.id WHERE depth < 100
)
SELECT DISTINCT id FROM earlier WHERE id <> %(item)s
"""


@dataclass(frozen=True)
class Handovers:
    """Histories and lives of the nodes once successors have taken over.

    history: what is forecast from. nodes: with `active_to` of predecessors before the handover, and `active_from` of
    successors that sold nothing yet not before it. share [n]: part of its forecast that a successor sells until the
    handover, which is the bucket `until` [n] (0: nothing to hand over).
    """

    history: History
    nodes: "polars.DataFrame"
    share: FloatArray
    until: FloatArray


def predecessors_of(item_id: int) -> list[int]:
    """Items that the item took over from, or that an earlier one did."""
    return [int(number) for number in read_frame(_PREDECESSORS, {"item": item_id})["id"].to_list()]


def succeed(history: History, nodes: "polars.DataFrame") -> Handovers:
    """Move demand to successors, at each location where both items are kept.

    The handover is the day after the predecessor's last active day or, where that is open, the successor's first; with
    neither the succession has no date yet and nothing moves. A planner's `ItemAnalogue` of the pair scales units.
    """
    import polars

    count, step = len(nodes), history.bucket_days
    unchanged = Handovers(history, nodes, np.ones(count), np.zeros(count))
    items = read_frame(_SUCCESSORS)
    if items.is_empty():
        return unchanged
    places = nodes.select("node", "item_id", "location_id", "active_from", "active_to")
    after = places.select(
        polars.col("item_id").alias("successor_id"), "location_id", polars.col("node").alias("next"),
        polars.col("active_from").alias("next_from"),
    )  # fmt: skip
    day = polars.coalesce(polars.col("active_to") + timedelta(days=1), "next_from")
    pairs = (
        places.join(items, on="item_id")
        .join(after, on=["successor_id", "location_id"])
        .with_columns(day.alias("handover"))
        .filter(polars.col("handover").is_not_null())
    )
    if pairs.is_empty():
        return unchanged
    node, following = pairs["node"].to_numpy(), pairs["next"].to_numpy()
    days = (pairs["handover"] - history.first_date).dt.total_days().to_numpy()
    successor, column, scale = np.full(count, -1), np.zeros(count, dtype=np.int64), np.ones(count)
    successor[node], column[node], scale[node] = following, -(-days // step), pairs["scale"].to_numpy()
    found = engine.succeed(
        history.quantity, history.in_stock, history.first, successor=successor, handover=column, scale=scale
    )
    last = history.last.copy()
    last[node] = np.minimum(last[node], np.maximum(column[node], 0))
    untold = history.untold
    if untold is not None and untold.any():  # (these marks hand over as those of stock do)
        told = engine.succeed(
            history.quantity, ~untold, history.first, successor=successor, handover=column, scale=scale
        )
        untold = ~told.in_stock
    moved = replace(
        history, quantity=found.quantity, in_stock=found.in_stock, first=found.first, last=last, untold=untold
    )
    until = np.zeros(count)
    np.maximum.at(until, following, np.maximum(column[node] - history.quantity.shape[1], 0).astype(float))
    return Handovers(moved, _lives(nodes, pairs, history, found.share), np.where(until > 0, found.share, 1.0), until)


def _lives(
    nodes: "polars.DataFrame", pairs: "polars.DataFrame", history: History, share: FloatArray
) -> "polars.DataFrame":
    """The nodes with the handovers as ends of predecessors and as beginnings of successors without sales of theirs."""
    import polars

    ends = pairs.select("node", (polars.col("handover") - timedelta(days=1)).alias("ends"))
    begins = (
        pairs.filter(polars.Series(share[pairs["next"].to_numpy()] == 0), polars.col("handover") >= history.end)
        .group_by(polars.col("next").alias("node"))
        .agg(polars.col("handover").min().alias("begins"))
    )
    return (
        nodes.join(ends, on="node", how="left", maintain_order="left")
        .join(begins, on="node", how="left", maintain_order="left")
        .with_columns(
            polars.min_horizontal("active_to", "ends").alias("active_to"),
            polars.max_horizontal("active_from", "begins").alias("active_from"),
        )
        .drop("ends", "begins")
    )
