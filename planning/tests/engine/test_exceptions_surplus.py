"""Orders to put off or cancel and stock that lasts too long, by hand."""

import pytest

WEEKLY = list(range(0, 60, 7))


def idle_order(plan, *, p90=None, shipped=False):
    plan.horizon = 60
    plan.node("shop", on_hand=30, demand=[1] * 60, p90=p90, review=WEEKLY, holding_cost=0.1)
    plan.receipt("shop", day=5, quantity=10, shipped=shipped)


def test_an_order_whose_first_unit_waits_for_weeks_is_put_off(plan):
    idle_order(plan)
    found = plan.run().exception("shop", "defer")
    # 30 units last until day 29, so its first unit is used on day 30: a review period before that is day 23.
    assert (found.day, found.parameters["first_use_day"], found.parameters["wanted_day"]) == (5, 30, 23)
    # 10 units × 0.1 × 18 days.
    assert found.cost_of_inaction == pytest.approx(18)


def test_stock_that_high_demand_would_use_is_not_idle(plan):
    # At P90 2 units a day are used, so its first unit is used on day 15: 10 days later, within review and a week.
    idle_order(plan, p90=[2.0 * (day + 1) for day in range(60)])
    assert plan.run().exceptions("shop") == []


def test_a_shipped_order_is_not_put_off(plan):
    idle_order(plan, shipped=True)
    assert plan.run().exceptions("shop") == []


def test_putting_off_for_less_than_the_companys_minimum_is_noise(plan):
    idle_order(plan)
    plan.message_minimum = 18.5
    assert plan.run().exceptions("shop") == []


def test_what_an_order_brings_beyond_maximum_cover_is_to_be_cancelled(plan):
    plan.horizon = 30
    plan.node("shop", on_hand=5, demand=[1] * 30, max_cover=10, multiple=4, holding_cost=0.5)
    plan.receipt("shop", day=2, quantity=20, shipped=False)
    found = plan.run().exception("shop", "cancel")
    # Until the end of day 12 13 units are used, 8 of them of the order: 12 are left, used up by day 24.
    assert (found.parameters["units"], found.parameters["quantity"], found.parameters["arrival_day"]) == (12, 20, 2)
    assert found.cost_of_inaction == pytest.approx(0.5 * sum(range(1, 13)))


def test_only_whole_multiples_can_be_cancelled(plan):
    plan.horizon = 30
    plan.node("shop", on_hand=5, demand=[1] * 30, max_cover=10, multiple=5, holding_cost=0.5)
    plan.receipt("shop", day=2, quantity=20, shipped=False)
    found = plan.run().exception("shop", "cancel")
    assert found.parameters["units"] == 10
    assert found.cost_of_inaction == pytest.approx(0.5 * 78 * 10 / 12)


def test_excess_is_the_stock_alone_where_the_order_is_to_be_cancelled(plan):
    plan.horizon = 40
    plan.node("shop", on_hand=30, demand=[1] * 40, max_cover=10, holding_cost=1)
    plan.receipt("shop", day=5, quantity=8, shipped=False)
    run = plan.run()
    assert run.exceptions("shop") == ["cancel", "excess"]
    excess, cancel = run.exception("shop", "excess"), run.exception("shop", "cancel")
    # 19 left at the end of day 10, one less each day: 190 unit-days.
    assert (excess.parameters["units"], excess.cost_of_inaction, excess.parameters["days_of_cover"]) == (19, 190, 29)
    # All 8 left from day 15 to day 29, then 7, 6 … 1: 120 + 28 unit-days.
    assert (cancel.parameters["units"], cancel.cost_of_inaction) == (8, 148)


def test_a_shipped_order_counts_as_excess_because_it_cannot_be_cancelled(plan):
    plan.horizon = 40
    plan.node("shop", on_hand=30, demand=[1] * 40, max_cover=10, holding_cost=1)
    plan.receipt("shop", day=5, quantity=8, shipped=True)
    run = plan.run()
    assert run.exceptions("shop") == ["excess"]
    assert run.exception("shop", "excess").cost_of_inaction == 190 + 148
