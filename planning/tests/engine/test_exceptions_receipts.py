"""Open orders that come too late, by hand."""

import pytest

RUNNING_OUT = {"on_hand": 4, "demand": 2, "lead_time": 10, "lost": True, "shortage_cost": 3}
"""Lasts two days; no new order can help within ten."""


def test_an_order_that_arrives_after_the_stock_is_gone_is_asked_for_earlier(plan):
    plan.horizon = 8
    plan.node("shop", **RUNNING_OUT)
    plan.receipt("shop", day=5, quantity=20)
    found = plan.run().exception("shop", "expedite")
    assert (found.day, found.receipt, found.parameters["arrival_day"], found.parameters["wanted_day"]) == (2, 0, 5, 2)
    # Days 2, 3 and 4 lose 2 units each.
    assert (found.parameters["units_saved"], found.cost_of_inaction) == (6, 18)


def test_each_order_that_helps_is_asked_for_after_the_one_before_it(plan):
    plan.horizon = 10
    plan.node("shop", **RUNNING_OUT)
    plan.receipt("shop", day=4, quantity=2)
    plan.receipt("shop", day=7, quantity=20)
    first, second = (
        one for one in sorted(plan.run().plan.exceptions, key=lambda one: one.receipt) if one.kind == "expedite"
    )
    # The first lasts for day 2 alone; then days 3 to 6 lack 8 units until the second is there.
    assert (first.parameters["wanted_day"], first.parameters["units_saved"]) == (2, 2)
    assert (second.parameters["wanted_day"], second.parameters["units_saved"]) == (3, 8)


def test_an_order_that_was_not_sent_cannot_come_before_its_lead_time(plan):
    plan.horizon = 8
    plan.node("shop", **{**RUNNING_OUT, "lead_time": 4})
    plan.receipt("shop", day=6, quantity=20, release_day=1)
    assert plan.run().exception("shop", "expedite").parameters["wanted_day"] == 4


def test_an_order_of_a_further_supplier_has_that_suppliers_lead_time(plan):
    plan.horizon = 12
    plan.node("shop", **RUNNING_OUT)
    plan.split("shop", share=0.5, lead_time=3)
    plan.receipt("shop", day=6, quantity=20, release_day=1, lead_time=3)
    found = plan.run().exception("shop", "expedite")
    # Sent today it is there on day 3, not on day 10; days 3, 4 and 5 save 2 units each.
    assert (found.parameters["wanted_day"], found.parameters["units_saved"], found.cost_of_inaction) == (3, 6, 18)


def test_an_order_not_sent_in_time_comes_by_its_own_suppliers_lead_time(plan):
    plan.horizon = 12
    plan.node("shop", on_hand=4, demand=2, lead_time=10, lost=True, shortage_cost=3)
    plan.receipt("shop", day=3, quantity=20, shipped=False, release_day=-1, lead_time=4)
    found = plan.run().exception("shop", "past_due_release")
    # Sent today it arrives on day 4, a day late: 2 units, 6 money. By the node's own source it would be day 10.
    assert (found.parameters["arrival_day"], found.cost_of_inaction) == (4, 6)


def test_a_need_that_a_further_supplier_can_meet_in_time_is_not_late(plan):
    plan.horizon = 12
    plan.node("shop", on_hand=8, demand=2, lead_time=9, reorder_point=30, order_up_to=40, lost=True, shortage_cost=3)
    late = plan.run().exception("shop", "late_order")
    assert (late.day, late.parameters["next_receipt_day"], late.parameters["lead_time_days"]) == (4, 9, 9)
    plan.split("shop", share=0.5, lead_time=3)
    assert plan.run().exceptions("shop") == []
    plan.rows["shop"]["on_hand"] = 4
    late = plan.run().exception("shop", "late_order")
    # Lasts until day 2; the further supplier's half is there on day 3, a day late.
    found = late.parameters
    assert (late.day, found["next_receipt_day"], found["lead_time_days"], found["days_late"]) == (2, 3, 3, 1)
    assert found["reason"] == "lead_time"


def test_nothing_is_expedited_where_a_new_order_fills_the_gap(plan):
    plan.horizon = 8
    plan.node("shop", on_hand=4, demand=2, lead_time=2, reorder_point=30, order_up_to=40, lost=True, shortage_cost=3)
    plan.receipt("shop", day=5, quantity=20)
    assert plan.run().exceptions("shop") == []


def test_nothing_is_expedited_where_it_saves_next_to_nothing(plan):
    plan.horizon, plan.message_minimum = 12, 5
    plan.node("shop", on_hand=1, demand=0.25, lead_time=10, lost=True, shortage_cost=3)
    plan.receipt("shop", day=5, quantity=20)
    # One day's 0.25 units, 0.75 money.
    assert plan.run().exceptions("shop") == []


def test_an_order_not_sent_in_time_says_when_it_comes_and_what_that_costs(plan):
    plan.node("shop", on_hand=4, demand=2, lead_time=5, lost=True, shortage_cost=3)
    plan.receipt("shop", day=3, quantity=10, shipped=False, release_day=-2)
    run = plan.run()
    found = run.exception("shop", "past_due_release")
    assert (found.parameters["release_day"], found.parameters["stated_day"], found.parameters["arrival_day"]) == (
        -2, 3, 5,
    )  # fmt: skip
    # As stated 2 units are lost before it comes on day 3; sent today it comes on day 5 and 6 are lost: 4 × 3.
    assert found.cost_of_inaction == 12
    # The plan still counts it on its stated day.
    assert run.on_hand("shop") == [2, 0, 0, 8, 6, 4]


@pytest.mark.parametrize(("release_day", "kind"), [(-6, "past_due_release"), (10**6, "overdue_receipt")])
def test_an_overdue_order_is_told_once(plan, release_day, kind):
    plan.node("shop", on_hand=40, demand=2)
    plan.receipt("shop", day=-1, quantity=10, shipped=False, release_day=release_day)
    assert plan.run().exceptions("shop") == [kind]
