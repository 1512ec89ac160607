"""Approving, rejecting, snoozing and editing proposals, and undoing what was done. POST only."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.http import require_POST

from planning.admin import places
from planning.admin.decisions import answers, forms, preview
from planning.admin.decisions.forms import MOST_AT_ONCE, Form
from planning.admin.worklist import asked as addresses
from planning.admin.worklist.lines import lines_of
from planning.models import PlannedOrder
from planning.services import decisions, reads
from planning.services.decisions import DecisionResult
from planning.services.reads import CurrentPlan, WorklistQuery
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError, InvalidInput

Act = Callable[..., DecisionResult]

NEWER = "A newer plan has been made since the page was opened. Nothing was changed: please look again."
DECIDED = "These lines have been decided already."
MOST_SHOWN = 200
"""Lines that an open page asks for at once."""


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """Preview the drafts of the chosen proposals, or make them where the preview was confirmed."""
    return _decide(request, "approve", decisions.approve_planned_orders, seen=forms.read(request).seen)


@require_POST
def reject(request: HttpRequest) -> HttpResponse:
    """Preview the chosen proposals, or reject them where the preview was confirmed."""
    return _decide(request, "reject", decisions.reject_planned_orders)


@require_POST
def snooze(request: HttpRequest) -> HttpResponse:
    """Ask until when, or put the chosen proposals aside until then."""
    form = forms.read(request)
    return _decide(request, "snooze", decisions.snooze_planned_orders, until=form.until, until_change=form.until_change)


@require_POST
def edit(request: HttpRequest) -> HttpResponse:
    """The form of one line's quantity, or set it where the form was sent."""
    form, plan = forms.read(request), reads.current_plan()
    found = reads.whole(plan, form.ids[:1]) if plan else []
    if plan is None or plan.run.pk != form.run_id or not found:
        return answers.nothing_to_do(request, form.back, NEWER)
    if not form.confirmed:
        return _edit_page(request, plan, form, found[0])
    typed = request.POST.get("quantity", "").strip()
    try:
        result = decisions.edit_planned_order(
            planned_order_id=found[0].pk,
            run_id=form.run_id,
            quantity=_quantity(typed),
            actor=request.user,
            reason=form.reason,
            token=form.token,
        )
    except DomainError as error:
        if answers.wants_json(request):
            return answers.refused(request, form.back, error, field="quantity" if error.status == 422 else "")
        return _edit_page(request, plan, form, found[0], typed=typed, error=error)
    rows = answers.rows_of(request, form.view, [order.pk for order in result.decided])
    said = f"Quantity changed.{_off_pack(found[0], _quantity(typed))}"
    return answers.done(request, form, said, rows, drafts={})


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take one act back as a whole."""
    form = forms.read(request)
    batch_id = request.POST.get("batch", "")
    if not forms.is_id(batch_id):
        return answers.nothing_to_do(request, form.back, "There is nothing to undo.")
    try:
        batch = decisions.undo_batch(batch_id=int(batch_id), actor=request.user)
    except DomainError as error:
        return answers.refused(request, form.back, error)
    back_again = set(batch.entries.values_list("planned_order_id", flat=True)) & set(form.shown)
    rows = answers.rows_of(request, form.view, back_again)
    return answers.done(request, form, f"Undone: {answers.says(batch)}.", rows, drafts={})


def lines(request: HttpRequest) -> HttpResponse:
    """The lines with these ids as they stand now, for a page that heard of a decision."""
    ids = [int(part) for part in request.GET.get("ids", "").split(",") if forms.is_id(part)][:MOST_SHOWN]
    rows = answers.rows_of(request, QueryDict(request.GET.get("view", "")), ids)
    return JsonResponse({"rows": rows, "undo": answers.undo_offer(request)})


def _decide(request: HttpRequest, verb: str, act: Act, **given: Any) -> HttpResponse:
    form, plan = forms.read(request), reads.current_plan()
    if not form.run_id or not (form.ids or form.everything):
        return answers.nothing_to_do(request, form.back, f"Select at least one line to {verb}.")
    if not form.confirmed:
        if plan is None or plan.run.pk != form.run_id:
            return answers.nothing_to_do(request, form.back, NEWER)
        return _preview(request, verb, plan, form)
    try:
        result = act(
            planned_order_ids=form.ids,
            run_id=form.run_id,
            actor=request.user,
            reason=form.reason,
            token=form.token,
            **given,
        )
    except DomainError as error:
        return answers.refused(request, form.back, error, field="until" if "until" in error.fields else "")
    return _tell(request, form, result)


def _preview(request: HttpRequest, verb: str, plan: CurrentPlan, form: Form) -> HttpResponse:
    ids = _matching(plan, form) if form.everything else form.ids
    if len(ids) > MOST_AT_ONCE:
        many = formats.count(len(ids), "line")
        return answers.nothing_to_do(
            request, form.back, f"{many} match; up to {MOST_AT_ONCE:,} are decided at once. Narrow the list down first."
        )
    still_open = reads.planned_orders(plan, WorklistQuery(whole_horizon=True)).filter(pk__in=ids)
    chosen = reads.whole(plan, list(reads.sorted_rows(still_open).values_list("pk", flat=True)))
    if not chosen:
        return answers.nothing_to_do(request, form.back, DECIDED)
    return preview.page(request, verb, plan, form, chosen)


def _matching(plan: CurrentPlan, form: Form) -> list[int]:
    """Every open line that the list's address asks for, on whatever page."""
    query = addresses.read(form.view).query
    rows = reads.planned_orders(plan, query).filter(reads.open_on(plan))
    return list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])


def _tell(request: HttpRequest, form: Form, result: DecisionResult) -> HttpResponse:
    if result.batch is None:
        return answers.nothing_to_do(request, form.back, DECIDED)
    drafts = places.order_urls({order.number for order in (*result.purchase_orders, *result.transfer_orders)})
    decided = [order.pk for order in result.decided]
    said = f"{formats.count(len(decided), 'line')} {result.batch.get_verb_display()}.{answers.skipped(request, result)}"
    shown = [pk for pk in decided if pk in set(form.shown)]
    return answers.done(request, form, said, answers.rows_of(request, form.view, shown), drafts=drafts)


def _quantity(typed: str) -> Decimal:
    """A quantity as people type it: '96', '1,200' or '0.5'."""
    try:
        return Decimal(typed.replace(" ", "").replace(",", ""))
    except InvalidOperation as error:
        raise InvalidInput("Type a quantity as a number, such as 96.", quantity=typed) from error


def _off_pack(order: PlannedOrder, quantity: Decimal) -> str:
    """What to know where a quantity is not what the source sells: below its minimum, or not whole packs."""
    rounding = order.trace.get("rounding") or {}
    unit, decimals = order.item.uom, order.item.uom_decimals
    least, pack = (Decimal(str(rounding.get(name) or 0)) for name in ("min_quantity", "multiple"))
    said = []
    if quantity < least:
        said.append(f"the source's minimum is {formats.quantity(least, unit, decimals)}")
    if pack > 0 and quantity % pack:
        said.append(f"it sells in packs of {formats.quantity(pack, unit, decimals)}")
    return f" Mind that {' and '.join(said)}." if said else ""


def _edit_page(
    request: HttpRequest,
    plan: CurrentPlan,
    form: Form,
    row: PlannedOrder,
    *,
    typed: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    """The same form as in the line, on a page of its own; what was typed stays."""
    line = lines_of(plan, [row], ("suggests",))[0]
    return places.render(
        request,
        "planning/edit_quantity.html",
        title=f"Quantity of {line.name}",
        status=error.status if error else 200,
        line=line,
        run_id=plan.run.pk,
        back=form.back,
        typed=typed or line.quantity,
        reason=form.reason,
        error=error.message if error else "",
    )
