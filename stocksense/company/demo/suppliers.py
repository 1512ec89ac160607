"""The demo company's suppliers, what they offer, and at which price."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from stocksense.company.demo.assortment import Assortment, lacks_supply
from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.families import EQUIPMENT_MAKER, FARM, IMPORTER, ROASTER, TEA_MERCHANT
from stocksense.company.demo.files import Row
from stocksense.company.demo.network import DEPOTS, DIRECT_PRIORITY, PLACES

POUND_IN_EUROS: Final = 1.16
SECOND_SOURCES: Final = 8
SHARED_SOURCES: Final = 2
"""Of the second sources, how many take a share of every order; the others stand by."""
SECOND_SHARE: Final = 0.3
BREAK_SHARE: Final = 0.25


@dataclass(frozen=True)
class Supplier:
    """A supplier; lead times are to the nearer DC, in days."""

    code: str
    name: str
    email: str
    order_cost: float
    min_order_value: float
    lead_time_days: float
    lead_time_sd_days: float
    smallest_order: int
    """MOQ of its terms, in order units."""
    currency: str = "EUR"
    rate: float = 1.0

    def row(self) -> Row:
        """The supplier as a row of `suppliers`."""
        return {
            "code": self.code, "name": self.name, "email": self.email, "currency": self.currency,
            "order_cost": self.order_cost, "min_order_value": self.min_order_value, "calendar": "suppliers",
        }  # fmt: skip


SUPPLIERS: Final[dict[str, Supplier]] = {
    supplier.code: supplier
    for supplier in (
        Supplier(ROASTER, "Atelier de Torréfaction", "orders@torrefaction.example", 30, 600, 5, 1.0, 2),
        Supplier(TEA_MERCHANT, "Harrow & Finch Tea Merchants", "trade@harrowfinch.example", 45, 900, 16, 3.0, 3,
                 currency="GBP", rate=POUND_IN_EUROS),
        Supplier(IMPORTER, "Sapori Mediterranei", "ordini@sapori.example", 40, 750, 11, 2.0, 4),
        Supplier(EQUIPMENT_MAKER, "Brauwerk Geräte", "verkauf@brauwerk.example", 60, 1500, 34, 6.0, 2),
        Supplier(FARM, "Ferme des Trois Vallées", "commandes@troisvallees.example", 15, 60, 2, 0.5, 1),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """What a supplier offers for an item at a location (blank: wherever no lane covers it)."""

    supplier: Supplier
    item: Item
    location: str
    lead_time_days: float
    moq: int
    unit_price: float
    """Per order unit, in the supplier's currency."""
    priority: int
    valid_from: date
    valid_to: date | None = None
    share: float | None = None
    """Part of each order, where suppliers of one priority share it."""

    @property
    def by_piece(self) -> bool:
        """Ordered in the stock unit, in multiples of the pack, rather than in packs."""
        return self.item.family.prefix == "SPI"

    @property
    def units_per_order_uom(self) -> int:
        return 1 if self.by_piece else self.item.family.pack

    @property
    def step(self) -> int:
        """Order multiple in order units."""
        return self.item.family.pack if self.by_piece else 1

    def row(self) -> Row:
        """The term as a row of `supplier_items`."""
        uom = self.item.family.uom
        return {
            "supplier": self.supplier.code, "sku": self.item.sku, "location": self.location,
            "valid_from": self.valid_from, "valid_to": self.valid_to, "lead_time_days": self.lead_time_days,
            "lead_time_sd_days": self.supplier.lead_time_sd_days,
            "order_uom": uom if self.by_piece else "SACK" if uom == "KG" else "CASE",
            "units_per_order_uom": self.units_per_order_uom, "moq": self.moq, "order_multiple": self.step,
            "unit_price": self.unit_price, "priority": self.priority, "share": self.share,
        }  # fmt: skip


def build_terms(seed: int, items: Sequence[Item], assortment: Assortment, last_date: date) -> list[Term]:
    """All terms, past prices included. Ended and unsourced items have none."""
    rng = np.random.default_rng([seed, 4])
    second = set(
        rng.choice([item.sku for item in items if item.family.supplier == ROASTER], SECOND_SOURCES, replace=False)
    )
    terms: list[Term] = []
    for index, item in enumerate(items):
        if not item.sourced or item.status == "ended":
            continue
        supplier, shared = SUPPLIERS[item.family.supplier], item.sku in sorted(second)[:SHARED_SOURCES]
        moq = supplier.smallest_order * int(rng.integers(1, 3))
        for location, extra_days in _destinations(index, item, assortment):
            own = 1 - SECOND_SHARE if shared and location == PLACES[0].code else None
            lead_time_days = supplier.lead_time_days + extra_days
            terms += _priced(supplier, item, location, lead_time_days, moq, last_date, share=own)
        if item.sku in second:
            terms += _priced(
                SUPPLIERS[IMPORTER],
                item,
                PLACES[0].code,
                12,
                4,
                last_date,
                priority=DIRECT_PRIORITY if shared else 2,
                markup=1.08,
                share=SECOND_SHARE if shared else None,
            )
    return terms


def _destinations(index: int, item: Item, assortment: Assortment) -> Iterator[tuple[str, float]]:
    """Locations a supplier delivers the item to, with days above its own lead time."""
    if item.family.direct:
        for place in assortment.place[assortment.item == index]:
            if not lacks_supply(item, PLACES[place]):
                yield PLACES[place].code, PLACES[place].lane_days - 1
    elif item.family.supplier == EQUIPMENT_MAKER and not item.relayed:
        yield "", 0
    else:
        yield PLACES[0].code, 0
        if not item.relayed:
            yield PLACES[1].code, 2


def _priced(
    supplier: Supplier,
    item: Item,
    location: str,
    lead_time_days: float,
    moq: int,
    last_date: date,
    priority: int = DIRECT_PRIORITY,
    markup: float = 1.0,
    share: float | None = None,
) -> Iterator[Term]:
    start, change = date(last_date.year - 2, 1, 1), date(last_date.year, 1, 1)
    term = Term(supplier, item, location, lead_time_days, moq, 0.0, priority, start)
    quantity = max(moq, term.step)
    now = item.unit_cost * term.units_per_order_uom / supplier.rate * markup

    def offer(price: float, valid_from: date, valid_to: date | None) -> Term:
        cost = round(price, 2)
        return Term(supplier, item, location, lead_time_days, quantity, cost, priority, valid_from, valid_to, share)

    if supplier.code == TEA_MERCHANT:
        yield offer(now / 1.03, start, change - timedelta(days=1))
        yield offer(now, change, None)
    else:
        yield offer(now, start, None)


def price_break_rows(seed: int, terms: Sequence[Term]) -> Iterator[Row]:
    """Rows of `price_breaks`: two steps on a share of the terms now valid at a DC; quantities in order units."""
    rng = np.random.default_rng([seed, 5])
    depots = {"", *(place.code for place in PLACES[:DEPOTS])}
    for term in terms:
        if rng.random() >= BREAK_SHARE or term.valid_to is not None or term.location not in depots:
            continue
        for times, discount in ((5, 0.97), (15, 0.94)):
            yield {
                "supplier": term.supplier.code, "sku": term.item.sku, "location": term.location,
                "valid_from": term.valid_from, "min_quantity": max(term.moq, 2 * term.step) * times,
                "unit_price": round(term.unit_price * discount, 2),
            }  # fmt: skip


def exchange_rate_rows(seed: int, last_date: date) -> Iterator[Row]:
    """Rows of `exchange_rates`, monthly: euros for one unit of the supplier's currency."""
    rng = np.random.default_rng([seed, 6])
    for back in range(24, -1, -1):
        month = last_date.year * 12 + last_date.month - 1 - back
        rate = POUND_IN_EUROS if back == 0 else POUND_IN_EUROS + float(rng.normal(0, 0.012))
        yield {"currency": "GBP", "valid_from": date(month // 12, month % 12 + 1, 1), "rate": round(rate, 4)}
