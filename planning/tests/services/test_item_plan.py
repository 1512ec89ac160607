"""One item planned again from what its run wrote down: the same plan, and the account of every order."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from inventory.models import ScheduledReceipt
from planning.engine.trace import recompute_quantity
from planning.models import PlannedOrder, PlanRun, Projection
from planning.services import cycle
from planning.services.item_plan import ItemPlan, read_item_plan
from planning.tests.builder import MONDAY, SmallCompany, two_level_company
from stocksense.company.models import Calendar, CalendarWeekday
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.jobs.models import JobState
from vendors.models import PriceBreak, Supplier, SupplierItem

pytestmark = pytest.mark.django_db


def run_cycle() -> PlanRun:
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    return PlanRun.objects.select_related("policy_run__forecast_run").latest("id")


def busy_company() -> SmallCompany:
    """Two levels with calendars, an overdue transfer, a customer's order and allocated stock."""
    company = two_level_company(items=4)
    weekdays = Calendar.objects.create(code="weekdays")
    for day in (5, 6):
        CalendarWeekday.objects.create(calendar=weekdays, weekday=day)
    company.supplier.calendar = weekdays
    company.supplier.save()
    origin, store = company.place("SKU-01", "DC"), company.place("SKU-01", "NORTH")
    ScheduledReceipt.objects.create(
        kind="transfer", schedule_id=1, item=store.item, location=store.location, origin=origin.location, quantity=8,
        due_on=MONDAY - timedelta(days=2), order_number="TO-1",
    )  # fmt: skip
    return company


def item_plans(run: PlanRun) -> dict[int, ItemPlan]:
    items = PlannedOrder.objects.filter(run=run).values_list("item_id", flat=True).distinct()
    return {item: read_item_plan(run, item) for item in items}


def test_every_order_is_found_again_and_its_quantity_recomputed():
    busy_company()
    run = run_cycle()
    plans = item_plans(run)
    orders = list(PlannedOrder.objects.filter(run=run))
    assert len(orders) > 100
    for order in orders:
        trace = plans[order.item_id].trace_of(order)
        assert recompute_quantity(trace) == pytest.approx(float(order.quantity), abs=1e-3)


def test_a_derived_trace_is_the_stored_one():
    busy_company()
    run = run_cycle()
    plans = item_plans(run)
    stored = [order for order in PlannedOrder.objects.filter(run=run) if order.trace]
    assert len(stored) > 8
    for order in stored:
        expected, order.trace = order.trace, {}
        assert plans[order.item_id].trace_of(order) == expected


def test_the_full_trace_is_stored_for_one_review_period():
    busy_company()
    run = run_cycle()
    kept = {order.release_on for order in PlannedOrder.objects.filter(run=run) if order.trace}
    assert kept == {
        order.release_on for order in PlannedOrder.objects.filter(run=run, release_on__lte=MONDAY + timedelta(days=7))
    }
    assert max(kept) == MONDAY + timedelta(days=7)


def test_the_item_is_planned_to_the_same_projection():
    busy_company()
    run = run_cycle()
    for item, planned in item_plans(run).items():
        for row in Projection.objects.filter(run=run, item_id=item):
            node = planned.node_of[row.location_id]
            assert np.round(planned.plan.projection.on_hand_mean[node], 2).tolist() == row.on_hand_mean


def test_what_the_plan_knew_is_named_as_people_name_it():
    busy_company()
    run = run_cycle()
    row = Projection.objects.get(run=run, item__sku="SKU-01", location__code="NORTH")
    dc = Projection.objects.get(run=run, item__sku="SKU-01", location__code="DC")
    assert row.inputs["receipts"] == [
        {
            "day": -2, "quantity": 8.0, "kind": 1, "origin": dc.location_id, "shipped": False, "release_day": 10**6,
            "order_number": "TO-1", "lead_time_days": 2, "ship_calendar": None,
        }
    ]  # fmt: skip
    assert row.inputs["stock"] == {"on_hand": 5.0, "allocated": 0.0, "backorders": 0.0}
    assert row.inputs["source"] | {"id": 0} == {
        "code": "DC", "supplier_id": None, "lead_time_days": 2.0, "lead_time_from": "terms", "unit_cost": 2.0,
        "kind": "lane", "id": 0,
    }  # fmt: skip
    assert row.inputs["review"] == {"weekdays": "", "days": 7.0}
    assert row.inputs["sourcing"]["node"] == dc.location_id
    assert "lots" not in row.inputs


def test_an_item_is_read_by_a_few_queries(django_assert_max_num_queries):
    busy_company()
    run = run_cycle()
    item = Projection.objects.filter(run=run).first().item_id
    with django_assert_max_num_queries(7):
        assert len(read_item_plan(run, item).plan.orders.node) > 0


def test_an_item_that_was_not_planned_is_refused():
    run_company = two_level_company(items=1)
    run = run_cycle()
    other = run_company.item("LATE")
    with pytest.raises(InvalidInput, match="holds no stored inputs"):
        read_item_plan(run, other.pk)


def test_rows_of_another_version_are_refused():
    two_level_company(items=1)
    run = run_cycle()
    row = Projection.objects.filter(run=run).first()
    del row.inputs["costs"]["order_cost"]
    Projection.objects.filter(pk=row.pk, run_date=run.run_date).update(inputs=row.inputs)
    with pytest.raises(Conflict, match="does not say 'order_cost'"):
        read_item_plan(run, row.item_id)


def shopping_company() -> SmallCompany:
    """A DC that buys all its items from suppliers with a minimum order value, price breaks and a shared item."""
    company = busy_company()
    company.supplier.min_order_value = 900
    company.supplier.save()
    other = Supplier.objects.create(code="OTHER", min_order_value=400)
    terms = list(SupplierItem.objects.select_related("item").order_by("item__sku"))
    for term in terms[:2]:
        PriceBreak.objects.create(supplier_item=term, min_quantity=150, unit_price=Decimal("1.8"))
    shared = terms[-1]
    SupplierItem.objects.filter(pk=shared.pk).update(share=Decimal("0.6"))
    company.terms(
        shared.item, shared.location, supplier=other, unit_price=3, share=Decimal("0.4"), lead_time_days=10, moq=5
    )
    return company


def test_orders_that_items_fill_up_together_are_found_again():
    shopping_company()
    run = run_cycle()
    plans = item_plans(run)
    orders = list(PlannedOrder.objects.filter(run=run).select_related("supplier"))
    assert {order.reason for order in orders} >= {"reorder", "top_up"}
    assert {order.supplier.code for order in orders if order.supplier} == {"ACME", "OTHER"}
    for order in orders:
        trace = plans[order.item_id].trace_of(order)
        assert recompute_quantity(trace) == pytest.approx(float(order.quantity), abs=1e-3)
        if order.supplier:
            assert trace["source"]["code"] == order.supplier.code
    for item, planned in plans.items():
        for row in Projection.objects.filter(run=run, item_id=item):
            node = planned.node_of[row.location_id]
            assert np.round(planned.plan.projection.on_hand_mean[node], 2).tolist() == row.on_hand_mean


def test_what_the_item_alone_decides_has_the_same_trace_when_it_is_derived():
    shopping_company()
    run = run_cycle()
    plans = item_plans(run)
    alone = [
        order for order in PlannedOrder.objects.filter(run=run) if order.trace and not order.trace["order_minimum"]
    ]
    assert len(alone) > 8
    assert any(order.trace["split"] for order in alone)
    for order in alone:
        expected, order.trace = order.trace, {}
        assert plans[order.item_id].trace_of(order) == expected


def test_an_orders_price_is_that_of_its_supplier_and_quantity():
    shopping_company()
    run = run_cycle()
    for order in PlannedOrder.objects.filter(run=run, kind="purchase").select_related("supplier", "item"):
        broken = order.item.sku in {"SKU-00", "SKU-01"} and order.quantity >= 150
        expected = 3 if order.supplier.code == "OTHER" else Decimal("1.8") if broken else 2
        assert (order.unit_price, order.value) == (expected, expected * order.quantity)
    assert PlannedOrder.objects.filter(run=run, unit_price=Decimal("1.8")).exists()


def test_what_is_shipped_later_has_a_need_of_its_own():
    company = two_level_company(items=4)
    run = run_cycle()
    later = list(PlannedOrder.objects.filter(run=run, reason="remainder"))
    assert later
    assert all(order.need_on == order.release_on for order in later)
    assert company.as_of == MONDAY


def test_a_move_between_stores_is_written_with_its_lane_and_found_again():
    company = SmallCompany()
    item, dc = company.item("TEA", cost=5, price=20), company.location("DC", kind="dc")
    north, south = company.location("NORTH"), company.location("SOUTH")
    company.terms(item, dc, lead_time_days=40)
    company.stocked(item, dc)
    for store, on_hand in ((north, 400), (south, 0)):
        company.lane(dc, store)
        company.stocked(item, store, on_hand=on_hand)
        company.demand(item, store, [20] * 52)
    lateral = company.lane(north, south, priority=9, lead_time_days=1, cost_per_unit=Decimal("0.1"))
    run = run_cycle()
    order = PlannedOrder.objects.get(run=run, reason="rebalance")
    assert (order.kind, order.origin, order.location, order.source_id) == ("transfer", north, south, lateral.pk)
    assert (order.release_on, order.due_on, order.need_on) == (MONDAY, MONDAY + timedelta(days=1), MONDAY)
    expected, order.trace = order.trace, {}
    assert read_item_plan(run, item.pk).trace_of(order) == expected
    assert recompute_quantity(expected) == pytest.approx(float(order.quantity))
