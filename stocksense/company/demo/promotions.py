"""Price cuts, features and displays: what the demo company did in the past and has agreed for the coming weeks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.files import Row
from stocksense.company.demo.network import DEPOTS, PLACES

WEEKS = 104
SLOT_WEEKS = 13
SLOTS = WEEKS // SLOT_WEEKS + 1
FUTURE_WEEKS = 8
KINDS = ("price_cut", "feature", "display")
LABELS = {"price_cut": "Price cut", "feature": "Leaflet", "display": "End-of-aisle display", "other": "Mother's Day"}


@dataclass(frozen=True)
class Promotion:
    """An event on an item; weeks count from the first week of history (104 is the first week to come)."""

    item: int
    place: int | None
    kind: str
    first_week: int
    weeks: int
    price_factor: float
    lift: float


def build_promotions(seed: int, items: Sequence[Item]) -> list[Promotion]:
    """At most one promotion per item and quarter, the last slot in the weeks to come."""
    rng = np.random.default_rng([seed, 7])
    promotions = []
    for index, item in enumerate(items):
        if item.family.season == "gifts":
            promotions += [Promotion(index, None, "other", week, 2, 1.0, 1.5) for week in (28, 80)]
            continue
        if item.family.intermittent or rng.random() < 0.35:
            continue
        for slot in range(SLOTS):
            if rng.random() > (0.55 if slot < SLOTS - 1 else 0.3) or item.status == "ended":
                continue
            span = SLOT_WEEKS if slot < SLOTS - 1 else FUTURE_WEEKS
            kind = KINDS[int(rng.choice(3, p=(0.55, 0.25, 0.20)))]
            promotions.append(
                Promotion(
                    item=index,
                    place=None if rng.random() < 0.8 else int(rng.integers(DEPOTS, len(PLACES))),
                    kind=kind,
                    first_week=slot * SLOT_WEEKS + int(rng.integers(0, span - 2)),
                    weeks=int(rng.integers(1, 3)),
                    price_factor=round(float(rng.uniform(0.70, 0.88)), 2) if kind != "display" else 1.0,
                    lift=float(rng.uniform(1.35, 2.6)),
                )
            )
    return promotions


def event_rows(items: Sequence[Item], promotions: Sequence[Promotion], first_week: date) -> Iterator[Row]:
    """Rows of `events`; a blank location means every place that keeps the item."""
    for promotion in promotions:
        item = items[promotion.item]
        start = first_week + timedelta(weeks=promotion.first_week)
        yield {
            "kind": promotion.kind, "sku": item.sku,
            "location": PLACES[promotion.place].code if promotion.place is not None else "", "start_date": start,
            "end_date": start + timedelta(days=7 * promotion.weeks - 1),
            "price": round(item.unit_price * promotion.price_factor, 2) if promotion.price_factor < 1 else None,
            "label": LABELS[promotion.kind],
        }  # fmt: skip
