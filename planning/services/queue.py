"""What to do first: proposals and exceptions in one list, what is due soon before the rest, by what waiting costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum

from planning.models import Decision, ExceptionKind, PlanDecision, PlanException, PlannedOrder, PlanRun
from planning.services import reads
from planning.services.reads import CurrentPlan, Key, WorklistQuery
from stocksense.company.models import RunState
from vendors.models import SupplierItem

LOOKED_AT = 60
"""Rows of each kind that are merged: enough for the list even where one item-location has several."""

ABOUT_ORDERS = (
    ExceptionKind.OVERDUE_RECEIPT,
    ExceptionKind.EXPEDITE,
    ExceptionKind.PAST_DUE_RELEASE,
    ExceptionKind.DEFER,
    ExceptionKind.CANCEL,
    ExceptionKind.SOURCE_SHORT,
)
"""Kinds whose subject, where they have one, is an open order: its lines are one piece of work."""

BY_FIXING_DATA = (ExceptionKind.CANNOT_PLAN, ExceptionKind.HORIZON_TOO_SHORT)
"""Kinds that a change of data answers; they have a list of their own."""


BY_ORDERING = (
    ExceptionKind.STOCK_OUT,
    ExceptionKind.STOCK_OUT_RISK,
    ExceptionKind.LATE_ORDER,
    ExceptionKind.SOURCE_SHORT,
)
"""Kinds that a proposal of the item-location answers: together they are one piece of work."""


@dataclass(frozen=True)
class Work:
    """One thing to do. `order` is the proposal that answers it, `exception` what warns of it; one may be missing.

    An open order with several warnings has its number in `subject` and counts them in `lines`.
    """

    cost: Decimal
    due_on: date
    order: PlannedOrder | None = None
    exception: PlanException | None = None
    subject: str = ""
    kind: str = ""
    lines: int = 1


def first_things(plan: CurrentPlan, *, most: int = 10, query: WorklistQuery | None = None) -> list[Work]:
    """The dearest undecided work: what is due within the action window, dearest first, then what can wait longer.

    `query` narrows it to what a planner cares for.

    A proposal and the warnings of its item-location are one piece of work. Three queries.
    """
    wanted = query or WorklistQuery()
    orders = reads.planned_orders(plan, wanted).select_related("item", "location", "supplier", "origin")
    warnings = reads.exceptions(plan, location=wanted.location, term=wanted.search, skus=wanted.skus)
    warnings = warnings.exclude(kind__in=BY_FIXING_DATA)
    if wanted.suppliers:
        theirs = SupplierItem.objects.filter(supplier__code__in=wanted.suppliers)
        warnings = warnings.filter(item__in=theirs.values("item"))
    dearest = orders.filter(cost_of_inaction__gt=0).order_by("-cost_of_inaction", "release_on", "pk")[:LOOKED_AT]
    ends = plan.action_window_ends
    single = (
        warnings.filter(Q(subject="") | ~Q(kind__in=ABOUT_ORDERS), cost_of_inaction__gt=0)
        .annotate(is_later=Q(due_on__gt=ends))
        .order_by("is_later", "-cost_of_inaction", "due_on", "pk")[:LOOKED_AT]
    )
    work = [*_by_item_location(dearest, single), *_by_order(warnings)]
    return sorted(work, key=lambda one: (one.due_on > ends, -one.cost, one.due_on))[:most]


def cannot_plan(plan: CurrentPlan, *, most: int = 3) -> list[PlanException]:
    """Item-locations that could not be planned (or not to the end), the dearest first."""
    return list(reads.exceptions(plan, group="cannot_plan")[:most])


def back_today(plan: CurrentPlan) -> "QuerySet[PlanDecision]":
    """Snoozed proposals that this plan is the first to bring back, on their own order day or on one they reach."""
    days = PlanRun.objects.filter(
        scenario=plan.run.scenario_id, state=RunState.FINISHED, as_of__lt=plan.run.as_of
    ).aggregate(last=Max("as_of"))
    before: date = days["last"] or plan.run.as_of - timedelta(days=1)
    still = plan.rows(PlannedOrder).filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        Q(need_on=OuterRef("need_on")) | Q(need_on__gt=OuterRef("need_on"), need_on__lte=plan.run.as_of),
        item=OuterRef("item"),
        location=OuterRef("destination"),
    )
    rows = PlanDecision.objects.filter(
        Exists(still),
        scenario=plan.run.scenario_id,
        decision=Decision.SNOOZED,
        snoozed_until__gt=before,
        snoozed_until__lte=plan.run.as_of,
    )
    return rows.select_related("item", "destination", "supplier", "origin").order_by("item__sku", "destination__code")


def _by_item_location(orders: Iterable[PlannedOrder], warnings: Iterable[PlanException]) -> list[Work]:
    found: dict[Key, Work] = {}
    alone: list[Work] = []
    for order in orders:
        found.setdefault(
            (order.item_id, order.location_id), Work(order.cost_of_inaction, order.release_on, order=order)
        )
    for warning in warnings:
        key = (warning.item_id, warning.location_id)
        known = found.get(key)
        if known is None or known.order is None or warning.kind not in BY_ORDERING:
            alone.append(
                Work(
                    warning.cost_of_inaction,
                    warning.due_on,
                    exception=warning,
                    kind=warning.kind,
                    subject=warning.subject,
                )
            )
        elif known.exception is None:
            found[key] = Work(
                max(known.cost, warning.cost_of_inaction),
                min(known.due_on, warning.due_on),
                order=known.order,
                exception=warning,
                kind=warning.kind,
            )
    return [*found.values(), *alone]


def _by_order(warnings: "QuerySet[PlanException]") -> list[Work]:
    rows = (
        warnings.filter(kind__in=ABOUT_ORDERS)
        .exclude(subject="")
        .order_by()
        .values("subject", "kind")
        .annotate(cost=Sum("cost_of_inaction"), due=Min("due_on"), lines=Count("pk"))
        .filter(cost__gt=0)
        .order_by(F("cost").desc(), "subject")[:LOOKED_AT]
    )
    return [Work(row["cost"], row["due"], subject=row["subject"], kind=row["kind"], lines=row["lines"]) for row in rows]
