"""Proposals as the worklist lists and counts them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, Q, QuerySet, Subquery, Sum

from inventory.services import search
from planning.models import PlannedOrder
from planning.services import decisions
from planning.services.reads.plan import CurrentPlan, Total


@dataclass(frozen=True)
class WorklistQuery:
    """What a planner asks of the worklist. Blank fields ask for everything."""

    kind: str = ""
    supplier: str = ""
    location: str = ""
    search: str = ""
    whole_horizon: bool = False
    decided: bool = False


def planned_orders(plan: CurrentPlan, query: WorklistQuery) -> "QuerySet[PlannedOrder]":
    """Proposals that fit, each with `decision` and `draft_number` (None while it is open)."""
    settled = decisions.settled(plan.run)
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
