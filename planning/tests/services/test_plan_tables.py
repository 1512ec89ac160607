"""What the engine is given of lots, order minimums, shared orders, lateral lanes, missed order days and strays."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from inventory.models import ItemLocation, ScheduledReceipt, StockBalance
from planning.models import Decision, PlanDecision, PlannedOrder, Projection
from planning.services import cycle
from planning.services.inputs import tables
from planning.tests.builder import MONDAY, SmallCompany
from planning.tests.factories import PlannedOrderFactory, PlanRunFactory
from planning.tests.services.test_inputs import snapshot
from stocksense.company.models import Calendar
from stocksense.jobs.models import JobState
from vendors.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule, Supplier
from vendors.services import orders

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> SmallCompany:
    return SmallCompany()


@pytest.fixture
def tea(company):
    return company.stocked(company.item("TEA"), company.location("NORTH"), on_hand=20)


def test_a_lot_can_be_used_until_the_end_of_its_last_day(company, tea):
    for lot, days in (("TODAY", 0), ("GONE", -1), ("LATER", 9)):
        StockBalance.objects.create(
            item=tea.item, location=tea.location, lot=lot, quantity=5, expires_on=MONDAY + timedelta(days=days)
        )
    StockBalance.objects.create(
        item=tea.item, location=tea.location, lot="HELD", status="blocked", quantity=5, expires_on=MONDAY
    )
    lots, codes = tables.lots_table(snapshot())
    assert (codes, lots.expires_day.tolist(), lots.quantity.tolist()) == (
        ["GONE", "TODAY", "LATER"],
        [0, 1, 10],
        [5] * 3,
    )
    stock, _ = tables.stock_and_customer_orders(snapshot())
    assert stock.on_hand.tolist() == [35]


def test_a_transfer_to_where_the_item_is_not_kept_stays_allocated_at_its_origin(company, tea):
    elsewhere = company.location("ELSEWHERE")
    for number, shipped in ((1, False), (2, True)):
        ScheduledReceipt.objects.create(
            kind="transfer", schedule_id=number, item=tea.item, location=elsewhere, origin=tea.location, quantity=8,
            due_on=MONDAY, is_shipped=shipped, order_number=f"TO-{number}",
        )  # fmt: skip
    read = snapshot()
    assert tables.receipts_table(read)[1] == []
    assert tables.stock_and_customer_orders(read)[0].allocated.tolist() == [8]


def test_an_ended_item_is_not_ordered_and_its_open_orders_still_come(company):
    item, store = company.item("OLD", status="ended"), company.location("NORTH")
    company.stocked(item, store, on_hand=3)
    company.terms(item, store)
    company.demand(item, store, [10] * 52)
    ScheduledReceipt.objects.create(
        kind="purchase", schedule_id=1, item=item, location=store, quantity=8, due_on=MONDAY + timedelta(days=2),
        order_number="PO-1",
    )  # fmt: skip
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    assert not PlannedOrder.objects.exists()
    path = Projection.objects.get()
    assert path.on_hand_without_orders[2] - path.on_hand_without_orders[1] > 6
    assert path.inputs["nodes"]["active"] is False


def test_the_orders_of_a_supplier_to_a_location_reach_its_minimum_together(company, tea):
    Supplier.objects.update(min_order_value=Decimal(120))
    south = company.location("SOUTH")
    milk = company.item("MILK")
    for item, location in ((tea.item, tea.location), (milk, tea.location), (milk, south), (company.item("OWN"), south)):
        if not ItemLocation.objects.filter(item=item, location=location).exists():
            company.stocked(item, location)
        if item.sku != "OWN":
            company.terms(item, location)
    read = snapshot()
    active = np.ones(len(read.nodes), dtype=bool)
    found = tables.order_minimums_table(read, active)
    places = read.nodes.select("sku", "location_code").rows()
    groups: dict[int, set[tuple[str, str]]] = {}
    for node, group in zip(found.node.tolist(), found.group.tolist(), strict=True):
        groups.setdefault(group, set()).add(places[node])
    assert sorted(groups) == [0, 1]
    assert sorted(groups.values(), key=len) == [{("MILK", "SOUTH")}, {("TEA", "NORTH"), ("MILK", "NORTH")}]
    assert set(found.min_value.tolist()) == {120.0}


def test_an_open_order_has_the_lead_time_of_whoever_delivers_it(company, tea):
    works, depot = Calendar.objects.create(code="works"), company.location("DC", kind="dc")
    other, stranger = (Supplier.objects.create(code=code) for code in ("OTHER", "STRANGER"))
    other.calendar = works
    other.save()
    company.stocked(tea.item, depot)
    company.lane(depot, tea.location, lead_time_days=3, priority=9)
    company.terms(tea.item, tea.location, share=Decimal("0.6"))
    company.terms(tea.item, tea.location, supplier=other, share=Decimal("0.4"), lead_time_days=Decimal("1.5"))
    for supplier, quantity in ((company.supplier, 1), (other, 2), (stranger, 3)):
        order = PurchaseOrder.objects.create(
            number=f"PO-{quantity}", supplier=supplier, destination=tea.location, currency="EUR", state="approved"
        )
        line = PurchaseOrderLine.objects.create(
            order=order, number="1", item=tea.item, order_uom="pcs", units_per_order_uom=1
        )
        PurchaseOrderSchedule.objects.create(line=line, number="1", quantity=quantity, requested_on=MONDAY)
        orders.refresh_supply([order.pk])
    ScheduledReceipt.objects.create(
        kind="transfer", schedule_id=1, item=tea.item, location=tea.location, origin=depot, quantity=4, due_on=MONDAY,
        order_number="TO-1",
    )  # fmt: skip
    read = snapshot()
    found, numbers = tables.receipts_table(read)
    of = {number: (days, read.calendar_ids[row] if row >= 0 else None) for number, days, row in zip(
        numbers, found.lead_time_days.tolist(), found.ship_calendar.tolist(), strict=True
    )}  # fmt: skip
    # The source's week; the sharer's day and a half; one whose terms are gone as the source; the lane's three days.
    assert of == {"PO-1": (7, None), "PO-2": (2, works.pk), "PO-3": (7, None), "TO-1": (3, None)}


def test_suppliers_that_share_are_the_source_and_its_splits(company, tea):
    works = Calendar.objects.create(code="works")
    other = Supplier.objects.create(code="OTHER", calendar=works)
    company.terms(tea.item, tea.location, unit_price=1, share=Decimal("0.6"))
    second = company.terms(
        tea.item, tea.location, supplier=other, unit_price=2, share=Decimal("0.4"), lead_time_days=Decimal("9.5"), moq=6
    )
    read = snapshot()
    splits = tables.splits_table(read)
    assert {name: values.tolist() for name, values in vars(splits).items()} == {
        "node": [0], "share": [pytest.approx(0.4)], "source_id": [second.pk], "lead_time_days": [10],
        "ship_calendar": [0], "min_quantity": [6], "multiple": [1], "unit_cost": [2],
    }  # fmt: skip
    assert read.calendar_ids == [works.pk]
    assert tables.sourcing_table(read).ship_calendar.tolist() == [-1]


def test_a_lane_beside_the_source_is_lateral(company, tea):
    south = company.stocked(tea.item, company.location("SOUTH"))
    company.terms(tea.item, tea.location)
    lane = company.lane(south.location, tea.location, priority=9, cost_per_unit=Decimal("0.1"), cost_per_shipment=4)
    company.terms(tea.item, south.location)
    read = snapshot()
    code = read.nodes["location_code"].to_list()
    lanes = tables.lateral_lanes_table(read)
    assert (code[lanes.origin[0]], code[lanes.destination[0]], lanes.source_id.tolist()) == (
        "SOUTH",
        "NORTH",
        [lane.pk],
    )
    assert (lanes.lead_time_days[0], lanes.cost_per_unit[0], lanes.cost_per_shipment[0]) == (2, 0.1, 4)


@pytest.fixture
def missed(company, tea):
    """A proposal of last week's Thursday that is still in the current plan; the review period is a week."""
    company.terms(tea.item, tea.location)
    day = MONDAY - timedelta(days=4)
    run = PlanRunFactory(as_of=day, run_date=day)
    return PlannedOrderFactory(
        run=run, item=tea.item, location=tea.location, supplier=company.supplier, release_on=day, need_on=day
    )


def missed_days(*, days: float = 7.0, review_today: bool = False) -> list[int]:
    """Order days that would be due on day 0, as offsets."""
    read = snapshot()
    review = np.full((len(read.nodes), 28), review_today)
    return tables.missed_orders_table(read, review, np.full(len(read.nodes), days)).need_day.tolist()


def test_an_order_day_that_nobody_decided_is_due_today(missed):
    assert missed_days() == [-4]


def test_an_order_day_before_the_last_review_period_is_forgotten(missed):
    assert missed_days(days=4.0) == []
    assert missed_days(days=5.0) == [-4]


def test_an_order_day_today_covers_the_one_that_was_missed(missed):
    assert missed_days(review_today=True) == []


def test_an_order_day_is_not_missed_where_the_source_has_changed(company, missed, tea):
    company.terms(tea.item, tea.location, supplier=Supplier.objects.create(code="NEW"), priority=0)
    assert missed_days() == []


def decide(order: PlannedOrder, decision: Decision) -> None:
    PlanDecision.objects.create(
        scenario=order.run.scenario, item=order.item, destination=order.location, supplier=order.supplier,
        need_on=order.need_on, decision=decision, proposed_quantity=order.quantity, run_id=order.run_id,
    )  # fmt: skip


@pytest.mark.parametrize(("decision", "due"), [("approved", []), ("rejected", []), ("snoozed", [-4]), ("edited", [-4])])
def test_a_decision_settles_a_missed_order_day_unless_it_only_waits(missed, decision, due):
    decide(missed, Decision(decision))
    assert missed_days() == due


def test_the_earliest_missed_order_day_of_a_place_counts(missed):
    PlannedOrderFactory(
        run=missed.run, item=missed.item, location=missed.location, supplier=missed.supplier, reason="remainder",
        release_on=MONDAY - timedelta(days=1), need_on=MONDAY - timedelta(days=1),
    )  # fmt: skip
    assert missed_days() == [-4]


def test_moves_between_stores_are_not_missed(missed):
    PlannedOrder.objects.filter(pk=missed.pk).update(reason="rebalance")
    assert missed_days() == []
