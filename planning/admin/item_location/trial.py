"""The what-if card: sliders, and what the engine makes of them beside the plan. Reads only."""

import math
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from inventory.models import Item
from planning.services.item_location import ItemAtLocation
from planning.services.what_if import Parameters, Side, WhatIf, parameters_in_use, parameters_of, what_if
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError, InvalidInput
from stocksense.core.numeric import FloatArray

NAMES = ("service", "lead", "demand", "review")
RESULT = "planning/item/what_if_result.html"


@dataclass(frozen=True)
class Slider:
    """One parameter to try: a range with its neutral value, and what stands behind the value."""

    name: str
    label: str
    low: float
    high: float
    step: float
    neutral: float
    value: float
    unit: str

    @property
    def shown(self) -> str:
        """The value as people read it; changes carry their sign."""
        sign = "+" if self.neutral == 0 and self.value > 0 else ""
        return f"{sign}{self.value:g} {self.unit}"


@dataclass(frozen=True)
class Row:
    """One number of the plan, as it is and as it would be. `verdict`: better, worse or blank."""

    name: str
    before: str
    after: str
    change: str = ""
    verdict: str = ""


def view(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """The result for the sliders' values, as a piece of the page and as numbers for the chart."""
    try:
        tried = _try(request, item_id, location_id)
    except DomainError as error:
        return JsonResponse({"html": render_to_string(RESULT, {"error": error.message}), "chart": None})
    item = Item.objects.get(pk=item_id)
    return JsonResponse({"html": render_to_string(RESULT, _result(tried, item)), "chart": _chart(tried, item)})


def card(request: HttpRequest, facts: ItemAtLocation) -> dict[str, Any] | None:
    """The sliders at the values asked for, with the result where the page was asked with values."""
    if facts.policy is None or facts.policy.method == "none" or facts.projection is None:
        return None
    context: dict[str, Any] = {"sliders": _sliders(request, parameters_of(facts.policy))}
    if any(name in request.GET for name in NAMES):
        try:
            context |= _result(_try(request, facts.item.pk, facts.location.pk), facts.item)
        except DomainError as error:
            context["error"] = error.message
    return context


def _try(request: HttpRequest, item_id: int, location_id: int) -> WhatIf:
    """Service (%) and review (days) as they are to be, lead time (days) and demand (%) as changes."""
    service, lead, demand, review = (_number(request, name) for name in NAMES)
    in_use = parameters_in_use(item_id=item_id, location_id=location_id)
    kept = service is None or math.isclose(service, _percent(in_use.service_target))
    return what_if(
        item_id=item_id,
        location_id=location_id,
        service_target=None if kept or service is None else service / 100,
        lead_time_days=in_use.lead_time_days + lead if lead else None,
        demand_factor=1.0 + (demand or 0.0) / 100,
        review_days=review if review != in_use.review_days else None,
    )


def _number(request: HttpRequest, name: str) -> float | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput(f"“{text[:20]}” is not a number.", **{name: text[:20]})
    return value


def _percent(share: float) -> float:
    return round(share * 100, 2)


def _sliders(request: HttpRequest, in_use: Parameters) -> list[Slider]:
    service, lead, review = _percent(in_use.service_target), in_use.lead_time_days, in_use.review_days
    given = [
        Slider("service", "Service target", 50, 99.9, 0.1, service, service, "%"),
        Slider("lead", f"Lead time, now {lead:g} d", -min(math.floor(lead), 28), 28, 1, 0, 0, "d"),
        Slider("demand", "Demand", -50, 100, 5, 0, 0, "%"),
        Slider("review", "Days between reviews", 1, max(28, review), 1, review, review, "d"),
    ]
    return [_at(request, slider) for slider in given]


def _at(request: HttpRequest, slider: Slider) -> Slider:
    try:
        asked = _number(request, slider.name)
    except InvalidInput:
        asked = None
    return slider if asked is None else Slider(**{**vars(slider), "value": min(max(asked, slider.low), slider.high)})


def _result(tried: WhatIf, item: Item) -> dict[str, Any]:
    before, after = tried.before, tried.after
    changed = before.parameters != after.parameters
    rows = _rows(tried, item)
    return {
        "rows": rows,
        "span": formats.count(tried.days, "day"),
        "changed": changed,
        "says": _says(rows) if changed else "Nothing is changed: both columns are the plan as published.",
        "leaves_out_minimums": tried.leaves_out_minimums,
    }


def _says(rows: list[Row]) -> str:
    named = {row.name: row for row in rows}
    parts = [
        f"{name} {named[name].before} → {named[name].after}"
        for name in ("Reorder point s", "First order", "All costs")
        if named[name].before != named[name].after
    ]
    return "; ".join(parts) if parts else "It changes nothing that matters."


def _rows(tried: WhatIf, item: Item) -> list[Row]:
    unit, decimals, currency = item.uom, item.uom_decimals, tried.plan.company.currency
    before, after = tried.before, tried.after
    now, then = before.outcome, after.outcome

    def amount(name: str, old: float, new: float) -> Row:
        return Row(
            name, *(formats.quantity(value, unit, max(decimals, 1)) for value in (old, new)), _change(new - old, 1)
        )

    def money(name: str, old: float, new: float) -> Row:
        old, new = round(old, 2), round(new, 2)
        verdict = "" if formats.money(old, currency) == formats.money(new, currency) else _verdict(new < old)
        return Row(name, formats.money(old, currency), formats.money(new, currency), _change(new - old, 2), verdict)

    return [
        amount("Reorder point s", before.reorder_point, after.reorder_point),
        amount("Order up to S", before.order_up_to, after.order_up_to),
        amount("Safety stock, part of s", before.safety_stock, after.safety_stock),
        Row("First order", _first(before, item), _first(after, item)),
        Row("Orders", str(now.orders), str(then.orders), _change(then.orders - now.orders, 0)),
        amount("Average stock", now.average_stock, then.average_stock),
        amount("Expected units short or late", now.short, then.short),
        _fill(now.fill_rate, then.fill_rate),
        money("Holding stock", now.holding_cost, then.holding_cost),
        money("Expected shortage", now.shortage_cost, then.shortage_cost),
        money("Placing orders", now.order_cost, then.order_cost),
        money("All costs", now.cost, then.cost),
    ]


def _first(side: Side, item: Item) -> str:
    order = side.first_order
    if order is None:
        return "none"
    quantity = formats.quantity(order.quantity, item.uom, item.uom_decimals)
    return f"{quantity} on {formats.short_day(order.release_on)}"


def _fill(old: float | None, new: float | None) -> Row:
    shown = formats.share(old), formats.share(new)
    verdict = _verdict(new > old) if old is not None and new is not None and shown[0] != shown[1] else ""
    return Row("Expected fill rate", *shown, "", verdict)


def _change(value: float, decimals: int) -> str:
    text = f"{value:+,.{decimals}f}".replace("-", "−")
    return "" if float(f"{value:.{decimals}f}") == 0 else text


def _verdict(is_better: bool) -> str:
    return "better" if is_better else "worse"


def _chart(tried: WhatIf, item: Item) -> dict[str, Any] | None:
    """What is drawn over the plan; None where nothing is changed."""
    if tried.before.parameters == tried.after.parameters:
        return None
    after = tried.after
    return {
        "stock": _short(after.stock),
        "reorderPoint": _short(after.reorder_points),
        "orderUpTo": _short(after.order_up_to_levels),
        "arrivals": [
            [
                order.due_on.isoformat(),
                order.quantity,
                f"what if: {formats.quantity(order.quantity, item.uom, item.uom_decimals)}",
            ]
            for order in after.orders
        ],
    }


def _short(values: FloatArray) -> list[float]:
    return [round(value, 2) for value in values.tolist()]
