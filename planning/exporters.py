"""What is exported of the current plan."""

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from planning.models import Decision, ExceptionKind, OrderKind, PlanDecision, PlannedOrder, PlanRun
from planning.services import decisions
from stocksense.company.models import CurrentRun, RunKind
from stocksense.ingestion import columns as c
from stocksense.ingestion import exporters
from stocksense.ingestion.exporters import Query, RunExporter

PROPOSED = "proposed"

_PLANNED_ORDER_FIELDS = (
    "kind", "supplier__code", "origin__code", "location__code", "item__sku", "quantity", "unit_price", "release_on",
    "due_on", "word", "reason",
)  # fmt: skip
_PROJECTIONS = """
SELECT i.sku, l.code, p.first_date + (day.number - 1)::int, day.mean, day.low, day.high
FROM planning_projection p
JOIN inventory_item i ON i.id = p.item_id
JOIN inventory_location l ON l.id = p.location_id
CROSS JOIN LATERAL unnest(p.on_hand_mean, p.on_hand_p10, p.on_hand_p90) WITH ORDINALITY AS day (mean, low, high, number)
WHERE p.run_id = %(run)s AND p.run_date = %(run_date)s
ORDER BY i.sku, l.code, day.number
"""
_EXCEPTIONS = """
SELECT e.kind, i.sku, l.code, e.due_on, e.cost_of_inaction, e.message
FROM planning_planexception e
JOIN inventory_item i ON i.id = e.item_id
JOIN inventory_location l ON l.id = e.location_id
WHERE e.run_id = %(run)s AND e.run_date = %(run_date)s
ORDER BY e.cost_of_inaction DESC, e.due_on, i.sku, l.code, e.kind
"""


def _query(sql: str, pointer: CurrentRun) -> Query:
    return Query(sql, {"run": pointer.run_id, "run_date": pointer.run_date})


def planned_orders(pointer: CurrentRun) -> Query:
    """Every proposal with what was decided of it (the rule of `decisions.settles`, and open edits)."""
    run = PlanRun.objects.get(pk=pointer.run_id)
    edited: QuerySet[PlanDecision] = decisions.words(run).filter(need_on=OuterRef("need_on"), decision=Decision.EDITED)
    word = Coalesce(
        Subquery(decisions.settled(run).values("decision")[:1]),
        Subquery(edited.values("decision")[:1]),
        Value(PROPOSED),
    )
    rows = (
        PlannedOrder.objects.of_run(pointer)
        .annotate(word=word)
        .order_by("release_on", "supplier__code", "origin__code", "location__code", "item__sku", "pk")
        .values_list(*_PLANNED_ORDER_FIELDS)
    )
    sql, parameters = rows.query.sql_with_params()
    return Query(sql, parameters)


def projections(pointer: CurrentRun) -> Query:
    """Projected stock per item-location and day."""
    return _query(_PROJECTIONS, pointer)


def exceptions(pointer: CurrentRun) -> Query:
    """What planners should look at, the dearest first."""
    return _query(_EXCEPTIONS, pointer)


def register() -> None:
    """Make the kinds of results of this app known."""
    exporters.register(_PLANNED_ORDERS_FILE, _PROJECTIONS_FILE, _EXCEPTIONS_FILE)


_PLANNED_ORDERS_FILE = RunExporter(
    kind="planned_orders",
    help="What the plan suggests to order or move, and what was decided of it.",
    run_kind=RunKind.PLAN,
    columns=(
        c.choice("kind", OrderKind.values),
        c.code("supplier", "Of a purchase."),
        c.code("origin", "Location that a transfer comes from."),
        c.code("destination", "Location that receives."),
        c.code("sku"),
        c.quantity("quantity", "Stock units."),
        c.money("unit_price", "Company currency per stock unit."),
        c.date("release_on", "Day to order or ship."),
        c.date("due_on", "Day of arrival."),
        c.choice("status", (PROPOSED, *Decision.values), "proposed until a planner decides."),
        c.text("reason", "Why the quantity is what it is, in one word.", max_length=40),
    ),
    query=planned_orders,
)
_PROJECTIONS_FILE = RunExporter(
    kind="projections",
    help="Projected stock at the end of each day, orders and proposals included, in stock units.",
    run_kind=RunKind.PLAN,
    columns=(
        c.code("sku", key=True),
        c.code("location", key=True),
        c.date("date", key=True),
        c.quantity("on_hand_mean", "Expected."),
        c.quantity("on_hand_p10", "It is less than this on one day in ten."),
        c.quantity("on_hand_p90", "It is more than this on one day in ten."),
    ),
    query=projections,
)
_EXCEPTIONS_FILE = RunExporter(
    kind="exceptions",
    help="What planners should look at, the dearest first.",
    run_kind=RunKind.PLAN,
    columns=(
        c.choice("kind", ExceptionKind.values),
        c.code("sku"),
        c.code("location"),
        c.date("due_on", "Day on which it happens."),
        c.money("cost_of_inaction", "Expected cost of doing nothing, company currency."),
        c.text("message", max_length=1000),
    ),
    query=exceptions,
)
