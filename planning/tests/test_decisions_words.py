"""Snoozed, edited, rejected and approved proposals in later plans; one rule in Python and in SQL."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Exists
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import ItemLocationState, ScheduledReceipt
from planning.exporters import planned_orders as exported
from planning.models import DecisionBatch, DecisionEntry, PlanDecision, PlannedOrder
from planning.services import decisions
from planning.tests.desk import Desk, day
from planning.tests.factories import PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def counts():
    return DecisionBatch.objects.count(), DecisionEntry.objects.count(), PlanDecision.objects.count()


def test_a_snooze_until_a_day_comes_back_with_the_plan_of_that_day(desk):
    desk.snooze(until=day(2), reason="asked for a quote")
    assert desk.open_orders() == []
    desk.night(1)
    assert desk.open_orders() == []
    back = desk.night(2)
    assert desk.open_orders() == [back]


@pytest.mark.parametrize(
    ("fields", "is_back"),
    [
        ({"quantity": Decimal("129.6")}, False),
        ({"quantity": Decimal("129.601")}, True),
        ({"quantity": Decimal("86.4")}, False),
        ({"quantity": Decimal(86)}, True),
        ({"due_on": day(8)}, True),
    ],
)
def test_a_snooze_until_a_change_ends_with_a_fifth_more_or_less_or_another_arrival(desk, fields, is_back):
    desk.snooze(until_change=True)
    desk.night(1)
    assert desk.open_orders() == []
    desk.night(2, **fields)
    assert bool(desk.open_orders()) is is_back


def test_a_snooze_needs_an_end_that_is_still_to_come(desk):
    with pytest.raises(InvalidInput, match="Say until when"):
        desk.snooze()
    with pytest.raises(InvalidInput, match="Choose a day after 2 Mar 2026"):
        desk.snooze(until=day(0))
    assert counts() == (0, 0, 0)


def test_an_edit_waits_with_its_quantity_through_runs_and_is_ordered(desk):
    desk.edit(60, reason="shelf space")
    assert desk.open_orders() == [desk.order]
    assert (desk.standing(desk.order).quantity, desk.standing(desk.order).is_edited) == (60, True)
    again = desk.night(1)
    assert desk.standing(again).quantity == 60
    desk.approve(again)
    assert ScheduledReceipt.objects.get().quantity == 60
    assert (desk.word().decision, desk.word().proposed_quantity, desk.word().quantity) == ("approved", 108, 60)
    assert DecisionEntry.objects.last().value == 240


def test_an_edit_counts_no_change_of_inputs_and_an_approval_does(desk):
    desk.edit(60)
    desk.snooze(until=day(3))
    assert not ItemLocationState.objects.filter(change_counter__gt=0).exists()
    desk.approve(desk.night(3))
    assert ItemLocationState.objects.get().change_counter == 1


def test_a_plan_that_moved_by_more_than_the_edit_keeps_it_and_says_so(desk):
    desk.edit(96)
    near = desk.night(1, quantity=Decimal(120))
    assert desk.standing(near) == decisions.Standing(desk.word(), False, Decimal(96), is_edited=True, moved=False)
    far = desk.night(2, quantity=Decimal(132))
    assert desk.standing(far) == decisions.Standing(desk.word(), False, Decimal(96), is_edited=True, moved=True)


def test_a_snooze_keeps_an_edited_quantity(desk):
    desk.edit(60)
    desk.snooze(until=day(1))
    desk.approve(desk.night(1))
    assert ScheduledReceipt.objects.get().quantity == 60


def test_a_cleared_edit_gives_the_plans_quantity_back(desk):
    desk.edit(60)
    decisions.clear_edit(planned_order_id=desk.order.pk, run_id=desk.run.pk, actor=desk.planner)
    assert desk.standing(desk.order) == decisions.Standing(None, False, Decimal(108))
    assert [batch.verb for batch in DecisionBatch.objects.order_by("pk")] == ["edit", "reopen"]


def test_a_rejected_line_can_be_reopened_and_an_approved_one_cannot(desk):
    tea = desk.other()
    desk.reject()
    desk.approve(tea)
    result = desk.reopen(desk.order, tea)
    assert result.decided == [desk.order]
    assert desk.open_orders() == [desk.order]


def test_a_decided_line_cannot_be_edited(desk):
    desk.reject()
    with pytest.raises(Conflict, match="This line was rejected already"):
        desk.edit(60)
    assert desk.word().quantity is None


def test_approving_one_part_of_a_need_leaves_the_other_open(desk):
    rest = desk.proposal(quantity=Decimal(24), release_on=day(3), due_on=day(10))
    desk.approve(desk.order)
    assert desk.open_orders() == [rest]
    desk.approve(rest)
    assert desk.open_orders() == []
    assert (desk.word().proposed_quantity, desk.word().planned_order_ids) == (132, [desk.order.pk, rest.pk])
    assert sorted(ScheduledReceipt.objects.values_list("quantity", flat=True)) == [24, 108]


def test_an_edited_part_leaves_the_other_part_its_own(desk):
    rest = desk.proposal(quantity=Decimal(24), release_on=day(3), due_on=day(10))
    desk.edit(36, rest)
    assert (desk.standing(desk.order).quantity, desk.standing(rest).quantity) == (108, 36)
    desk.edit(100, desk.order)
    assert desk.standing(desk.order).quantity + desk.standing(rest).quantity == 136


def test_a_form_sent_twice_acts_once_even_after_a_newer_plan(desk):
    token = uuid4()
    first = desk.approve(token=token)
    old = desk.run
    desk.night(1)
    desk.run = old
    again = desk.approve(token=token)
    assert (again.batch, again.decided, again.purchase_orders) == (first.batch, first.decided, first.purchase_orders)
    assert counts() == (1, 1, 1)
    assert ScheduledReceipt.objects.count() == 1


def test_a_token_of_another_person_is_refused(desk):
    token = uuid4()
    desk.reject(token=token)
    with pytest.raises(InvalidInput, match="belongs to another person"):
        desk.reject(token=token, actor=desk.person(Role.PLANNER))


def test_without_the_permission_nothing_is_put_aside_or_changed(desk):
    viewer = desk.person(Role.VIEWER)
    for act in (
        lambda: desk.snooze(until=day(3), actor=viewer),
        lambda: desk.edit(60, actor=viewer),
        lambda: desk.reopen(actor=viewer),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert counts() == (0, 0, 0)


WORDS = st.fixed_dictionaries(
    {
        "decision": st.sampled_from(["approved", "rejected", "snoozed", "edited"]),
        "own_run": st.booleans(),
        "took": st.sampled_from(["all", "first", "second"]),
        "decided": st.integers(-1, 1),
        "until": st.sampled_from([None, -1, 0, 1]),
        "until_change": st.booleans(),
        "then": st.sampled_from([90, 100, 110, 111, 137, 138, 160]),
        "due": st.sampled_from([7, 8]),
        "given": st.integers(-4, 1),
        "span": st.sampled_from([None, 1, 3, 6]),
        "next": st.sampled_from([0, 36, 90]),
        "tolerance": st.sampled_from([0, 12, 22, 40]),
        "most_cost": st.sampled_from([None, 823, 824, 900]),
        "later": st.sampled_from([None, -2, -1]),
    }
)


WORDS_AT_ONCE = 20
"""Needs that are weighed together: the rule looks at each by itself, and all of them cost one set of queries."""


@pytest.fixture
def needs(desk):
    """Needs of different items, each proposed in two parts."""
    firsts = [desk.order, *(desk.other() for _ in range(WORDS_AT_ONCE - 1))]
    same = [{"item": first.item, "source_id": first.source_id} for first in firsts]
    return [
        (first, desk.proposal(quantity=Decimal(24), due_on=day(9), **fields))
        for first, fields in zip(firsts, same, strict=True)
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(said=st.lists(WORDS, min_size=WORDS_AT_ONCE, max_size=WORDS_AT_ONCE))
def test_the_rule_is_the_same_in_python_in_sql_and_in_the_export(desk, needs, said):
    PlanDecision.objects.all().delete()
    PlanDecision.objects.bulk_create(
        one for parts, word in zip(needs, said, strict=True) for one in _words_on(desk, parts, word)
    )
    orders = [part for parts in needs for part in parts]
    standing = decisions.standings(desk.run, orders)
    in_python = {order.pk for order in orders if standing[order.pk].is_settled}
    in_sql = set(PlannedOrder.objects.filter(Exists(decisions.settled(desk.run))).values_list("pk", flat=True))
    assert in_sql == in_python
    desk.run.first_need_on = min(order.need_on for order in orders)
    assert sorted(decisions.settled_ids(desk.run)) == sorted(in_python)
    in_file = _decided_in_file(exported(CurrentRun.objects.run_of(RunKind.PLAN)))
    assert in_file == {(order.item.sku, order.quantity) for order in orders if order.pk in in_python}


def _words_on(desk, parts, word):
    """The word on a need, and an edit of a later order day where there is one."""
    first, rest = parts
    took = {"all": [], "first": [first.pk], "second": [rest.pk]}[word["took"]]
    about = {"scenario": desk.run.scenario, "item": first.item, "destination": desk.store, "supplier": desk.supplier}
    given, span = day(word["given"]), word["span"]
    yield PlanDecision(
        **about, need_on=given,
        decision=word["decision"], run_id=desk.run.pk if word["own_run"] else desk.run.pk + 1, planned_order_ids=took,
        decided_at=desk.run.started_at + timedelta(seconds=word["decided"]), until_change=word["until_change"],
        snoozed_until=None if word["until"] is None else day(word["until"]), proposed_quantity=word["then"],
        proposed_due_on=day(word["due"]), quantity=60,
        spans_to=None if span is None else given + timedelta(days=span),
        next_quantity=None if span is None else word["next"],
        tolerance=None if span is None else word["tolerance"],
        most_cost=None if span is None else word["most_cost"],
    )  # fmt: skip
    if word["later"] is not None and day(word["later"]) != given:
        yield PlanDecision(
            **about, need_on=day(word["later"]), decision="edited", run_id=desk.run.pk, proposed_quantity=100,
            quantity=60,
        )  # fmt: skip


def _decided_in_file(query):
    """SKU and quantity of the rows that the file of proposals calls decided."""
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.parameters)
        rows = cursor.fetchall()
    return {(sku, quantity) for *_, sku, quantity, _, _, _, word, _ in rows if word not in {"proposed", "edited"}}


def test_another_run_of_the_same_day_is_not_confused_with_this_one(desk):
    desk.snooze(until_change=True)
    stale = PlanRunFactory(published=False)
    desk.proposal(run=stale, quantity=Decimal(500))
    assert desk.open_orders() == []
