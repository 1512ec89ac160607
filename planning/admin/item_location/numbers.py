"""The chart's numbers as tables: past buckets, coming buckets, coming days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from planning.admin import chart
from planning.services.item_location import ItemAtLocation
from stocksense.core.admin import formats

Row = dict[str, Any]


def past(facts: ItemAtLocation, given: chart.ChartInput) -> list[Row]:
    """Demand per past bucket, the newest first."""
    decimals = facts.item.uom_decimals
    return [
        {
            "first": formats.day(row.first) + (" so far" if row.days < facts.bucket_days else ""),
            "demand": formats.quantity(row.quantity, decimals=decimals),
            "sold_out": _sold_out(facts, row.short_at),
        }
        for row in reversed(facts.demand)
    ]


def coming_buckets(facts: ItemAtLocation, given: chart.ChartInput) -> list[Row]:
    """Per bucket of the forecast within the plan: forecast and its intervals, supply, stock at the end, s and S."""
    rows = []
    for expected in given.expected:
        after = expected.first + timedelta(days=expected.days)
        if given.stock and (expected.first - given.today).days >= len(given.stock):
            break
        rows.append(
            {
                "first": formats.day(expected.first),
                "forecast": f"{expected.mean:,.1f}",
                "half": _between(*expected.half),
                "most": _between(*expected.most),
                "nearly_all": _between(*expected.nearly_all),
                **_arriving(facts, given, max(expected.first, given.today), after),
                **_stock(given, (after - timedelta(days=1) - given.today).days),
            }
        )
    return rows


def coming_days(facts: ItemAtLocation, given: chart.ChartInput) -> list[Row]:
    """Per day of the plan: the bucket's mean spread evenly, supply, stock at the day's end, s and S."""
    rates = {
        expected.first + timedelta(days=day): expected.mean / expected.days
        for expected in given.expected
        for day in range(expected.days)
    }
    rows = []
    for number in range(len(given.stock)):
        day = given.today + timedelta(days=number)
        rows.append(
            {
                "first": f"{day:%a} {formats.day(day)}",
                "forecast": f"{rates[day]:,.1f}" if day in rates else "",
                **_arriving(facts, given, day, day + timedelta(days=1)),
                **_stock(given, number),
            }
        )
    return rows


def _sold_out(facts: ItemAtLocation, places: int) -> str:
    if not places:
        return ""
    return f"sold out at {formats.count(places, 'location')}" if facts.below else "sold out"


def _arriving(facts: ItemAtLocation, given: chart.ChartInput, first: date, after: date) -> Row:
    sums = [0.0, 0.0]
    for arrival in given.arrivals:
        if first <= arrival.day < after:
            sums[arrival.planned] += arrival.quantity
    ordered, planned = (formats.quantity(total, decimals=facts.item.uom_decimals) if total else "" for total in sums)
    return {"receipts": ordered, "planned": planned}


def _stock(given: chart.ChartInput, day: int) -> Row:
    if not 0 <= day < len(given.stock):
        return {}
    return {
        "stock": f"{given.stock[day]:,.0f}",
        "stock_range": _between(given.stock_low[day], given.stock_high[day]),
        "reorder_point": _at(given.reorder_point, day),
        "order_up_to": _at(given.order_up_to, day),
    }


def _at(values: Sequence[float], day: int) -> str:
    return f"{values[day]:,.0f}" if day < len(values) else ""


def _between(low: float, high: float) -> str:
    return f"{low:,.0f} – {high:,.0f}"
