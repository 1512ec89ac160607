"""Addresses and page parts that the planning pages share."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.models import Location, TransferOrder
from planning.services.reads import AT_RISK_KINDS, Total
from vendors.models import PurchaseOrder

PER_PAGE = 50
GROUP_NAMES = {
    "stocked_out": "Stocked out",
    "at_risk": "At risk",
    "late": "Late",
    "excess": "Excess",
    "cannot_plan": "Cannot plan",
}


def item_location_url(item_id: int, location_id: int) -> str:
    """The page of an item at a location."""
    return reverse("admin:planning_item_location", args=[item_id, location_id])


def order_urls(numbers: set[str]) -> dict[str, str]:
    """The admin pages of our orders, by order number."""
    urls = {}
    for model, name in ((PurchaseOrder, "vendors_purchaseorder"), (TransferOrder, "inventory_transferorder")):
        for pk, number in model._default_manager.filter(number__in=numbers).values_list("pk", "number"):
            urls[number] = reverse(f"admin:{name}_change", args=[pk])
    return urls


def render(request: HttpRequest, template: str, *, title: str, **context: Any) -> HttpResponse:
    """A work page in the admin's shell."""
    shell = admin.site.page_context(request, title=title, **context)  # type: ignore[attr-defined]
    return TemplateResponse(request, template, shell)


def one_page(request: HttpRequest, rows: "QuerySet[Any] | list[Any]", per_page: int = PER_PAGE) -> "Page[Any]":
    """The page of `rows` that the request asks for; the nearest one where it does not exist."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def query_without(request: HttpRequest, *names: str) -> str:
    """The request's query string without these parameters, ready to be added to."""
    kept = request.GET.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()


def locations() -> list[tuple[str, str]]:
    """Every location for a filter: code and label."""
    return [(code, f"{code} {name}".strip()) for code, name in Location.objects.values_list("code", "name")]


def tabs(active: str, due: dict[str, Total], exceptions: dict[str, Total]) -> list[dict[str, Any]]:
    """The tabs over worklist and exceptions, each with its count."""
    worklist, warnings = reverse("admin:planning_worklist"), reverse("admin:planning_exceptions")
    orders = [
        {"name": kind, "title": title, "count": due.get(kind, Total()).count, "url": f"{worklist}?kind={kind}"}
        for kind, title in (("purchase", "To buy"), ("transfer", "To move"))
    ]
    groups = [
        {
            "name": group,
            "title": GROUP_NAMES[group],
            "count": exceptions[group].count,
            "url": f"{warnings}?group={group}",
        }
        for group in AT_RISK_KINDS
    ]
    return [{**tab, "active": tab["name"] == active} for tab in [*orders, *groups]]
