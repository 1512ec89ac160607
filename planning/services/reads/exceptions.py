"""Exceptions as pages list and count them."""

from django.db.models import Count, QuerySet, Sum

from inventory.services import search
from planning.models import ExceptionKind, PlanException
from planning.services.reads.plan import CurrentPlan, Total, total_of

AT_RISK_KINDS: dict[str, tuple[ExceptionKind, ...]] = {
    "stocked_out": (ExceptionKind.STOCK_OUT,),
    "at_risk": (ExceptionKind.STOCK_OUT_RISK, ExceptionKind.SOURCE_SHORT),
    "late": (ExceptionKind.LATE_ORDER, ExceptionKind.OVERDUE_RECEIPT),
    "excess": (ExceptionKind.EXCESS,),
    "cannot_plan": (ExceptionKind.CANNOT_PLAN, ExceptionKind.HORIZON_TOO_SHORT),
}
"""The groups in which exceptions are counted and listed."""


def exception_totals(plan: CurrentPlan) -> dict[str, Total]:
    """Exceptions and their cost of inaction, by group of `AT_RISK_KINDS`."""
    rows = plan.rows(PlanException).order_by().values("kind").annotate(found=Count("pk"), cost=Sum("cost_of_inaction"))
    by_kind = {row["kind"]: Total(row["found"], row["cost"]) for row in rows}
    return {group: total_of(by_kind.get(kind, Total()) for kind in kinds) for group, kinds in AT_RISK_KINDS.items()}


def exceptions(plan: CurrentPlan, *, group: str = "", location: str = "", term: str = "") -> "QuerySet[PlanException]":
    """Exceptions of a group (blank: all), the dearest first."""
    rows = plan.rows(PlanException).select_related("item", "location").order_by("-cost_of_inaction", "due_on", "pk")
    if group in AT_RISK_KINDS:
        rows = rows.filter(kind__in=AT_RISK_KINDS[group])
    if location:
        rows = rows.filter(location__code=location)
    return rows.filter(item__in=search.find_items(term)) if term else rows
