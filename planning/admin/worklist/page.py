"""The worklist page and the explanation of one line."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from planning.admin import paging, places
from planning.admin.decisions import answers, preview
from planning.admin.worklist import asked as addresses
from planning.admin.worklist.asked import ALL, Asked
from planning.admin.worklist.columns import TABLE
from planning.admin.worklist.lines import Group, groups_of, lines_of
from planning.models import DeskPage, PlannedOrder
from planning.services import reads
from planning.services.desk import views as desk
from planning.services.explain import explain_order
from planning.services.item_plan import read_item_plan
from planning.services.reads import CurrentPlan, Total
from stocksense.core.admin import formats
from stocksense.core.errors import InvalidInput
from vendors.models import Supplier


def page(request: HttpRequest) -> HttpResponse:
    """The worklist, filtered, sorted and paged; empty states say what to do next."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Worklist")
    preference = desk.preference_of(request.user)
    opens_with = desk.default_view(preference, DeskPage.WORKLIST)
    if opens_with and opens_with.query and not request.GET:
        return HttpResponseRedirect(f"{request.path}?{opens_with.query}")
    asked = addresses.read(request.GET)
    totals = reads.tab_totals(plan, asked.query)
    asked = _with_tab(asked, totals)
    query = asked.query
    warnings = reads.exception_totals(plan, location=query.location, term=query.search, skus=query.skus)
    rows = reads.planned_orders(plan, asked.query)
    view_query = addresses.canonical(request.GET, tab=asked.query.tab)
    keys = reads.sort_keys(asked.sort, by_source=asked.by_source)
    place = paging.read_place(request.GET, PlannedOrder, keys)
    found = reads.orders_page(rows, place, places.PER_PAGE, asked.sort, by_source=asked.by_source)
    shown = reads.whole(plan, found.ids)
    count = totals[asked.query.tab].count
    return places.render(
        request,
        "planning/worklist.html",
        title="Worklist",
        plan=plan.run,
        groups=_groups(plan, asked, rows, shown),
        page=paging.pager(request.GET, found, shown, keys, count=count, query=view_query),
        asked=asked,
        tabs=places.tabs(request.GET, asked.query.tab, totals, warnings),
        total=_total(totals[asked.query.tab], plan, asked),
        preference=preference,
        **_headings(request, asked),
        **_filters(request, asked, plan, view_query),
        **places.saved_views(request, DeskPage.WORKLIST, preference),
        **places.abilities(request),
        undo=answers.undo_offer(request),
        **preview.snooze_days(plan),
    )


def why(request: HttpRequest, order_id: int) -> HttpResponse:
    """How a proposal came about, in sentences: loaded when a line is opened."""
    plan = reads.current_plan()
    found = reads.whole(plan, [order_id]) if plan else []
    if plan is None or not found:
        raise Http404
    row = found[0]
    key = row.item_id, row.location_id
    policy = reads.policies_of(plan, [key]).get(key)
    row.trace = row.trace or _derived_trace(plan, row)
    context = {
        "sentences": explain_order(row, policy, as_of=plan.run.as_of, currency=plan.company.currency),
        "item_url": places.item_location_url(*key),
        "name": f"{row.item.name or row.item.sku} at {row.location.name or row.location.code}",
    }
    if request.headers.get("X-Requested-With") == "fetch":
        return TemplateResponse(request, "planning/worklist_why.html", context)
    return places.render(request, "planning/worklist_why_page.html", title=f"Why {context['name']}", **context)


def _derived_trace(plan: CurrentPlan, row: PlannedOrder) -> Any:
    """The account of an order beyond the action window: its item is planned again from what the run kept of it."""
    try:
        return read_item_plan(plan.run, row.item_id).trace_of(row)
    except InvalidInput:
        return {}


def _with_tab(asked: Asked, totals: dict[str, Total]) -> Asked:
    """The tab asked for, else the first that has lines. Adds the total of all tabs to `totals`."""
    totals[ALL] = reads.total_of(totals.values())
    first = next((tab for tab, total in totals.items() if total.count), next(iter(totals)))
    return replace(asked, query=replace(asked.query, tab=asked.query.tab or first))


def _groups(plan: CurrentPlan, asked: Asked, rows: Any, shown: list[PlannedOrder]) -> list[Group]:
    if not shown:
        return []
    columns = TABLE.shown(asked.columns)
    if asked.by_source:
        return groups_of(plan, shown, columns, reads.source_totals(rows, shown))
    return [Group(lines=lines_of(plan, shown, columns))]


def _total(total: Total, plan: CurrentPlan, asked: Asked) -> dict[str, str]:
    """Lines and value of the list, at the quantities that approving orders."""
    total = Total(total.count, total.money + reads.edited_difference(plan, asked.query))
    return {
        "lines": formats.count(total.count, "line"),
        "value": formats.money(total.money, plan.company.currency),
        "symbol": formats.money(0, plan.company.currency).rstrip("0").strip(),
    }


def _headings(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """The table's headings; a sortable one links to the list sorted by it, turned round where it is already."""

    def address(sort: str) -> str:
        return addresses.canonical(request.GET, tab=asked.query.tab, sort=sort)

    return TABLE.headings(asked.columns, asked.sort, address)


def _filters(request: HttpRequest, asked: Asked, plan: CurrentPlan, view_query: str) -> dict[str, Any]:
    query = asked.query
    here = reverse("admin:planning_worklist")
    return {
        "query": query,
        "here": here,
        "view_query": view_query,
        "queue": f"?{urlencode({'queue': view_query})}" if view_query else "",
        "suppliers": list(Supplier.objects.filter(is_active=True).values_list("code", "name")),
        "locations": places.locations(),
        "window_ends": formats.short_day(plan.action_window_ends),
        "filter_count": sum(
            map(bool, (query.suppliers, query.location, query.search, query.whole_horizon, query.decided))
        ),
        "is_filtered": bool(query.suppliers or query.location or query.search or query.kind or asked.pasted.skus),
        "reset_url": f"{here}?tab={query.tab}",
        "group_url": f"?{addresses.canonical(request.GET, tab=query.tab, by='' if asked.by_source else 'source')}",
        "back": f"{here}?{addresses.canonical(request.GET, tab=query.tab)}{paging.here(request.GET)}",
        "pasted": places.pasted(asked.pasted),
        "skus_off_url": f"?{addresses.canonical(request.GET, tab=query.tab, skus='', list='')}",
    }
