"""Proposals as the worklist lists, counts and sorts them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import (
    Case,
    CharField,
    Count,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from inventory.services import search
from planning.models import OrderKind, PlannedOrder
from planning.services.decisions import standing
from planning.services.reads.edited import difference
from planning.services.reads.paging import Page, Place, page_at
from planning.services.reads.plan import CurrentPlan, Total
from stocksense.core.database.keyset import SortKey, ordered
from stocksense.core.database.membership import none_of, one_of

REBALANCE = "rebalance"
"""Reason of a transfer between locations of one level."""

TABS: dict[str, Q] = {
    "at_risk": ~Q(exception_kind="") & ~Q(reason=REBALANCE),
    "new": Q(exception_kind="", kind=OrderKind.PURCHASE),
    "transfers": Q(exception_kind="", kind=OrderKind.TRANSFER) & ~Q(reason=REBALANCE),
    "rebalancing": Q(reason=REBALANCE),
}
"""Why a proposal is made. Every proposal is in exactly one of them."""

SORTS: dict[str, tuple[str, ...]] = {
    "waiting": ("cost_of_inaction",),
    "item": ("item__sku",),
    "at": ("location__code",),
    "source": ("supplier__code", "origin__code"),
    "suggests": ("quantity",),
    "release": ("release_on",),
    "arrives": ("due_on",),
    "value": ("value",),
    "price": ("unit_price",),
}
"""What the list can be sorted by; fields of a planned order."""

MAY_BE_BLANK = ("supplier__code", "origin__code", "unit_price")

DEAREST_FIRST = "-waiting"


@dataclass(frozen=True)
class WorklistQuery:
    """What a planner asks of the worklist. Blank fields ask for everything."""

    tab: str = ""
    kind: str = ""
    suppliers: tuple[str, ...] = ()
    location: str = ""
    search: str = ""
    skus: tuple[str, ...] = ()
    whole_horizon: bool = False
    decided: bool = False


def planned_orders(plan: CurrentPlan, query: WorklistQuery) -> "QuerySet[PlannedOrder]":
    """Proposals that fit."""
    rows: QuerySet[PlannedOrder] = plan.rows(PlannedOrder)
    if not query.decided:
        rows = rows.filter(open_on(plan))
    if not query.whole_horizon:
        rows = rows.filter(release_on__lte=plan.action_window_ends)
    if query.tab in TABS:
        rows = rows.filter(TABS[query.tab])
    if query.kind:
        rows = rows.filter(kind=query.kind)
    if query.suppliers:
        rows = rows.filter(supplier__code__in=query.suppliers)
    if query.location:
        rows = rows.filter(location__code=query.location)
    if query.search:
        rows = rows.filter(item__in=search.find_items(query.search))
    return rows.filter(item__in=search.items_of(query.skus)) if query.skus else rows


def with_decisions(plan: CurrentPlan, rows: "QuerySet[PlannedOrder]") -> "QuerySet[PlannedOrder]":
    """Rows with `decision` and `draft_number`, of the decision that settles each (None while it is open)."""
    settled = standing.settled(plan.run)
    return rows.annotate(
        decision=Subquery(settled.values("decision")[:1]), draft_number=Subquery(settled.values("order_number")[:1])
    )


def open_on(plan: CurrentPlan) -> Q:
    """The condition that nothing settles a proposal of `plan`."""
    return Q(none_of("pk", plan.settled_ids))


def tab_totals(plan: CurrentPlan, query: WorklistQuery) -> dict[str, Total]:
    """Lines and value in every tab, under the other conditions of `query`, in one query."""
    whens = [When(condition, then=Value(name)) for name, condition in TABS.items()]
    grouped = (
        planned_orders(plan, replace(query, tab=""))
        .order_by()
        .annotate(tab=Case(*whens, output_field=CharField()))
        .values("tab")
        .annotate(lines=Count("pk"), worth=Sum("value"))
        .values_list("tab", "lines", "worth")
    )
    found = {tab: Total(lines, worth) for tab, lines, worth in grouped}
    return {tab: found.get(tab, Total()) for tab in TABS}


def edited_difference(plan: CurrentPlan, query: WorklistQuery) -> Decimal:
    """What edited quantities add to the value of the lines that fit `query`, company currency; below 0: what they save.

    One query where nothing is edited, else two.
    """
    found = plan.edited
    if not found:
        return Decimal(0)
    rows = planned_orders(plan, query).filter(one_of("pk", (one.planned_order_id for one in found)))
    return difference(found, set(rows.order_by().values_list("pk", flat=True)))


def sort_keys(sort: str = "", *, by_source: bool = False) -> list[SortKey]:
    """The order of `sort`, a name of `SORTS` with a minus for descending; the dearest first by default.

    `by_source` keeps the lines of one supplier or origin together. The order is total, so pages do not overlap.
    """
    name = sort.removeprefix("-")
    asked = sort if name in SORTS else DEAREST_FIRST
    minus = "-" if asked.startswith("-") else ""
    fields = [f"{minus}{field}" for field in SORTS[asked.removeprefix("-")]]
    names = dict.fromkeys([*(SORTS["source"] if by_source else ()), *fields])
    ties = [tie for tie in ("release_on", "-value", "id") if tie not in names and f"-{tie}" not in names]
    ties = [tie for tie in ties if tie.removeprefix("-") not in names]
    return [SortKey.of(name, nullable=name.removeprefix("-") in MAY_BE_BLANK) for name in (*names, *ties)]


def sorted_rows(rows: "QuerySet[PlannedOrder]", sort: str = "", *, by_source: bool = False) -> "QuerySet[PlannedOrder]":
    """Rows in the order of `sort_keys`."""
    return ordered(rows, sort_keys(sort, by_source=by_source))


def orders_page(
    rows: "QuerySet[PlannedOrder]", place: Place, size: int, sort: str = "", *, by_source: bool = False
) -> Page:
    """The page of `rows` at `place`, in the order of `sort_keys`.

    The order is found on ids alone: traces are long, and only the page's own rows are read `whole`.
    """
    keys = sort_keys(sort, by_source=by_source)
    return page_at(rows, keys, place, size, in_parts=keys[0].column == "cost_of_inaction")


def whole(plan: CurrentPlan, ids: Sequence[int]) -> list[PlannedOrder]:
    """The plan's orders with these ids, with item, places and supplier, in the order of `ids`."""
    rows = plan.rows(PlannedOrder).filter(pk__in=ids)
    found = {row.pk: row for row in rows.select_related("item", "location", "supplier", "origin")}
    return [found[pk] for pk in ids if pk in found]


def by_source(rows: "QuerySet[PlannedOrder]") -> "QuerySet[PlannedOrder]":
    """Rows with what a line shows, a source's lines together and its most costly first."""
    return sorted_rows(rows, by_source=True).select_related("item", "location", "supplier", "origin")


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
