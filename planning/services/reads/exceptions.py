"""Exceptions as pages list and count them."""

from collections.abc import Collection, Sequence

from django.db.models import Count, Exists, QuerySet, Sum

from inventory.services import search
from planning.models import ExceptionDecision, ExceptionKind, PlanException, PlannedOrder
from planning.services.decisions import exception_key, exception_settles, measured, settled, settled_exceptions
from planning.services.reads.paging import Page, Place, page_at
from planning.services.reads.plan import CurrentPlan, Total, total_of
from stocksense.core.database.keyset import SortKey, ordered

AT_RISK_KINDS: dict[str, tuple[ExceptionKind, ...]] = {
    "stocked_out": (ExceptionKind.STOCK_OUT,),
    "at_risk": (ExceptionKind.STOCK_OUT_RISK, ExceptionKind.SOURCE_SHORT),
    "late": (
        ExceptionKind.LATE_ORDER,
        ExceptionKind.EXPEDITE,
        ExceptionKind.OVERDUE_RECEIPT,
        ExceptionKind.PAST_DUE_RELEASE,
    ),
    "excess": (ExceptionKind.EXCESS, ExceptionKind.DEFER, ExceptionKind.CANCEL),
    "expiring": (ExceptionKind.EXPIRING,),
    "below_minimum": (ExceptionKind.BELOW_MINIMUM,),
    "cannot_plan": (ExceptionKind.CANNOT_PLAN, ExceptionKind.HORIZON_TOO_SHORT),
}
"""The groups in which exceptions are counted and listed."""


EXCEPTION_SORTS: dict[str, str] = {
    "waiting": "cost_of_inaction",
    "item": "item__sku",
    "at": "location__code",
    "what": "kind",
    "order": "subject",
    "due": "due_on",
}
"""What the list can be sorted by; fields of an exception."""


def exception_keys(sort: str = "") -> list[SortKey]:
    """The order of `sort`, a name of `EXCEPTION_SORTS` with a minus for descending; the dearest first without.

    The order is total, so pages do not overlap.
    """
    field = EXCEPTION_SORTS.get(sort.removeprefix("-"))
    first = [f"{'-' if sort.startswith('-') else ''}{field}"] if field else []
    ties = [tie for tie in ("-cost_of_inaction", "due_on", "id") if tie.removeprefix("-") != field]
    return [SortKey.of(name) for name in (*first, *ties)]


def sorted_exceptions(rows: "QuerySet[PlanException]", sort: str = "") -> "QuerySet[PlanException]":
    """Rows in the order of `exception_keys`."""
    return ordered(rows, exception_keys(sort))


def exceptions_page(rows: "QuerySet[PlanException]", place: Place, size: int, sort: str = "") -> Page:
    """The page of `rows` at `place`, in the order of `exception_keys`."""
    return page_at(rows, exception_keys(sort), place, size)


def whole_exceptions(plan: CurrentPlan, ids: Sequence[int]) -> list[PlanException]:
    """The plan's exceptions with these ids, with item and location, in the order of `ids`."""
    found = plan.rows(PlanException).select_related("item", "location").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def exception_totals(
    plan: CurrentPlan, *, location: str = "", term: str = "", skus: Collection[str] = (), handled: bool = False
) -> dict[str, Total]:
    """Exceptions and their cost of inaction, by group, under the other conditions, in one query."""
    rows = exceptions(plan, location=location, term=term, skus=skus, handled=handled).select_related(None).order_by()
    grouped = rows.values("kind").annotate(found=Count("pk"), cost=Sum("cost_of_inaction"))
    by_kind = {kind: Total(found, cost) for kind, found, cost in grouped.values_list("kind", "found", "cost")}
    return {group: total_of(by_kind.get(kind, Total()) for kind in kinds) for group, kinds in AT_RISK_KINDS.items()}


def exceptions(
    plan: CurrentPlan,
    *,
    group: str = "",
    location: str = "",
    term: str = "",
    skus: Collection[str] = (),
    handled: bool = False,
) -> "QuerySet[PlanException]":
    """Exceptions of a group (blank: all), the dearest first; `handled` adds those that were dealt with."""
    rows = plan.rows(PlanException).select_related("item", "location").order_by("-cost_of_inaction", "due_on", "pk")
    if not handled:
        rows = rows.annotate(measured=measured()).filter(~Exists(settled_exceptions(plan.run)))
    if group in AT_RISK_KINDS:
        rows = rows.filter(kind__in=AT_RISK_KINDS[group])
    if location:
        rows = rows.filter(location__code=location)
    if term:
        rows = rows.filter(item__in=search.find_items(term))
    return rows.filter(item__in=search.items_of(skus)) if skus else rows


def exception_words(plan: CurrentPlan, shown: Collection[PlanException]) -> dict[int, ExceptionDecision]:
    """What was decided on each of these exceptions and still settles it, by exception id."""
    words = ExceptionDecision.objects.filter(
        scenario=plan.run.scenario_id, item_id__in={row.item_id for row in shown}
    ).select_related("decided_by")
    by_key = {exception_key(word): word for word in words}
    found = ((row, by_key.get(exception_key(row))) for row in shown)
    return {row.pk: word for row, word in found if word and exception_settles(word, plan.run, row)}


def answers_to(plan: CurrentPlan, shown: Collection[PlanException]) -> dict[tuple[int, int], PlannedOrder]:
    """The first proposal at each of these exceptions' item-locations: what would answer the shortage.

    None once that one is decided: a later one is for a later need.
    """
    rows = (
        plan.rows(PlannedOrder)
        .filter(
            item_id__in={row.item_id for row in shown},
            location_id__in={row.location_id for row in shown},
        )
        .annotate(is_settled=Exists(settled(plan.run)))
        .defer("trace")
        .order_by("-release_on", "-pk")
    )
    first = {(row.item_id, row.location_id): row for row in rows}
    return {place: row for place, row in first.items() if not row.is_settled}
