"""The parts of the basket pages as their templates show them."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from planning.admin import places
from planning.services.basket import Basket, BasketLine, BasketSummary, Goal, Hint, Terms, Totals
from planning.services.reads import CurrentPlan
from stocksense.core.admin import formats

GOALS = {"value": "Minimum order value", "volume": "Truck by volume", "weight": "Truck by weight"}


def summary(one: BasketSummary, plan: CurrentPlan) -> dict[str, Any]:
    """A row of the overview."""
    currency = plan.company.currency
    return {
        "supplier": str(one.supplier),
        "location": str(one.location),
        "url": reverse("admin:planning_basket", args=[one.supplier.pk, one.location.pk]),
        "lines": f"{one.totals.lines:,}",
        "value": formats.money(one.totals.value, currency),
        "waiting": formats.money(one.waiting, currency) if one.waiting else formats.NONE,
        "release": formats.short_day(one.first_release),
        "late": one.first_release < plan.run.as_of,
        "terms": terms_text(one.terms, currency),
        "goals": [goal(found, currency) for found in one.goals],
    }


def terms_text(terms: Terms, currency: str) -> str:
    """'Minimum $ 500 = € 425 at 0.85 of 1 Jun 2026'; blank where the supplier asks for none."""
    if not terms.min_order_value:
        return ""
    own = f"Minimum {formats.money(terms.min_order_value, terms.currency)}"
    if terms.currency == currency:
        return own
    if terms.minimum is None:
        return f"{own}; there is no exchange rate for {terms.currency}, import one in exchange_rates"
    return f"{own} = {formats.money(terms.minimum, currency)} at {terms.rate:f} of {formats.day(terms.rate_from)}"


def held_text(basket: Basket, currency: str) -> str:
    """What the open draft holds; blank where there is none."""
    held = basket.held
    if not held.number:
        return ""
    return f"{formats.count(held.totals.lines, 'line')}, {formats.money(held.totals.value, currency)}"


def goal(found: Goal, currency: str) -> dict[str, Any]:
    """A goal with its bar."""
    return {
        "kind": found.kind,
        "title": GOALS[found.kind],
        "has": _amount(found.has, found.kind, currency),
        "target": _amount(found.target, found.kind, currency),
        "target_number": f"{found.target:f}",
        "missing": _amount(found.missing, found.kind, currency) if found.missing else "",
        "percent": int(found.share * 100),
        "fill_text": "Fill up to the minimum" if found.kind == "value" else "Fill the truck",
    }


def base(basket: Basket) -> dict[str, str]:
    """What counts towards the goals besides the lines of the form, as plain numbers for the page's script."""
    totals = basket.held.totals
    return {"value": f"{totals.value:f}", "volume": f"{totals.volume:f}", "weight": f"{totals.weight:f}"}


def line(
    found: BasketLine, plan: CurrentPlan, typed: Mapping[int, str] | None, chosen: Mapping[int, Decimal] | None
) -> dict[str, Any]:
    """A line of the form, with what a person typed where they did."""
    order, item, currency = found.order, found.order.item, plan.company.currency
    quantity = found.quantity or found.proposed
    return {
        "id": order.pk,
        "item": item.name or item.sku,
        "sku": item.sku,
        "unit": item.uom,
        "url": places.item_location_url(order.item_id, order.location_id),
        "checked": order.pk in chosen if chosen is not None else found.quantity > 0,
        "quantity": typed.get(order.pk, "") if typed is not None else plain(quantity),
        "added": plain(found.quantity - found.proposed) if found.is_due and found.quantity > found.proposed else "",
        "step": plain(Decimal(1).scaleb(-item.uom_decimals)),
        "pack": f"{found.facts.multiple:g}" if found.facts.multiple > 1 else "",
        "position": formats.quantity(found.facts.position, decimals=item.uom_decimals),
        "cover": _days(found.cover(Decimal(0))),
        "cover_after": _days(found.cover(quantity)),
        "use": f"{found.facts.daily_use:.6f}",
        "position_number": f"{found.facts.position:.3f}",
        "price": formats.money(found.price(quantity), currency),
        "price_number": f"{found.price(Decimal(0)):f}",
        "breaks": json.dumps(found.facts.breaks),
        "volume": f"{item.unit_volume_m3 or 0:f}",
        "weight": f"{item.unit_weight_kg or 0:f}",
        "value": formats.money(found.value(quantity), currency),
        "release": formats.short_day(order.release_on),
        "arrives": formats.short_day(order.due_on),
        "late": order.release_on < plan.run.as_of,
        "waiting": formats.money(order.cost_of_inaction, currency) if order.cost_of_inaction else formats.NONE,
        "hint": hint_text(found.hint, found, currency) if found.hint else "",
    }


def hint_text(hint: Hint, found: BasketLine, currency: str) -> str:
    """'12 more saves 3 % (€ 14 net of holding)'."""
    more = formats.quantity(hint.more, found.order.item.uom, found.order.item.uom_decimals)
    return (
        f"{more} more saves {formats.share(hint.saving)} ({formats.money(round(hint.net, 2), currency)} net of holding)"
    )


def preview(found: BasketLine, quantity: Decimal, dates: tuple[date, date] | None, currency: str) -> dict[str, Any]:
    """A line of the preview."""
    item = found.order.item
    release, arrival = dates or (found.order.release_on, found.order.due_on)
    return {
        "id": found.order.pk,
        "item": item.name or item.sku,
        "sku": item.sku,
        "quantity": formats.quantity(quantity, item.uom, item.uom_decimals),
        "number": plain(quantity),
        "price": formats.money(found.price(quantity), currency),
        "value": formats.money(found.value(quantity), currency),
        "release": formats.short_day(release),
        "arrives": formats.short_day(arrival),
        "problem": found.problem(quantity),
        "brought_forward": not found.is_due,
    }


def totals_text(totals: Totals, currency: str) -> dict[str, str]:
    """Lines, money, size and weight, with what is not known."""
    unknown = []
    if totals.without_volume and totals.volume:
        unknown.append(f"{formats.count(totals.without_volume, 'line')} without volume")
    if totals.without_weight and totals.weight:
        unknown.append(f"{formats.count(totals.without_weight, 'line')} without weight")
    return {
        "lines": formats.count(totals.lines, "line"),
        "value": formats.money(totals.value, currency),
        "volume": _amount(totals.volume, "volume", currency) if totals.volume else "",
        "weight": _amount(totals.weight, "weight", currency) if totals.weight else "",
        "unknown": ", ".join(unknown),
    }


def plain(number: Decimal) -> str:
    """A number for an input: no thousands, no zeros that precision adds."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(value: Decimal, kind: str, currency: str) -> str:
    if kind == "value":
        return formats.money(value, currency)
    return formats.quantity(value, "m³" if kind == "volume" else "kg", 1)


def _days(cover: float | None) -> str:
    return formats.NONE if cover is None else f"{cover:,.0f} d"
