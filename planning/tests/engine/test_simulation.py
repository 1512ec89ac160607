"""The engine and an independent day-by-day simulator agree on every order and every projection."""

import numpy as np
from hypothesis import given, settings

from planning.engine.plan import make_plan
from planning.tests.engine.random_plans import plan_inputs
from planning.tests.engine.simulator import Simulator


def orders_of(plan):
    orders = plan.orders
    columns = (
        orders.node, orders.source_node, orders.split, orders.release_day, orders.ship_day, orders.due_day,
        orders.need_day, orders.reason, orders.quantity, orders.unit_cost,
    )  # fmt: skip
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def assert_agreement(plan):
    """Orders exactly but for rounding of quantity and price; joint orders; stock and its band, lost, expired units."""
    simulated = Simulator(plan.plan_input).run()
    expected = sorted(simulated.orders)
    assert [order[:8] for order in orders_of(plan)] == [order[:8] for order in expected]
    for column in (8, 9):
        np.testing.assert_allclose(
            [order[column] for order in orders_of(plan)], [order[column] for order in expected], rtol=0, atol=1e-6
        )
    joins = plan.joins
    assert [*zip(joins.group, joins.day, joins.reached, strict=True)] == simulated.below_minimum
    closing = plan.projection.on_hand_mean - plan.projection.backorders_mean
    np.testing.assert_allclose(closing, simulated.closing, rtol=0, atol=1e-6)
    np.testing.assert_allclose(plan.projection.lost_mean, simulated.lost, rtol=0, atol=1e-6)
    np.testing.assert_allclose(plan.projection.expired_mean, simulated.expired, rtol=0, atol=1e-6)
    low, high = zip(*map(simulated.band, range(simulated.count)), strict=True)
    np.testing.assert_allclose(plan.projection.on_hand_p10, low, rtol=0, atol=1e-6)
    np.testing.assert_allclose(plan.projection.on_hand_p90, high, rtol=0, atol=1e-6)


@settings(max_examples=150, deadline=None)
@given(plan_inputs(levels=(1,)))
def test_single_locations(plan_input):
    assert_agreement(make_plan(plan_input))


@settings(max_examples=300, deadline=None)
@given(plan_inputs(levels=(2, 3)))
def test_networks(plan_input):
    assert_agreement(make_plan(plan_input))
