"""Who replenishes whom: effective sources, network levels, and the search for cycles."""

from dataclasses import dataclass

import numpy as np

from planning.engine.inputs import PlanInput, SourceKind
from stocksense.core.numeric import BoolArray, IntArray


class NetworkCycleError(ValueError):
    """Nodes replenish each other in a circle; `cycles` lists the nodes of each circle in shipping order."""

    def __init__(self, cycles: tuple[tuple[int, ...], ...]) -> None:
        self.cycles = cycles
        circles = "; ".join(" → ".join(str(node) for node in (*cycle, cycle[0])) for cycle in cycles)
        super().__init__(f"nodes replenish each other in a circle: {circles}")


@dataclass(frozen=True)
class Network:
    """Effective sources, all fields [n]; levels count upwards from nodes that supply no other node (0).

    origin: node that replenishes, -1 for suppliers and for nodes without a usable source.
    sourced: whether orders can be placed. level: always above the level of every destination.
    """

    origin: IntArray
    sourced: BoolArray
    level: IntArray

    @property
    def depth(self) -> int:
        """Number of levels."""
        return int(self.level.max(initial=0)) + 1


def build_network(plan_input: PlanInput) -> Network:
    """Resolve sources and levels. Raises NetworkCycleError when nodes replenish each other in a circle."""
    active, sourcing = plan_input.nodes.active, plan_input.sourcing
    by_lane = (sourcing.kind == SourceKind.LANE) & active
    by_lane &= active[np.where(by_lane, sourcing.node, 0)]
    origin = np.where(by_lane, sourcing.node, -1)
    sourced = by_lane | ((sourcing.kind == SourceKind.SUPPLIER) & active)
    return Network(origin=origin, sourced=sourced, level=network_levels(origin))


def network_levels(origin: IntArray) -> IntArray:
    """Longest way down from each node, by peeling off nodes whose destinations are all done.

    A node has one origin at most, so what cannot be peeled is exactly the circles.
    """
    size = len(origin)
    level = np.zeros(size, dtype=np.int64)
    waiting = np.bincount(origin[origin >= 0], minlength=size)
    done = waiting == 0
    frontier = np.flatnonzero(done)
    while frontier.size:
        children = frontier[origin[frontier] >= 0]
        parents = origin[children]
        np.maximum.at(level, parents, level[children] + 1)
        np.subtract.at(waiting, parents, 1)
        candidates = np.unique(parents)
        frontier = candidates[waiting[candidates] == 0]
        done[frontier] = True
    if not done.all():
        raise NetworkCycleError(_cycles(origin, np.flatnonzero(~done)))
    return level


def sum_along_path(network: Network, values: IntArray) -> IntArray:
    """Sum of `values` [n] over each node and all nodes above it, up to the outside supplier."""
    total = values.copy()
    for level in range(network.depth - 2, -1, -1):
        nodes = np.flatnonzero((network.level == level) & (network.origin >= 0))
        total[nodes] += total[network.origin[nodes]]
    return total


def _cycles(origin: IntArray, members: IntArray) -> tuple[tuple[int, ...], ...]:
    seen: set[int] = set()
    cycles = []
    for start in members.tolist():
        if start in seen:
            continue
        cycle = [start]
        while (node := int(origin[cycle[-1]])) != start:
            cycle.append(node)
        seen.update(cycle)
        cycles.append((start, *reversed(cycle[1:])))
    return tuple(cycles)
