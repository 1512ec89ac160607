"""Dividing a need among the suppliers that share it."""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.inputs import TOLERANCE, Splits
from planning.engine.rounding import down_to_multiple, round_up, smallest_order
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class SplitTerms:
    """The further suppliers of each node side by side.

    own_share, at [n]: the share of the node's own source, and its row in the other fields (-1: not shared). row,
    share, min_quantity, multiple [s, x]: row of `Splits` and its terms; share 0 marks an unused column.
    """

    own_share: FloatArray
    at: IntArray
    row: IntArray
    share: FloatArray
    min_quantity: FloatArray
    multiple: FloatArray

    def rows(self, nodes: IntArray) -> IntArray:
        """Which of `nodes` share their orders."""
        return np.flatnonzero(self.at[nodes] >= 0)

    def take(self, nodes: IntArray) -> "SplitTerms":
        """The terms of `nodes`, all of which share their orders; one row per node."""
        at = self.at[nodes]
        return SplitTerms(
            own_share=self.own_share[nodes],
            at=np.arange(len(nodes)),
            row=self.row[at],
            share=self.share[at],
            min_quantity=self.min_quantity[at],
            multiple=self.multiple[at],
        )


def split_terms(splits: Splits, bought: BoolArray) -> SplitTerms:
    """Lay the splits out by node, in their order; those of nodes that do not buy from a supplier are not read."""
    kept = np.flatnonzero(bought[splits.node])
    kept = kept[np.argsort(splits.node[kept], kind="stable")]
    node = splits.node[kept]
    nodes, line, counts = np.unique(node, return_inverse=True, return_counts=True)
    column = np.arange(len(node)) - (np.cumsum(counts) - counts)[line]
    shape = (len(nodes), int(counts.max(initial=0)))
    at, row = np.full(len(bought), -1), np.zeros(shape, dtype=np.int64)
    at[nodes], row[line, column] = np.arange(len(nodes)), kept
    used = np.zeros(shape, dtype=bool)
    used[line, column] = True
    return SplitTerms(
        own_share=1.0 - sum_by(node, splits.share[kept], len(bought)),
        at=at,
        row=row,
        share=np.where(used, splits.share[row] if used.any() else 0.0, 0.0),
        min_quantity=splits.min_quantity[row] if used.any() else np.zeros(shape),
        multiple=splits.multiple[row] if used.any() else np.zeros(shape),
    )


def share_out(
    need: FloatArray,
    own: FloatArray,
    share: FloatArray,
    min_quantity: FloatArray,
    multiple: FloatArray,
    room: FloatArray,
) -> FloatArray:
    """Quantities of the further suppliers of each need [k, x], in their order.

    need [k]: units to be shared. own [k]: what the node's own source takes. share, min_quantity, multiple [k, x]:
    terms of the further suppliers; a share of 0 marks an unused column, and these come last. room [k]: most units
    the further suppliers may deliver together. Each gets its share, raised to its minimum and multiple, as long as
    something is left of the need; the last one takes all that is left. A part that does not fit the room is rounded
    down, to nothing where that is below the supplier's smallest order.
    """
    left, room = need - own, room.copy()
    parts = np.zeros_like(share)
    for column in range(share.shape[1]):
        later = share[:, column + 1] > 0 if column + 1 < share.shape[1] else np.zeros(len(need), dtype=bool)
        wanted = np.where(later, np.minimum(share[:, column] * need, left), left)
        minimum, step = min_quantity[:, column], multiple[:, column]
        part = round_up(wanted, minimum, step).after_multiple
        part = np.where(part > room + TOLERANCE, down_to_multiple(room, step), part)
        fits = (share[:, column] > 0) & (left > TOLERANCE) & (part > TOLERANCE)
        fits &= part >= smallest_order(minimum, step) - TOLERANCE
        parts[:, column] = np.where(fits, part, 0.0)
        left, room = left - parts[:, column], room - parts[:, column]
    return parts
