"""One item at one location: what it has, what comes, what is expected, what is proposed, and why."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from inventory.services.positions import StockPosition
from planning.admin import chart, places
from planning.services.explain import explain_order, explain_policy
from planning.services.item_location import ItemAtLocation, read_item_location
from stocksense.core.admin import formats
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import QUANTILE_GRID

WIDE = {"width": 1100, "height": 440, "days_back": 182, "days_ahead": 91, "ticks": 10}
NARROW = {"width": 360, "height": 400, "days_back": 70, "days_ahead": 42, "ticks": 4}
WEEKS_IN_TABLE = 13
LOW, HALF_LOW, HALF_HIGH, HIGH = (QUANTILE_GRID.index(at) for at in (0.1, 0.25, 0.75, 0.9))
LOWEST, HIGHEST = QUANTILE_GRID.index(0.025), QUANTILE_GRID.index(0.975)


@dataclass(frozen=True)
class StockBar:
    """Available and position on one scale with s and S, as per mille of the bar's length."""

    available: int
    position: int
    reorder_point: int
    order_up_to: int
    text: str
    below: bool


def page(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """The item-location page. 404 where the item or the location does not exist."""
    try:
        facts = read_item_location(item_id=item_id, location_id=location_id)
    except InvalidInput as error:
        raise Http404(error.message) from error
    unit = facts.item.uom
    drawn = _chart_input(facts)
    return places.render(
        request,
        "planning/item_location.html",
        title=f"{facts.item.name or facts.item.sku} @ {facts.location.name or facts.location.code}",
        facts=facts,
        unit=unit,
        bucket="week" if facts.bucket_days == 7 else "day",
        plan=facts.plan.run if facts.plan else None,
        as_of=formats.day(facts.plan.run.as_of) if facts.plan else "",
        headline=_headline(facts),
        bar=_stock_bar(facts),
        arithmetic=_arithmetic(facts.position, unit, facts.item.uom_decimals),
        charts=[("wide", chart.draw(drawn, **WIDE)), ("narrow", chart.draw(drawn, **NARROW))] if drawn else [],
        chart_says=_chart_says(facts),
        table=_table(facts),
        receipts=_receipts(facts),
        outgoing=_outgoing(facts),
        orders=_orders(facts),
        exceptions=_exceptions(facts),
        decisions=_decisions(facts),
        policy_lines=_policy(facts),
        policy_steps=explain_policy(facts.policy) if facts.policy else [],
        settings_url=_settings_url(request, facts),
        item_url=reverse("admin:inventory_item_change", args=[facts.item.pk]),
    )


def _headline(facts: ItemAtLocation) -> list[tuple[str, str]]:
    policy, unit = facts.policy, facts.item.uom
    lines = [("SKU", facts.item.sku), ("Location", str(facts.location))]
    if policy:
        lines += [
            ("Class", f"{policy.abc}{policy.xyz}, {policy.demand_class}"),
            ("Service target", formats.share(policy.service_target)),
            ("Reorder point s", formats.quantity(policy.reorder_point, unit)),
            ("Order up to S", formats.quantity(policy.order_up_to, unit)),
            ("Lead time", f"{policy.lead_time_days:g} d"),
            ("Review", f"every {policy.review_days:g} d"),
        ]
    return lines


def _stock_bar(facts: ItemAtLocation) -> StockBar | None:
    policy, position = facts.policy, facts.position
    if policy is None or policy.order_up_to <= 0:
        return None
    longest = max(policy.order_up_to, float(position.position), float(position.available)) * 1.05

    def along(value: float) -> int:
        return round(min(max(value, 0.0) / longest, 1.0) * 1000)

    unit, below = facts.item.uom, float(position.position) <= policy.reorder_point
    text = (
        f"{formats.quantity(position.available, unit, facts.item.uom_decimals)} available, position "
        f"{formats.quantity(position.position, unit, facts.item.uom_decimals)}; "
        f"s {policy.reorder_point:,.0f}, S {policy.order_up_to:,.0f}"
    )
    return StockBar(
        available=along(float(position.available)),
        position=along(float(position.position)),
        reorder_point=along(policy.reorder_point),
        order_up_to=along(policy.order_up_to),
        text=text,
        below=below,
    )


def _arithmetic(position: StockPosition, unit: str, decimals: int) -> list[dict[str, str]]:
    parts = [
        ("On hand", position.on_hand, ""),
        ("Promised to customers", position.allocated, "−"),
        ("Promised to own locations, not shipped yet", position.outbound, "−"),
        ("Available", position.available, "="),
        ("On order and in transit", position.on_order, "+"),
        ("Backorders", position.backorders, "−"),
        ("Inventory position", position.position, "="),
    ]
    lines = [
        {"sign": sign, "name": name, "value": formats.quantity(value, unit, decimals)} for name, value, sign in parts
    ]
    if position.blocked:
        lines.append(
            {"sign": "", "name": "Blocked (not counted)", "value": formats.quantity(position.blocked, unit, decimals)}
        )
    return lines


def _chart_input(facts: ItemAtLocation) -> chart.ChartInput | None:
    if facts.plan is None or (facts.projection is None and facts.forecast is None and not facts.demand):
        return None
    forecast, projection, policy = facts.forecast, facts.projection, facts.policy
    sold = [chart.Sold(row.date, row.bucket_days, float(row.quantity), not row.in_stock) for row in facts.demand]
    expected = []
    for number, mean in enumerate(forecast.mean if forecast else []):
        grid = forecast.quantiles[number]  # type: ignore[union-attr]
        first = forecast.first_date + timedelta(days=number * facts.bucket_days)  # type: ignore[union-attr]
        intervals = ((grid[HALF_LOW], grid[HALF_HIGH]), (grid[LOW], grid[HIGH]), (grid[LOWEST], grid[HIGHEST]))
        expected.append(chart.Expected(first, facts.bucket_days, mean, *intervals))
    empty = chart.ChartInput(today=facts.plan.run.as_of, sold=sold, expected=expected, arrivals=_arrivals(facts))
    if projection is None:
        return empty
    return replace(
        empty,
        stock=projection.on_hand_mean,
        stock_low=projection.on_hand_p10,
        stock_high=projection.on_hand_p90,
        reorder_point=policy.reorder_points if policy else [],
    )


def _arrivals(facts: ItemAtLocation) -> list[chart.Arrival]:
    unit, decimals = facts.item.uom, facts.item.uom_decimals
    day = formats.short_day
    open_orders = [
        chart.Arrival(
            row.due_on,
            float(row.quantity),
            False,
            f"{row.order_number}: {formats.quantity(row.quantity, unit, decimals)}, {day(row.due_on)}",
        )
        for row in facts.receipts
    ]
    proposals = [
        chart.Arrival(
            row.due_on,
            float(row.quantity),
            True,
            f"Planned: {formats.quantity(row.quantity, unit, decimals)}, {day(row.due_on)}",
        )
        for row in facts.orders
        if not row.decision  # type: ignore[attr-defined]
    ]
    return open_orders + proposals


def _chart_says(facts: ItemAtLocation) -> str:
    """What the drawing shows, for those who do not see it."""
    parts = [f"{len(facts.demand)} buckets of past demand"]
    if facts.forecast and facts.forecast.mean:
        parts.append(f"a forecast of {facts.forecast.mean[0]:,.1f} {facts.item.uom} for the first bucket")
    if facts.projection:
        parts.append(f"projected stock from {facts.projection.on_hand_mean[0]:,.0f} {facts.item.uom}")
    return f"Shows {', '.join(parts)}. The table below holds the same numbers."


def _table(facts: ItemAtLocation) -> list[dict[str, str]]:
    """Past buckets with their demand, coming weeks with forecast, stock, receipts and proposals."""
    decimals = facts.item.uom_decimals
    past = [
        {
            "first": formats.day(row.date),
            "demand": formats.quantity(row.quantity, decimals=decimals) + ("" if row.in_stock else " (sold out)"),
            "past": "yes",
        }
        for row in facts.demand[-8:]
    ]
    if facts.forecast is None:
        return past
    rows = enumerate(islice(facts.forecast.mean, max(1, WEEKS_IN_TABLE * 7 // facts.bucket_days)))
    return past + [_week(facts, number, mean) for number, mean in rows]


def _week(facts: ItemAtLocation, number: int, mean: float) -> dict[str, str]:
    forecast, unit_decimals = facts.forecast, facts.item.uom_decimals
    first = forecast.first_date + timedelta(days=number * facts.bucket_days)  # type: ignore[union-attr]
    after = first + timedelta(days=facts.bucket_days)
    grid = forecast.quantiles[number]  # type: ignore[union-attr]
    due = sum((row.quantity for row in facts.receipts if first <= row.due_on < after), Decimal(0))
    planned = sum(
        (row.quantity for row in facts.orders if first <= row.due_on < after and not row.decision), Decimal(0)
    )  # type: ignore[attr-defined]
    return {
        "first": formats.day(first),
        "forecast": f"{mean:,.1f}",
        "range": f"{grid[LOW]:,.0f} – {grid[HIGH]:,.0f}",
        "receipts": formats.quantity(due, decimals=unit_decimals) if due else "",
        "planned": formats.quantity(planned, decimals=unit_decimals) if planned else "",
        **_stock_at_end(facts, (after - timedelta(days=1) - facts.plan.run.as_of).days if facts.plan else -1),
    }


def _stock_at_end(facts: ItemAtLocation, day: int) -> dict[str, str]:
    projection = facts.projection
    if projection is None or not 0 <= day < len(projection.on_hand_mean):
        return {}
    low, high = projection.on_hand_p10[day], projection.on_hand_p90[day]
    points = facts.policy.reorder_points if facts.policy else []
    return {
        "stock": f"{projection.on_hand_mean[day]:,.0f}",
        "stock_range": f"{low:,.0f} – {high:,.0f}",
        "reorder_point": f"{points[day]:,.0f}" if day < len(points) else "",
    }


def _receipts(facts: ItemAtLocation) -> list[dict[str, str]]:
    urls = places.order_urls({row.order_number for row in facts.receipts})
    as_of = facts.plan.run.as_of if facts.plan else None
    return [
        {
            "number": row.order_number,
            "url": urls.get(row.order_number, ""),
            "kind": "transfer from " + row.origin.code if row.origin else "purchase",
            "quantity": formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals),
            "due": formats.day(row.due_on),
            "state": _receipt_state(row, late=bool(as_of and row.due_on < as_of)),
        }
        for row in facts.receipts
    ]


def _receipt_state(row: Any, *, late: bool) -> str:
    state = "draft" if row.is_draft else "in transit" if row.is_shipped else "ordered"
    return f"{state}, overdue" if late else state


def _outgoing(facts: ItemAtLocation) -> list[dict[str, str]]:
    urls = places.order_urls({row.order_number for row in facts.outgoing})
    return [
        {
            "number": row.order_number,
            "url": urls.get(row.order_number, ""),
            "quantity": formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals),
            "due": formats.day(row.due_on),
        }
        for row in facts.outgoing
    ]


def _orders(facts: ItemAtLocation) -> list[dict[str, Any]]:
    urls = places.order_urls({row.draft_number for row in facts.orders if row.draft_number})  # type: ignore[attr-defined]
    currency = facts.plan.company.currency if facts.plan else ""
    return [
        {
            "source": str(row.supplier or row.origin),
            "quantity": formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals),
            "release": formats.day(row.release_on),
            "due": formats.day(row.due_on),
            "value": formats.money(row.value, currency),
            "why": explain_order(row, facts.policy, as_of=facts.plan.run.as_of) if facts.plan and row.trace else [],
            "decision": row.decision or "",  # type: ignore[attr-defined]
            "draft": row.draft_number or "",  # type: ignore[attr-defined]
            "draft_url": urls.get(row.draft_number or "", ""),  # type: ignore[attr-defined]
        }
        for row in facts.orders[:25]
    ]


def _exceptions(facts: ItemAtLocation) -> list[dict[str, str]]:
    currency = facts.plan.company.currency if facts.plan else ""
    return [
        {
            "kind": row.get_kind_display(),
            "group": row.kind,
            "message": row.message,
            "cost": formats.money(row.cost_of_inaction, currency) if row.cost_of_inaction else "",
            "due": formats.short_day(row.due_on),
        }
        for row in facts.exceptions
    ]


def _decisions(facts: ItemAtLocation) -> list[dict[str, str]]:
    return [
        {
            "when": formats.moment(row.updated_at),
            "who": str(row.decided_by or ""),
            "what": row.get_decision_display(),
            "source": str(row.supplier or row.origin),
            "quantity": formats.quantity(
                row.quantity or row.proposed_quantity, facts.item.uom, facts.item.uom_decimals
            ),
            "order": row.order_number,
            "reason": row.reason,
        }
        for row in facts.decisions
    ]


def _policy(facts: ItemAtLocation) -> list[tuple[str, str]]:
    policy, unit = facts.policy, facts.item.uom
    if policy is None:
        return []
    return [
        ("Method", policy.get_method_display()),
        ("Safety stock, part of s", formats.quantity(policy.safety_stock, unit)),
        ("Order quantity", formats.quantity(policy.order_quantity, unit)),
        ("Protection interval", f"{policy.lead_time_days + policy.review_days:g} d"),
    ]


def _settings_url(request: HttpRequest, facts: ItemAtLocation) -> str:
    if facts.settings is None or not request.user.has_perm("inventory.change_itemlocation"):
        return ""
    return reverse("admin:inventory_itemlocation_change", args=[facts.settings.pk])
