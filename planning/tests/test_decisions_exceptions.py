"""Exceptions dismissed, snoozed and done: hidden until their day, or until they have grown by more than a fifth."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db.models import Exists
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.models import DecisionBatch, ExceptionDecision, PlanException
from planning.services import decisions
from planning.services.decisions import RunSuperseded
from planning.tests.desk import Desk, day
from planning.tests.factories import PlanExceptionFactory
from stocksense.accounts.roles import Role
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def exception(desk, **fields):
    values = {"item": desk.coffee, "location": desk.store, "details": {"quantity": 100.0}, **fields}
    return PlanExceptionFactory(run=desk.run, **values)


def decide(desk, *rows, decision="dismissed", **given):
    return decisions.decide_exceptions(
        exception_ids=[row.pk for row in rows],
        run_id=desk.run.pk,
        **{"decision": decision, "actor": desk.planner, "reason": "known", **given},
    )


def open_exceptions(desk):
    rows = PlanException.objects.filter(run=desk.run).annotate(measured=decisions.measured())
    return list(rows.filter(~Exists(decisions.settled_exceptions(desk.run))).order_by("pk"))


@pytest.mark.parametrize("decision", ["dismissed", "done"])
@pytest.mark.parametrize(
    ("fields", "is_back"),
    [
        ({}, False),
        ({"cost_of_inaction": Decimal("494.4")}, False),
        ({"cost_of_inaction": Decimal("494.4001")}, True),
        ({"details": {"quantity": 120}}, False),
        ({"details": {"quantity": 120.001}}, True),
        ({"details": {}}, False),
        ({"subject": "PO-7"}, True),
        ({"kind": "stock_out"}, True),
    ],
)
def test_it_comes_back_when_cost_or_quantity_has_grown_by_more_than_a_fifth(desk, decision, fields, is_back):
    decide(desk, exception(desk), decision=decision)
    assert open_exceptions(desk) == []
    desk.night(1)
    again = exception(desk, **fields)
    assert open_exceptions(desk) == ([again] if is_back else [])


def test_a_snooze_ends_with_its_day(desk):
    decide(desk, exception(desk), decision="snoozed", until=day(2))
    desk.night(1)
    exception(desk)
    assert open_exceptions(desk) == []
    desk.night(2)
    again = exception(desk)
    assert open_exceptions(desk) == [again]


def test_what_makes_no_sense_is_refused(desk):
    row = exception(desk)
    for wrong, message in (
        ({"reason": " "}, "Say why"),
        ({"decision": "snoozed"}, "Say until when"),
        ({"decision": "done", "until": day(3)}, "Only a snooze has an end"),
    ):
        with pytest.raises(InvalidInput, match=message):
            decide(desk, row, **wrong)
    with pytest.raises(InvalidInput, match="not in the current plan"):
        decide(desk)
    with pytest.raises(NotAllowed):
        decide(desk, row, actor=desk.person(Role.VIEWER))
    desk.night(1)
    old, desk.run = desk.run, PlanException.objects.get().run
    with pytest.raises(RunSuperseded):
        decide(desk, row)
    assert old != desk.run
    assert (ExceptionDecision.objects.count(), DecisionBatch.objects.count()) == (0, 0)


def test_a_bulk_act_is_one_batch_undone_as_a_whole(desk):
    rows = [exception(desk, subject=subject) for subject in ("", "PO-7", "PO-8")]
    first = decide(desk, rows[0], decision="done")
    result = decide(desk, *rows, token=uuid4())
    assert (result.batch.lines, result.batch.value, result.exceptions) == (3, 1236, rows)
    assert open_exceptions(desk) == []
    with pytest.raises(Conflict):
        desk.undo(first)
    desk.undo(result)
    assert open_exceptions(desk) == rows[1:]
    word = ExceptionDecision.objects.get()
    assert (word.decision, word.cost, word.quantity, word.batch) == ("done", 412, 100, first.batch)
    desk.undo(first)
    assert open_exceptions(desk) == rows


def test_a_form_sent_twice_acts_once(desk):
    token, row = uuid4(), exception(desk)
    assert decide(desk, row, token=token).batch == decide(desk, row, token=token).batch
    assert DecisionBatch.objects.count() == 1


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    until=st.sampled_from([None, -1, 0, 1]),
    cost=st.sampled_from(["0", "343.3333", "343.3334", "412"]),
    quantity=st.sampled_from([None, "83.333", "83.334", "0", "100"]),
    details=st.sampled_from(
        [{}, {"quantity": 100}, {"units": 100.0}, {"remainder": 0.1, "quantity_needed": 500}, {"reason": "no_source"}]
    ),
)
def test_the_rule_is_the_same_in_python_and_in_sql(desk, until, cost, quantity, details):
    PlanException.objects.all().delete()
    ExceptionDecision.objects.all().delete()
    row = exception(desk, details=details)
    word = ExceptionDecision.objects.create(
        scenario=desk.run.scenario, item=desk.coffee, location=desk.store, kind=row.kind, decision="dismissed",
        snoozed_until=None if until is None else day(until), cost=Decimal(cost), run_id=desk.run.pk,
        quantity=None if quantity is None else Decimal(quantity),
    )  # fmt: skip
    in_python = decisions.exception_settles(word, desk.run, row)
    assert (open_exceptions(desk) == []) is in_python
