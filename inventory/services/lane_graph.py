"""Lanes as a graph: goods of one item must not travel in a circle."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Edge = tuple[int, int]
Numbered = tuple[int | None, Edge]


def closing_lanes(rows: Iterable[tuple[int | None, int, int, int | None]]) -> list[tuple[int, list[int]]]:
    """Lines of lanes that close a cycle with earlier ones, and the places of the cycle, first and last the same.

    Lanes of all items (item None) are counted with those of each item; rows without a line are never rejected.
    """
    general: list[Numbered] = []
    special: dict[int, list[Numbered]] = defaultdict(list)
    for line, origin, destination, item in rows:
        (general if item is None else special[item]).append((line, (origin, destination)))
    closing: list[tuple[int, list[int]]] = []
    onward: dict[int, set[int]] = defaultdict(set)
    closing += _add_lanes(general, onward, {})
    for lanes in special.values():
        closing += _add_lanes(lanes, defaultdict(set), onward)
    return closing


def _add_lanes(
    lanes: list[Numbered], own: dict[int, set[int]], shared: Mapping[int, set[int]]
) -> list[tuple[int, list[int]]]:
    closing = []
    for line, (origin, destination) in lanes:
        if destination in shared.get(origin, ()):
            continue
        path = path_between(destination, origin, own, shared)
        if path is not None and line is not None:
            closing.append((line, [origin, *path]))
        else:
            own[origin].add(destination)
    return closing


def path_between(start: int, end: int, own: Mapping[int, set[int]], shared: Mapping[int, set[int]]) -> list[int] | None:
    """Places from start to end along the lanes, None where no way leads there."""
    came_from: dict[int, int | None] = {start: None}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place == end:
            path: list[int] = []
            step: int | None = end
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for following in own.get(place, set()) | shared.get(place, set()):
            if following not in came_from:
                came_from[following] = place
                waiting.append(following)
    return None


def cycle_of(lane: Edge, item: int | None, rows: Iterable[tuple[int, int, int | None]]) -> list[int]:
    """The places of a cycle, first and last the same, that `lane` closes with other lanes; empty where none.

    rows: (origin, destination, item) of the others. A lane of all items (item None) closes one with those of any item.
    """
    general: dict[int, set[int]] = defaultdict(set)
    special: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for origin, destination, of_item in rows:
        (general if of_item is None else special[of_item])[origin].add(destination)
    origin, destination = lane
    networks = [special[item]] if item is not None else [{}, *special.values()]
    for own in networks:
        if (path := path_between(destination, origin, own, general)) is not None:
            return [origin, *path]
    return []


def any_cycle(rows: Iterable[tuple[int, int, int | None]], *, items: Collection[int] | None) -> list[int]:
    """The places of some cycle among these lanes (origin, destination, item), first and last the same; empty: none.

    Looks at the lanes of all items, and with them at those of each of `items` (None: of every item that has its own).
    """
    general: dict[int, set[int]] = defaultdict(set)
    special: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for origin, destination, item in rows:
        (general if item is None else special[item])[origin].add(destination)
    chosen = [own for item, own in special.items() if items is None or item in items]
    for own in [{}, *chosen]:
        following = {place: own.get(place, set()) | general.get(place, set()) for place in {*own, *general}}
        try:
            TopologicalSorter(following).prepare()
        except CycleError as error:
            return list(reversed(error.args[1]))
    return []
