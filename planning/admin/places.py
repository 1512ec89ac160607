"""Addresses and page parts that the planning pages share."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from inventory.models import Location, TransferOrder
from inventory.services import search
from planning.admin.worklist import asked as addresses
from planning.models import DeskPage, DeskPreference
from planning.services.desk import views as desk
from planning.services.reads import AT_RISK_KINDS, Total
from stocksense.core.admin import formats
from stocksense.core.admin.pages import numbered
from stocksense.core.admin.pages import query_without as query_without
from stocksense.core.admin.pages import render as render
from vendors.models import PurchaseOrder

PER_PAGE = 50
NAMED_UNKNOWN = 12
"""How many SKUs without an item a page names one by one."""

ACTS = (
    "approve", "edit", "reject", "snooze",
    "exception_approve", "exception_done", "exception_dismiss", "exception_snooze",
)  # fmt: skip

TAB_NAMES = {
    "at_risk": "At risk",
    "new": "New orders",
    "transfers": "Transfers",
    "rebalancing": "Rebalancing",
    addresses.ALL: "All",
}
GROUP_NAMES = {
    "stocked_out": "Stocked out",
    "at_risk": "Potential stock-out",
    "late": "Late",
    "excess": "Excess",
    "expiring": "Expiring",
    "below_minimum": "Below minimum",
    "cannot_plan": "Cannot plan",
}


def item_location_url(item_id: int, location_id: int) -> str:
    """The page of an item at a location."""
    return numbered("admin:planning_item_location", 2) % (item_id, location_id)


def order_urls(numbers: set[str]) -> dict[str, str]:
    """The admin pages of our orders, by order number."""
    urls = {}
    for model, name in ((PurchaseOrder, "vendors_purchaseorder"), (TransferOrder, "inventory_transferorder")):
        for pk, number in model._default_manager.filter(number__in=numbers).values_list("pk", "number"):
            urls[number] = reverse(f"admin:{name}_change", args=[pk])
    return urls


def one_page(request: HttpRequest, rows: "QuerySet[Any] | list[Any]", per_page: int = PER_PAGE) -> "Page[Any]":
    """The page of `rows` that the request asks for; the nearest one where it does not exist."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def locations() -> list[tuple[str, str]]:
    """Every location for a filter: code and label."""
    return [(code, f"{code} {name}".strip()) for code, name in Location.objects.values_list("code", "name")]


def tabs(
    asked: QueryDict, active: str, orders: Mapping[str, Total], warnings: Mapping[str, Total]
) -> list[dict[str, Any]]:
    """The strip over worklist and exceptions: proposals by reason, then exceptions by group, each with its count.

    A tab keeps the filters, and columns and order within its own list. `active` is the name of a proposal tab, or `!`
    and the name of an exception group.
    """
    worklist, exceptions = reverse("admin:planning_worklist"), reverse("admin:planning_exceptions")
    here = DeskPage.EXCEPTIONS if active.startswith("!") else DeskPage.WORKLIST
    other = {"sort": "", "columns": ""}
    to_orders = {"group": "", "handled": "", **(other if here == DeskPage.EXCEPTIONS else {})}
    to_warnings = {"tab": "", "kind": "", "supplier": "", "horizon": "", "decided": "", "by": ""}
    to_warnings |= other if here == DeskPage.WORKLIST else {}
    proposals = [
        {
            "title": title,
            "count": formats.quantity(orders.get(tab, Total()).count),
            "empty": not orders.get(tab, Total()).count,
            "url": f"{worklist}?{addresses.canonical(asked, here, **{**to_orders, 'tab': tab})}",
            "active": tab == active,
        }
        for tab, title in TAB_NAMES.items()
    ]
    groups = [
        {
            "title": GROUP_NAMES[group],
            "count": formats.quantity(warnings.get(group, Total()).count),
            "empty": not warnings.get(group, Total()).count,
            "url": f"{exceptions}?{addresses.canonical(asked, here, **{**to_warnings, 'group': group})}",
            "active": f"!{group}" == active,
        }
        for group in AT_RISK_KINDS
    ]
    return [{"name": "Proposals", "tabs": proposals}, {"name": "Exceptions", "tabs": groups}]


def abilities(request: HttpRequest) -> dict[str, Any]:
    """What this person may do on the lists, and where each act is sent."""
    approve, decide = request.user.has_perm("planning.approve"), request.user.has_perm("planning.decide")
    acts = {name: numbered(f"admin:planning_{name}", 0) for name in ACTS}
    return {"can_approve": approve, "can_decide": decide, "can_act": approve or decide, "acts": acts}


def saved_views(request: HttpRequest, page: DeskPage, preference: DeskPreference) -> dict[str, Any]:
    """The views of a list for its menu, the one that is open now marked."""
    now = addresses.canonical(request.GET, page)
    views = [
        {
            "id": view.pk,
            "name": view.name,
            "url": f"{request.path}?{view.query}",
            "open": view.query == now,
            "shared": view.is_shared,
            "owner": "" if view.owner_id == request.user.pk else str(view.owner),
            "default": view.pk in (preference.worklist_view_id, preference.exceptions_view_id),
            "changeable": desk.may_change(view, request.user),  # type: ignore[arg-type]
        }
        for view in desk.views_of(request.user, page)
    ]
    open_view = next((view for view in views if view["open"]), None)
    return {"views": views, "open_view": open_view, "desk_page": page.value}


def pasted(found: addresses.Pasted) -> dict[str, Any] | None:
    """What is said of a pasted column of SKUs; None where none was pasted."""
    if not found.skus and not found.gone:
        return None
    unknown = search.unknown_skus(found.skus)
    return {
        "gone": found.gone,
        "text": "\n".join(found.skus),
        "found": formats.count(len(found.skus) - len(unknown), "SKU"),
        "all_found": not unknown,
        "unknown_count": formats.count(len(unknown), "SKU"),
        "unknown": unknown[:NAMED_UNKNOWN],
        "more": max(len(unknown) - NAMED_UNKNOWN, 0),
    }
