"""New items at their locations: forecast from similar items that sell there, until their own history says more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting.engine import ForecastBatch
from forecasting.engine.analogues import (
    ItemAttributes,
    LaunchEvidence,
    Paths,
    distances,
    launch_paths,
    nearest,
    own_weight,
    pool_launches,
)
from forecasting.services.history import History
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars

LAUNCH_DAYS: Final = 182
"""An item-location with less history is new, one with more and with recent sales is established."""

EARLY_DAYS: Final = 91
MOST_LAUNCHES: Final = 300
SHARED_PLACES: Final = 2.0
LABEL: Final = "new: forecast from similar items"

_Chosen = dict[int, list[tuple[int, float, float]]]
"""Item id → (analogue's id, weight, scale), as planners chose."""

_CHOSEN = "SELECT item_id, analogue_id, weight::float8 AS weight, scale::float8 AS scale FROM forecasting_itemanalogue"
_CATEGORIES = "SELECT id, parent_id FROM inventory_category"


@dataclass(frozen=True)
class Launched:
    """Forecasts with new item-locations put in, what the evidence was, and per node which items stood in for it."""

    batch: ForecastBatch
    evidence: LaunchEvidence
    notes: dict[int, dict[str, Any]]


@dataclass(frozen=True)
class _StandIn:
    """Nodes whose forecasts stand in for a new one: weights that add up to 1, units per unit, and who chose them."""

    node: int
    nodes: IntArray
    weight: FloatArray
    scale: FloatArray
    by_planner: bool


@dataclass(frozen=True)
class _Company:
    """What is asked of item-locations: item and location as ids and as row numbers [n], and when each was sold.

    level [n]: units per bucket lately. established, fresh [n]: see LAUNCH_DAYS.
    """

    item_id: IntArray
    item: IntArray
    location: IntArray
    attributes: ItemAttributes
    history: History
    level: FloatArray
    established: BoolArray
    fresh: BoolArray

    @property
    def launch_buckets(self) -> int:
        """LAUNCH_DAYS in buckets."""
        return max(1, LAUNCH_DAYS // self.history.bucket_days)


def launch(
    own: ForecastBatch, history: History, nodes: "polars.DataFrame", *, supplier: IntArray | None = None
) -> Launched:
    """Replace the forecasts of new item-locations.

    own: forecasts of every node; supplier [n]: an id, -1 unknown. New is what sells for less than half a year in
    records that reach further back, what is still to come (`active_from` lies less than half a year back or ahead and
    nothing was sold), and what a planner gave analogues. It is left as it is where no similar item sells at its
    location.
    """
    company = _company(history, nodes, supplier)
    chosen = _chosen_by_planners()
    new = _new_nodes(company, nodes, chosen)
    stand_ins = list(_stand_ins(company, new, chosen))
    evidence = _evidence(company)
    if not stand_ins:
        return Launched(own, evidence, {})
    at = np.array([one.node for one in stand_ins])
    width = history.quantity.shape[1]
    buckets = (width - history.first[at]).astype(np.float64)
    found = launch_paths(_paths(own, at), _stand_in_paths(own, stand_ins, evidence), buckets, evidence)
    mean, quantiles, cumulative = own.mean.copy(), own.quantiles.copy(), own.cumulative_quantiles.copy()
    mean[at], quantiles[at], cumulative[at] = found.mean, found.quantiles, found.cumulative_quantiles
    fallback = list(own.fallback)
    for node in at.tolist():
        fallback[node] = LABEL
    batch = replace(
        own, mean=mean, quantiles=quantiles, cumulative_quantiles=cumulative, fallback=tuple(fallback)
    )  # fmt: skip
    skus = nodes["sku"].to_list()
    weights = own_weight(buckets, evidence)
    notes = {one.node: _note(one, float(weight), skus) for one, weight in zip(stand_ins, weights, strict=True)}
    return Launched(batch, evidence, notes)


def _note(stand_in: _StandIn, weight: float, skus: list[str]) -> dict[str, Any]:
    return {
        "own_weight": round(weight, 3),
        "chosen_by": "planner" if stand_in.by_planner else "attributes",
        "analogues": [
            {"sku": skus[node], "weight": round(float(share), 3), "scale": round(float(scale), 3)}
            for node, share, scale in zip(stand_in.nodes.tolist(), stand_in.weight, stand_in.scale, strict=True)
        ],
    }


def _company(history: History, nodes: "polars.DataFrame", supplier: IntArray | None) -> _Company:
    items, item = np.unique(nodes["item_id"].to_numpy(), return_inverse=True)
    _, location = np.unique(nodes["location_id"].to_numpy(), return_inverse=True)
    width = history.quantity.shape[1]
    launch_buckets = max(1, LAUNCH_DAYS // history.bucket_days)
    level = history.quantity[:, -launch_buckets:].mean(axis=1)
    running = history.last >= width
    old = history.first <= width - launch_buckets
    attributes = _attributes(nodes, items.size, item, location, supplier)
    return _Company(
        items[item], item, location, attributes, history, level, old & running & (level > 0), ~old & running
    )


def _attributes(
    nodes: "polars.DataFrame", count: int, item: IntArray, location: IntArray, supplier: IntArray | None
) -> ItemAttributes:
    """Per item row: from the first node of each."""
    at = np.zeros(count, dtype=np.int64)
    at[item[::-1]] = np.arange(item.size)[::-1]
    price = nodes["unit_price"].fill_null(0.0).to_numpy()
    cost = nodes["unit_cost"].to_numpy()
    value = np.where(price > 0, price, cost)[at]
    places = np.zeros((count, int(location.max(initial=-1)) + 1), dtype=np.bool_)
    places[item, location] = True
    return ItemAttributes(
        category=_ancestors(nodes["category_id"].fill_null(-1).to_numpy()[at]),
        supplier=np.full(count, -1) if supplier is None else supplier[at],
        price=np.where(value > 0, value, np.nan),
        places=places,
    )


def _ancestors(category: IntArray) -> IntArray:
    """Ids from the root of the tree down to each item's category [items, depth]; -1 beyond."""
    parents = dict(read_frame(_CATEGORIES).iter_rows())
    paths: dict[int, list[int]] = {-1: []}
    for one in set(category.tolist()) - {-1}:
        path, at = list[int](), one
        while at is not None and at not in path:
            path.append(at)
            at = parents.get(at)
        paths[one] = path[::-1]
    depth = max(1, *(len(path) for path in paths.values()))
    padded = {one: [*path, *[-1] * (depth - len(path))] for one, path in paths.items()}
    return np.array([padded[one] for one in category.tolist()], dtype=np.int64).reshape(category.size, depth)


def _chosen_by_planners() -> _Chosen:
    chosen: _Chosen = {}
    for item, analogue, weight, scale in read_frame(_CHOSEN).iter_rows():
        chosen.setdefault(item, []).append((analogue, weight, scale))
    return chosen


def _new_nodes(company: _Company, nodes: "polars.DataFrame", chosen: _Chosen) -> IntArray:
    history, width = company.history, company.history.quantity.shape[1]
    sold = history.first < width
    recorded = int(history.first.min(initial=width))
    begun = sold & (history.first >= recorded + company.launch_buckets)
    days = (nodes["active_from"] - history.end).dt.total_days().fill_null(-LAUNCH_DAYS - 1).to_numpy()
    to_come = ~sold & (days >= -LAUNCH_DAYS)
    asked = np.isin(nodes["item_id"].to_numpy(), list(chosen))
    return np.flatnonzero(company.fresh & nodes["active"].to_numpy() & (begun | to_come | asked))


def _stand_ins(company: _Company, new: IntArray, chosen: _Chosen) -> Iterator[_StandIn]:
    """For each new node the established ones at its location that are nearest, or that a planner named."""
    size = _shared_sizes(company)
    for place in np.unique(company.location[new]):
        here = np.flatnonzero(company.established & (company.location == place))
        wanted = new[company.location[new] == place]
        if not here.size:
            continue
        columns, weights = nearest(distances(company.attributes, company.item[wanted], company.item[here]))
        for row, node in enumerate(wanted.tolist()):
            named = _named(company, here, chosen.get(int(company.item_id[node]), []))
            kept = columns[row] >= 0
            if named is not None:
                nodes, weight, scale = named
            elif kept.any():
                nodes, weight = here[columns[row][kept]], weights[row][kept]
                scale = size(int(company.item[node]), company.item[nodes])
            else:
                continue
            yield _StandIn(node, nodes, weight, scale, named is not None)


def _named(
    company: _Company, here: IntArray, said: list[tuple[int, float, float]]
) -> tuple[IntArray, FloatArray, FloatArray] | None:
    """The planner's analogues that sell here: nodes, weights that add up to 1, scales; None where none of them does."""
    found = [
        (int(node), weight, scale)
        for analogue, weight, scale in said
        for node in here[company.item_id[here] == analogue].tolist()
    ]
    if not found:
        return None
    nodes, weight, scale = (np.array(column) for column in zip(*found, strict=True))
    return nodes, weight / weight.sum(), scale


def _shared_sizes(company: _Company) -> Callable[[int, IntArray], FloatArray]:
    """How much one item sells per unit of others, where both are established; held to 1 by 2 more places."""
    from scipy.sparse import csr_array

    shape = company.attributes.places.shape
    known = company.established
    at = (company.item[known], company.location[known])
    level = csr_array((company.level[known], at), shape=shape)
    there = csr_array((np.ones(int(known.sum())), at), shape=shape)

    def size(item: int, others: IntArray) -> FloatArray:
        mine, here = level[[item]], there[[item]]
        same = there[others]
        ours, theirs, shared = (
            (one @ other.T).toarray()[0] for one, other in ((mine, same), (here, level[others]), (here, same))
        )
        ratio = np.divide(ours, theirs, out=np.ones(others.size), where=shared > 0)
        scale: FloatArray = (shared * ratio + SHARED_PLACES) / (shared + SHARED_PLACES)
        return scale

    return size


def _paths(batch: ForecastBatch, at: IntArray) -> Paths:
    return Paths(batch.mean[at], batch.quantiles[at], batch.cumulative_quantiles[at])


def _stand_in_paths(own: ForecastBatch, stand_ins: list[_StandIn], evidence: LaunchEvidence) -> Paths:
    """Weighted sums of the analogues' forecasts; a planner's are not multiplied by the launch factor later."""
    parts = []
    for one in stand_ins:
        weight = one.weight * one.scale / (evidence.factor if one.by_planner else 1.0)
        paths = _paths(own, one.nodes)
        parts.append([np.tensordot(weight, array, axes=1) for array in vars(paths).values()])
    return Paths(*(np.stack(column) for column in zip(*parts, strict=True)))


def _evidence(company: _Company) -> LaunchEvidence:
    """What past launches say: each against what its analogues sold in the half year before it."""
    history, span = company.history, company.launch_buckets
    early = max(2, EARLY_DAYS // history.bucket_days)
    width = history.quantity.shape[1]
    recorded = int(history.first.min(initial=width))
    launched = np.flatnonzero((history.first >= recorded + span) & (history.first + 1 + early <= history.last))
    expected, came = [], []
    for node in launched[:: max(1, launched.size // MOST_LAUNCHES)].tolist():
        begin = int(history.first[node])
        here = (company.location == company.location[node]) & (history.first <= begin - span) & (history.last >= begin)
        here &= company.item != company.item[node]
        candidates = np.flatnonzero(here)
        before = history.quantity[candidates, begin - span : begin].mean(axis=1)
        candidates, before = candidates[before > 0], before[before > 0]
        columns, weights = nearest(distances(company.attributes, company.item[[node]], company.item[candidates]))
        kept = columns[0] >= 0
        if kept.any():
            expected.append(float(weights[0][kept] @ before[columns[0][kept]]))
            came.append(history.quantity[node, begin + 1 : begin + 1 + early])
    return pool_launches(np.array(expected), np.array(came).reshape(len(came), early))
