"""Stock that expires: used first expired, first out; what is left of a lot on its day leaves the stock.

Everything a node gives away uses its lots, the ones that expire first before the others and before stock that keeps.
With C(d) units of lots that expire on day d or before and U(d) units used before day d, the units written off up
to day d are the largest C(e) − U(e) of the days e ≤ d, at least 0.
"""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_before, sum_by
from planning.engine.inputs import PlanInput
from planning.engine.use import ExpectedUse
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class ExpiringStock:
    """Nodes [l] with lots that expire within the horizon.

    row [n]: a node's row in the other fields, -1 without such lots. cumulative [T, l]: units of lots that expire
    on each day or before. expires [T]: whether any lot does on that day. promised [l]: units of the opening stock
    that are allocated or owed; they are used first.
    """

    nodes: IntArray
    row: IntArray
    cumulative: FloatArray
    expires: BoolArray
    promised: FloatArray


@dataclass
class LotStock:
    """Units used and written off so far at the nodes of `table`, both [l]."""

    table: ExpiringStock
    used: FloatArray
    written_off: FloatArray

    @classmethod
    def at_opening(cls, table: ExpiringStock | None) -> "LotStock | None":
        """Before anything is used; None where nothing expires."""
        return None if table is None else cls(table, table.promised.copy(), np.zeros(len(table.nodes)))

    def write_off(self, day: int, net: FloatArray) -> FloatArray | None:
        """Take what expires at the opening of `day` out of `net` [n], never more than there is.

        Returns the units per node of the table, or None where no lot expires on that day.
        """
        if not self.table.expires[day]:
            return None
        gone = np.maximum(self.table.cumulative[day] - self.used - self.written_off, 0.0)
        gone = np.minimum(gone, np.maximum(net[self.table.nodes], 0.0))
        net[self.table.nodes] -= gone
        self.written_off += gone
        return np.asarray(gone)

    def use(self, quantity: FloatArray) -> None:
        """Count what nodes gave away [n]."""
        self.used += quantity[self.table.nodes]

    def ahead(self, use: ExpectedUse, nodes: IntArray, day: int, last: int) -> FloatArray:
        """Units of `nodes` expected to be written off after `day` up to the opening of each day [last − day, nodes].

        From the opening of `day` on, after its own write-off, with what a node and all it supplies are expected to use.
        """
        result = np.zeros((last - day, len(nodes)))
        known = np.flatnonzero(self.table.row[nodes] >= 0)
        if not known.size:
            return result
        at, row = nodes[known], self.table.row[nodes[known]]
        used = self.used[row] + use.cumulative[day:last, at] - use.cumulative[day, at]
        left = self.table.cumulative[day:last, row] - used
        left[0] = 0.0
        result[:, known] = np.maximum(np.maximum.accumulate(left, axis=0) - self.written_off[row], 0.0)
        return result


def usable_stock(plan_input: PlanInput) -> FloatArray:
    """Units on hand at the opening of day 0 without what has expired [n]."""
    lots, on_hand = plan_input.lots, plan_input.stock.on_hand
    gone = lots.expires_day <= 0
    return np.maximum(on_hand - sum_by(lots.node[gone], lots.quantity[gone], plan_input.size), 0.0)


def expiring_stock(plan_input: PlanInput, opening: FloatArray) -> ExpiringStock | None:
    """The lots that expire within the horizon, None without any; opening [n]: free stock without expired lots.

    Lots beyond what is on hand are left out, the ones that expire last first.
    """
    lots, horizon = plan_input.lots, plan_input.horizon
    rows = np.flatnonzero((lots.expires_day > 0) & (lots.expires_day < horizon) & (lots.quantity > 0))
    if not rows.size:
        return None
    nodes, at = np.unique(lots.node[rows], return_inverse=True)
    usable = usable_stock(plan_input)[nodes]
    expiring = np.zeros((horizon, len(nodes)))
    np.add.at(expiring, (lots.expires_day[rows], at), lots.quantity[rows])
    row = np.full(plan_input.size, -1)
    row[nodes] = np.arange(len(nodes))
    return ExpiringStock(
        nodes=nodes,
        row=row,
        cumulative=np.minimum(np.cumsum(expiring, axis=0), usable),
        expires=np.asarray(expiring.any(axis=1)),
        promised=np.maximum(usable - opening[nodes], 0.0),
    )


def expiring_lots(plan_input: PlanInput, expired: FloatArray) -> FloatArray:
    """Units of each lot that expire unused [lots], given what each node writes off by day [T, n].

    Of lots that expire on one day the earlier row is used first. A lot that expired before day 0 expires whole.
    """
    lots, horizon = plan_input.lots, plan_input.horizon
    inside = (lots.expires_day > 0) & (lots.expires_day < horizon)
    day = np.where(inside, lots.expires_day, 0)
    lost = np.where(inside, expired[day, lots.node], 0.0)
    latest_first = np.arange(len(lots.node))[::-1]
    later = np.empty(len(lots.node))
    occasion = (lots.node * horizon + day)[latest_first]
    later[latest_first] = sum_before(occasion, np.where(inside, lots.quantity, 0.0)[latest_first])
    result = np.clip(lost - later, 0.0, lots.quantity)
    return np.where(lots.expires_day <= 0, lots.quantity, result)
