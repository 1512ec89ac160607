import csv
from datetime import date, timedelta

import pytest

from forecasting.models import ForecastRun
from inventory.models import Item, Location
from planning.models import Decision, PlanDecision, PlanException, PlannedOrder, PlanRun, Projection
from policies.models import PolicyRun
from stocksense.company import services as company
from stocksense.company.models import RunKind
from stocksense.core.database.partitions import ensure_partitions
from stocksense.ingestion import exports
from vendors.models import Supplier

MONDAY = date(2026, 11, 16)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    base = {"scenario": company.scenario_named(None), "as_of": MONDAY, "run_date": MONDAY}
    source = ForecastRun.objects.create(**base, bucket_days=7, horizon_buckets=2)
    policy = PolicyRun.objects.create(**base, forecast_run=source)
    plan = PlanRun.objects.create(**base, policy_run=policy, horizon_days=3)
    for model in (PlannedOrder, Projection, PlanException):
        ensure_partitions(model, [MONDAY])
    company.publish_run(kind=RunKind.PLAN, run=plan)
    return plan


@pytest.fixture
def item():
    return Item.objects.create(sku="A")


@pytest.fixture
def dc():
    return Location.objects.create(code="DC", kind="dc")


@pytest.fixture
def store():
    return Location.objects.create(code="S1")


@pytest.fixture
def supplier():
    return Supplier.objects.create(code="ACME")


def exported(kind, tmp_path):
    path = tmp_path / f"{kind}.csv"
    exports.export(kind, path)
    with path.open(newline="") as stream:
        return [tuple(row.values()) for row in csv.DictReader(stream)]


def order(run, item, location, *, week=0, **fields):
    day = MONDAY + timedelta(weeks=week)
    values = {
        "kind": "purchase", "quantity": "108.5", "unit_price": "4.5", "value": "488.25", "source_id": 1,
        "release_on": day, "due_on": day + timedelta(days=7), "need_on": day, "reason": "below_reorder_point",
    }  # fmt: skip
    PlannedOrder.objects.bulk_create(
        [PlannedOrder(run=run, run_date=run.run_date, item=item, location=location, **{**values, **fields})]
    )


def decide(run, item, location, decision, *, week=0, **fields):
    values = {"need_on": MONDAY + timedelta(weeks=week), "run_id": run.pk, "proposed_quantity": 1}
    return PlanDecision.objects.create(
        scenario=run.scenario, item=item, destination=location, decision=decision, **{**values, **fields}
    )


def test_purchases_and_transfers_name_their_ends(run, item, dc, store, supplier, tmp_path):
    order(run, item, dc, supplier=supplier)
    order(run, item, store, kind="transfer", origin=dc, unit_price=None, value=0)
    assert exported("planned_orders", tmp_path) == [
        (
            "purchase",
            "ACME",
            "",
            "DC",
            "A",
            "108.5",
            "4.5",
            "2026-11-16",
            "2026-11-23",
            "proposed",
            "below_reorder_point",
        ),
        ("transfer", "", "DC", "S1", "A", "108.5", "", "2026-11-16", "2026-11-23", "proposed", "below_reorder_point"),
    ]


def test_the_status_is_what_was_decided_of_the_same_need(run, item, dc, supplier, tmp_path):
    decisions = [None, *Decision.values]
    for week, decision in enumerate(decisions):
        order(run, item, dc, supplier=supplier, week=week)
        if decision:
            decide(run, item, dc, decision, supplier=supplier, week=week)
    statuses = [row[9] for row in exported("planned_orders", tmp_path)]
    assert statuses == ["proposed", "approved", "rejected", "snoozed", "edited"]


def test_a_decision_of_another_source_or_an_ended_one_does_not_count(run, item, dc, store, supplier, tmp_path):
    other = Supplier.objects.create(code="OTHER")
    for week in range(3):
        order(run, item, store, supplier=supplier, week=week)
    decide(run, item, store, Decision.REJECTED, supplier=other)
    decide(run, item, store, Decision.SNOOZED, supplier=supplier, week=1, snoozed_until=MONDAY)
    approved = decide(run, item, store, Decision.APPROVED, supplier=supplier, week=2, run_id=run.pk + 1)
    PlanDecision.objects.filter(pk=approved.pk).update(decided_at=run.started_at - timedelta(seconds=1))
    assert [row[9] for row in exported("planned_orders", tmp_path)] == ["proposed"] * 3


def test_projections_are_a_row_per_day(run, item, store, tmp_path):
    Projection.objects.bulk_create([
        Projection(
            run=run, run_date=MONDAY, item=item, location=store, first_date=MONDAY, on_hand_mean=[10, 7.25, 4],
            on_hand_p10=[8, 4, 0], on_hand_p90=[12, 11, 10], on_hand_without_orders=[10, 7, 4],
        )
    ])  # fmt: skip
    assert exported("projections", tmp_path) == [
        ("A", "S1", "2026-11-16", "10", "8", "12"),
        ("A", "S1", "2026-11-17", "7.25", "4", "11"),
        ("A", "S1", "2026-11-18", "4", "0", "10"),
    ]


def test_exceptions_are_ranked_by_cost(run, item, store, tmp_path):
    for cost, kind in ((1, "excess"), (412.5, "stock_out")):
        PlanException.objects.bulk_create([
            PlanException(
                run=run, run_date=MONDAY, item=item, location=store, kind=kind, due_on=MONDAY, cost_of_inaction=cost,
                message=f"{kind}, see why",
            )
        ])  # fmt: skip
    assert exported("exceptions", tmp_path) == [
        ("stock_out", "A", "S1", "2026-11-16", "412.5", "stock_out, see why"),
        ("excess", "A", "S1", "2026-11-16", "1", "excess, see why"),
    ]
