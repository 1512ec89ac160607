"""The worklist: proposals that need a decision, grouped by where the goods come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from inventory.services.positions import StockPosition, stock_positions
from planning.admin import places
from planning.models import Decision, OrderKind, PlannedOrder
from planning.services import reads
from planning.services.explain import explain_order
from planning.services.reads import CurrentPlan, Total, WorklistQuery
from policies.models import Policy
from stocksense.core.admin import formats
from vendors.models import Supplier


@dataclass(frozen=True)
class Line:
    """A proposal as the table shows it."""

    id: int
    item: str
    sku: str
    url: str
    at: str
    have: str
    position: str
    levels: str
    suggests: str
    unit: str
    release: str
    arrives: str
    value: str
    waiting: str
    why: list[str]
    late: bool
    decision: str
    draft: str
    draft_url: str


@dataclass(frozen=True)
class Group:
    """The lines of one supplier or origin on this page, with the totals of all its lines."""

    name: str
    count: str
    value: str
    lines: list[Line] = field(default_factory=list)


def page(request: HttpRequest) -> HttpResponse:
    """The worklist, filtered and paged; empty states say what to do next."""
    plan = reads.current_plan()
    if plan is None:
        return places.render(request, "planning/no_plan.html", title="Worklist")
    query = read_query(request)
    rows = reads.planned_orders(plan, query)
    shown = places.one_page(request, reads.by_source(rows))
    due = reads.due_totals(plan)
    return places.render(
        request,
        "planning/worklist.html",
        title="Worklist",
        plan=plan.run,
        groups=_groups(plan, rows, list(shown)),
        page=shown,
        page_query=places.query_without(request, "page"),
        query=query,
        tabs=places.tabs(query.kind, due, reads.exception_totals(plan)),
        suppliers=Supplier.objects.filter(is_active=True).values_list("code", "name"),
        locations=places.locations(),
        window_ends=formats.short_day(plan.action_window_ends),
        can_approve=request.user.has_perm("planning.approve"),
        can_reject=request.user.has_perm("planning.decide"),
        back=request.get_full_path(),
        is_filtered=bool(query.supplier or query.location or query.search),
        reset_url=f"{reverse('admin:planning_worklist')}?kind={query.kind}",
    )


def read_query(request: HttpRequest) -> WorklistQuery:
    """What the address asks for. Without a kind: purchases."""
    asked = request.GET
    kind = asked.get("kind", "")
    return WorklistQuery(
        kind=kind if kind in OrderKind.values else OrderKind.PURCHASE.value,
        supplier=asked.get("supplier", ""),
        location=asked.get("location", ""),
        search=asked.get("q", "").strip(),
        whole_horizon=asked.get("horizon") == "all",
        decided=asked.get("decided") == "yes",
    )


def _groups(plan: CurrentPlan, rows: Any, shown: Sequence[PlannedOrder]) -> list[Group]:
    keys = {(row.item_id, row.location_id) for row in shown}
    positions, policies = stock_positions(keys), reads.policies_of(plan, keys)
    totals = reads.source_totals(rows, shown)
    drafts = places.order_urls({row.draft_number for row in shown if row.draft_number})  # type: ignore[attr-defined]
    groups = []
    for source, found in groupby(shown, key=lambda row: (row.supplier_id, row.origin_id)):
        lines = list(found)
        total = totals.get(source, Total())
        groups.append(
            Group(
                name=str(lines[0].supplier or lines[0].origin),
                count=formats.count(total.count, "line"),
                value=formats.money(total.money, plan.company.currency),
                lines=[
                    _line(
                        plan,
                        row,
                        positions[row.item_id, row.location_id],
                        policies.get((row.item_id, row.location_id)),
                        drafts,
                    )
                    for row in lines
                ],
            )
        )
    return groups


def _line(
    plan: CurrentPlan, row: PlannedOrder, position: StockPosition, policy: Policy | None, drafts: dict[str, str]
) -> Line:
    unit, decimals, currency = row.item.uom, row.item.uom_decimals, plan.company.currency
    draft = row.draft_number or ""  # type: ignore[attr-defined]
    decision = row.decision or ""  # type: ignore[attr-defined]
    return Line(
        id=row.pk,
        item=row.item.name or row.item.sku,
        sku=row.item.sku,
        url=places.item_location_url(row.item_id, row.location_id),
        at=row.location.name or row.location.code,
        have=formats.quantity(position.on_hand, decimals=decimals),
        position=formats.quantity(position.position, decimals=decimals),
        levels=f"{policy.reorder_point:,.0f} / {policy.order_up_to:,.0f}" if policy else formats.NONE,
        suggests=formats.quantity(row.quantity, decimals=decimals),
        unit=unit,
        release=formats.short_day(row.release_on),
        arrives=formats.short_day(row.due_on),
        value=formats.money(row.value, currency),
        waiting=formats.money(row.cost_of_inaction, currency) if row.cost_of_inaction else formats.NONE,
        why=explain_order(row, policy, as_of=plan.run.as_of),
        late=row.release_on < plan.run.as_of,
        decision=Decision(decision).label if decision else "",
        draft=draft,
        draft_url=drafts.get(draft, ""),
    )
