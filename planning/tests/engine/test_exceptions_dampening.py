"""Yesterday's message does not flip on noise; a real change is said."""

import dataclasses

import numpy as np
import pytest

from planning.engine.exceptions.dampening import DAMPED_KINDS, advised_day, advised_units, settle
from planning.engine.exceptions.kinds import PlanException
from planning.engine.inputs import GivenAdvice


@pytest.fixture
def nights(plan):
    """Tells today's message, a day after what was told before; None where nothing is told."""
    plan.node("shop", multiple=6)
    plan_input = plan.build()
    given = plan_input.given_advice

    def tonight(kind: str, *, strength: float = 2.0, node: int = 0, **parameters):
        nonlocal given
        found = PlanException(kind, node, 1, 10.0, parameters, receipt=0, strength=strength)
        told = settle([found], dataclasses.replace(plan_input, given_advice=given))
        given = GivenAdvice(
            kind=np.array([DAMPED_KINDS.index(one.kind) for one in told], dtype=np.int64),
            node=np.array([one.node for one in told], dtype=np.int64),
            receipt=np.array([one.receipt for one in told], dtype=np.int64),
            day=np.array([int(one.parameters.get(advised_day(one.kind)) or 0) - 1 for one in told], dtype=np.int64),
            quantity=np.array([float(one.parameters.get(advised_units(one.kind)) or 0) for one in told]),
        )
        return told[0].parameters if told else None

    return tonight


def test_a_message_around_the_threshold_neither_comes_nor_goes_for_noise(nights):
    told = [nights("excess", strength=strength, units=100.0) for strength in (0.9, 1.1, 0.9, 0.6, 0.8)]
    assert [bool(one) for one in told] == [False, True, True, True, True]
    told = [nights("excess", strength=strength, units=100.0) for strength in (0.4, 0.9, 0.7, 0.95, 1.0)]
    assert [bool(one) for one in told] == [False, False, False, False, True]


def test_units_stay_within_a_tenth_or_a_multiple_and_follow_a_real_change(nights):
    told = [nights("cancel", units=units, quantity=500.0) for units in (100.0, 108.0, 95.0, 91.0, 90.0)]
    assert [one["units"] for one in told] == [100, 100, 100, 100, 90]
    told = [nights("cancel", units=units, quantity=500.0) for units in (30.0, 35.0, 25.0, 36.0)]
    assert [one["units"] for one in told] == [30, 30, 30, 36]


def test_days_stay_within_two_and_follow_a_real_change(nights):
    # The same date is a day nearer each night: 23, 22, 21 …
    told = [nights("defer", wanted_day=day, arrival_day=4, quantity=9.0) for day in (23, 24, 19, 18, 16)]
    assert [one["wanted_day"] for one in told] == [23, 22, 21, 20, 16]


def test_many_small_steps_are_noticed_in_the_end(nights):
    told = [nights("excess", units=units) for units in (100.0, 104.0, 108.0, 112.0, 116.0)]
    assert [one["units"] for one in told] == [100, 100, 100, 112, 112]


def test_advice_that_cannot_be_followed_any_more_is_not_kept(nights):
    nights("expedite", wanted_day=3, arrival_day=6, units_saved=9.0, quantity=9.0)
    # The order now arrives on day 2 anyway: asking for day 2 is no advice.
    told = nights("expedite", wanted_day=1, arrival_day=2, units_saved=9.0, quantity=9.0)
    assert told["wanted_day"] == 1
    nights("cancel", units=40.0, quantity=60.0)
    assert nights("cancel", units=38.0, quantity=38.0)["units"] == 38


def test_another_order_is_other_news(nights):
    nights("excess", strength=1.2, units=100.0)
    assert nights("cancel", strength=0.8, units=100.0) is None


def test_an_order_to_be_cancelled_is_not_put_off_as_well(plan):
    plan.node("shop")
    found = [PlanException(kind, 0, 1, 5.0, {}, receipt=0) for kind in ("defer", "cancel")]
    assert [one.kind for one in settle(found, plan.build())] == ["cancel"]
