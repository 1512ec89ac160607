"""One planning cycle from recorded demand to proposals: what it writes, and what it never leaves behind."""

import math
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection

from forecasting import engine
from forecasting.models import Forecast, ForecastChunk, ForecastRun
from forecasting.services import runs as forecasts
from planning.engine.trace import recompute_quantity
from planning.models import Pegging, PlanException, PlannedOrder, PlanRun, Projection
from planning.services import cycle
from planning.services import runs as plans
from planning.tests.builder import MONDAY, SmallCompany, two_level_company
from policies.engine import recompute_levels
from policies.models import Policy, PolicyRun
from stocksense.company.models import CurrentRun, RunKind, RunState
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.embedded.places import WEB_ROLE, database_url, places
from stocksense.jobs import services as jobs
from stocksense.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db


def run(**options) -> Job:
    job = cycle.create_cycle(actor=None, **options)
    cycle.run_cycle(job.pk)
    return Job.objects.get(pk=job.pk)


def rows(model, *columns):
    pointer = CurrentRun.objects.run_of(RunKind.PLAN)
    return list(model.objects.of_run(pointer).order_by(*columns).values_list(*columns))


def test_steady_demand_without_stock_orders_up_to_the_level():
    company = SmallCompany()
    item, store = company.item("TEA"), company.location("NORTH")
    company.terms(item, store, lead_time_days=7)
    company.stocked(item, store, on_hand=3)
    company.demand(item, store, [10] * 52)
    assert run().state == JobState.SUCCEEDED
    policy = Policy.objects.get()
    order = PlannedOrder.objects.current().order_by("release_on").first()
    assert (order.kind, order.supplier, order.release_on, order.due_on) == (
        "purchase", company.supplier, MONDAY, MONDAY + timedelta(days=7),
    )  # fmt: skip
    assert order.quantity == math.ceil(policy.order_up_to - 3)
    assert policy.safety_stock == pytest.approx(policy.reorder_point - 20, abs=1e-6)


def test_every_traced_quantity_and_level_is_recomputed_from_its_trace():
    two_level_company()
    run()
    orders = [order for order in PlannedOrder.objects.current() if order.trace]
    assert len(orders) > 20
    for order in orders:
        assert recompute_quantity(order.trace) == pytest.approx(float(order.quantity), abs=1e-3)
    policies = list(Policy.objects.all())
    assert len(policies) == 60
    for policy in policies:
        assert recompute_levels(policy.trace) == pytest.approx((policy.reorder_point, policy.order_up_to), abs=1e-6)


def test_quantities_respect_minimum_and_multiple_and_sources():
    two_level_company()
    run()
    purchases = PlannedOrder.objects.current().filter(kind="purchase").select_related("location", "supplier")
    assert purchases
    for order in purchases:
        assert order.location.code == "DC"
        assert order.quantity >= 12
        assert order.quantity % 6 == 0
    transfers = PlannedOrder.objects.current().filter(kind="transfer").select_related("origin")
    assert {order.origin.code for order in transfers} == {"DC"}


def test_the_network_forecast_of_a_dc_is_of_the_sum_of_its_stores():
    two_level_company(items=1)
    run()
    at_dc = Forecast.objects.get(scope="network")
    at_stores = Forecast.objects.filter(scope="own", location__kind="store")
    assert len(at_stores) == 2
    assert at_dc.mean[0] == pytest.approx(sum(row.mean[0] for row in at_stores), rel=0.02)


def test_running_again_gives_the_same_rows():
    two_level_company()
    run()
    order_columns = (
        "item_id",
        "location_id",
        "release_on",
        "due_on",
        "quantity",
        "kind",
        "source_id",
        "reason",
        "trace",
    )
    first = [rows(PlannedOrder, *order_columns), rows(PlanException, "kind", "item_id", "location_id", "message")]
    projections = rows(Projection, "item_id", "location_id", "on_hand_mean", "on_hand_p10", "on_hand_p90")
    run()
    assert PlanRun.objects.count() == 2
    again = [rows(PlannedOrder, *order_columns), rows(PlanException, "kind", "item_id", "location_id", "message")]
    for earlier, later in zip(first[0], again[0], strict=True):
        assert {**earlier[-1], "policy_run": 0} == {**later[-1], "policy_run": 0}
        assert earlier[:-1] == later[:-1]
    assert first[1] == again[1]
    assert projections == rows(Projection, "item_id", "location_id", "on_hand_mean", "on_hand_p10", "on_hand_p90")


def test_pegging_names_planned_orders_of_its_run():
    two_level_company(items=3)
    run()
    pegged = set(Pegging.objects.filter(supply_kind="order").values_list("planned_order_id", flat=True))
    assert pegged
    assert pegged <= set(PlannedOrder.objects.values_list("pk", flat=True))


def test_a_plan_that_fails_leaves_the_one_before_it_current(monkeypatch):
    two_level_company(items=2)
    run()
    before = CurrentRun.objects.run_of(RunKind.PLAN)

    def explode(plan_input):
        raise ZeroDivisionError("broken engine")

    monkeypatch.setattr(plans, "make_plan", explode)
    job = cycle.create_cycle(actor=None)
    with pytest.raises(ZeroDivisionError):
        cycle.run_cycle(job.pk)
    assert CurrentRun.objects.run_of(RunKind.PLAN).run_id == before.run_id
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Unexpected ZeroDivisionError: broken engine. The log has the details.")


def test_a_cycle_can_stop_before_the_plan_and_go_on_later():
    two_level_company(items=2)
    assert set(run(steps=["forecast", "policy"]).result) == {"forecast_run", "policy_run"}
    assert not PlanRun.objects.exists()
    assert run(steps=["plan"]).result["planned_orders"] > 0
    assert (ForecastRun.objects.count(), PolicyRun.objects.count(), PlanRun.objects.count()) == (1, 1, 1)


def test_a_plan_without_policies_says_which_step_is_missing():
    two_level_company(items=1)
    assert run(steps=["plan"]).error == "There is no forecast run to build on. Run the step forecast too."


def test_an_empty_company_is_told_to_import_first():
    assert run().error == "There is nothing to plan yet: import items, locations, stock and demand first."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_of": MONDAY - timedelta(days=1)}, "Stock is known as of 2026-11-16"),
        ({"scenario": "rosy"}, "There is no scenario called 'rosy'. Known scenarios: baseline"),
        ({"steps": ["plan", "magic"]}, "Steps are forecast, policy, plan; magic given"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_reason(options, message):
    two_level_company(items=1)
    with pytest.raises(InvalidInput, match=message):
        cycle.create_cycle(actor=None, **options)
    assert not Job.objects.exists()


def test_a_circle_of_lanes_is_named():
    company = SmallCompany()
    item, north, south = company.item("TEA"), company.location("NORTH"), company.location("SOUTH")
    for place in (north, south):
        company.stocked(item, place)
    company.lane(north, south)
    company.lane(south, north)
    assert "TEA: NORTH → SOUTH → NORTH" in run().error


def test_only_one_cycle_of_a_scenario_at_a_time():
    two_level_company(items=1)
    first = cycle.create_cycle(actor=None)
    with pytest.raises(Conflict, match=f"already under way \\(job {first.pk}\\)"):
        cycle.create_cycle(actor=None)


def test_a_cancelled_cycle_publishes_nothing(django_user_model):
    two_level_company(items=1)
    job = cycle.create_cycle(actor=None)
    jobs.request_cancel(job_id=job.pk, actor=django_user_model.objects.create_user("a@b.example"))
    assert cycle.run_cycle(job.pk) is None
    assert not CurrentRun.objects.exists()


def test_the_nightly_cycle_starts_once_when_the_night_has_come(monkeypatch):
    two_level_company(items=1)
    midnight = clock.now().replace(hour=0, minute=30)
    monkeypatch.setattr(clock, "now", lambda: midnight)
    assert cycle.start_nightly_cycle() is None
    monkeypatch.setattr(clock, "now", lambda: midnight + timedelta(hours=2))
    assert cycle.start_nightly_cycle() is not None
    assert cycle.start_nightly_cycle() is None


KILLED = """
import os, signal, sys
import django
django.setup()
from policies.services import runs
def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
runs.run_policies = die
from planning.services import cycle
cycle.run_cycle(int(sys.argv[1]))
"""


def in_a_worker(script, job):
    """A script with the job's id, in a process of its own that works as the web role on this test's database."""
    address = database_url(places(Path(os.environ["STOCKSENSE_DATA"])), WEB_ROLE, connection.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "stocksense.settings.test"}
    return subprocess.run([sys.executable, "-c", script, str(job.pk)], env=environment, check=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_killed_worker_is_noticed_and_its_cycle_goes_on_where_it_stopped():
    two_level_company(items=2)
    job = cycle.create_cycle(actor=None)
    killed = in_a_worker(KILLED, job)
    assert killed.returncode == -signal.SIGKILL
    forecast = ForecastRun.objects.get()
    assert forecast.state == RunState.FINISHED
    assert jobs.requeue_lost_jobs() == []
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))
    assert jobs.requeue_lost_jobs() == [job.pk]
    job.refresh_from_db()
    assert (job.state, job.attempt, job.fencing_token) == ("succeeded", 2, 2)
    assert list(ForecastRun.objects.all()) == [forecast]
    assert CurrentRun.objects.run_of(RunKind.PLAN).run_id == PlanRun.objects.get(state=RunState.FINISHED).pk


KILLED_IN_A_CHUNK = """
import os, signal, sys
import django
django.setup()
from forecasting import engine
from forecasting.services import runs
runs.CHUNK = 1
whole, made = engine.back_test_chunk, []
def back_test_chunk(*args):
    if len(made) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    made.append(args)
    return whole(*args)
engine.back_test_chunk = back_test_chunk
from planning.services import cycle
cycle.run_cycle(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_forecast_whose_worker_is_killed_goes_on_with_the_chunks_that_are_left(monkeypatch):
    two_level_company(items=2)
    job = cycle.create_cycle(actor=None, steps=["forecast"])
    killed = in_a_worker(KILLED_IN_A_CHUNK, job)
    assert killed.returncode == -signal.SIGKILL
    assert ForecastChunk.objects.filter(job=job).count() == 2
    assert not Forecast.objects.exists()
    whole, made = engine.back_test_chunk, []
    monkeypatch.setattr(forecasts, "CHUNK", 1)

    def back_test_chunk(*arguments):
        made.append(arguments)
        return whole(*arguments)

    monkeypatch.setattr(engine, "back_test_chunk", back_test_chunk)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))
    assert jobs.requeue_lost_jobs() == [job.pk]
    assert ForecastRun.objects.get(state=RunState.FINISHED).job_id == job.pk
    assert not ForecastChunk.objects.exists()
    left = len(made)
    cycle.run_cycle(cycle.create_cycle(actor=None, steps=["forecast"]).pk)
    assert len(made) - left == left + 2  # (one that was not killed)


def test_days_without_demand_before_the_first_sale_are_not_history():
    company = SmallCompany()
    item, store = company.item("NEW"), company.location("NORTH")
    company.terms(item, store)
    company.stocked(item, store)
    company.demand(item, store, [0] * 40 + [8] * 12)
    run(steps=["forecast"])
    assert Forecast.objects.get().mean[0] == pytest.approx(8, abs=0.01)


def test_an_item_that_ends_is_forecast_until_its_last_day():
    company = SmallCompany()
    item, store = company.item("OLD", active_to=MONDAY + timedelta(days=20)), company.location("NORTH")
    company.terms(item, store)
    company.stocked(item, store)
    company.demand(item, store, [8] * 52)
    run(steps=["forecast"])
    mean = Forecast.objects.get().mean
    assert [round(value) for value in mean[:5]] == [8, 8, 8, 0, 0]


def test_the_open_week_is_not_trained_on_and_only_its_rest_is_planned():
    wednesday = date(2026, 11, 18)
    company = SmallCompany(as_of=wednesday)
    item, store = company.item("TEA"), company.location("NORTH")
    company.terms(item, store)
    company.stocked(item, store, on_hand=14)
    monday = SmallCompany.demand
    company.as_of = MONDAY
    monday(company, item, store, [7] * 52)
    run()
    assert ForecastRun.objects.get().cutoff == MONDAY - timedelta(days=1)
    path = Projection.objects.get().on_hand_without_orders
    assert [round(value) for value in path[:3]] == [13, 12, 11]


def test_an_item_that_starts_later_is_forecast_from_its_first_day():
    company = SmallCompany()
    item, store = company.item("SOON", active_from=MONDAY + timedelta(days=14)), company.location("NORTH")
    company.terms(item, store)
    company.stocked(item, store)
    company.demand(item, store, [8] * 52)
    run(steps=["forecast"])
    forecast = Forecast.objects.get()
    assert [round(value) for value in forecast.mean[:4]] == [0, 0, 8, 8]
    assert [round(quantiles[4]) for quantiles in forecast.cumulative_quantiles[:4]] == [0, 0, 8, 16]
