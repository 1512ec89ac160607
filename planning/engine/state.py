"""Stock, supply and promises as they stand on one day of the sweeps; the only thing that changes while planning."""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.lots import LotStock
from stocksense.core.numeric import FloatArray, IntArray


@dataclass
class StockState:
    """net: free stock, negative when owed to customers. on_order: asked for and not arrived. owed: asked of this
    node and not shipped. All [n]. arrivals: planned and open receipts by due day [T, n]. lots: stock that expires.
    """

    net: FloatArray
    on_order: FloatArray
    owed: FloatArray
    arrivals: FloatArray
    lots: LotStock | None

    @classmethod
    def at_opening(cls, context: PlanContext) -> "StockState":
        """The state before anything happens on day 0."""
        receipts, size = context.plan_input.receipts, context.plan_input.size
        on_order = sum_by(receipts.node, receipts.quantity, size)
        lots = LotStock.at_opening(context.lots)
        return cls(context.opening.copy(), on_order, np.zeros(size), context.scheduled.copy(), lots)

    def position(self, nodes: IntArray) -> FloatArray:
        """Inventory position: free stock + on order − owed."""
        return self.net[nodes] + self.on_order[nodes] - self.owed[nodes]

    def expire(self, day: int) -> FloatArray:
        """Write off what expires at the opening of `day` and return the units [n]."""
        gone = np.zeros(len(self.net))
        units = None if self.lots is None else self.lots.write_off(day, self.net)
        if self.lots is not None and units is not None:
            gone[self.lots.table.nodes] = units
        return gone

    def receive(self, day: int) -> None:
        """Take in everything due at the opening of `day`."""
        self.net += self.arrivals[day]
        self.on_order -= self.arrivals[day]

    def promise(self, nodes: IntArray, origins: IntArray, quantity: FloatArray) -> None:
        """Count requests as on order, and as owed by the origin (-1: a supplier). Negative quantities cancel."""
        np.add.at(self.on_order, nodes, quantity)
        inside = origins >= 0
        np.add.at(self.owed, origins[inside], quantity[inside])

    def dispatch(self, nodes: IntArray, quantity: FloatArray, due_day: IntArray, day: int) -> None:
        """Put shipped goods on their way; what is due today is received at once."""
        now = due_day <= day
        np.add.at(self.net, nodes[now], quantity[now])
        np.subtract.at(self.on_order, nodes[now], quantity[now])
        later = ~now & (due_day < len(self.arrivals))
        np.add.at(self.arrivals, (due_day[later], nodes[later]), quantity[later])
        if now.any():
            np.add.at(self.arrivals[day], nodes[now], quantity[now])

    def release(self, origins: IntArray, quantity: FloatArray) -> None:
        """Take shipped goods out of their origins."""
        np.subtract.at(self.net, origins, quantity)
        np.subtract.at(self.owed, origins, quantity)
        if self.lots is not None:
            self.lots.use(sum_by(origins, quantity, len(self.net)))

    def serve(self, demand: FloatArray, lost_sales: FloatArray) -> FloatArray:
        """Serve a day's customer demand and return the units lost [n]; elsewhere unmet demand stays owed.

        lost_sales: 1.0 where unmet demand is lost, else 0.0.
        """
        lost = np.maximum(demand - np.maximum(self.net, 0.0), 0.0) * lost_sales
        self.net -= demand - lost
        if self.lots is not None:
            self.lots.use(demand - lost)
        return lost

    def can_give(self, own_demand: FloatArray) -> FloatArray:
        """What may leave today: free stock after the node's own customers [n]."""
        free = self.net - own_demand
        return np.where(free > TOLERANCE, free, 0.0)
