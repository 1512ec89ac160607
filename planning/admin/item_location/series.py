"""The numbers that the chart draws and the tables list: one source for both."""

from datetime import date, timedelta
from typing import Any

from planning.admin import chart
from planning.services.item_location import ItemAtLocation
from stocksense.core.admin import formats
from stocksense.core.numeric import QUANTILE_GRID

LOW, HALF_LOW, HALF_HIGH, HIGH = (QUANTILE_GRID.index(at) for at in (0.1, 0.25, 0.75, 0.9))
LOWEST, HIGHEST = QUANTILE_GRID.index(0.025), QUANTILE_GRID.index(0.975)


def chart_input(facts: ItemAtLocation) -> chart.ChartInput | None:
    """What is drawn; None where there is nothing to draw."""
    if facts.plan is None or (facts.projection is None and facts.forecast is None and not facts.demand):
        return None
    projection, policy = facts.projection, facts.policy
    return chart.ChartInput(
        today=facts.plan.run.as_of,
        sold=[chart.Sold(row.first, row.days, float(row.quantity), bool(row.short_at)) for row in facts.demand],
        expected=_expected(facts),
        stock=projection.on_hand_mean if projection else [],
        stock_low=projection.on_hand_p10 if projection else [],
        stock_high=projection.on_hand_p90 if projection else [],
        reorder_point=policy.reorder_points if policy else [],
        order_up_to=policy.order_up_to_levels if policy else [],
        arrivals=_arrivals(facts, facts.plan.run.as_of),
    )


def as_json(facts: ItemAtLocation, given: chart.ChartInput) -> dict[str, Any]:
    """The chart's numbers for the script that draws it; days as ISO dates, quantities in stock units."""
    return {
        "today": given.today.isoformat(),
        "unit": facts.item.uom,
        "decimals": facts.item.uom_decimals,
        "bucket": bucket_name(facts),
        "sold": [[row.first.isoformat(), row.days, row.quantity, row.sold_out] for row in given.sold],
        "expected": [
            [row.first.isoformat(), row.days, _short(row.mean), *map(_short, (*row.nearly_all, *row.most, *row.half))]
            for row in given.expected
        ],
        "stock": list(map(_short, given.stock)),
        "low": list(map(_short, given.stock_low)),
        "high": list(map(_short, given.stock_high)),
        "reorderPoint": list(map(_short, given.reorder_point)),
        "orderUpTo": list(map(_short, given.order_up_to)),
        "arrivals": [[row.day.isoformat(), row.quantity, row.planned, row.label] for row in given.arrivals],
    }


def bucket_name(facts: ItemAtLocation) -> str:
    """What a bucket of the forecast is called."""
    return "week" if facts.bucket_days == 7 else "day"


def says(facts: ItemAtLocation) -> str:
    """What the drawing shows, for those who do not see it."""
    parts = [f"{len(facts.demand)} {bucket_name(facts)}s of past demand"]
    if facts.forecast and facts.forecast.mean:
        mean = formats.quantity(facts.forecast.mean[0], facts.item.uom, 1)
        parts.append(f"a forecast of {mean} for the first {bucket_name(facts)}")
    if facts.projection:
        parts.append(f"projected stock from {facts.projection.on_hand_mean[0]:,.0f} {facts.item.uom}")
    return f"Shows {', '.join(parts)}. The tables below hold the same numbers."


def _expected(facts: ItemAtLocation) -> list[chart.Expected]:
    forecast, expected = facts.forecast, []
    for number, mean in enumerate(forecast.mean if forecast else []):
        grid = forecast.quantiles[number]  # type: ignore[union-attr]
        first = forecast.first_date + timedelta(days=number * facts.bucket_days)  # type: ignore[union-attr]
        intervals = ((grid[HALF_LOW], grid[HALF_HIGH]), (grid[LOW], grid[HIGH]), (grid[LOWEST], grid[HIGHEST]))
        expected.append(chart.Expected(first, facts.bucket_days, mean, *intervals))
    return expected


def _arrivals(facts: ItemAtLocation, today: date) -> list[chart.Arrival]:
    """Open orders on the day they are expected (overdue ones today), and the proposals that are still open."""
    unit, decimals = facts.item.uom, facts.item.uom_decimals
    found = []
    for row in facts.receipts:
        late = f", overdue since {formats.short_day(row.due_on)}" if row.due_on < today else ""
        label = f"{row.order_number}: {formats.quantity(row.quantity, unit, decimals)}{late}"
        found.append(chart.Arrival(max(row.due_on, today), float(row.quantity), False, label))
    for order in facts.orders:
        if order.decision:  # type: ignore[attr-defined]
            continue
        label = f"planned from {order.supplier or order.origin}: {formats.quantity(order.quantity, unit, decimals)}"
        found.append(chart.Arrival(order.due_on, float(order.quantity), True, label))
    return found


def _short(value: float) -> float:
    """Enough digits for any eye, and no more in the page."""
    return round(value, 2)
