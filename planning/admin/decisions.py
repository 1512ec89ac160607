"""Approving and rejecting in bulk: a preview of lines and value, then the decision. POST only."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from planning.admin import places
from planning.models import PlannedOrder
from planning.services import decisions, reads
from planning.services.decisions import DecisionResult, RunSuperseded
from planning.services.reads import CurrentPlan, WorklistQuery
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError

LONGEST_ID = 18
"""Digits of the largest id that a page can name."""


@dataclass(frozen=True)
class Draft:
    """An order that an approval would make."""

    source: str
    destination: str
    value: str
    lines: list[dict[str, str]]


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """Preview the drafts of the selected proposals, or make them where the preview was confirmed."""
    return _decide(request, verb="approve", act=decisions.approve_planned_orders)


@require_POST
def reject(request: HttpRequest) -> HttpResponse:
    """Preview the selected proposals, or reject them where the preview was confirmed."""
    return _decide(request, verb="reject", act=decisions.reject_planned_orders)


def _decide(request: HttpRequest, *, verb: str, act: Any) -> HttpResponse:
    ids = [int(value) for value in request.POST.getlist("order") if _is_id(value)]
    run = request.POST.get("run", "")
    back = _back(request)
    if not ids or not _is_id(run):
        messages.warning(request, f"Select at least one line to {verb}.")
        return HttpResponseRedirect(back)
    if "confirmed" not in request.POST:
        return _preview(request, verb, ids, int(run), back)
    try:
        reason = request.POST.get("reason", "").replace("\x00", "").strip()
        result = act(planned_order_ids=ids, run_id=int(run), actor=request.user, reason=reason)
    except RunSuperseded as error:
        messages.error(request, f"{error.message} {_new_quantities(error)}".strip())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _tell(request, verb, result)
    return HttpResponseRedirect(back)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_ID


def _preview(request: HttpRequest, verb: str, ids: Sequence[int], run_id: int, back: str) -> HttpResponse:
    plan = reads.current_plan()
    if plan is None or plan.run.pk != run_id:
        messages.error(request, "A newer plan has been made since the page was opened. Please select again.")
        return HttpResponseRedirect(back)
    rows = reads.planned_orders(plan, WorklistQuery(whole_horizon=True)).filter(pk__in=ids)
    chosen = list(reads.by_source(rows))
    if not chosen:
        messages.info(request, "These lines have been decided already.")
        return HttpResponseRedirect(back)
    drafts = _drafts_of(plan, chosen)
    context = {
        "verb": verb,
        "run_id": run_id,
        "ids": [row.pk for row in chosen],
        "drafts": drafts,
        "line_count": formats.count(len(chosen), "line"),
        "draft_count": formats.count(len(drafts), "draft order"),
        "total": formats.money(sum((row.value for row in chosen), Decimal(0)), plan.company.currency),
        "back": back,
        "action_url": reverse(f"admin:planning_{verb}"),
    }
    return places.render(
        request, "planning/decision_preview.html", title=f"{verb.capitalize()} planned orders", **context
    )


def _drafts_of(plan: CurrentPlan, chosen: Sequence[PlannedOrder]) -> list[Draft]:
    def ends(row: PlannedOrder) -> tuple[str, str]:
        return str(row.supplier or row.origin), str(row.location)

    currency = plan.company.currency
    drafts = []
    for (source, destination), found in groupby(sorted(chosen, key=ends), key=ends):
        rows = list(found)
        lines = [
            {
                "item": row.item.name or row.item.sku,
                "sku": row.item.sku,
                "quantity": formats.quantity(row.quantity, row.item.uom, row.item.uom_decimals),
                "arrives": formats.short_day(row.due_on),
                "value": formats.money(row.value, currency),
            }
            for row in rows
        ]
        value = formats.money(sum((row.value for row in rows), Decimal(0)), currency)
        drafts.append(Draft(source, destination, value, lines))
    return drafts


def _tell(request: HttpRequest, verb: str, result: DecisionResult) -> None:
    if result.decided:
        urls = places.order_urls({order.number for order in (*result.purchase_orders, *result.transfer_orders)})
        links = format_html_join(
            ", ", '<a class="ss-link" href="{}">{}</a>', ((url, number) for number, url in urls.items())
        )
        done = f"{formats.count(len(result.decided), 'line')} {'approved' if verb == 'approve' else 'rejected'}."
        messages.success(request, format_html("{} Drafts: {}", done, links) if urls else done)
    if result.skipped:
        messages.info(
            request, f"{formats.count(len(result.skipped), 'line')} had been decided already and stayed as before."
        )


def _new_quantities(error: RunSuperseded) -> str:
    quantities = error.fields.get("quantities", {})
    found = [formats.quantity(value, decimals=3) if value else "nothing" for value in quantities.values()]
    return f"The new plan suggests {', '.join(found[:5])}{' …' if len(found) > 5 else ''}." if found else ""


def _back(request: HttpRequest) -> str:
    """Where the person came from, filters kept; never another site."""
    asked = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return asked
    return reverse("admin:planning_worklist")
