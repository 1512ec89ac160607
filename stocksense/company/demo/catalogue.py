"""The demo company's items: prices, sizes, and where each is in its life."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from stocksense.company.demo.families import FAMILIES, FARM, Family
from stocksense.company.demo.files import Row

NEW_ITEMS = 10
ENDED_ITEMS = 6
PHASED_OUT_ITEMS = 4
SUCCESSIONS = 3
UNSOURCED_ITEMS = 2
RELAYED_ITEMS = 20


@dataclass(frozen=True)
class Item:
    """One item with what the generator needs to know of it beyond its file columns."""

    sku: str
    name: str
    family: Family
    unit_cost: float
    unit_price: float
    unit_volume_m3: float
    unit_weight_kg: float
    weekly_units: float
    status: str = "active"
    active_from: date | None = None
    active_to: date | None = None
    successor: str | None = None
    sourced: bool = True
    """False: no supplier offers it, so it cannot be planned."""
    relayed: bool = False
    """True: bought by the first DC only and passed on to the second."""

    def row(self) -> Row:
        """The item as a row of `items`."""
        return {
            "sku": self.sku, "name": self.name, "category": self.family.category, "uom": self.family.uom,
            "uom_decimals": self.family.uom_decimals, "unit_cost": self.unit_cost, "unit_price": self.unit_price,
            "unit_volume_m3": self.unit_volume_m3, "unit_weight_kg": self.unit_weight_kg,
            "shelf_life_days": self.family.shelf_life_days, "status": self.status, "active_from": self.active_from,
            "active_to": self.active_to, "successor": self.successor,
        }  # fmt: skip


def build_catalogue(seed: int, last_week: date) -> list[Item]:
    """About 210 items. `last_week`: the Monday of the newest closed week."""
    rng = np.random.default_rng([seed, 1])
    items = [item for family in FAMILIES for item in _family_items(family, rng)]
    ordinary = [
        index
        for index, item in enumerate(items)
        if not (item.family.direct or item.family.intermittent or item.family.season == "gifts")
    ]
    picks = iter(rng.permutation(ordinary).tolist())
    _apply_lives(items, picks, last_week, rng)
    for index in _take(picks, UNSOURCED_ITEMS):
        items[index] = replace(items[index], sourced=False)
    for index in _take(picks, RELAYED_ITEMS):
        if items[index].family.supplier != FARM:
            items[index] = replace(items[index], relayed=True)
    return items


def _family_items(family: Family, rng: np.random.Generator) -> Iterator[Item]:
    number = 0
    for variant in family.variants:
        popularity = float(rng.lognormal(-0.12, 0.5))
        cost_factor = float(rng.uniform(0.88, 1.16))
        for label, content in family.sizes:
            number += 1
            cost = round(family.unit_cost * cost_factor * content**0.97, 2)
            price = round(round(cost * family.markup * 1.02 * 20) / 20, 2)
            name = " ".join(part for part in (family.title.format(variant), label) if part)
            yield Item(
                sku=f"{family.prefix}-{number:03d}",
                name=name,
                family=family,
                unit_cost=cost,
                unit_price=price,
                unit_volume_m3=round(family.litres * content / 1000, 4),
                unit_weight_kg=round(family.kilograms * content, 3),
                weekly_units=family.weekly_units * popularity / content**0.7,
            )


def _apply_lives(items: list[Item], picks: Iterator[int], last_week: date, rng: np.random.Generator) -> None:
    """Give some items a beginning, an end, or a successor; successors are added to the list."""
    for index in _take(picks, NEW_ITEMS):
        weeks = int(rng.integers(5, 45))
        items[index] = replace(items[index], active_from=last_week - timedelta(weeks=weeks))
    for index in _take(picks, ENDED_ITEMS):
        last_day = last_week - timedelta(weeks=int(rng.integers(10, 60)), days=1)
        items[index] = replace(items[index], status="ended", active_to=last_day)
    for index in _take(picks, PHASED_OUT_ITEMS):
        last_day = last_week + timedelta(weeks=int(rng.integers(5, 12)), days=-1)
        items[index] = replace(items[index], status="phase_out", active_to=last_day)
    for index in _take(picks, SUCCESSIONS):
        change = last_week - timedelta(weeks=int(rng.integers(8, 30)))
        old = items[index]
        successor = replace(old, sku=f"{old.sku}-N", name=f"{old.name} (new recipe)", active_from=change)
        items[index] = replace(old, status="ended", active_to=change - timedelta(days=1), successor=successor.sku)
        items.append(successor)


def _take(picks: Iterator[int], count: int) -> Sequence[int]:
    return [next(picks) for _ in range(count)]
