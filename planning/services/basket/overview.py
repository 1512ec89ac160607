"""All baskets that have something to send now: one query, however many proposals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, Sum
from django.db.models.functions import Coalesce

from inventory.models import Location
from planning.models import OrderKind
from planning.services.basket.goals import Goal, Terms, Totals, goals_of, terms_of
from planning.services.reads import CurrentPlan, WorklistQuery, planned_orders
from stocksense.company import services as company
from vendors.models import Supplier

_DECIMAL: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=6)


@dataclass(frozen=True)
class BasketSummary:
    """A supplier's lines due now at one destination."""

    supplier: Supplier
    location: Location
    totals: Totals
    waiting: Decimal
    first_release: date
    terms: Terms
    goals: Sequence[Goal]


def baskets(plan: CurrentPlan) -> list[BasketSummary]:
    """Baskets with lines due now, the one whose waiting costs most first. Four queries."""
    zero = Decimal(0)
    rows: Any = (
        planned_orders(plan, WorklistQuery(kind=OrderKind.PURCHASE.value))
        .order_by()
        .values("supplier_id", "location_id")
        .annotate(
            lines=Count("pk"),
            worth=Sum("value"),
            volume=Coalesce(Sum(F("quantity") * F("item__unit_volume_m3"), output_field=_DECIMAL), zero),
            weight=Coalesce(Sum(F("quantity") * F("item__unit_weight_kg"), output_field=_DECIMAL), zero),
            sized=Count("item__unit_volume_m3"),
            weighed=Count("item__unit_weight_kg"),
            waiting=Sum("cost_of_inaction"),
            first_release=Min("release_on"),
        )
        .values_list(
            "supplier_id", "location_id", "lines", "worth", "volume", "weight", "sized", "weighed", "waiting",
            "first_release", named=True,
        )
    )  # fmt: skip
    suppliers = Supplier.objects.in_bulk({row.supplier_id for row in rows})
    locations = Location.objects.in_bulk({row.location_id for row in rows})
    rates = company.rates_on(plan.run.as_of)
    found = []
    for row in rows:
        supplier = suppliers[row.supplier_id]
        totals = Totals(row.lines, row.worth, row.volume, row.weight, row.lines - row.sized, row.lines - row.weighed)
        terms = terms_of(supplier, rates)
        found.append(
            BasketSummary(
                supplier, locations[row.location_id], totals, row.waiting, row.first_release, terms,
                goals_of(supplier, terms, totals),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.waiting, one.supplier.code, one.location.code))
