"""What pages show of the current plan: one query per question, however long the plan is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum

from inventory.services import search
from planning.models import Decision, ExceptionKind, PlanDecision, PlanException, PlannedOrder, PlanRun, Projection
from policies.models import Policy
from stocksense.company import services as company
from stocksense.company.models import CompanySettings, CurrentRun, RunKind
from stocksense.ingestion.models import DataFeed
from stocksense.jobs.models import ENDED, Job

Key = tuple[int, int]

AT_RISK_KINDS: dict[str, tuple[ExceptionKind, ...]] = {
    "stocked_out": (ExceptionKind.STOCK_OUT,),
    "at_risk": (ExceptionKind.STOCK_OUT_RISK, ExceptionKind.SOURCE_SHORT),
    "late": (ExceptionKind.LATE_ORDER, ExceptionKind.OVERDUE_RECEIPT),
    "excess": (ExceptionKind.EXCESS,),
    "cannot_plan": (ExceptionKind.CANNOT_PLAN, ExceptionKind.HORIZON_TOO_SHORT),
}
"""The groups in which exceptions are counted and listed."""


@dataclass(frozen=True)
class CurrentPlan:
    """The plan that readers see, and the company whose plan it is."""

    run: PlanRun
    company: CompanySettings

    @property
    def action_window_ends(self) -> date:
        """Last release date that asks for action now: one review period after the plan's day."""
        return self.run.as_of + timedelta(days=self.company.default_review_days)

    def rows(self, model: Any) -> "QuerySet[Any]":
        """The rows of this plan in one of its tables, reading their partition only."""
        return model.objects.filter(run_id=self.run.pk, run_date=self.run.run_date)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class WorklistQuery:
    """What a planner asks of the worklist. Blank fields ask for everything."""

    kind: str = ""
    supplier: str = ""
    location: str = ""
    search: str = ""
    whole_horizon: bool = False
    decided: bool = False


def current_plan() -> CurrentPlan | None:
    """The baseline's current plan; None before the first cycle."""
    pointer = CurrentRun.objects.run_of(RunKind.PLAN)
    run = (
        PlanRun.objects.select_related("scenario", "policy_run__forecast_run").filter(pk=pointer.run_id).first()
        if pointer
        else None
    )
    return CurrentPlan(run, company.settings()) if run else None


def planned_orders(plan: CurrentPlan, query: WorklistQuery) -> "QuerySet[PlannedOrder]":
    """Proposals that fit, each with `decision` and `draft_number` (None while it is open)."""
    settled = _settled(plan)
    rows: QuerySet[PlannedOrder] = plan.rows(PlannedOrder).annotate(
        decision=Subquery(settled.values("decision")[:1]), draft_number=Subquery(settled.values("order_number")[:1])
    )
    if not query.decided:
        rows = rows.filter(~Exists(settled))
    if not query.whole_horizon:
        rows = rows.filter(release_on__lte=plan.action_window_ends)
    if query.kind:
        rows = rows.filter(kind=query.kind)
    if query.supplier:
        rows = rows.filter(supplier__code=query.supplier)
    if query.location:
        rows = rows.filter(location__code=query.location)
    if query.search:
        rows = rows.filter(item__in=search.find_items(query.search))
    return rows


def by_source(rows: "QuerySet[PlannedOrder]") -> "QuerySet[PlannedOrder]":
    """Rows with what a line shows, a source's lines together and its most costly first."""
    return rows.select_related("item", "location", "supplier", "origin").order_by(
        "supplier__code", "origin__code", "-cost_of_inaction", "item__sku", "location__code", "pk"
    )


@dataclass(frozen=True)
class Total:
    """How many, and what they are worth."""

    count: int = 0
    money: Decimal = Decimal(0)


def source_totals(
    rows: "QuerySet[PlannedOrder]", on_page: Iterable[PlannedOrder]
) -> dict[tuple[int | None, int | None], Total]:
    """Lines and value per (supplier id, origin id), of the sources that a page shows, over all of `rows`."""
    shown = list(on_page)
    suppliers = {row.supplier_id for row in shown if row.supplier_id}
    origins = {row.origin_id for row in shown if row.origin_id}
    grouped = (
        rows.filter(Q(supplier_id__in=suppliers) | Q(origin_id__in=origins))
        .order_by()
        .values("supplier_id", "origin_id")
        .annotate(lines=Count("pk"), worth=Sum("value"))
        .values_list("supplier_id", "origin_id", "lines", "worth")
    )
    return {(supplier, origin): Total(lines, worth) for supplier, origin, lines, worth in grouped}


def due_totals(plan: CurrentPlan) -> dict[str, Total]:
    """Open proposals due for release, by order kind."""
    rows = planned_orders(plan, WorklistQuery()).order_by().values("kind")
    found = rows.annotate(lines=Count("pk"), worth=Sum("value")).values_list("kind", "lines", "worth")
    return {kind: Total(lines, worth) for kind, lines, worth in found}


def exception_totals(plan: CurrentPlan) -> dict[str, Total]:
    """Exceptions and their cost of inaction, by group of `AT_RISK_KINDS`."""
    rows = plan.rows(PlanException).order_by().values("kind").annotate(found=Count("pk"), cost=Sum("cost_of_inaction"))
    by_kind = {row["kind"]: Total(row["found"], row["cost"]) for row in rows}
    return {group: _sum(by_kind.get(kind, Total()) for kind in kinds) for group, kinds in AT_RISK_KINDS.items()}


def exceptions(plan: CurrentPlan, *, group: str = "", location: str = "", term: str = "") -> "QuerySet[PlanException]":
    """Exceptions of a group (blank: all), the dearest first."""
    rows = plan.rows(PlanException).select_related("item", "location").order_by("-cost_of_inaction", "due_on", "pk")
    if group in AT_RISK_KINDS:
        rows = rows.filter(kind__in=AT_RISK_KINDS[group])
    if location:
        rows = rows.filter(location__code=location)
    return rows.filter(item__in=search.find_items(term)) if term else rows


def policies_of(plan: CurrentPlan, keys: Collection[Key]) -> dict[Key, Policy]:
    """The effective policies of these item-locations, without their arrays and traces."""
    run = plan.run.policy_run
    rows = Policy.objects.filter(
        run_id=run.pk,
        run_date=run.run_date,
        item_id__in={item for item, _ in keys},
        location_id__in={location for _, location in keys},
    ).defer("reorder_points", "order_up_to_levels", "trace")
    return {(row.item_id, row.location_id): row for row in rows}


def planned_count(plan: CurrentPlan) -> int:
    """How many item-locations the plan projects."""
    counted = plan.run.summary.get("item_locations")
    return counted if isinstance(counted, int) else plan.rows(Projection).count()


def feeds() -> list[DataFeed]:
    """Every kind of data that was ever loaded."""
    return list(DataFeed.objects.order_by("kind"))


def cycle_under_way() -> Job | None:
    """The newest planning cycle that waits or runs."""
    return Job.objects.filter(kind__startswith="planning").exclude(state__in=ENDED).first()


def _settled(plan: CurrentPlan) -> "QuerySet[PlanDecision]":
    """Decisions that settle the proposal of the outer query (the rule of `decisions.settles`, in SQL)."""
    same_source = Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin"))
    seen = Q(run_id=plan.run.pk) | Q(updated_at__gte=plan.run.started_at)
    return PlanDecision.objects.filter(
        same_source,
        Q(decision=Decision.REJECTED) | (Q(decision=Decision.APPROVED) & seen),
        scenario=plan.run.scenario_id,
        item=OuterRef("item"),
        destination=OuterRef("location"),
        need_on=OuterRef("need_on"),
    ).order_by()


def _sum(totals: Iterable[Total]) -> Total:
    found = list(totals)
    return Total(sum(total.count for total in found), sum((total.money for total in found), Decimal(0)))
