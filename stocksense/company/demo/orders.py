"""Orders under way at the demo company: from suppliers, between its places, and to its wholesale customers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from stocksense.company.demo.assortment import Assortment
from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.files import Cell, Row
from stocksense.company.demo.network import DEPOTS, PLACES
from stocksense.company.demo.position import Health, Position, round_to_unit
from stocksense.company.demo.suppliers import Term

SOURCE_SYSTEM: Final = "erp"
SALES_ORDERS: Final = 12
SALES_SHARE: Final = 0.3
SHORT: Final = (Health.OUT, Health.AT_RISK)
LATE, COMING, FRESH = range(3)


class OpenOrders:
    """Collects rows of `open_orders` while it reserves stock for them in the position."""

    def __init__(
        self, seed: int, items: Sequence[Item], assortment: Assortment, position: Position, today: date
    ) -> None:
        self.rng = np.random.default_rng([seed, 11])
        self.items, self.assortment, self.position, self.today = items, assortment, position, today
        self.row_of = {key: row for row, key in enumerate(zip(assortment.item, assortment.place, strict=True))}

    def rows(self, terms: Sequence[Term]) -> list[Row]:
        """All rows; reservations and backorders of sales are written into the position's arrays."""
        return [*self._purchases(terms), *self._transfers(), *self._sales()]

    def _day(self, earliest: int, latest: int) -> date:
        return self.today + timedelta(days=int(self.rng.integers(earliest, latest + 1)))

    def _purchases(self, terms: Sequence[Term]) -> Iterator[Row]:
        current = {
            (term.item.sku, term.location): term for term in terms if term.valid_to is None and term.priority == 1
        }
        lines: dict[tuple[str, int, int], list[tuple[Term, int]]] = defaultdict(list)
        for row in range(len(self.assortment)):
            item, place = self.items[self.assortment.item[row]], int(self.assortment.place[row])
            term = current.get((item.sku, PLACES[place].code)) or current.get((item.sku, ""))
            short = self.position.health[row] in SHORT
            if term is None or self.position.weekly_need[row] == 0 or (place >= DEPOTS and not item.family.direct):
                continue
            if self.rng.random() < (0.75 if short else 0.2):
                stage = int(self.rng.choice(3, p=(0.4, 0.4, 0.2) if short else (0.1, 0.6, 0.3)))
                lines[term.supplier.code, place, stage].append((term, row))
        for number, ((_, place, stage), entries) in enumerate(sorted(lines.items(), key=lambda entry: entry[0])):
            yield from self._purchase(f"PO-{20411 + number}", place, stage, entries)

    def _purchase(self, number: str, place: int, stage: int, entries: list[tuple[Term, int]]) -> Iterator[Row]:
        lead = timedelta(days=int(entries[0][0].lead_time_days))
        promised: date | None
        if stage == LATE:
            requested = self._day(-9, -2)
            ordered, promised = requested - lead - timedelta(days=2), requested
            status = "partially_received" if self.rng.random() < 0.4 else "acknowledged"
            if self.rng.random() < 0.3:
                promised = self._day(2, 8)
        elif stage == COMING:
            requested = self._day(1, max(2, int(lead.days * 0.7)))
            ordered, status = min(requested - lead, self.today), "acknowledged"
            promised = requested + timedelta(days=int(self.rng.choice((0, 0, 0, 3))))
        else:
            ordered = self._day(-2, 0)
            requested, promised, status = ordered + lead, None, "sent" if self.rng.random() < 0.8 else "approved"
        for line, (term, row) in enumerate(entries, start=1):
            pack = term.units_per_order_uom
            packs = self._packs(term, row)
            received = (
                pack * int(packs * self.rng.uniform(0.3, 0.8)) if status == "partially_received" and line % 2 else 0
            )
            order: dict[str, Cell] = {
                "kind": "purchase", "source_system": SOURCE_SYSTEM, "external_number": number, "line": line,
                "schedule": 1, "supplier": term.supplier.code, "destination": PLACES[place].code, "sku": term.item.sku,
                "quantity": packs * pack, "received_quantity": received, "ordered_on": ordered,
                "requested_on": requested,
                "promised_on": promised, "status": status,
            }  # fmt: skip
            if stage == COMING and packs >= 2 * term.moq and promised and self.rng.random() < 0.25:
                half = packs // 2 // term.step * term.step
                later = timedelta(days=7)
                yield order | {"quantity": half * pack}
                yield order | {
                    "schedule": 2, "quantity": (packs - half) * pack, "requested_on": requested + later,
                    "promised_on": promised + later,
                }  # fmt: skip
            else:
                yield order

    def _packs(self, term: Term, row: int) -> int:
        """About what a protection interval needs, as a permitted order quantity in order units."""
        days = self.position.lead_time_days[row] + PLACES[self.assortment.place[row]].review_days
        units = self.position.weekly_need[row] / 7 * days
        steps = int(np.ceil(units / term.units_per_order_uom / term.step))
        return max(steps * term.step, term.moq)

    def _transfers(self) -> Iterator[Row]:
        number = 7300
        for place in range(1, len(PLACES)):
            origin = PLACES[place].home if place >= DEPOTS else 0
            for shipped in (True, False):
                chosen = list(self._transfer_lines(place, origin, shipped))
                number += bool(chosen)
                ordered = self._day(-5, -3) if shipped else self._day(-1, 0)
                requested = self._day(-2, 2) if shipped else ordered + timedelta(days=3)
                for line, (row, quantity) in enumerate(chosen, start=1):
                    yield {
                        "kind": "transfer", "source_system": SOURCE_SYSTEM, "external_number": f"TR-{number}",
                        "line": line, "schedule": 1, "origin": PLACES[origin].code, "destination": PLACES[place].code,
                        "sku": self.items[self.assortment.item[row]].sku, "quantity": quantity, "received_quantity": 0,
                        "ordered_on": ordered, "requested_on": requested, "promised_on": requested,
                        "status": "shipped" if shipped else "approved",
                    }  # fmt: skip

    def _transfer_lines(self, place: int, origin: int, shipped: bool) -> Iterator[tuple[int, float]]:
        """Rows and quantities; an approved transfer takes no more than half of what its origin has."""
        for row in np.flatnonzero(self.assortment.place == place).tolist():
            item = self.items[self.assortment.item[row]]
            if item.family.direct or self.position.weekly_need[row] == 0 or (place < DEPOTS and not item.relayed):
                continue
            chance = 0.35 if self.position.health[row] in SHORT else 0.04
            if self.rng.random() >= (0.5 if place < DEPOTS else chance):
                continue
            step = 2.5 if item.family.uom == "KG" else item.family.pack if place < DEPOTS else 1.0
            days = self.position.lead_time_days[row] + PLACES[place].review_days
            quantity = max(step, round(float(np.ceil(self.position.weekly_need[row] / 7 * days / step)) * step, 1))
            source = self.row_of[int(self.assortment.item[row]), origin]
            if shipped or quantity <= self.position.on_hand[source] / 2:
                yield row, quantity

    def _sales(self) -> Iterator[Row]:
        assortment, position = self.assortment, self.position
        wanted = round_to_unit(
            self.items, assortment, np.ceil(position.weekly_need * self.rng.uniform(0.1, 0.4, len(assortment)))
        )
        chosen = assortment.wholesale & (position.weekly_need > 0) & (
            (self.rng.random(len(assortment)) < SALES_SHARE) | (position.health == Health.OUT)
        )  # fmt: skip
        customers = self.rng.integers(0, SALES_ORDERS // DEPOTS, len(assortment))
        orders: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in np.flatnonzero(chosen).tolist():
            orders[int(assortment.place[row]), int(customers[row])].append(row)
            position.allocated[row] = min(wanted[row], position.on_hand[row] // 2)
            position.backorders[row] = wanted[row] - position.allocated[row]
        for number, ((place, _), rows) in enumerate(sorted(orders.items())):
            ordered, requested = self._day(-6, -1), self._day(-3, 9)
            for line, row in enumerate(rows, start=1):
                yield {
                    "kind": "sales", "source_system": SOURCE_SYSTEM, "external_number": f"SO-{58120 + number}",
                    "line": line, "schedule": 1, "origin": PLACES[place].code,
                    "sku": self.items[assortment.item[row]].sku, "quantity": float(wanted[row]),
                    "received_quantity": 0, "ordered_on": ordered,
                    "requested_on": max(requested, ordered), "promised_on": requested if requested > ordered else None,
                    "status": "open",
                }  # fmt: skip
