"""What the open draft for the same supplier and destination holds already: approvals add to it."""

from dataclasses import dataclass
from decimal import Decimal

from inventory.models import Location
from planning.services.basket.goals import Totals
from stocksense.accounts.models import User
from stocksense.company import services as company
from vendors.models import PurchaseOrderSchedule, Supplier
from vendors.services import drafts


@dataclass(frozen=True)
class Held:
    """The draft's number (blank: there is none) and what is on it."""

    number: str
    order_id: int
    totals: Totals


def drafted(supplier: Supplier, location: Location, actor: User | None) -> Held:
    """The draft that the actor's approvals for these two would be added to. Three or four queries."""
    order = drafts.collecting(actor).filter(supplier=supplier, destination=location).order_by("-pk").first()
    if order is None or order.currency != (supplier.currency or company.settings().currency):
        return Held("", 0, Totals())
    rows = PurchaseOrderSchedule.objects.filter(line__order=order, is_closed=False).order_by()
    sizes = rows.values_list("quantity", "line__item__unit_volume_m3", "line__item__unit_weight_kg")
    totals = Totals.of((quantity, Decimal(0), volume, weight) for quantity, volume, weight in sizes)
    worth = drafts.values_of([order.pk]).get(order.pk, Decimal(0))
    return Held(order.number, order.pk, totals.plus(Totals(value=worth)))
