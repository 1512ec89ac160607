"""What must not happen with money: orders twice, of quantities nobody saw, from trials, or against one's own rules."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from inventory.models import ScheduledReceipt
from planning.models import AutoApproveRule, DecisionBatch, PlanDecision
from planning.services import auto_approval, decisions
from planning.services.auto_approval import apply_and_note
from planning.services.decisions import QuantityChanged, SecondPersonNeeded
from planning.tests.desk import Desk, day
from stocksense.accounts.roles import Role
from stocksense.company.models import CompanySettings, Scenario
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from vendors.models import PurchaseOrder, PurchaseState
from vendors.services import orders as purchases

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def written():
    return PurchaseOrder.objects.count(), ScheduledReceipt.objects.count(), PlanDecision.objects.count()


def seen(order, quantity):
    return {order.pk: Decimal(quantity)}


def test_the_plan_of_a_trial_makes_no_orders(desk):
    Scenario.objects.filter(pk=desk.run.scenario_id).update(is_baseline=False, name="rosy")
    with pytest.raises(InvalidInput, match="rosy is a trial"):
        desk.approve()
    assert written() == (0, 0, 0)


def test_a_quantity_that_another_person_changed_meanwhile_is_not_approved(desk):
    desk.edit(960, actor=desk.person(Role.PLANNER))
    with pytest.raises(QuantityChanged, match=desk.coffee.sku):
        desk.approve(seen=seen(desk.order, 108))
    assert written() == (0, 0, 1)
    desk.approve(seen=seen(desk.order, "960.000"))
    assert ScheduledReceipt.objects.get().quantity == 960


def test_a_form_sent_again_after_undo_is_not_told_that_its_orders_stand(desk):
    token = uuid4()
    desk.undo(desk.approve(token=token))
    with pytest.raises(Conflict, match="undone"):
        desk.approve(token=token)
    assert (PurchaseOrder.objects.get().state, ScheduledReceipt.objects.count()) == ("cancelled", 0)


@pytest.mark.parametrize("quantity", ["999999999999", "250000000000"])
def test_a_value_that_cannot_be_kept_is_refused(desk, quantity):
    with pytest.raises(InvalidInput, match="more than can be kept"):
        desk.edit(int(quantity))
    with pytest.raises(InvalidInput, match="more than can be kept"):
        desk.approve(quantities=seen(desk.order, quantity))
    assert written() == (0, 0, 0)


def test_a_colleagues_snooze_does_not_make_an_edit_theirs(desk):
    CompanySettings.objects.update_or_create(pk=1, defaults={"separate_approver": True})
    other = desk.person(Role.PLANNER)
    desk.edit(216)
    desk.snooze(until=day(1), actor=other)
    desk.night(days=1)
    desk.order = desk.open_orders()[0]
    with pytest.raises(SecondPersonNeeded):
        desk.approve()
    assert PurchaseOrder.objects.count() == 0
    desk.approve(actor=other)
    assert ScheduledReceipt.objects.get().quantity == 216


@pytest.mark.django_db(transaction=True)
def test_undo_and_sending_at_the_same_moment_end_with_one_of_them(desk):
    result = desk.approve()
    order = result.purchase_orders[0]

    def in_thread(act):
        try:
            act()
            return "done"
        except Conflict:
            return "refused"
        finally:
            connection.close()

    acts = [
        lambda: desk.undo(result),
        lambda: purchases.advance(order_id=order.pk, to=PurchaseState.APPROVED, actor=desk.planner),
    ]
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(in_thread, acts))
    assert said == ["done", "refused"]
    order.refresh_from_db()
    assert (order.state, ScheduledReceipt.objects.count()) in [("cancelled", 0), ("approved", 1)]
    assert PlanDecision.objects.count() == ScheduledReceipt.objects.count()


def a_rule(desk, **fields):
    return AutoApproveRule.objects.create(name="small", author=desk.planner, is_active=True, **fields)


def test_a_fault_in_one_rule_is_told_and_stops_neither_the_others_nor_the_job(desk, monkeypatch):
    broken = a_rule(desk, position=0)
    AutoApproveRule.objects.create(name="sound", author=desk.planner, is_active=True, position=1)
    apply = auto_approval._apply

    def fail(rule, run):
        if rule == broken:
            raise ZeroDivisionError
        return apply(rule, run)

    monkeypatch.setattr(auto_approval, "_apply", fail)
    noted = apply_and_note(desk.run)
    assert noted == {
        "lines": 1,
        "value": "432.0000",
        "problems": ["small: stopped by an unexpected ZeroDivisionError. The log has the details."],
    }
    desk.run.refresh_from_db()
    assert desk.run.summary["auto_approved"] == noted


def test_rules_tried_again_after_a_kill_approve_nothing_twice_and_report_it_all(desk):
    a_rule(desk)
    first = apply_and_note(desk.run)
    assert apply_and_note(desk.run) == first == {"lines": 1, "value": "432.0000", "problems": []}
    assert (DecisionBatch.objects.count(), PurchaseOrder.objects.count()) == (1, 1)


def test_a_person_who_lost_the_right_approves_nothing_through_a_rule(desk):
    a_rule(desk)
    desk.planner.groups.clear()
    noted = apply_and_note(desk.run)
    assert (noted["lines"], noted["problems"]) == (0, ["small: You may not approve planned orders."])
    assert written() == (0, 0, 0)


def test_every_decision_needs_its_right_and_changes_nothing_without_it(desk):
    viewer = desk.person(Role.VIEWER)
    result = desk.approve()
    before = written(), DecisionBatch.objects.filter(undone_at__isnull=True).count()
    other = desk.other()
    acts = [
        lambda: desk.approve(other, actor=viewer),
        lambda: desk.reject(other, actor=viewer),
        lambda: desk.snooze(other, actor=viewer, until_change=True),
        lambda: desk.reopen(other, actor=viewer),
        lambda: desk.edit(12, other, actor=viewer),
        lambda: desk.undo(result, actor=viewer),
        lambda: decisions.clear_edit(planned_order_id=other.pk, run_id=desk.run.pk, actor=viewer),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert (written(), DecisionBatch.objects.filter(undone_at__isnull=True).count()) == before
