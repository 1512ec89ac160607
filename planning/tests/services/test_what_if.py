"""Trying other parameters: neutral ones give the published plan, others what the engine makes of them."""

import time
from decimal import Decimal

import numpy as np
import pytest

from planning.models import PlannedOrder, PlanRun, Projection
from planning.services import cycle
from planning.services.what_if import Parameters, what_if
from planning.tests.builder import MONDAY, SmallCompany, two_level_company
from policies.models import Policy
from stocksense.core.errors import InvalidInput
from stocksense.jobs.models import JobState

pytestmark = pytest.mark.django_db


def run_cycle() -> PlanRun:
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    return PlanRun.objects.latest("id")


def place(run: PlanRun, sku: str, code: str) -> dict[str, int]:
    row = Projection.objects.get(run=run, item__sku=sku, location__code=code)
    return {"item_id": row.item_id, "location_id": row.location_id}


def single_store(**settings) -> tuple[SmallCompany, PlanRun]:
    """One store with a steady ten a week, a week's lead time and weekly review."""
    company = SmallCompany()
    item, store = company.item("TEA"), company.location("NORTH")
    company.terms(item, store)
    company.stocked(item, store, on_hand=30, **settings)
    company.demand(item, store, [8, 12] * 26)
    return company, run_cycle()


def test_unchanged_parameters_give_the_published_plan_to_the_last_digit():
    two_level_company(items=4)
    run = run_cycle()
    rows = list(Projection.objects.filter(run=run))
    assert len(rows) == 12
    for row in rows:
        tried = what_if(item_id=row.item_id, location_id=row.location_id)
        policy = Policy.objects.get(run=run.policy_run, item=row.item_id, location=row.location_id)
        for side in (tried.before, tried.after):
            assert side.parameters == Parameters(policy.service_target, policy.lead_time_days, 1.0, policy.review_days)
            assert side.reorder_point == policy.reorder_point
            assert side.order_up_to == policy.order_up_to
            assert side.safety_stock == policy.safety_stock
            assert side.reorder_points.tolist() == policy.reorder_points
            assert side.order_up_to_levels.tolist() == policy.order_up_to_levels
            assert np.round(side.stock, 2).tolist() == row.on_hand_mean
            assert np.round(side.stock_low, 2).tolist() == row.on_hand_p10
            assert np.round(side.stock_high, 2).tolist() == row.on_hand_p90
            orders = PlannedOrder.objects.filter(run=run, item=row.item_id, location=row.location_id)
            assert [(order.release_on, order.due_on, order.quantity) for order in side.orders] == [
                (order.release_on, order.due_on, float(order.quantity)) for order in orders.order_by("release_on", "pk")
            ]
        assert tried.before.outcome == tried.after.outcome


def test_a_higher_target_raises_s_and_lowers_the_shortage():
    _, run = single_store()
    here = place(run, "TEA", "NORTH")
    low, high = (what_if(**here, service_target=target).after for target in (0.80, 0.99))
    assert low.reorder_point < high.reorder_point
    assert high.order_up_to - high.reorder_point == pytest.approx(low.order_up_to - low.reorder_point)
    assert low.outcome.short > high.outcome.short
    assert low.outcome.fill_rate < high.outcome.fill_rate <= 1
    assert low.outcome.average_stock < high.outcome.average_stock


def test_the_outcome_adds_up():
    _, run = single_store()
    side = what_if(**place(run, "TEA", "NORTH")).before
    days, found = len(side.stock), side.outcome
    assert found.average_stock == pytest.approx(side.stock.mean())
    assert found.asked == pytest.approx(days * 10 / 7, rel=0.05)
    assert (found.orders, found.ordered) == (len(side.orders), sum(order.quantity for order in side.orders))
    holding = Projection.objects.get(run=run).inputs["costs"]["holding_per_day"]
    assert found.holding_cost == pytest.approx(side.stock.sum() * holding)
    assert found.shortage_cost == pytest.approx(found.short * 1.0)
    assert found.cost == pytest.approx(found.holding_cost + found.shortage_cost + found.order_cost)


def test_twice_the_demand_doubles_levels_and_what_is_asked():
    _, run = single_store()
    tried = what_if(**place(run, "TEA", "NORTH"), demand_factor=2.0)
    assert tried.after.reorder_point == pytest.approx(2 * tried.before.reorder_point, rel=1e-6)
    assert tried.after.outcome.asked == pytest.approx(2 * tried.before.outcome.asked)
    assert tried.after.outcome.ordered > tried.before.outcome.ordered


def test_a_longer_lead_time_delays_arrival_and_raises_s():
    _, run = single_store()
    tried = what_if(**place(run, "TEA", "NORTH"), lead_time_days=10.0)
    before, after = tried.before.first_order, tried.after.first_order
    assert (before.due_on - before.release_on).days == 7
    assert (after.due_on - after.release_on).days == 10
    assert tried.after.reorder_point > tried.before.reorder_point


def test_another_review_changes_the_order_days():
    _, run = single_store()
    tried = what_if(**place(run, "TEA", "NORTH"), review_days=14.0)
    assert {(order.release_on - MONDAY).days % 14 for order in tried.after.orders} <= {0, 7}
    gaps = np.diff([order.release_on.toordinal() for order in tried.after.orders])
    assert set(gaps % 14) == {0}


def test_demand_of_a_source_grows_at_everything_below_it_and_only_its_own_levels_change():
    two_level_company(items=1)
    run = run_cycle()
    tried = what_if(**place(run, "SKU-00", "DC"), demand_factor=1.5)
    assert tried.after.reorder_point > tried.before.reorder_point
    assert tried.after.outcome.asked > 1.3 * tried.before.outcome.asked


def test_a_longer_lead_time_of_a_source_is_its_own():
    two_level_company(items=1)
    run = run_cycle()
    dc = place(run, "SKU-00", "DC")
    tried = what_if(**dc, lead_time_days=14.0)
    assert {(order.due_on - order.release_on).days for order in tried.after.orders} == {14}
    published = Projection.objects.filter(run=run)
    assert {row.inputs["sourcing"]["lead_time_days"] for row in published.exclude(location=dc["location_id"])} == {2}


def published(run: PlanRun, sku: str) -> list[tuple]:
    rows = PlannedOrder.objects.filter(run=run, item__sku=sku).order_by("release_on", "pk")
    return [(row.release_on, row.due_on, float(row.quantity)) for row in rows]


def tried_orders(side) -> list[tuple]:
    return [(order.release_on, order.due_on, order.quantity) for order in side.orders]


def test_a_suppliers_minimum_is_reached_with_the_items_that_it_ties(monkeypatch):
    company = SmallCompany()
    company.supplier.min_order_value, company.supplier.order_cost = Decimal(240), Decimal("0.01")
    company.supplier.save()
    store = company.location("NORTH")
    for sku, weekly in (("MILK", 6), ("SUGAR", 3), ("TEA", 10)):
        item = company.item(sku)
        company.terms(item, store, moq=1, order_multiple=1)
        company.stocked(item, store, on_hand=3 * weekly)
        company.demand(item, store, [weekly] * 52)
    run = run_cycle()
    assert Projection.objects.filter(run=run, inputs__has_key="top_ups").count() == 3
    for sku in ("MILK", "SUGAR", "TEA"):
        tried = what_if(**place(run, sku, "NORTH"))
        assert (tried_orders(tried.before), tried.leaves_out_minimums) == (published(run, sku), False)
    tea = place(run, "TEA", "NORTH")
    more = what_if(**tea, demand_factor=4.0)
    # Forty a week, at € 2 a piece, reach the minimum without the others: no order is above its own need any more.
    assert more.after.first_order.quantity > more.before.first_order.quantity
    level = more.after.order_up_to_levels[(more.after.first_order.release_on - MONDAY).days]
    first_day = (more.after.first_order.release_on - MONDAY).days
    position = more.after.stock[first_day - 1] if first_day else 30
    assert more.after.first_order.quantity == np.ceil(level - position)
    monkeypatch.setattr("planning.services.what_if.MOST_TIED", 2)
    held = what_if(**tea)
    assert (tried_orders(held.before), held.leaves_out_minimums) == (published(run, "TEA"), True)


def test_nothing_is_written():
    _, run = single_store()
    counted = (PlannedOrder.objects.count(), Policy.objects.count(), PlanRun.objects.count())
    what_if(**place(run, "TEA", "NORTH"), service_target=0.99)
    assert (PlannedOrder.objects.count(), Policy.objects.count(), PlanRun.objects.count()) == counted


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"service_target": 1.0}, "service target must lie between 0.5 and 0.999"),
        ({"lead_time_days": -1.0}, "lead time days must lie between 0 and 365"),
        ({"demand_factor": 0.0}, "demand factor must lie between 0.1 and 5"),
        ({"review_days": 0.0}, "review days must lie between 1 and 91"),
        ({"service_target": float("nan")}, "service target"),
    ],
)
def test_impossible_parameters_are_refused(given, says):
    _, run = single_store()
    with pytest.raises(InvalidInput, match=says):
        what_if(**place(run, "TEA", "NORTH"), **given)


def test_what_is_not_planned_cannot_be_tried():
    with pytest.raises(InvalidInput, match="There is no plan yet"):
        what_if(item_id=1, location_id=1)
    _, run = single_store(method="none")
    with pytest.raises(InvalidInput, match="the planning method of this item-location is none"):
        what_if(**place(run, "TEA", "NORTH"))
    with pytest.raises(InvalidInput, match="not planned at this location"):
        what_if(item_id=place(run, "TEA", "NORTH")["item_id"], location_id=0)


def test_an_item_at_fifty_locations_is_tried_within_a_second():
    company = SmallCompany()
    dc, item = company.location("DC", kind="dc"), company.item("TEA")
    company.terms(item, dc, moq=12, order_multiple=6)
    company.stocked(item, dc, on_hand=40)
    for number in range(49):
        store = company.location(f"S{number:02d}")
        company.lane(dc, store)
        company.stocked(item, store, on_hand=5)
        company.demand(item, store, [4 + (week + number) % 5 for week in range(52)])
    here = place(run_cycle(), "TEA", "DC")
    what_if(**here)
    started = time.perf_counter()
    what_if(**here, service_target=0.99, lead_time_days=10.0, demand_factor=1.2)
    seconds = time.perf_counter() - started
    print(f"what-if at 50 locations: {seconds:.3f} s")
    assert seconds < 1.0
