"""Where what keeps an item-location from being planned is put right: links to forms filled in as far as is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from inventory.models import Location
from planning.models import ExceptionKind, PlanException

ADD_TERMS, ADD_LANE, CARRY = "Add a supplier's terms", "Add a lane", "Add the item to {source}"


@dataclass(frozen=True)
class Link:
    """Where something can be fixed."""

    title: str
    url: str


@dataclass(frozen=True)
class _Page:
    """An admin page, who may open it, and what is asked of it."""

    title: str
    permission: str
    name: str
    given: Mapping[str, Any]


def carriers(rows: Iterable[PlanException]) -> dict[str, int]:
    """Ids of the locations, by code, that have to take an item up. One query, none where no row asks for it."""
    codes = {row.details.get("source") for row in rows if row.details.get("reason") == "origin_does_not_carry"}
    return dict(Location.objects.filter(code__in=codes).values_list("code", "pk")) if codes else {}


def links(request: HttpRequest, row: PlanException, locations: Mapping[str, int]) -> list[Link]:
    """What this person may open, the nearest remedy first; `locations` are `carriers` of the page's rows."""
    return [
        Link(page.title, f"{reverse(f'admin:{page.name}')}{'?' + urlencode(page.given) if page.given else ''}")
        for page in _pages(row, locations)
        if request.user.has_perm(page.permission)
    ]


def _pages(row: PlanException, locations: Mapping[str, int]) -> list[_Page]:
    if row.kind == ExceptionKind.HORIZON_TOO_SHORT:
        return [
            _Page("Lengthen the horizon", "company.change_companysettings", "company_companysettings_changelist", {})
        ]
    source, sku = row.details.get("source") or "", row.item.sku
    terms = _Page(
        ADD_TERMS, "vendors.add_supplieritem", "vendors_supplieritem_add",
        {"item": row.item_id, "location": row.location_id},
    )  # fmt: skip
    lane = _Page(
        ADD_LANE, "inventory.add_lane", "inventory_lane_add", {"item": row.item_id, "destination": row.location_id}
    )
    match row.details.get("reason"):
        case "source_inactive":
            settings = _Page(
                f"Settings at {source}", "inventory.change_itemlocation", "inventory_itemlocation_changelist",
                {"q": f"{sku} {source}"},
            )  # fmt: skip
            return [settings, lane]
        case "origin_does_not_carry" if source in locations:
            carry = _Page(
                CARRY.format(source=source), "inventory.add_itemlocation", "inventory_itemlocation_add",
                {"item": row.item_id, "location": locations[source]},
            )  # fmt: skip
            return [carry, terms]
        case "supplier_inactive":
            supplier = _Page(
                "Look at the supplier", "vendors.change_supplier", "vendors_supplier_changelist", {"q": source}
            )
            return [supplier, terms]
        case "ended":
            item = _Page("Look at the item", "inventory.change_item", "inventory_item_changelist", {"q": sku})
            return [item]
    return [terms, lane]
