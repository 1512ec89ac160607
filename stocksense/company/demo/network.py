"""The demo company's places, the lanes between them, and its calendars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.files import Row

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DIRECT_PRIORITY: Final = 1
HOME_PRIORITY: Final = 2
FALLBACK_PRIORITY: Final = 3
LATERAL_PRIORITY: Final = 9
LATERAL: Final = ("ST-LYON", "ST-GRENOBLE")
"""Two stores between which goods move when one has too many and the other too few."""


@dataclass(frozen=True)
class Place:
    """A DC or a store. size: sales relative to the average store; lane_days: from the home DC."""

    code: str
    name: str
    kind: str
    region: str
    time_zone: str
    storage_capacity_m3: float
    size: float = 0.0
    home: int = 0
    lane_days: float = 0.0
    order_weekdays: str = ""
    review_days: int = 7
    fallback: bool = False
    """Also served by the other DC, at a lower priority."""

    @property
    def is_store(self) -> bool:
        return self.kind == "store"

    def row(self) -> Row:
        """The place as a row of `locations`."""
        return {
            "code": self.code, "name": self.name, "kind": self.kind, "region": self.region,
            "storage_capacity_m3": self.storage_capacity_m3, "time_zone": self.time_zone,
            "unmet_demand": "lost" if self.is_store else "backordered",
            "backorder_cost_per_day": None if self.is_store else 0.05,
            "calendar": "stores" if self.is_store else "depots",
        }  # fmt: skip


def _store(
    city: str, region: str, country: str, size: float, home: int, days: float, weekdays: str, fallback: bool
) -> Place:
    return Place(
        code=f"ST-{city.upper()}",
        name=f"{city} shop",
        kind="store",
        region=region,
        time_zone=country,
        storage_capacity_m3=round(40 + 60 * size),
        size=size,
        home=home,
        lane_days=days,
        order_weekdays=weekdays,
        review_days=7 if " " not in weekdays else 4,
        fallback=fallback,
    )


PLACES: Final[tuple[Place, ...]] = (
    Place("DC-LYON", "Lyon distribution centre", "dc", "France South", "Europe/Paris", 6500, review_days=7),
    Place("DC-LILLE", "Lille distribution centre", "dc", "France North", "Europe/Paris", 4800, review_days=7),
    _store("Lyon", "France South", "Europe/Paris", 1.5, 0, 1, "mon thu", False),
    _store("Grenoble", "France South", "Europe/Paris", 0.7, 0, 1, "tue", False),
    _store("Marseille", "France South", "Europe/Paris", 1.2, 0, 2, "mon thu", True),
    _store("Turin", "Italy", "Europe/Rome", 0.8, 0, 2, "wed", False),
    _store("Milan", "Italy", "Europe/Rome", 1.4, 0, 2, "mon thu", True),
    _store("Barcelona", "Spain", "Europe/Madrid", 1.0, 0, 3, "tue", False),
    _store("Lille", "France North", "Europe/Paris", 0.9, 1, 1, "mon thu", False),
    _store("Paris", "France North", "Europe/Paris", 2.1, 1, 1, "mon thu", True),
    _store("Brussels", "Benelux", "Europe/Brussels", 1.1, 1, 1, "mon thu", True),
    _store("Antwerp", "Benelux", "Europe/Brussels", 0.7, 1, 2, "wed", False),
    _store("Amsterdam", "Benelux", "Europe/Amsterdam", 1.3, 1, 2, "mon thu", True),
    _store("Luxembourg", "Benelux", "Europe/Luxembourg", 0.6, 1, 2, "fri", False),
)
DEPOTS: Final = 2
NEWEST_STORE: Final = "ST-BARCELONA"
NEWEST_STORE_WEEKS: Final = 58
WITHOUT_FRESH_DELIVERY: Final = "ST-LUXEMBOURG"
"""A store that keeps a few fresh items which nobody delivers: they cannot be planned."""


def lane_rows(items: Sequence[Item], kept: set[tuple[str, str]]) -> Iterator[Row]:
    """Rows of `lanes`. `kept`: (sku, location) of the assortment, for lanes of single items."""
    for place in PLACES[DEPOTS:]:
        yield _lane(place, PLACES[place.home], HOME_PRIORITY)
        if place.fallback:
            yield _lane(place, PLACES[1 - place.home], FALLBACK_PRIORITY)
    yield {
        "origin": LATERAL[0], "destination": LATERAL[1], "lead_time_days": 1, "lead_time_sd_days": 0.2,
        "cost_per_unit": 0.05, "cost_per_shipment": 12, "priority": LATERAL_PRIORITY, "calendar": "trucks",
    }  # fmt: skip
    for item in items:
        if item.family.uom == "KG":
            for place in PLACES[DEPOTS:]:
                if (item.sku, place.code) in kept:
                    loose = dict(_lane(place, PLACES[place.home], HOME_PRIORITY))
                    yield loose | {
                        "sku": item.sku, "lead_time_days": place.lane_days + 1, "min_quantity": 2.5,
                        "order_multiple": 2.5,
                    }  # fmt: skip
        if item.relayed:
            yield {
                "origin": "DC-LYON", "destination": "DC-LILLE", "sku": item.sku, "lead_time_days": 2,
                "lead_time_sd_days": 0.4, "order_multiple": item.family.pack, "cost_per_unit": 0.04,
                "cost_per_shipment": 210, "priority": 1, "calendar": "trucks",
            }  # fmt: skip


def _lane(place: Place, origin: Place, priority: int) -> dict[str, str | int | float | date | None]:
    far = priority == FALLBACK_PRIORITY
    return {
        "origin": origin.code, "destination": place.code, "lead_time_days": place.lane_days + (2 if far else 0),
        "lead_time_sd_days": 0.8 if far else 0.3, "cost_per_unit": 0.18 if far else 0.06,
        "cost_per_shipment": round((180 if far else 70) + 20 * place.lane_days), "priority": priority,
        "calendar": "trucks",
    }  # fmt: skip


def calendar_rows(last_date: date) -> Iterator[Row]:
    """Weekly patterns, then public holidays and closures from two years back to one year ahead."""
    closed_days = {"stores": {6}, "depots": {5, 6}, "trucks": {6}, "suppliers": {5, 6}}
    for calendar, closed in closed_days.items():
        for number, weekday in enumerate(WEEKDAYS):
            yield {"calendar": calendar, "date": weekday, "closed": number in closed}
    for year in range(last_date.year - 2, last_date.year + 2):
        for calendar in closed_days:
            for month, day, label in ((1, 1, "New Year"), (5, 1, "Labour Day"), (12, 25, "Christmas")):
                yield {"calendar": calendar, "date": date(year, month, day), "closed": True, "label": label}
        for offset in range(14):
            day_off = date(year, 8, 3) + timedelta(days=offset)
            yield {"calendar": "suppliers", "date": day_off, "closed": True, "label": "Summer closure"}
        yield {"calendar": "depots", "date": date(year, 6, 30), "closed": True, "label": "Stock-taking"}
        sunday = max(date(year, 12, day) for day in range(18, 25) if date(year, 12, day).weekday() == 6)
        yield {"calendar": "stores", "date": sunday, "closed": False, "label": "Christmas Sunday opening"}
