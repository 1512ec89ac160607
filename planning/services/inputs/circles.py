"""Lanes that replenish each other in a circle cannot be planned; people are told which."""

from typing import TYPE_CHECKING

from planning.engine.network import NetworkCycleError, network_levels
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import IntArray

if TYPE_CHECKING:
    import polars


def refuse_circles(nodes: "polars.DataFrame", origin_node: IntArray) -> None:
    """Raise InvalidInput, naming the first circles, where nodes replenish each other in a circle."""
    try:
        network_levels(origin_node)
    except NetworkCycleError as error:
        sku, codes = nodes["sku"].to_list(), nodes["location_code"].to_list()
        circles = [
            f"{sku[cycle[0]]}: {' → '.join(codes[node] for node in (*cycle, cycle[0]))}" for cycle in error.cycles
        ]
        raise InvalidInput(
            f"Lanes replenish each other in a circle: {'; '.join(circles[:5])}. End one lane of each."
        ) from error
