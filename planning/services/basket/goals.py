"""What an order should reach: the supplier's minimum value, and a truck by volume and weight."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocksense.company.services import RateTable
from vendors.models import Supplier


@dataclass(frozen=True)
class Terms:
    """A supplier's minimum in its own currency and at the dated rate; None where there is none or no rate is known."""

    currency: str
    min_order_value: Decimal | None
    rate: Decimal | None
    rate_from: date | None

    @property
    def minimum(self) -> Decimal | None:
        """The minimum in company currency."""
        if not self.min_order_value or self.rate is None:
            return None
        return self.min_order_value * self.rate


@dataclass(frozen=True)
class Totals:
    """Lines together: company money, cubic metres, kilograms; the items whose size or weight is not known."""

    lines: int = 0
    value: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)
    weight: Decimal = Decimal(0)
    without_volume: int = 0
    without_weight: int = 0

    @classmethod
    def of(cls, lines: Iterable[tuple[Decimal, Decimal, Decimal | None, Decimal | None]]) -> "Totals":
        """From (quantity, value, unit volume, unit weight) per line; lines of quantity 0 count for nothing."""
        found = [line for line in lines if line[0] > 0]
        return cls(
            len(found),
            sum((value for _, value, _, _ in found), Decimal(0)),
            sum((quantity * (volume or 0) for quantity, _, volume, _ in found), Decimal(0)),
            sum((quantity * (weight or 0) for quantity, _, _, weight in found), Decimal(0)),
            sum(volume is None for _, _, volume, _ in found),
            sum(weight is None for _, _, _, weight in found),
        )

    def plus(self, other: "Totals") -> "Totals":
        """Both together."""
        return Totals(
            self.lines + other.lines,
            self.value + other.value,
            self.volume + other.volume,
            self.weight + other.weight,
            self.without_volume + other.without_volume,
            self.without_weight + other.without_weight,
        )


@dataclass(frozen=True)
class Goal:
    """One thing to reach. `kind` is 'value' (company money), 'volume' (m³) or 'weight' (kg)."""

    kind: str
    target: Decimal
    has: Decimal

    @property
    def missing(self) -> Decimal:
        """What is still to be added; 0 where it is reached."""
        return max(self.target - self.has, Decimal(0))

    @property
    def share(self) -> Decimal:
        """Part of the target that is there, 1 where it is reached or exceeded."""
        return min(self.has / self.target, Decimal(1)) if self.target else Decimal(1)


def terms_of(supplier: Supplier, rates: RateTable) -> Terms:
    """The supplier's minimum with the rate that turns it into company money."""
    currency = supplier.currency or rates.company_currency
    if currency == rates.company_currency:
        return Terms(currency, supplier.min_order_value, Decimal(1), None)
    rate, since = rates.rates.get(currency, (None, None))
    return Terms(currency, supplier.min_order_value, None if rate is None else Decimal(str(rate)), since)


def goals_of(supplier: Supplier, terms: Terms, totals: Totals) -> list[Goal]:
    """The goals that this supplier's data name: value, volume, weight."""
    known = (
        ("value", terms.minimum, totals.value),
        ("volume", supplier.truck_volume_m3, totals.volume),
        ("weight", supplier.truck_weight_kg, totals.weight),
    )
    return [Goal(kind, target, has) for kind, target, has in known if target]
