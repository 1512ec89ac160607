"""Items that take over from others: their demand before the handover is the successor's history."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import BoolArray, FloatArray, IntArray

LONGEST_CHAIN: Final = 100
RECENT_BUCKETS: Final = 8


@dataclass(frozen=True)
class Succession:
    """Histories after the handovers.

    quantity, in_stock [n, w], first [n]: as before, successors' with what they took over. share [n]: of a successor's
    recent demand (8 buckets) that was its own already, 1 for everybody else: until the handover it sells that part.
    """

    quantity: FloatArray
    in_stock: BoolArray
    first: IntArray
    share: FloatArray


def succeed(
    quantity: FloatArray,
    in_stock: BoolArray,
    first: IntArray,
    *,
    successor: IntArray,
    handover: IntArray,
    scale: FloatArray,
) -> Succession:
    """Count what predecessors sold before their handover as their successors' demand, each unit once.

    quantity, in_stock [n, w] from first [n] on. successor [n]: the series that takes over, -1 for none. handover [n]:
    the column from which it does (beyond w: still to come). scale [n]: units of the successor per unit of the
    predecessor. Along a chain A → B → C the last one has what B had, A's demand included. Series that succeed each
    other in a circle hand over nothing.
    """
    total, seen, begun = quantity.copy(), in_stock.copy(), first.copy()
    width = quantity.shape[1]
    for one in _predecessors_first(successor):
        to, until = int(successor[one]), int(np.clip(handover[one], 0, width))
        span = slice(min(int(begun[one]), until), until)
        total[to, span] += scale[one] * total[one, span]
        seen[to, span] &= seen[one, span]
        if span.start < until:
            begun[to] = min(begun[to], span.start)
    recent = slice(max(0, width - RECENT_BUCKETS), width)
    own, all_of_it = quantity[:, recent].sum(axis=1), total[:, recent].sum(axis=1)
    share = np.ones(len(quantity))
    np.divide(own, all_of_it, out=share, where=all_of_it > 0)
    return Succession(total, seen, begun, np.clip(share, 0.0, 1.0))


def _predecessors_first(successor: IntArray) -> list[int]:
    """Series with a successor, each after those that it takes over from; none that leads into a circle."""
    steps = np.zeros(successor.size, dtype=np.int64)
    at = successor.copy()
    for _ in range(LONGEST_CHAIN):
        going = at >= 0
        if not going.any():
            break
        steps[going] += 1
        at = np.where(going, successor[at], -1)
    usable = np.flatnonzero((successor >= 0) & (at < 0))
    order: list[int] = usable[np.argsort(-steps[usable], kind="stable")].tolist()
    return order
