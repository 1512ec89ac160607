"""Minimums that do not fit, lots that expire, order days that were missed, by hand."""

import dataclasses

import numpy as np
import pytest

from planning.engine.inputs import MissedOrders, OrderMinimums
from planning.engine.plan import make_plan

SMALL = {"on_hand": 1, "demand": 1, "reorder_point": 2, "order_up_to": 4, "lost": True, "shortage_cost": 5}
"""Asks for 3 on day 0; without an order of day 0 one unit is lost before an order of day 1 arrives."""


def test_a_minimum_quantity_beyond_maximum_cover_says_how_many_are_too_many(plan):
    plan.horizon = 20
    plan.node("shop", **SMALL, minimum=30, max_cover=10, holding_cost=0.1)
    found = plan.run().exception("shop", "below_minimum")
    # 1 + 30 units; 11 are used until ten days after the order arrives.
    assert (found.day, found.parameters["units"], found.parameters["limit"], found.parameters["limit_days"]) == (
        0, 20, "max_cover", 10,
    )  # fmt: skip
    # They wait 20 days at most, 10 on average.
    assert found.cost_of_inaction == pytest.approx(0.1 * 20 * 10)


def test_a_minimum_quantity_beyond_shelf_life_costs_what_will_expire(plan):
    plan.horizon = 20
    plan.node("shop", **SMALL, minimum=30, shelf_life=5, unit_cost=2)
    found = plan.run().exception("shop", "below_minimum")
    assert (found.parameters["units"], found.parameters["limit"], found.cost_of_inaction) == (25, "shelf_life", 50)


def test_a_minimum_quantity_within_cover_is_nothing_to_tell(plan):
    plan.horizon = 20
    plan.node("shop", **SMALL, minimum=6, max_cover=10, holding_cost=0.1)
    assert plan.run().exceptions("shop") == []


def test_an_order_that_cannot_reach_its_minimum_value_is_told_once(plan):
    plan.horizon = 20
    for name, cost in (("tea", 2), ("milk", 1)):
        plan.node(name, **SMALL, unit_cost=cost, max_cover=10, order_cost=1)
    minimums = OrderMinimums(node=np.array([0, 1]), group=np.array([7, 7]), min_value=np.array([100.0, 100.0]))
    made = make_plan(dataclasses.replace(plan.build(), order_minimums=minimums))
    (found,) = [one for one in made.exceptions if one.kind == "below_minimum"]
    # 3 of tea at 2 and 3 of milk at 1; both lines lose a unit worth 5 while the order waits.
    assert (found.node, found.day, found.cost_of_inaction) == (0, 0, 10)
    assert found.parameters == {"reason": "order_value", "value": 9, "min_value": 100, "shortfall": 91, "lines": 2}


def test_units_that_expire_unused_cost_what_they_cost(plan):
    plan.node("shop", on_hand=10, demand=1, unit_cost=2)
    plan.lot("shop", quantity=8, expires=3)
    found = plan.run().exception("shop", "expiring")
    assert (found.lot, found.day, found.parameters["units"], found.cost_of_inaction) == (0, 3, 5, 10)


def test_a_missed_order_day_says_what_the_delay_costs(plan):
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, lead_time=3, review=[3], lost=True,
              shortage_cost=3)  # fmt: skip
    missed = MissedOrders(node=np.array([0]), need_day=np.array([-2]))
    made = make_plan(dataclasses.replace(plan.build(), missed_orders=missed))
    (found,) = [one for one in made.exceptions if one.kind == "past_due_release"]
    assert (found.receipt, found.parameters["release_day"], found.parameters["arrival_day"]) == (-1, -2, 3)
    # Two days earlier it would have been there on day 1; now 2 units are lost on day 2.
    assert (found.parameters["quantity"], found.cost_of_inaction) == (16, 6)
