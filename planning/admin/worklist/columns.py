"""The columns of the worklist: what can be shown, what can be sorted, and what each says of a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from inventory.services.positions import StockPosition
from planning.admin.worklist.table import Cell, Column, Table
from planning.models import PlannedOrder
from planning.services import reads
from policies.models import Policy
from stocksense.core.admin import formats


@dataclass(frozen=True)
class Seen:
    """A proposal with what its columns are made of. `quantity` is what approving orders: as planned, or as edited."""

    order: PlannedOrder
    quantity: Decimal
    position: StockPosition
    policy: Policy | None
    currency: str

    @property
    def value(self) -> Decimal:
        """What approving costs, company currency."""
        if self.quantity == self.order.quantity:
            return self.order.value
        return round(self.quantity * (self.order.unit_price or Decimal(0)), 4)

    def amount(self, value: formats.Number) -> str:
        """A quantity in the item's decimals, without its unit."""
        return formats.quantity(value, decimals=self.order.item.uom_decimals)

    def money(self, value: formats.Number | None) -> str:
        """An amount in company currency."""
        return formats.money(value, self.currency)


def _at(seen: Seen) -> Cell:
    location = seen.order.location
    return Cell(location.name or location.code, hint=str(location))


def _source(seen: Seen) -> Cell:
    source = seen.order.supplier or seen.order.origin
    return Cell(source.name or source.code, hint=str(source)) if source else Cell(formats.NONE)


def _have(seen: Seen) -> Cell:
    held = seen.position
    hint = f"On hand now; {seen.amount(held.allocated + held.outbound)} of it promised"
    return Cell(seen.amount(held.on_hand), seen.order.item.uom, hint)


def _position(seen: Seen) -> Cell:
    held = seen.position
    hint = f"{seen.amount(held.available)} available + {seen.amount(held.on_order)} on order"
    hint += f" − {seen.amount(held.backorders)} backordered" if held.backorders else ""
    return Cell(seen.amount(held.position), seen.order.item.uom, hint)


def _levels(seen: Seen) -> Cell:
    policy = seen.policy
    if policy is None:
        return Cell(formats.NONE)
    hint = (
        f"Reorder point / order-up-to level: lead time {policy.lead_time_days:g} d + review {policy.review_days:g} d, "
        f"service {formats.share(policy.service_target)}"
    )
    return Cell(f"{policy.reorder_point:,.0f} / {policy.order_up_to:,.0f}", hint=hint)


def _suggests(seen: Seen) -> Cell:
    return Cell(seen.amount(seen.quantity), seen.order.item.uom)


def _release(seen: Seen) -> Cell:
    return Cell(formats.short_day(seen.order.release_on), hint=f"Order by {formats.day(seen.order.release_on)}")


def _arrives(seen: Seen) -> Cell:
    days = (seen.order.due_on - seen.order.release_on).days
    return Cell(formats.short_day(seen.order.due_on), hint=f"{days} d after release")


def _value(seen: Seen) -> Cell:
    order = seen.order
    hint = f"{seen.amount(seen.quantity)} {order.item.uom} × {seen.money(order.unit_price)}" if order.unit_price else ""
    return Cell(seen.money(seen.value), hint=hint)


def _price(seen: Seen) -> Cell:
    return Cell(seen.money(seen.order.unit_price), f"/ {seen.order.item.uom}")


def _waiting(seen: Seen) -> Cell:
    cost = seen.order.cost_of_inaction
    return Cell(seen.money(cost) if cost else formats.NONE, hint="Expected cost of not ordering" if cost else "")


def _class(seen: Seen) -> Cell:
    return Cell(f"{seen.policy.abc}{seen.policy.xyz}" if seen.policy else formats.NONE)


def _service(seen: Seen) -> Cell:
    return Cell(formats.share(seen.policy.service_target) if seen.policy else formats.NONE)


COLUMNS: Mapping[str, Column] = {
    "at": Column("At", _at, number=False, rising=True),
    "source": Column("From", _source, number=False, rising=True),
    "class": Column("Class", _class, number=False, usual=False),
    "have": Column("Have", _have),
    "position": Column("Position", _position),
    "levels": Column("s / S", _levels),
    "service": Column("Service", _service, usual=False),
    "suggests": Column("Suggests", _suggests, strong=True, fixed=True),
    "release": Column("Release", _release, usual=False, rising=True),
    "arrives": Column("Arrives", _arrives, rising=True),
    "price": Column("Price", _price, usual=False),
    "value": Column("Value", _value),
    "waiting": Column("Waiting costs", _waiting),
}
"""Every column beside the item's own, in the table's order."""

TABLE = Table(COLUMNS, sorts=reads.SORTS, first=reads.DEAREST_FIRST)
