"""Dealing with exceptions: done, dismissed with a reason, snoozed, or answered by approving a proposal. POST only."""

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from planning.admin import places
from planning.admin.decisions import answers, forms, preview
from planning.admin.decisions.forms import MOST_AT_ONCE, Form
from planning.admin.exceptions.columns import TABLE
from planning.admin.exceptions.rows import rows_of
from planning.admin.worklist import asked as addresses
from planning.models import ExceptionWord
from planning.services import decisions, reads
from planning.services.reads import AT_RISK_KINDS, CurrentPlan
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError

NEWER = "A newer plan has been made since the page was opened. Nothing was changed: please look again."
MOST_SHOWN = 200
TITLES = {
    ExceptionWord.DONE: ("exception_done", "Mark done", "They come back when they grow by more than a fifth."),
    ExceptionWord.DISMISSED: ("exception_dismiss", "Dismiss", "They come back when they grow by more than a fifth."),
    ExceptionWord.SNOOZED: ("exception_snooze", "Snooze", "They come back by themselves, or when they grow."),
}


@require_POST
def mark_done(request: HttpRequest) -> HttpResponse:
    """Somebody has seen to it."""
    return _decide(request, ExceptionWord.DONE)


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """It needs nothing; the reason says why."""
    return _decide(request, ExceptionWord.DISMISSED)


@require_POST
def snooze(request: HttpRequest) -> HttpResponse:
    """Put it aside until a day or a change."""
    return _decide(request, ExceptionWord.SNOOZED)


@require_POST
def approve_answer(request: HttpRequest) -> HttpResponse:
    """Approve the proposal that answers one exception."""
    form, plan = _form(request), reads.current_plan()
    order = request.POST.get("answer", "")
    if plan is None or not forms.is_id(order) or not form.run_id:
        return answers.nothing_to_do(request, form.back, "No proposal answers this exception.")
    try:
        result = decisions.approve_planned_orders(
            planned_order_ids=[int(order)],
            run_id=form.run_id,
            actor=request.user,
            seen=form.seen,
            token=form.token,
        )
    except DomainError as error:
        return answers.refused(request, form.back, error)
    drafts = places.order_urls({row.number for row in (*result.purchase_orders, *result.transfer_orders)})
    said = "Proposal approved." if result.decided else "The proposal had been decided already."
    return answers.done(request, form, said, _html(request, plan, form.ids, form.view), drafts=drafts)


def lines(request: HttpRequest) -> HttpResponse:
    """The exceptions with these ids as they stand now, for a page that heard of a decision."""
    plan = reads.current_plan()
    ids = [int(part) for part in request.GET.get("ids", "").split(",") if forms.is_id(part)][:MOST_SHOWN]
    view = addresses.query_of(request.GET.get("view", ""))
    rows = _html(request, plan, ids, view) if plan else {}
    return JsonResponse({"rows": rows, "undo": answers.undo_offer(request)})


def _form(request: HttpRequest) -> Form:
    return forms.read(request, list_page="planning_exceptions")


def _decide(request: HttpRequest, word: ExceptionWord) -> HttpResponse:
    form, plan = _form(request), reads.current_plan()
    if not form.run_id or not (form.ids or form.everything):
        return answers.nothing_to_do(request, form.back, "Select at least one exception.")
    if plan is None:
        return answers.nothing_to_do(request, form.back, NEWER)
    if not form.confirmed:
        return _preview(request, plan, form, word)
    try:
        decisions.decide_exceptions(
            exception_ids=form.ids,
            run_id=form.run_id,
            decision=word,
            actor=request.user,
            until=form.until,
            until_change=form.until_change,
            reason=form.reason,
            token=form.token,
        )
    except DomainError as error:
        field = next((name for name in ("until", "reason") if name in error.fields), "")
        return answers.refused(request, form.back, error, field=field)
    said = f"{formats.count(len(form.ids), 'exception')} {word.label.lower()}."
    shown = set(form.ids) & set(form.shown)
    return answers.done(request, form, said, _html(request, plan, shown, form.view), drafts={})


def _preview(request: HttpRequest, plan: CurrentPlan, form: Form, word: ExceptionWord) -> HttpResponse:
    if plan.run.pk != form.run_id:
        return answers.nothing_to_do(request, form.back, NEWER)
    chosen = list(_chosen(plan, form)[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        said = f"Over {MOST_AT_ONCE:,} exceptions match. Narrow the list down first."
        return answers.nothing_to_do(request, form.back, said)
    if not chosen:
        return answers.nothing_to_do(request, form.back, "These exceptions have been dealt with already.")
    page, title, says = TITLES[word]
    cost = sum(row.cost_of_inaction for row in chosen)
    return places.render(
        request,
        "planning/exception_preview.html",
        title=f"{title}: {formats.count(len(chosen), 'exception')}",
        button=title,
        says=says,
        line_count=formats.count(len(chosen), "exception"),
        total=formats.money(cost, plan.company.currency),
        rows=rows_of(request, plan, chosen[: preview.LINES_SHOWN]),
        more=max(len(chosen) - preview.LINES_SHOWN, 0),
        orders=",".join(str(row.pk) for row in chosen),
        run_id=plan.run.pk,
        token=uuid4(),
        back=form.back,
        action_url=reverse(f"admin:planning_{page}"),
        snoozes=word == ExceptionWord.SNOOZED,
        needs_reason=word == ExceptionWord.DISMISSED,
        **preview.snooze_days(plan),
    )


def _chosen(plan: CurrentPlan, form: Form) -> Any:
    if not form.everything:
        return reads.exceptions(plan).filter(pk__in=form.ids)
    view = form.view
    group = view.get("group", "")
    return reads.exceptions(
        plan,
        group=group if group in AT_RISK_KINDS else "",
        location=view.get("location", ""),
        term=view.get("q", "").strip(),
        skus=addresses.read_pasted(view).skus,
    )


def _html(request: HttpRequest, plan: CurrentPlan, ids: Collection[int], view: QueryDict) -> dict[int, str]:
    if not ids:
        return {}
    shown = list(reads.exceptions(plan, handled=True).filter(pk__in=ids))
    abilities = places.abilities(request)
    return {
        row.id: render_to_string("planning/exception_line.html", {"row": row, **abilities}, request)
        for row in rows_of(request, plan, shown, TABLE.shown(TABLE.read_columns(view)))
    }
