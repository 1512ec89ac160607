"""Baskets: a supplier's lines for one destination, filled up to its minimum or a truck, and ordered after a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from inventory.models import Location
from planning.admin import basket_rows as rows
from planning.admin import places
from planning.models import BatchVerb, DecisionBatch
from planning.services import basket as service
from planning.services import decisions, reads
from planning.services.basket import Basket
from planning.services.reads import CurrentPlan
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError
from vendors.models import Supplier

FILLS = ("value", "volume", "weight")
LONGEST_ID = 18


@dataclass(frozen=True)
class Given:
    """What a form says: the quantities of the chosen lines, all quantities as they were typed, and what is wrong."""

    chosen: Mapping[int, Decimal]
    typed: Mapping[int, str]
    problem: str = ""


def overview(request: HttpRequest) -> HttpResponse:
    """Every basket with lines due now, the one whose waiting costs most first."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Baskets")
    found = service.baskets(plan)
    shown = places.one_page(request, found)
    return places.render(
        request,
        "planning/baskets.html",
        title="Baskets by supplier",
        baskets=[rows.summary(one, plan) for one in shown],
        page=shown,
        page_query=places.query_without(request, "page"),
        window_ends=formats.short_day(plan.action_window_ends),
    )


def page(request: HttpRequest, supplier_id: int, location_id: int) -> HttpResponse:
    """One basket; `fill` in the address suggests what to add until a goal is reached."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Basket")
    fill = request.GET.get("fill", "")
    basket = _open(request, plan, supplier_id, location_id, fill if fill in FILLS else "")
    return _show(request, plan, basket)


@require_POST
def approve(request: HttpRequest, supplier_id: int, location_id: int) -> HttpResponse:
    """Preview the order, go back to change it, or place it where the preview was confirmed."""
    plan = reads.current_plan()
    back = reverse("admin:planning_basket", args=[supplier_id, location_id])
    if plan is None or request.POST.get("run") != str(plan.run.pk):
        messages.error(
            request, "A newer plan has been made since the page was opened. Nothing was ordered: look again."
        )
        return HttpResponseRedirect(back)
    given = _read(request)
    if "confirmed" in request.POST and not given.problem:
        return _place(request, plan, supplier_id, location_id, given, back)
    basket = _open(request, plan, supplier_id, location_id, "")
    if "change" in request.POST or given.problem:
        if given.problem:
            messages.error(request, given.problem)
        return _show(request, plan, basket, given)
    return _preview(request, plan, basket, given)


@require_POST
def undo(request: HttpRequest, supplier_id: int, location_id: int) -> HttpResponse:
    """Take back what was ordered here, while it is a draft."""
    back = reverse("admin:planning_basket", args=[supplier_id, location_id])
    batch = request.POST.get("batch", "")
    try:
        if _is_id(batch):
            decisions.undo_batch(batch_id=int(batch), actor=request.user)  # type: ignore[arg-type]
            messages.success(request, "Undone: the lines wait for a decision again.")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


def _open(request: HttpRequest, plan: CurrentPlan, supplier_id: int, location_id: int, fill: str) -> Basket:
    supplier = Supplier.objects.filter(pk=supplier_id).first()
    location = Location.objects.filter(pk=location_id).first()
    if supplier is None or location is None:
        raise Http404
    return service.open_basket(
        plan,
        supplier=supplier,
        location=location,
        fill=fill,
        actor=request.user,  # type: ignore[arg-type]
    )


def _show(request: HttpRequest, plan: CurrentPlan, basket: Basket, given: Given | None = None) -> HttpResponse:
    args = [basket.supplier.pk, basket.location.pk]
    typed, chosen = (given.typed, given.chosen) if given else (None, None)
    return places.render(
        request,
        "planning/basket.html",
        title=f"Basket: {basket.supplier} → {basket.location}",
        plan=plan.run,
        basket=basket,
        terms=rows.terms_text(basket.terms, plan.company.currency)
        if basket.terms.currency != plan.company.currency
        else "",
        held=rows.held_text(basket, plan.company.currency),
        held_url=reverse("admin:vendors_purchaseorder_change", args=[basket.held.order_id])
        if basket.held.number
        else "",
        goals=[rows.goal(goal, plan.company.currency) for goal in basket.goals],
        due=[rows.line(line, plan, typed, chosen) for line in basket.due],
        later=[rows.line(line, plan, typed, chosen) for line in basket.later],
        base=rows.base(basket),
        total=rows.totals_text(basket.totals, plan.company.currency),
        currency=formats.money(0, plan.company.currency).removesuffix("0").strip(),
        window_ends=formats.short_day(plan.action_window_ends),
        can_approve=request.user.has_perm("planning.approve"),
        approve_url=reverse("admin:planning_basket_approve", args=args),
        undo_url=reverse("admin:planning_basket_undo", args=args),
        page_url=reverse("admin:planning_basket", args=args),
        done=_done(request),
    )


def _preview(request: HttpRequest, plan: CurrentPlan, basket: Basket, given: Given) -> HttpResponse:
    chosen = [line for line in basket.lines if line.order.pk in given.chosen]
    if not chosen:
        messages.warning(request, "Choose at least one line with a quantity above zero.")
        return _show(request, plan, basket, given)
    currency = plan.company.currency
    adds = service.priced(chosen, given.chosen)
    totals = basket.held.totals.plus(adds)
    limit = decisions.limit_of(request.user)  # type: ignore[arg-type]
    dates = service.travel_dates(
        [line.order for line in chosen], as_of=plan.run.as_of, window_ends=plan.action_window_ends
    )
    return places.render(
        request,
        "planning/basket_preview.html",
        title=f"Order from {basket.supplier}",
        run_id=plan.run.pk,
        token=uuid4(),
        lines=[rows.preview(line, given.chosen[line.order.pk], dates.get(line.order.pk), currency) for line in chosen],
        line_count=formats.count(len(chosen), "line"),
        value=formats.money(adds.value, currency),
        held=rows.held_text(basket, currency),
        goals=[rows.goal(goal, currency) for goal in service.goals_of(basket.supplier, basket.terms, totals)],
        limit=formats.money(limit, currency) if limit is not None else "",
        above_limit=decisions.ask_for(decisions.who_may(totals.value))
        if limit is not None and totals.value > limit
        else "",
        destination=basket.location,
        supplier=basket.supplier,
        approve_url=reverse("admin:planning_basket_approve", args=[basket.supplier.pk, basket.location.pk]),
    )


def _place(
    request: HttpRequest, plan: CurrentPlan, supplier_id: int, location_id: int, given: Given, back: str
) -> HttpResponse:
    try:
        result = service.approve_basket(
            plan=plan,
            supplier_id=supplier_id,
            location_id=location_id,
            quantities=given.chosen,
            actor=request.user,  # type: ignore[arg-type]
            reason=request.POST.get("reason", "").replace("\x00", "").strip(),
            token=_token(request),
        )
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back)
    if result.skipped:
        messages.info(request, f"{formats.count(len(result.skipped), 'line')} had been decided already.")
    if result.batch is None:
        return HttpResponseRedirect(back)
    numbers = ", ".join(order.number for order in result.purchase_orders)
    messages.success(request, format_html("{} ordered: {}", formats.count(len(result.decided), "line"), numbers))
    return HttpResponseRedirect(f"{back}?done={result.batch.pk}")


def _read(request: HttpRequest) -> Given:
    typed = {
        int(name.removeprefix("quantity-")): value.strip()
        for name, value in request.POST.items()
        if name.startswith("quantity-") and _is_id(name.removeprefix("quantity-"))
    }
    chosen: dict[int, Decimal] = {}
    for value in request.POST.getlist("order"):
        if not _is_id(value):
            continue
        text = typed.get(int(value), "")
        quantity = _quantity(text)
        if quantity is None:
            return Given(
                chosen, typed, f"“{text[:20]}” is not a quantity that can be ordered. Correct it and try again."
            )
        if quantity > 0:
            chosen[int(value)] = quantity
    return Given(chosen, typed)


def _quantity(text: str) -> Decimal | None:
    """A number from 0 on with a point for decimals; None for anything else."""
    try:
        number = Decimal(text.replace(" ", "") or "0")
    except InvalidOperation:
        return None
    return number if number.is_zero() or decisions.is_quantity(number) else None


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_ID


def _token(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("token", ""))
    except ValueError:
        return None


def _done(request: HttpRequest) -> DecisionBatch | None:
    """What this person ordered just now, as long as it can be undone."""
    asked = request.GET.get("done", "")
    if not _is_id(asked):
        return None
    found = DecisionBatch.objects.filter(
        pk=int(asked), actor=request.user.pk, verb=BatchVerb.APPROVE, undone_at__isnull=True
    )
    return found.first()
