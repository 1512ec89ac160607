"""The list of item-locations, each with its stock, levels and worst exception."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from inventory.models import ItemLocation
from inventory.services import search
from inventory.services.positions import stock_positions
from planning.admin import places
from planning.models import PlanException
from planning.services import reads
from stocksense.core.admin import formats


def page(request: HttpRequest) -> HttpResponse:
    """All item-locations with their stock and levels, searched and filtered."""
    term, location = request.GET.get("q", "").strip(), request.GET.get("location", "")
    rows = ItemLocation.objects.select_related("item", "location").order_by("item__sku", "location__code")
    if location:
        rows = rows.filter(location__code=location)
    if term:
        rows = rows.filter(item__in=search.find_items(term))
    shown = places.one_page(request, rows)
    return places.render(
        request,
        "planning/item_locations.html",
        title="Item-locations",
        rows=_listed(list(shown)),
        page=shown,
        page_query=places.query_without(request, "page"),
        locations=places.locations(),
        location=location,
        term=term,
        is_filtered=bool(location or term),
        reset_url=reverse("admin:planning_item_locations"),
    )


def _listed(rows: list[ItemLocation]) -> list[dict[str, Any]]:
    keys = {(row.item_id, row.location_id) for row in rows}
    positions, plan = stock_positions(keys), reads.current_plan()
    policies = reads.policies_of(plan, keys) if plan else {}
    worst = _worst(reads.exceptions(plan), keys) if plan else {}
    listed = []
    for row in rows:
        key = (row.item_id, row.location_id)
        policy, position, unit = policies.get(key), positions[key], row.item.uom
        listed.append(
            {
                "item": row.item.name or row.item.sku,
                "sku": row.item.sku,
                "at": row.location.name or row.location.code,
                "url": places.item_location_url(*key),
                "class": f"{policy.abc}{policy.xyz}" if policy else formats.NONE,
                "have": formats.quantity(position.on_hand, unit, row.item.uom_decimals),
                "position": formats.quantity(position.position, unit, row.item.uom_decimals),
                "levels": f"{policy.reorder_point:,.0f} / {policy.order_up_to:,.0f}" if policy else formats.NONE,
                "service": formats.share(policy.service_target) if policy else formats.NONE,
                "exception": worst[key].get_kind_display() if key in worst else "",
                "group": worst[key].kind if key in worst else "",
            }
        )
    return listed


def _worst(rows: Any, keys: set[tuple[int, int]]) -> dict[tuple[int, int], PlanException]:
    found: dict[tuple[int, int], PlanException] = {}
    here = rows.filter(item_id__in={item for item, _ in keys}, location_id__in={location for _, location in keys})
    for row in here.select_related(None):
        found.setdefault((row.item_id, row.location_id), row)
    return found
