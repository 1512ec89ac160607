"""What a plan run writes, beyond the numbers of the engine."""

from datetime import timedelta
from itertools import count

import pytest

from inventory.models import ScheduledReceipt
from planning.models import Pegging, PlannedOrder, Projection
from planning.services import cycle
from planning.services import runs as plans
from planning.tests.builder import MONDAY, SmallCompany, two_level_company
from stocksense.jobs.models import JobState

pytestmark = pytest.mark.django_db


def run_cycle() -> None:
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED


def test_pegging_follows_its_orders_where_another_plan_took_ids_in_between(monkeypatch):
    every_third = count(1000, 3)
    monkeypatch.setattr(plans, "next_numbers", lambda sequence, size: [next(every_third) for _ in range(size)])
    two_level_company(items=2)
    run_cycle()
    orders = {order.pk: (order.item_id, order.location_id) for order in PlannedOrder.objects.all()}
    assert {number % 3 for number in orders} == {1}
    pegged = list(Pegging.objects.filter(supply_kind="order").values_list("planned_order_id", "item_id", "location_id"))
    assert pegged
    assert [orders[number] for number, _, _ in pegged] == [(item, location) for _, item, location in pegged]


@pytest.mark.parametrize(("is_shipped", "left_at_origin"), [(False, 42), (True, 50)])
def test_a_transfer_takes_from_its_origin_once_until_it_is_shipped(is_shipped, left_at_origin):
    company = SmallCompany()
    item, dc, store = company.item("TEA"), company.location("DC", kind="dc"), company.location("NORTH")
    company.stocked(item, dc, on_hand=50)
    company.stocked(item, store, on_hand=3)
    ScheduledReceipt.objects.create(
        kind="transfer", schedule_id=1, item=item, location=store, origin=dc, quantity=8,
        due_on=MONDAY + timedelta(days=2), is_shipped=is_shipped, order_number="TO-1",
    )  # fmt: skip
    run_cycle()
    at_store = Projection.objects.get(location=store).on_hand_without_orders
    assert at_store[:4] == [3, 3, 11, 11]
    assert Projection.objects.get(location=dc).on_hand_without_orders[:3] == [left_at_origin] * 3
