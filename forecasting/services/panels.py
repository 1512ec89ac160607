"""Histories, attributes and events as the panel that the global model learns from and forecasts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting.engine import Panel
from forecasting.models import EventKind
from forecasting.services.events import read_events
from forecasting.services.history import History
from stocksense.core.numeric import FloatArray, IntArray

if TYPE_CHECKING:
    import polars

NOT_LEARNED: Final = (EventKind.CLOSURE.value,)
"""Closed days are taken out of histories and forecasts, so they teach nothing."""
PRICED: Final = (EventKind.PRICE_CUT.value, EventKind.PRICE_CHANGE.value)
PRICE: Final = "price"
CATEGORIES: Final = ("category", "location")
NUMBERS: Final = ("unit_price",)
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Vocabulary:
    """The columns that a training had, so that later panels have the same.

    known: names of the covariates known ahead. codes: per attribute the ids it knew, in the order of their codes.
    """

    known: tuple[str, ...]
    codes: dict[str, list[int]]

    def as_json(self) -> dict[str, Any]:
        """For storage."""
        return {"known": list(self.known), "codes": self.codes}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Vocabulary":
        """What as_json gave."""
        return cls(tuple(stored["known"]), {name: list(ids) for name, ids in stored["codes"].items()})


def read_panel(
    history: History, nodes: "polars.DataFrame", *, ahead: int, vocabulary: Vocabulary | None = None,
    without_events: bool = False,
) -> tuple[Panel, Vocabulary]:  # fmt: skip
    """The histories of the nodes with what is known of `ahead` buckets after them.

    After an item's last day its demand is not known (rather than 0). Where stock ran out it is marked, for the engine
    to fill. vocabulary: of the training that is to forecast;
    without one it is made from what there is. without_events: as if nothing had been announced for the buckets to come.
    """
    buckets = history.quantity.shape[1]
    events = read_events(start=history.first_date, end=history.end + timedelta(days=ahead * history.bucket_days))
    events = events.filter(~events["kind"].is_in(NOT_LEARNED))
    words = vocabulary or Vocabulary(_known_names(events, nodes), _codes(nodes))
    known = _covariates(events, history, nodes, buckets + ahead, words.known)
    if without_events:
        known[:, buckets:] = np.array([1.0 if name == PRICE else 0.0 for name in words.known], dtype=np.float32)
    columns = np.arange(buckets)
    ended = columns >= history.last[:, None]
    demand = np.where(columns >= history.first[:, None], np.where(history.inside, history.quantity, 0.0), np.nan)
    step = np.timedelta64(history.bucket_days, "D")
    panel = Panel.of(
        demand,
        np.datetime64(history.first_date, "D") + np.arange(buckets + ahead) * step,
        history.bucket_days,
        in_stock=history.in_stock & ~ended,
        untold=ended if history.untold is None else ended | history.untold,
        known=known,
        known_names=words.known,
        categories=_attribute_codes(nodes, words.codes),
        category_names=CATEGORIES,
        numbers=nodes.select(NUMBERS).to_numpy().astype(np.float32),
        number_names=NUMBERS,
    )
    return panel, words


def _known_names(events: "polars.DataFrame", nodes: "polars.DataFrame") -> tuple[str, ...]:
    kinds = tuple(kind.value for kind in EventKind if kind.value in set(events["kind"].unique().to_list()))
    priced = len(events) > 0 and events["price"].is_not_null().any() and nodes["unit_price"].is_not_null().any()
    return (*kinds, PRICE) if priced else kinds


def _codes(nodes: "polars.DataFrame") -> dict[str, list[int]]:
    return {name: nodes[f"{name}_id"].drop_nulls().unique().sort().to_list() for name in CATEGORIES}


def _attribute_codes(nodes: "polars.DataFrame", codes: dict[str, list[int]]) -> IntArray:
    """[n, attributes]: the code of each node's category and location, −1 for what the training did not know."""
    result = np.full((len(nodes), len(CATEGORIES)), UNKNOWN, dtype=np.int64)
    for column, name in enumerate(CATEGORIES):
        place = {one: code for code, one in enumerate(codes[name])}
        result[:, column] = [place.get(one, UNKNOWN) for one in nodes[f"{name}_id"].to_list()]
    return result


def _covariates(
    events: "polars.DataFrame", history: History, nodes: "polars.DataFrame", width: int, names: tuple[str, ...]
) -> Any:
    """[n, width, k] float32: 1 in buckets that an event of the kind touches; the price against the usual one."""
    known = np.zeros((len(nodes), width, len(names)), dtype=np.float32)
    if PRICE in names:
        known[:, :, names.index(PRICE)] = 1.0
    if not names or not len(events):
        return known
    places = nodes.select("node", "item_id", "location_id", "unit_price")
    reached = events.join(places, on=["item_id", "location_id"], how="inner")
    node = reached["node"].to_numpy()
    begin = bucket_of(reached["start_date"].to_numpy(), history)
    end = np.where(
        reached["end_date"].is_null().to_numpy(), width, bucket_of(reached["end_date"].to_numpy(), history) + 1
    )
    begin, end = np.clip(begin, 0, width), np.clip(end, 0, width)
    kinds = reached["kind"].to_numpy()
    for column, name in enumerate(names):
        if name == PRICE:
            continue
        chosen = kinds == name
        known[:, :, column] = _touched(node[chosen], begin[chosen], end[chosen], (len(nodes), width))
    if PRICE in names:
        ratio = (reached["price"] / reached["unit_price"]).fill_nan(None).to_numpy()
        usable = np.isfinite(ratio) & (ratio > 0) & (end > begin)
        for row in np.flatnonzero(usable).tolist():
            known[node[row], begin[row] : end[row], names.index(PRICE)] = ratio[row]
    return known


def _touched(node: IntArray, begin: IntArray, end: IntArray, shape: tuple[int, int]) -> FloatArray:
    """[n, width]: 1.0 where any of the spans begin .. end − 1 of a node lies."""
    steps = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    np.add.at(steps, (node, begin), 1)
    np.add.at(steps, (node, np.maximum(end, begin)), -1)
    touched: FloatArray = (np.cumsum(steps, axis=1)[:, : shape[1]] > 0).astype(np.float64)
    return touched


def bucket_of(days: Any, history: History) -> IntArray:
    """The bucket that each day lies in, counted from the history's first (missing days: 0)."""
    since = (days.astype("datetime64[D]") - np.datetime64(history.first_date, "D")).astype("timedelta64[D]")
    number = np.where(np.isnat(since), 0, since.astype(np.int64))
    return np.floor_divide(number, history.bucket_days).astype(np.int64)
