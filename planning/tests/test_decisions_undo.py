"""One act, one undo, until an order has gone on or a later word stands."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import ItemLocationState, ScheduledReceipt, TransferOrder
from inventory.services import changes
from inventory.tests.factories import ItemLocationFactory, LocationFactory
from planning.models import DecisionBatch, DecisionEntry, PlanDecision
from planning.services import decisions
from planning.services.decisions.recording import STATE
from planning.tests.desk import Desk, day
from stocksense.accounts.roles import Role
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging.models import OutboxMessage
from vendors.models import PriceBreak, PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule
from vendors.services import orders as purchases

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def supply():
    return sorted(ScheduledReceipt.objects.values_list("order_number", "quantity"))


def state(decision):
    return {name: getattr(decision, name) for name in STATE}


def test_undoing_an_approval_takes_its_rows_away_and_opens_the_line(desk):
    result = desk.approve()
    batch = desk.undo(result)
    order = PurchaseOrder.objects.get()
    assert (order.state, order.lines.count(), supply()) == ("cancelled", 0, [])
    assert desk.open_orders() == [desk.order]
    assert (batch.undone_by, PlanDecision.objects.count()) == (desk.planner, 0)
    assert ItemLocationState.objects.get().change_counter == 2  # once for the approval, once for its undoing
    assert (DecisionBatch.objects.count(), DecisionEntry.objects.count()) == (1, 1)
    assert OutboxMessage.objects.filter(topic="decisions.undone").count() == 1


def test_undoing_one_of_two_acts_on_a_draft_leaves_the_other_at_its_price(desk):
    PriceBreak.objects.create(supplier_item=desk.terms, min_quantity=10, unit_price=45)
    later = desk.proposal(need_on=day(7), due_on=day(14), quantity=Decimal(24))
    tea = desk.other()
    desk.approve()
    second = desk.approve(later, tea)
    order = PurchaseOrder.objects.get()
    line = order.lines.get(item=desk.coffee)
    assert ([row.quantity for row in line.schedules.all()], line.unit_price) == ([108, 24], 45)
    desk.undo(second)
    line.refresh_from_db()
    assert ([row.quantity for row in line.schedules.all()], line.unit_price) == ([108], 48)
    assert (supply(), order.lines.count()) == ([(order.number, 108)], 1)
    assert desk.open_orders() == [later, tea]


def test_undoing_a_transfer_frees_its_origin(desk):
    origin = LocationFactory()
    ItemLocationFactory(item=desk.coffee, location=origin)
    move = desk.proposal(origin=origin, kind="transfer")
    result = desk.approve(move)
    desk.undo(result)
    assert (TransferOrder.objects.get().state, supply()) == ("cancelled", [])
    assert sorted(ItemLocationState.objects.values_list("change_counter", flat=True)) == [2, 2]


def test_undo_puts_the_word_of_before_back(desk):
    desk.edit(60, reason="shelf space")
    before = state(desk.word())
    approved = desk.approve()
    desk.undo(approved)
    assert state(desk.word()) == before
    rejected = desk.reject()
    desk.undo(rejected)
    assert state(desk.word()) == before
    desk.undo(desk.reopen())
    assert state(desk.word()) == before


@pytest.mark.parametrize("to", ["approved", "cancelled"])
def test_an_order_that_went_on_cannot_be_undone(desk, to):
    tea = desk.other(location=LocationFactory())
    result = desk.approve(desk.order, tea)
    order = next(row for row in result.purchase_orders if row.destination == desk.store)
    purchases.advance(order_id=order.pk, to=purchases.PurchaseState(to), actor=desk.planner)
    before = supply()
    with pytest.raises(Conflict, match=f"{order.number} went on since") as refused:
        desk.undo(result)
    assert refused.value.fields["orders"] == [order.number]
    assert (supply(), PlanDecision.objects.count()) == (before, 2)
    assert DecisionBatch.objects.get().undone_at is None


@pytest.mark.parametrize(
    "change", [{"quantity": 96}, {"received_quantity": 12}, {"promised_on": day(9)}, {"is_closed": True}]
)
def test_a_changed_row_cannot_be_undone(desk, change):
    result = desk.approve()
    PurchaseOrderSchedule.objects.update(**change)
    with pytest.raises(Conflict):
        desk.undo(result)
    assert (PurchaseOrderLine.objects.count(), desk.word().decision) == (1, "approved")


def test_an_order_that_another_system_knows_cannot_be_undone(desk):
    result = desk.approve()
    PurchaseOrder.objects.update(source_system="erp", external_number="4711")
    with pytest.raises(Conflict):
        desk.undo(result)
    assert desk.word().decision == "approved"


def test_a_later_word_stands(desk):
    first = desk.snooze(until=day(1))
    again = desk.night(1)
    desk.reject(again)
    with pytest.raises(Conflict, match=f"{desk.coffee.sku} was decided again since"):
        desk.undo(first)
    assert desk.word().decision == "rejected"


def test_a_decision_after_reopening_stands(desk):
    desk.reject()
    reopened = desk.reopen()
    desk.snooze(until=day(2))
    with pytest.raises(Conflict):
        desk.undo(reopened)
    assert desk.word().decision == "snoozed"


def test_undoing_twice_changes_nothing_the_second_time(desk):
    result = desk.approve()
    desk.undo(result)
    desk.approve()
    desk.undo(result)
    assert (len(supply()), desk.word().decision) == (1, "approved")


def test_undo_works_after_a_newer_plan(desk):
    result = desk.reject()
    newer = desk.night(1)
    assert desk.open_orders() == []
    desk.undo(result)
    assert desk.open_orders() == [newer]


def test_who_may_not_approve_may_not_undo_an_approval(desk):
    result = desk.approve()
    with pytest.raises(NotAllowed):
        desk.undo(result, actor=desk.person(Role.VIEWER))
    with pytest.raises(InvalidInput):
        decisions.undo_batch(batch_id=999_999, actor=desk.planner)
    assert len(supply()) == 1


def test_the_last_batch_is_the_persons_own_that_stands(desk):
    assert decisions.last_batch(desk.planner) is None
    tea = desk.other()
    first, second = desk.approve(), desk.reject(tea)
    desk.other()
    assert decisions.last_batch(desk.planner) == second.batch
    desk.undo(second)
    assert decisions.last_batch(desk.planner) == first.batch
    assert decisions.last_batch(desk.person(Role.PLANNER)) is None


def locks_taken(act) -> list[str]:
    """In the order of their statements: orders locked, and counters moved (which locks them)."""
    with CaptureQueriesContext(connection) as queries:
        act()
    names = {
        "vendors_purchaseorder": "purchases", "inventory_transferorder": "transfers", "company_currentrun": "plan",
    }  # fmt: skip
    found = []
    for query in queries:
        sql = query["sql"]
        if "FOR UPDATE" in sql:
            found += [name for table, name in names.items() if f'FROM "{table}"' in sql]
        elif "INTO inventory_itemlocationstate" in sql:
            found.append("counters")
    return found


def test_an_act_on_purchases_and_transfers_locks_orders_first_and_counters_last(desk):
    bought, moved = desk.order, desk.proposal(origin=LocationFactory(kind="dc"), kind="transfer", need_on=day(1))
    results = []
    assert locks_taken(lambda: results.append(desk.approve(bought, moved))) == [
        "plan", "purchases", "transfers", "counters",
    ]  # fmt: skip
    assert locks_taken(lambda: desk.undo(results[0])) == ["plan", "purchases", "transfers", "counters"]


def test_counters_move_once_where_an_act_ends_well_and_not_where_it_fails(desk):
    def counted() -> int:
        return ItemLocationState.objects.get(item_location__item=desk.coffee).change_counter

    desk.approve()
    assert counted() == 1
    pair = (desk.coffee.pk, desk.store.pk)

    def fails():
        with changes.counted_last():
            changes.count_changes([pair])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert counted() == 1
    with changes.counted_last(), changes.counted_last():
        changes.count_changes([pair])
        changes.count_changes([pair])
        assert counted() == 1
    assert counted() == 2
