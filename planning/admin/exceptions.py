"""Exceptions, the dearest first, by kind."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from planning.admin import places
from planning.services import reads
from stocksense.core.admin import formats


def page(request: HttpRequest) -> HttpResponse:
    """All exceptions or one group of them, with a link to where each can be acted upon."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Exceptions")
    group, location = request.GET.get("group", ""), request.GET.get("location", "")
    term = request.GET.get("q", "").strip()
    shown = places.one_page(request, reads.exceptions(plan, group=group, location=location, term=term))
    rows = [
        {
            "kind": row.get_kind_display(),
            "group": row.kind,
            "item": row.item.name or row.item.sku,
            "sku": row.item.sku,
            "at": row.location.name or row.location.code,
            "message": row.message,
            "cost": formats.money(row.cost_of_inaction, plan.company.currency)
            if row.cost_of_inaction
            else formats.NONE,
            "due": formats.short_day(row.due_on),
            "url": places.item_location_url(row.item_id, row.location_id),
        }
        for row in shown
    ]
    return places.render(
        request,
        "planning/exceptions.html",
        title=f"Exceptions: {places.GROUP_NAMES[group].lower()}" if group in places.GROUP_NAMES else "Exceptions",
        plan=plan.run,
        rows=rows,
        page=shown,
        page_query=places.query_without(request, "page"),
        tabs=places.tabs(group, reads.due_totals(plan), reads.exception_totals(plan)),
        locations=places.locations(),
        location=location,
        group=group,
        term=term,
        is_filtered=bool(location or term),
        reset_url=f"{reverse('admin:planning_exceptions')}?group={group}",
    )
