"""Approving and rejecting proposals."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection

from inventory.models import ItemLocationState, ScheduledReceipt, TransferOrder
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory
from planning.models import PlanDecision
from planning.services import reads
from planning.services.decisions import RunSuperseded, approve_planned_orders, reject_planned_orders
from planning.tests.factories import AS_OF, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core.errors import InvalidInput, NotAllowed
from stocksense.messaging.models import OutboxMessage
from vendors.models import PriceBreak, PurchaseOrder, PurchaseOrderLine
from vendors.tests.factories import SupplierFactory, SupplierItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    """A planner, a current plan, and one proposal of 108 pieces from a supplier that sells boxes of 12."""
    planner, run, supplier = UserFactory(role=Role.PLANNER), PlanRunFactory(), SupplierFactory()
    coffee, store = ItemFactory(name="Espresso"), LocationFactory(name="Lille")
    ItemLocationFactory(item=coffee, location=store)
    terms = SupplierItemFactory(supplier=supplier, item=coffee)
    order = PlannedOrderFactory(run=run, item=coffee, location=store, supplier=supplier, source_id=terms.pk)
    return SimpleNamespace(
        planner=planner, run=run, supplier=supplier, coffee=coffee, store=store, terms=terms, order=order
    )


def approve(desk, *orders, **given):
    ids = [order.pk for order in orders or (desk.order,)]
    return approve_planned_orders(planned_order_ids=ids, run_id=desk.run.pk, actor=desk.planner, **given)


def counts():
    return PurchaseOrder.objects.count(), PlanDecision.objects.count(), ScheduledReceipt.objects.count()


def test_approving_makes_a_draft_with_the_terms_unit_and_price(desk):
    approve(desk)
    order = PurchaseOrder.objects.get()
    line = order.lines.get()
    schedule = line.schedules.get()
    assert (order.state, order.currency, order.supplier, order.destination) == (
        "draft",
        "EUR",
        desk.supplier,
        desk.store,
    )
    assert (line.item, line.order_uom, line.units_per_order_uom, line.unit_price) == (desk.coffee, "box", 12, 48)
    assert (schedule.quantity, schedule.requested_on, schedule.release_on) == (108, AS_OF + timedelta(days=7), AS_OF)
    assert order.number.startswith("PO-")


def test_a_draft_is_supply_at_once_moves_the_counter_and_is_told(desk):
    approve(desk)
    receipt = ScheduledReceipt.objects.get()
    assert (receipt.quantity, receipt.unit_cost, receipt.is_draft) == (108, 4, True)
    assert ItemLocationState.objects.get().change_counter == 1
    assert OutboxMessage.objects.get().topic == "planned_orders.approved"


def test_a_price_break_reached_by_the_line_sets_its_price(desk):
    PriceBreak.objects.create(supplier_item=desk.terms, min_quantity=9, unit_price=45)
    PriceBreak.objects.create(supplier_item=desk.terms, min_quantity=10, unit_price=40)
    approve(desk)
    assert PurchaseOrderLine.objects.get().unit_price == 45


def test_one_order_per_destination_one_line_per_item_one_schedule_per_date(desk):
    later = PlannedOrderFactory(
        run=desk.run, item=desk.coffee, location=desk.store, supplier=desk.supplier, source_id=desk.terms.pk,
        quantity=Decimal(24), due_on=AS_OF + timedelta(days=14), need_on=AS_OF + timedelta(days=7),
    )  # fmt: skip
    tea = ItemFactory()
    terms = SupplierItemFactory(supplier=desk.supplier, item=tea)
    other = PlannedOrderFactory(run=desk.run, item=tea, location=desk.store, supplier=desk.supplier, source_id=terms.pk)
    away = PlannedOrderFactory(
        run=desk.run, item=desk.coffee, location=LocationFactory(), supplier=desk.supplier, source_id=desk.terms.pk
    )
    result = approve(desk, desk.order, later, other, away)
    assert len(result.purchase_orders) == 2
    here = next(order for order in result.purchase_orders if order.destination == desk.store)
    found = {line.item: [row.quantity for row in line.schedules.all()] for line in here.lines.all()}
    assert found == {desk.coffee: [108, 24], tea: [108]}


def test_a_second_approval_makes_no_second_order(desk):
    approve(desk)
    again = approve(desk)
    assert (len(again.decided), len(again.skipped)) == (0, 1)
    assert counts() == (1, 1, 1)


def test_an_edited_quantity_is_ordered_and_recorded(desk):
    approve(desk, quantities={desk.order.pk: Decimal(60)}, reason="shelf space")
    decision = PlanDecision.objects.get()
    assert ScheduledReceipt.objects.get().quantity == 60
    assert (decision.proposed_quantity, decision.quantity, decision.reason) == (108, 60, "shelf space")


@pytest.mark.parametrize("quantity", ["1e30", "999999999999.9996", "0.0000001", "1.5", "-1", "0", "NaN", "Infinity"])
def test_a_quantity_that_cannot_be_ordered_is_refused_and_nothing_changes(desk, quantity):
    with pytest.raises(InvalidInput):
        approve(desk, quantities={desk.order.pk: Decimal(quantity)})
    assert counts() == (0, 0, 0)


def test_a_superseded_run_is_refused_with_the_new_quantity(desk):
    newer = PlanRunFactory(run_date=AS_OF + timedelta(days=1))
    PlannedOrderFactory(
        run=newer,
        item=desk.coffee,
        location=desk.store,
        supplier=desk.supplier,
        source_id=desk.terms.pk,
        quantity=Decimal(96),
    )
    with pytest.raises(RunSuperseded) as refused:
        approve(desk)
    assert (refused.value.status, refused.value.fields["quantities"]) == (409, {desk.order.pk: 96})
    assert counts() == (0, 0, 0)


def test_without_the_permission_nothing_changes(desk):
    desk.planner = UserFactory(role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        approve(desk)
    with pytest.raises(NotAllowed):
        reject_planned_orders(planned_order_ids=[desk.order.pk], run_id=desk.run.pk, actor=desk.planner)
    assert counts() == (0, 0, 0)


def test_an_order_of_another_run_is_refused(desk):
    with pytest.raises(InvalidInput):
        approve_planned_orders(planned_order_ids=[desk.order.pk, 999_999], run_id=desk.run.pk, actor=desk.planner)
    assert counts() == (0, 0, 0)


def test_a_transfer_is_supply_here_and_promised_there(desk):
    origin = LocationFactory()
    ItemLocationFactory(item=desk.coffee, location=origin)
    move = PlannedOrderFactory(run=desk.run, item=desk.coffee, location=desk.store, origin=origin)
    result = approve(desk, move)
    order = TransferOrder.objects.get()
    receipt = ScheduledReceipt.objects.get()
    assert result.transfer_orders == [order]
    assert (order.origin, order.destination, order.state) == (origin, desk.store, "draft")
    assert (receipt.origin, receipt.location, receipt.is_shipped) == (origin, desk.store, False)
    assert ItemLocationState.objects.count() == 2


def test_a_rejection_survives_runs_and_an_approval_does_not(desk):
    reject_planned_orders(planned_order_ids=[desk.order.pk], run_id=desk.run.pk, actor=desk.planner, reason="too much")
    query = reads.WorklistQuery()
    assert list(reads.planned_orders(reads.current_plan(), query)) == []
    newer = PlanRunFactory(run_date=AS_OF + timedelta(days=1))
    key = {"item": desk.coffee, "location": desk.store, "supplier": desk.supplier, "source_id": desk.terms.pk}
    again = PlannedOrderFactory(run=newer, **key)
    assert list(reads.planned_orders(reads.current_plan(), query)) == []
    PlanDecision.objects.update(decision="approved", decided_at=newer.started_at - timedelta(minutes=1))
    assert list(reads.planned_orders(reads.current_plan(), query)) == [again]


def test_an_approval_given_while_a_run_was_made_settles_that_runs_proposal(desk):
    newer = PlanRunFactory(run_date=AS_OF + timedelta(days=1), published=False)
    PlannedOrderFactory(
        run=newer, item=desk.coffee, location=desk.store, supplier=desk.supplier, source_id=desk.terms.pk
    )
    PlanDecision.objects.create(
        scenario=desk.run.scenario, item=desk.coffee, destination=desk.store, supplier=desk.supplier, need_on=AS_OF,
        decision="approved", proposed_quantity=108, run_id=desk.run.pk, decided_by=desk.planner,
    )  # fmt: skip
    assert list(reads.planned_orders(reads.current_plan(), reads.WorklistQuery())) == []


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time_make_one_order(desk):
    def click(_):
        try:
            return len(approve(desk).decided)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(click, range(2))) == [0, 1]
    assert counts() == (1, 1, 1)
