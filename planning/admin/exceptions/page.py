"""The exceptions page: the dearest first, by kind; handled ones are hidden until they are asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from planning.admin import paging, places
from planning.admin.decisions import answers, preview
from planning.admin.exceptions.columns import TABLE
from planning.admin.exceptions.rows import rows_of
from planning.admin.worklist import asked as addresses
from planning.models import DeskPage, PlanException
from planning.services import reads
from planning.services.desk import views as desk
from planning.services.reads import AT_RISK_KINDS, CurrentPlan, Total, WorklistQuery
from stocksense.core.admin import formats


def page(request: HttpRequest) -> HttpResponse:
    """All exceptions or one group of them, with where each can be fixed and what can be done about it."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Exceptions")
    preference = desk.preference_of(request.user)
    opens_with = desk.default_view(preference, DeskPage.EXCEPTIONS)
    if opens_with and opens_with.query and not request.GET:
        return HttpResponseRedirect(f"{request.path}?{opens_with.query}")
    asked = read(request)
    group, conditions = asked["group"], asked["conditions"]
    totals = reads.exception_totals(plan, **conditions)
    total = totals[group] if group else reads.total_of(totals.values())
    keys = reads.exception_keys(asked["sort"])
    place = paging.read_place(request.GET, PlanException, keys)
    found = reads.exceptions_page(
        reads.exceptions(plan, group=group, **conditions), place, places.PER_PAGE, asked["sort"]
    )
    shown = reads.whole_exceptions(plan, found.ids)
    proposals = _proposal_totals(plan, conditions)
    return places.render(
        request,
        "planning/exceptions.html",
        title=f"Exceptions: {places.GROUP_NAMES[group].lower()}" if group else "Exceptions",
        plan=plan.run,
        rows=rows_of(request, plan, shown, TABLE.shown(asked["columns"])),
        page=paging.pager(request.GET, found, shown, keys, count=total.count, query=_address(request)),
        tabs=places.tabs(request.GET, f"!{group}", proposals, totals),
        total={
            "lines": formats.count(total.count, "exception"),
            "value": formats.money(total.money, plan.company.currency),
            "symbol": formats.money(0, plan.company.currency).rstrip("0").strip(),
        },
        preference=preference,
        undo=answers.undo_offer(request),
        **TABLE.headings(asked["columns"], asked["sort"], lambda sort: _address(request, sort=sort)),
        **_filters(request, asked),
        **places.saved_views(request, DeskPage.EXCEPTIONS, preference),
        **places.abilities(request),
        **preview.snooze_days(plan),
    )


def read(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for; what it does not know is left out."""
    group = request.GET.get("group", "")
    pasted = addresses.read_pasted(request.GET)
    return {
        "group": group if group in AT_RISK_KINDS else "",
        "pasted": pasted,
        "sort": TABLE.read_sort(request.GET),
        "columns": TABLE.read_columns(request.GET),
        "conditions": {
            "location": request.GET.get("location", ""),
            "term": request.GET.get("q", "").strip()[: addresses.MOST_WORDS],
            "skus": pasted.skus,
            "handled": request.GET.get("handled") == "yes",
        },
    }


def _address(request: HttpRequest, **changed: str) -> str:
    return addresses.canonical(request.GET, DeskPage.EXCEPTIONS, **changed)


def _proposal_totals(plan: CurrentPlan, conditions: dict[str, Any]) -> dict[str, Total]:
    query = WorklistQuery(location=conditions["location"], search=conditions["term"], skus=conditions["skus"])
    totals = reads.tab_totals(plan, query)
    return {**totals, addresses.ALL: reads.total_of(totals.values())}


def _filters(request: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
    conditions, here = asked["conditions"], reverse("admin:planning_exceptions")
    return {
        "group": asked["group"],
        "asked": conditions,
        "here": here,
        "view_query": _address(request),
        "sort": asked["sort"],
        "filter_count": sum(map(bool, (conditions["location"], conditions["term"], conditions["handled"]))),
        "locations": places.locations(),
        "is_filtered": bool(conditions["location"] or conditions["term"] or conditions["skus"]),
        "reset_url": f"{here}?group={asked['group']}",
        "back": f"{here}?{_address(request)}{paging.here(request.GET)}",
        "pasted": places.pasted(asked["pasted"]),
        "skus_off_url": f"?{_address(request, skus='', list='')}",
    }
