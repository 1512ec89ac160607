"""Every list and every object of the API takes the same few queries however many rows there are.

A resource that is not a plain list or object (a job's result, say) has the budget of its kind only.
"""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from forecasting.models import Forecast, ForecastAggregate
from inventory.models import Category, Demand, Item, ScheduledReceipt, StockMovement
from planning.models import DecisionEntry, PlanException, PlannedOrder, PlanRun, Projection
from policies.models import Policy
from stocksense.accounts.principals import cache
from stocksense.audit.models import AccessEntry
from stocksense.audit.tests.rows import make
from stocksense.company.models import CalendarWeekday, CompanySettings
from stocksense.core import clock
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.database.partitions import ensure_partitions
from stocksense.jobs.models import JobStep
from stocksense.tests.api_matrix.routes import Endpoint, endpoints
from stocksense.tests.api_matrix.world import World
from vendors.models import PriceBreak, Supplier

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 30

BUDGET = 2
"""The rows, and the company's time zone."""
LARGER = {"planned-orders": 6, "exceptions": 5, "forecasts": 3, "policies": 3, "projections": 3, "audit": 4}
"""Those that first ask which run is current, what was decided since, or how pages of all tables are named."""
LARGER_OBJECTS = {"item-location-plans": 23}
"""Those that put together what several services know."""
OBJECT_MORE = 1
"""An object is read twice where `expand` or `fields` shows it otherwise than its state is told by."""
QUESTION = 25
"""Questions that are neither list nor object, such as what pegs an order."""

SAME_KIND = {"audit": "kind=inventory.item&"}
"""Changes of several kinds take a query more where they point to other rows."""
MOST_PARTS = {CalendarWeekday: 7}

COUNTED = {
    CalendarWeekday: "weekday",
    JobStep: "position",
    PriceBreak: "min_quantity",
    DecisionEntry: "planned_order_id",
}
"""Parts that a number tells apart."""
FIRST = {PriceBreak: 2, DecisionEntry: 1}

_numbers = count(1000)


@pytest.fixture
def world(settings, monkeypatch) -> World:
    monkeypatch.setattr(cache, "SECONDS", 3600)  # who calls is read again now and then: not while we count
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    made = World()
    today = clock.now().date()
    for model in (AccessEntry, StockMovement, Demand):
        ensure_partitions(model, [today, today + timedelta(days=1)])
    return made


def _given(model: type[Model]) -> dict[str, Any]:
    """What made-up rows of a model need, to be in the current run and in a partition that is there."""
    today, run = clock.now().date(), PlanRun.objects.order_by("pk")[0]
    current = {"run": run, "run_date": run.run_date}
    policy, forecast = run.policy_run, run.policy_run.forecast_run
    if model is ForecastAggregate:  # (one to a category and run)
        return {"run": forecast, "run_date": forecast.run_date, "category": make(Category)}
    return {
        AccessEntry: {"recorded_on": today},
        Demand: {"date": today},
        StockMovement: {"moved_on": today},
        ScheduledReceipt: {"schedule_id": next(_numbers)},
        PlannedOrder: {**current, "supplier": Supplier.objects.order_by("pk")[0]},
        PlanException: current,
        Projection: current,
        Policy: {"run": policy, "run_date": policy.run_date},
        Forecast: {"run": forecast, "run_date": forecast.run_date},
    }.get(model, {})  # type: ignore[call-overload]


def _expansions(row: type[Row]) -> str:
    return ",".join([*row.expandable, *row.children])


def _nested(children: Children) -> int:
    """The queries that reading these children takes: one, and those of theirs."""
    return 1 + sum(_nested(children.row.children[name]) for name in children.nested)


def _queries(caller: Any, address: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as seen:
        answer = caller.get(address)
    assert answer.status_code == 200, (address, answer.content)
    return len(seen), answer.json()


def _with_children(parent: Any, row: type[Row], number: int) -> dict[str, int]:
    """Parts of each kind, and how many of them there are."""
    made = {}
    for name, children in row.children.items():
        model = children.queryset().model
        made[name] = min(number, MOST_PARTS.get(model, number))
        for place in range(made[name]):
            given = {children.parent.removesuffix("_id"): parent}
            given |= {COUNTED[model]: place + FIRST.get(model, 0)} if model in COUNTED else {}
            make(model, **given)
    return made


def _fill(endpoint: Endpoint, caller: Any) -> None:
    """Rows, each with children, until the list holds enough."""
    model = endpoint.view.model
    if model._meta.abstract:
        for number in range(MANY):
            make(Item, name=f"changed {number}")
        return
    for _ in range(MANY - len(caller.results(f"{endpoint.path}?page_size={MANY}"))):
        _with_children(make(model, **_given(model)), endpoint.view.row, 1)


def _another(model: type[Model]) -> Any:
    """A new row; the one there can be of the company's settings."""
    return CompanySettings.objects.get() if model is CompanySettings else make(model, **_given(model))


def _budget(view: Any, *, expanded: bool) -> int:
    more = sum(_nested(children) for children in view.row.children.values()) if expanded else 0
    return LARGER.get(view.resource, BUDGET) + more


def _endpoints(action: str, base: type) -> list[Endpoint]:
    return [one for one in endpoints() if one.action == action and issubclass(one.view, base)]


@pytest.mark.slow
def test_a_list_of_thirty_takes_the_queries_of_a_list_of_three(world):
    caller = world.callers["admin"]
    caller.get("items")  # signs in
    for endpoint in _endpoints("list", Listed):
        _fill(endpoint, caller)
        for expand in {"", _expansions(endpoint.view.row)}:
            query = SAME_KIND.get(endpoint.view.resource, "") + (f"expand={expand}&" if expand else "")
            few, _ = _queries(caller, f"{endpoint.path}?{query}page_size={FEW}")
            many, body = _queries(caller, f"{endpoint.path}?{query}page_size={MANY}")
            assert len(body["results"]) == MANY, endpoint.title
            assert few == many <= _budget(endpoint.view, expanded=bool(expand)), (endpoint.title, expand, few, many)


def test_an_object_with_thirty_parts_takes_the_queries_of_one_with_three(world):
    caller = world.callers["admin"]
    caller.get("items")
    for endpoint in _endpoints("retrieve", Detailed):
        view = endpoint.view
        if view.model._meta.abstract:
            assert _queries(caller, endpoint.at(world.pk(view.model)))[0] <= LARGER[view.resource], endpoint.title
            continue
        seen = []
        for parts in (FEW, MANY):
            parent = _another(view.model)
            made = _with_children(parent, view.row, parts)
            queries, body = _queries(caller, f"{endpoint.at(parent.pk)}?expand={_expansions(view.row)}")
            assert {name: len(body[name]) for name in made} == made, endpoint.title
            seen.append(queries)
        twice = sum(_nested(children) for children in view.row.children.values())
        budget = LARGER_OBJECTS.get(view.resource, _budget(view, expanded=True) + OBJECT_MORE + twice)
        assert seen[0] == seen[1] <= budget, (endpoint.title, seen)


def test_other_questions_stay_within_their_budget(world):
    caller = world.callers["admin"]
    caller.get("items")
    asked = 0
    for endpoint in endpoints():
        if not endpoint.reads or endpoint.action in {"list", "retrieve"}:
            continue
        model = getattr(endpoint.view, "model", None)
        with CaptureQueriesContext(connection) as seen:
            answer = caller.get(endpoint.at(world.pk(model) if model is not None else 0))
        assert answer.status_code < 500, endpoint.title
        assert len(seen) <= QUESTION, (endpoint.title, len(seen))
        asked += 1
    assert asked >= 6
