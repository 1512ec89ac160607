"""Which item is kept where, and how the company wants it planned there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.files import Row
from stocksense.company.demo.network import (
    DEPOTS,
    NEWEST_STORE,
    NEWEST_STORE_WEEKS,
    PLACES,
    WITHOUT_FRESH_DELIVERY,
    Place,
)
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

SHARE_OF_RANGE = 0.62
WHOLESALE_ITEMS = 75
DELISTED_SHARE = 0.015


@dataclass(frozen=True)
class Assortment:
    """The item-locations, one element per row in every array; places index PLACES, items the catalogue."""

    item: IntArray
    place: IntArray
    wholesale: BoolArray
    """A DC that also sells the item to other companies."""
    weekly_units: FloatArray
    """Own demand at the level of the newest week; 0 at a DC without wholesale."""
    first_day: list[date | None]
    last_day: list[date | None]

    def __len__(self) -> int:
        return len(self.item)


def build_assortment(seed: int, items: Sequence[Item], last_week: date) -> Assortment:
    """About 1,900 item-locations: every DC-fed item at both DCs, a share of the range in each store."""
    rng = np.random.default_rng([seed, 2])
    depot_fed = [index for index, item in enumerate(items) if not item.family.direct]
    item_parts = [np.array(depot_fed, dtype=np.int64)] * DEPOTS
    popularity = np.array([item.weekly_units for item in items])
    rank = popularity.argsort().argsort() / len(items)
    for place in PLACES[DEPOTS:]:
        chance = np.clip(SHARE_OF_RANGE + 0.25 * (place.size - 1.1) + 0.35 * (rank - 0.5), 0.12, 1.0)
        item_parts.append(np.flatnonzero(rng.random(len(items)) < chance))
    item = np.concatenate(item_parts)
    place_index = np.repeat(np.arange(len(PLACES)), [len(part) for part in item_parts])
    wholesale = _wholesale(rng, items, item, place_index)
    size = np.array([place.size for place in PLACES])[place_index]
    local_taste = rng.lognormal(-0.06, 0.35, len(item))
    own = popularity[item] * np.where(wholesale, rng.uniform(1.0, 4.0, len(item)), size) * local_taste
    own[(place_index < DEPOTS) & ~wholesale] = 0.0
    return Assortment(
        item=item,
        place=place_index,
        wholesale=wholesale,
        weekly_units=own,
        first_day=[_first_day(PLACES[place], last_week) for place in place_index],
        last_day=_last_days(rng, place_index, last_week),
    )


def _wholesale(rng: np.random.Generator, items: Sequence[Item], item: IntArray, place: IntArray) -> BoolArray:
    sold = np.zeros(len(items), dtype=bool)
    candidates = [index for index, entry in enumerate(items) if not entry.family.direct and entry.status == "active"]
    sold[rng.choice(candidates, WHOLESALE_ITEMS, replace=False)] = True
    result: BoolArray = (place < DEPOTS) & sold[item]
    return result


def _first_day(place: Place, last_week: date) -> date | None:
    return last_week - timedelta(weeks=NEWEST_STORE_WEEKS) if place.code == NEWEST_STORE else None


def _last_days(rng: np.random.Generator, place: IntArray, last_week: date) -> list[date | None]:
    delisted = (place >= DEPOTS) & (rng.random(len(place)) < DELISTED_SHARE)
    weeks = rng.integers(4, 30, len(place))
    return [
        last_week - timedelta(weeks=int(count), days=1) if gone else None
        for gone, count in zip(delisted, weeks, strict=True)
    ]


def item_location_rows(seed: int, items: Sequence[Item], assortment: Assortment) -> Iterator[Row]:
    """Rows of `item_locations`, with a few planned by typed-in levels or not at all."""
    rng = np.random.default_rng([seed, 3])
    draws = rng.random(len(assortment))
    for row in range(len(assortment)):
        item, place = items[assortment.item[row]], PLACES[assortment.place[row]]
        method, low, high, safety = _method(draws[row], assortment.weekly_units[row])
        yield {
            "sku": item.sku, "location": place.code, "active_from": assortment.first_day[row],
            "active_to": assortment.last_day[row], "method": method, "review_days": place.review_days,
            "order_weekdays": "" if item.family.direct else place.order_weekdays, "min_quantity": low,
            "max_quantity": high, "safety_stock": safety, "service_target": _service_target(item),
        }  # fmt: skip


def _method(draw: float, weekly: float) -> tuple[str, float | None, float | None, float | None]:
    """The planning method typed in for an item-location (mostly none), with its levels."""
    if weekly > 0 and draw < 0.010:
        low = float(np.ceil(weekly * 1.5))
        return "min_max", low, low * 2 + 1, None
    if draw > 0.997:
        return "none", None, None, None
    if draw > 0.985:
        return "rss", None, None, None
    if weekly > 0 and draw > 0.975:
        return "", None, None, float(np.ceil(weekly * 0.6))
    return "", None, None, None


def _service_target(item: Item) -> float | None:
    if item.family.category.startswith("Fresh"):
        return 0.93
    if item.family.intermittent:
        return 0.90
    return 0.97 if item.weekly_units > 20 else None


def lacks_supply(item: Item, place: Place) -> bool:
    """Whether nothing supplies the item at the place."""
    return not item.sourced or (item.family.direct and place.code == WITHOUT_FRESH_DELIVERY)
