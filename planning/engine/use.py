"""How fast each node's stock is used: by its own customers and by everything it supplies."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planning.engine.network import Network
from stocksense.core.numeric import FloatArray, IntArray

RATE_DAYS: Final = 28
"""Days over which a daily rate is taken: four whole weeks, so that weekdays weigh alike."""


@dataclass(frozen=True)
class ExpectedUse:
    """cumulative [T + 1, n]: units used on the days before each day. tail [n]: units per day beyond the horizon, the
    mean of its last RATE_DAYS days.
    """

    cumulative: FloatArray
    tail: FloatArray

    def between(self, nodes: IntArray, first: IntArray, end: IntArray) -> FloatArray:
        """Units that `nodes` use on the days first … end − 1; arguments broadcast."""
        return np.asarray(self._before(nodes, end) - self._before(nodes, first))

    def daily(self, nodes: IntArray, day: int) -> FloatArray:
        """Units per day that `nodes` use over the RATE_DAYS days from `day` on, or what the horizon leaves of them."""
        end = min(day + RATE_DAYS, len(self.cumulative) - 1)
        return np.asarray((self.cumulative[end, nodes] - self.cumulative[day, nodes]) / (end - day))

    def _before(self, nodes: IntArray, day: IntArray) -> FloatArray:
        horizon = len(self.cumulative) - 1
        inside = np.minimum(day, horizon)
        return np.asarray(self.cumulative[inside, nodes] + (day - inside) * self.tail[nodes])


def expected_use(demand: FloatArray, network: Network) -> ExpectedUse:
    """Customer demand [T, n] summed down the network: a node uses what it and all nodes supplied through it use."""
    use = demand.copy()
    for level in range(network.depth):
        nodes = np.flatnonzero((network.level == level) & (network.origin >= 0))
        np.add.at(use.T, network.origin[nodes], use.T[nodes])
    cumulative = np.vstack([np.zeros((1, use.shape[1])), np.cumsum(use, axis=0)])
    days = min(RATE_DAYS, len(use))
    return ExpectedUse(cumulative, (cumulative[-1] - cumulative[-1 - days]) / days)
