"""How much of each item-location is left: a mostly healthy company with some trouble in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

import numpy as np

from stocksense.company.demo.assortment import Assortment
from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.files import Row
from stocksense.company.demo.network import DEPOTS, PLACES
from stocksense.company.demo.suppliers import SUPPLIERS
from stocksense.core.numeric import FloatArray, IntArray

LOT_SHELF_LIFE_DAYS: Final = 60
DEPOT_LOT_SHELF_LIFE_DAYS: Final = 300
BLOCKED_SHARE: Final = 0.02


class Health(IntEnum):
    """What the stock on hand is enough for."""

    OUT = 0
    AT_RISK = 1
    HEALTHY = 2
    EXCESS = 3


HEALTH_SHARES: Final = (0.025, 0.10, 0.815, 0.06)


@dataclass(frozen=True)
class Position:
    """Stock per item-location, in stock units; arrays align with the assortment."""

    weekly_need: FloatArray
    """Expected demand per week; at a DC that of the places it supplies too."""
    lead_time_days: FloatArray
    health: IntArray
    on_hand: FloatArray
    allocated: FloatArray
    backorders: FloatArray


def build_position(seed: int, items: Sequence[Item], assortment: Assortment, coming: FloatArray) -> Position:
    """Draw stock on hand. `coming`: own demand expected per week. Allocations start at 0, to be filled in."""
    rng = np.random.default_rng([seed, 9])
    need = _with_downstream(items, assortment, coming)
    lead = np.array([_lead(items[i], p) for i, p in zip(assortment.item, assortment.place, strict=True)])
    review = np.array([place.review_days for place in PLACES], dtype=np.float64)[assortment.place]
    health = rng.choice(len(Health), len(assortment), p=HEALTH_SHARES)
    daily = need / 7
    spread = rng.uniform(0, 1, len(assortment))
    safety = 2.0 * np.sqrt(daily * (lead + review) * 1.5)
    levels = {
        Health.OUT: np.zeros(len(assortment)),
        Health.AT_RISK: np.maximum(daily * lead * (0.1 + 0.6 * spread), 1.0),
        Health.HEALTHY: daily * (lead + review * (0.4 + 1.4 * spread)) + safety,
        Health.EXCESS: np.maximum(need * (12 + 18 * spread), 6.0),
    }
    on_hand = np.select([health == state for state in Health], [levels[state] for state in Health])
    leftover = np.where(spread < 0.25, 2 + 40 * spread, 0.0)
    on_hand = np.where(need > 0, on_hand, leftover)
    return Position(
        weekly_need=need,
        lead_time_days=lead,
        health=health,
        on_hand=round_to_unit(items, assortment, on_hand),
        allocated=np.zeros(len(assortment)),
        backorders=np.zeros(len(assortment)),
    )


def round_to_unit(items: Sequence[Item], assortment: Assortment, quantity: FloatArray) -> FloatArray:
    """Quantities rounded to what each item's stock unit allows."""
    decimals = np.array([item.family.uom_decimals for item in items])[assortment.item]
    scale = 10.0**decimals
    return np.asarray(np.round(np.round(quantity * scale) / scale, 3), dtype=np.float64)


def _with_downstream(items: Sequence[Item], assortment: Assortment, coming: FloatArray) -> FloatArray:
    home = np.array([place.home for place in PLACES])[assortment.place]
    fed = (assortment.place >= DEPOTS) & ~np.array([item.family.direct for item in items])[assortment.item]
    total = np.zeros((DEPOTS, len(items)))
    np.add.at(total, (home[fed], assortment.item[fed]), coming[fed])
    depot = assortment.place < DEPOTS
    np.add.at(total, (assortment.place[depot], assortment.item[depot]), coming[depot])
    total[0] += np.where([item.relayed for item in items], total[1], 0.0)
    need = coming.copy()
    need[depot] = total[assortment.place[depot], assortment.item[depot]]
    return need


def _lead(item: Item, place: int) -> float:
    if place >= DEPOTS:
        return PLACES[place].lane_days
    if place == 1 and item.relayed:
        return 2.0
    return SUPPLIERS[item.family.supplier].lead_time_days + 2 * place


def stock_rows(
    seed: int, items: Sequence[Item], assortment: Assortment, position: Position, last_date: date
) -> Iterator[Row]:
    """Rows of `stock`, one per lot; `on_hand` excludes what is blocked."""
    rng = np.random.default_rng([seed, 10])
    for row in range(len(assortment)):
        item, place = items[assortment.item[row]], PLACES[assortment.place[row]]
        on_hand, allocated = float(position.on_hand[row]), float(position.allocated[row])
        blocked = float(np.ceil(on_hand * 0.08)) if on_hand > 5 and rng.random() < BLOCKED_SHARE else 0.0
        for number, (share, expires_on) in enumerate(_lots(rng, item, place.is_store, on_hand, last_date)):
            taken = min(share, allocated)
            allocated = round(allocated - taken, 3)
            yield {
                "sku": item.sku, "location": place.code, "lot": f"L{expires_on:%y%m%d}" if expires_on else "",
                "on_hand": share, "allocated": taken, "blocked": blocked if number == 0 else 0,
                "backorders": float(position.backorders[row]) if number == 0 else 0, "expires_on": expires_on,
                "as_of": last_date + timedelta(days=1),
            }  # fmt: skip


def _lots(
    rng: np.random.Generator, item: Item, store: bool, on_hand: float, last_date: date
) -> list[tuple[float, date | None]]:
    """The quantity and expiry of each lot, oldest first; one without expiry where lots are not kept."""
    shelf_life = item.family.shelf_life_days
    longest = LOT_SHELF_LIFE_DAYS if store else DEPOT_LOT_SHELF_LIFE_DAYS
    if shelf_life is None or shelf_life > longest or on_hand == 0:
        return [(on_hand, None)]
    older = round(on_hand * float(rng.uniform(0.2, 0.6)), item.family.uom_decimals)
    first = last_date + timedelta(days=int(shelf_life * rng.uniform(0.1, 0.45)))
    if rng.random() < 0.03:
        first = last_date - timedelta(days=int(rng.integers(1, 4)))
    second = first + timedelta(days=max(1, int(shelf_life * rng.uniform(0.2, 0.4))))
    if older == 0:
        return [(on_hand, second)]
    return [(older, first), (round(on_hand - older, 3), second)]
