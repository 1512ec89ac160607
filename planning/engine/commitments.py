"""Open transfers that their origin has promised and does not have."""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_before, sum_by
from planning.engine.columns import take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE, ReceiptKind, Receipts
from planning.engine.lots import usable_stock
from planning.engine.sweeps import SweepResult
from stocksense.core.numeric import FloatArray, IntArray


@dataclass(frozen=True)
class Commitments:
    """Unshipped open transfers against the stock of their origins.

    uncovered [r]: units of each open receipt that its origin does not have at the opening; the transfers due first are
    covered first, after allocations and before backorders; so do arrivals. cover_day [r]: first day by whose end the
    origin has them with this plan, -1 where it has them already or never within the horizon. owed [T, n]: units that
    each node still lacks for its open transfers at the end of each day.
    """

    uncovered: FloatArray
    cover_day: IntArray
    owed: FloatArray


def commitments(context: PlanContext, sweep: SweepResult) -> Commitments:
    """What open transfers lack at their origins, and when it is there."""
    plan_input, size = context.plan_input, context.plan_input.size
    receipts = plan_input.receipts
    count = len(receipts.node)
    uncovered, cover_day = np.zeros(count), np.full(count, -1)
    rows = np.flatnonzero((receipts.kind == ReceiptKind.TRANSFER) & ~receipts.shipped & (receipts.origin >= 0))
    rows = rows[np.lexsort((rows, context.receipt_day[rows]))]
    open_: Receipts = take(receipts, rows)
    promised = sum_by(open_.origin, open_.quantity, size)
    beyond = np.maximum(plan_input.stock.allocated - usable_stock(plan_input), 0.0)
    lacking = np.clip(promised + plan_input.stock.allocated - usable_stock(plan_input), 0.0, promised)
    owed = np.clip(lacking + beyond - np.cumsum(sweep.arrivals, axis=0), 0.0, lacking)
    if not rows.size:
        return Commitments(uncovered, cover_day, owed)
    through = sum_before(open_.origin, open_.quantity) + open_.quantity
    short = np.clip(through - (promised - lacking)[open_.origin], 0.0, open_.quantity)
    later = lacking[open_.origin] - sum_before(open_.origin, short) - short
    uncovered[rows] = short
    for row, origin, units, rest in zip(rows, open_.origin, short, later, strict=True):
        made_up = owed[:, origin] <= rest + TOLERANCE
        if units > TOLERANCE and made_up.any():
            cover_day[row] = int(made_up.argmax())
    return Commitments(uncovered, cover_day, owed)
