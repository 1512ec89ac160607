"""The list of series, filtered, sorted and paged; empty states say what to do next."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from forecasting import engine
from forecasting.admin import addresses, wording
from forecasting.services.workbench import PER_PAGE, SORTS, SeriesPage, SeriesQuery, SeriesRow, list_series
from inventory.models import Category, Location
from stocksense.company import services as company
from stocksense.core.admin import formats
from stocksense.core.admin.pages import query_without, render

MOST_WORDS = 200
HEADINGS = (
    ("item", "Item", False), ("location", "At", False), ("", "Class", False), ("mean", "Mean", True),
    ("wape", "WAPE", True), ("bias", "Bias", True), ("mase", "MASE", True), ("pinball", "Pinball", True),
    ("stake", "At stake", True), ("", "Override", False),
)  # fmt: skip
HINTS = {
    "mean": "Expected per bucket, the average of the horizon",
    "wape": "Absolute errors over demand, in the back-test",
    "bias": "Forecast over demand, in the back-test; sorted by its size",
    "mase": "Absolute error over the mean change from bucket to bucket",
    "pinball": "Pinball loss of the quantiles over the same",
    "stake": "Expected absolute error per bucket at cost: mean × WAPE × unit cost",
}


def page(request: HttpRequest) -> HttpResponse:
    """The series of the current forecast."""
    query = _asked(request)
    found = list_series(query)
    if found is None:
        return render(request, "forecasting/no_forecast.html", title="Forecasts")
    here = request.get_full_path()
    currency = company.settings().currency
    return render(
        request,
        "forecasting/series_list.html",
        title="Forecasts",
        run=found.run,
        made=formats.day(found.run.as_of),
        bucket="week" if found.run.bucket_days == 7 else "day",
        query=query,
        rows=[_row(row, currency, here) for row in found.rows],
        headings=_headings(request, query.sort),
        total=formats.quantity(found.total),
        pager=_pager(request, found),
        classes=engine.DEMAND_CLASSES,
        categories=Category.objects.values_list("path", flat=True),
        locations=[(code, f"{code} {name}".strip()) for code, name in Location.objects.values_list("code", "name")],
        reset_url=reverse("admin:forecasting_series"),
    )


def _asked(request: HttpRequest) -> SeriesQuery:
    """The list that the address asks for; what it does not know is left out."""
    asked = request.GET
    sort, number = asked.get("sort", ""), asked.get("page", "")
    demand_class = asked.get("class", "")
    return SeriesQuery(
        search=asked.get("q", "").strip()[:MOST_WORDS],
        demand_class=demand_class if demand_class in engine.DEMAND_CLASSES else "",
        category=asked.get("category", ""),
        location=asked.get("location", ""),
        fallback=asked.get("fallback") == "yes",
        overridden=asked.get("overridden") == "yes",
        sort=sort if sort.removeprefix("-") in SORTS else "-stake",
        page=int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 1,
    )


def _row(row: SeriesRow, currency: str, here: str) -> dict[str, Any]:
    return {
        "url": f"{addresses.series_url(row.item_id, row.location_id)}?{urlencode({'from': here})}",
        "key": f"{row.item_id}-{row.location_id}",
        "item": row.item or row.sku,
        "sku": row.sku,
        "at": row.location or row.code,
        "class": row.demand_class or formats.NONE,
        "fallback": row.fallback,
        "mean": wording.amount(row.mean),
        "unit": row.uom,
        "wape": wording.share(row.wape),
        "bias": wording.signed_share(row.bias),
        "mase": wording.score(row.mase),
        "pinball": wording.score(row.pinball),
        "stake": formats.money(row.stake, currency),
        "overridden": row.overridden,
        "waiting": row.waiting,
    }


def _headings(request: HttpRequest, sort: str) -> list[dict[str, Any]]:
    kept = query_without(request, "sort", "page")
    found = []
    for name, title, number in HEADINGS:
        active = bool(name) and sort.removeprefix("-") == name
        falling = not active and number  # numbers are sorted from the highest at the first click
        turned = (name if sort.startswith("-") else f"-{name}") if active else f"-{name}" if falling else name
        found.append(
            {
                "title": title,
                "number": number,
                "hint": HINTS.get(name, ""),
                "sort": ("descending" if sort.startswith("-") else "ascending") if active else "",
                "url": f"?{kept}{'&' if kept else ''}sort={turned}" if name else "",
            }
        )
    return found


def _pager(request: HttpRequest, found: SeriesPage) -> dict[str, Any]:
    kept = query_without(request, "page")
    start = (found.page - 1) * PER_PAGE + 1

    def address(number: int) -> str:
        return f"?{kept}{'&' if kept else ''}page={number}"

    return {
        "shown": found.pages > 1,
        "previous": address(found.page - 1) if found.page > 1 else "",
        "next": address(found.page + 1) if found.page < found.pages else "",
        "says": f"{start:,}–{start + len(found.rows) - 1:,} of {found.total:,}",
    }
