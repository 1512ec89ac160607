"""Moves between locations, by hand: what one can spare, where another is short, when the lane pays."""

import numpy as np
import pytest

from planning.engine.tables import OrderReason
from planning.engine.trace import order_trace, recompute_quantity


@pytest.fixture
def towns(plan):
    """Paris sells 4 a day, has 6, and a regular order is due on day 5; Lyon has 50 and needs 10."""
    plan.node("paris", on_hand=6, demand=4, reorder_point=18, order_up_to=30, review=[0], lead_time=5, lost=True,
              shortage_cost=3)  # fmt: skip
    plan.node("lyon", on_hand=50, reorder_point=5, order_up_to=10, review=[0])
    return plan


def moved(run):
    return [order[:3] + order[4:] for order, reason in zip(run.orders(), run.plan.orders.reason, strict=True)
            if reason == OrderReason.REBALANCE]  # fmt: skip


def test_a_move_that_pays_leaves_on_day_0_and_counts_at_both_ends(towns):
    towns.lateral_lane("lyon", "paris", lead_time=2, per_unit=0.5, per_shipment=2)
    run = towns.run()
    # Paris sells 4 on day 0, 2 on day 1 and loses 2; 12 more are short until the regular order of day 0 comes on day 5.
    # With the move its position is 6 + 12, still at its reorder point: it asks for the 12 up to its level.
    assert run.orders() == [("lyon", "paris", 0, 2, 12), ("supplier", "paris", 0, 5, 12)]
    assert run.plan.orders.reason.tolist() == [OrderReason.REBALANCE, OrderReason.REORDER]
    assert run.plan.orders.source_id.tolist()[0] == 900
    assert run.on_hand("lyon") == [38] * 6
    assert run.on_hand("paris") == [2, 0, 8, 4, 0, 8]
    assert run.lost("paris") == [0, 2, 0, 0, 0, 0]
    # Avoids 12 × 3 of lost margin for 12 × 0.5 + 2 of transport.
    trace = order_trace(run.plan, 0)
    assert trace["rebalance"] == {
        "shortage": 12, "until_day": 5, "surplus": 40, "min_quantity": 0, "multiple": 1, "lost_sales": True,
        "shortage_avoided": 36, "holding_saved": 0, "cost_per_unit": 0.5, "cost_per_shipment": 2, "lane_cost": 8,
        "gain": 28, "lead_time_days": 2,
    }  # fmt: skip
    assert recompute_quantity(trace) == 12
    assert order_trace(run.plan, 1)["rebalance"] is None


def test_a_move_that_costs_more_than_it_saves_is_not_proposed(towns):
    towns.lateral_lane("lyon", "paris", lead_time=2, per_unit=2.5, per_shipment=6)
    # 36 of lost margin for 12 × 2.5 + 6.
    assert moved(towns.run()) == []


def test_a_move_that_arrives_with_the_regular_order_is_not_proposed(towns):
    towns.lateral_lane("lyon", "paris", lead_time=5)
    assert moved(towns.run()) == []


def test_what_waits_is_counted_by_the_day(plan):
    plan.node("paris", on_hand=2, demand=[2, 2, 2], review=[0], lead_time=4, reorder_point=0, order_up_to=0,
              shortage_cost=0.5)  # fmt: skip
    plan.node("lyon", on_hand=50, review=[])
    plan.lateral_lane("lyon", "paris", per_unit=1, per_shipment=0.75)
    run = plan.run()
    # 2 wait at the end of day 1, 4 at the end of days 2 and 3: 10 unit-days at 0.5 for 4 + 0.75.
    assert moved(run) == [("lyon", "paris", 0, 4)]
    assert run.plan.moves.shortage_avoided.tolist() == [5]
    assert run.plan.moves.gain.tolist() == [0.25]


def test_holding_saved_beyond_the_maximum_cover_counts(towns):
    towns.rows["lyon"] |= {"max_cover": 4, "holding_cost": 0.2}
    towns.lateral_lane("lyon", "paris", lead_time=2, per_unit=2.5, per_shipment=7)
    run = towns.run()
    # 12 units less on days 4 and 5 at 0.2 make 4.8: 36 + 4.8 − 37.
    assert moved(run) == [("lyon", "paris", 0, 12)]
    assert run.plan.moves.holding_saved == pytest.approx([4.8])
    assert run.plan.moves.gain == pytest.approx([3.8])


def test_the_origin_keeps_its_level_and_what_it_expects_to_sell(towns):
    towns.rows["lyon"] |= {"on_hand": 19}
    towns.lateral_lane("lyon", "paris", lead_time=2, multiple=4)
    # 9 above the level of 10: two packs of 4.
    assert moved(towns.run()) == [("lyon", "paris", 0, 8)]
    # Lyon sells 14 until its own regular order could come on day 2, so 5 are left: one pack.
    towns.rows["lyon"] |= {"demand": 7, "lead_time": 2}
    assert moved(towns.run()) == [("lyon", "paris", 0, 4)]


def test_what_lyon_has_on_order_is_not_its_to_give(towns):
    towns.rows["lyon"] |= {"on_hand": 10}
    towns.receipt("lyon", day=0, quantity=40)
    towns.lateral_lane("lyon", "paris", lead_time=2)
    assert moved(towns.run()) == []


def test_the_minimum_and_the_multiple_of_the_lane_hold(towns):
    towns.lateral_lane("lyon", "paris", lead_time=2, minimum=15, multiple=6)
    assert moved(towns.run()) == [("lyon", "paris", 0, 18)]
    towns.rows["lyon"] |= {"on_hand": 27}
    assert moved(towns.run()) == []


def test_the_best_move_comes_first_and_surplus_is_used_once(towns):
    towns.node("nice", on_hand=6, demand=4, reorder_point=10, order_up_to=30, review=[0], lead_time=5, lost=True,
               shortage_cost=5)  # fmt: skip
    towns.rows["lyon"] |= {"on_hand": 27}
    towns.lateral_lane("lyon", "paris", lead_time=2, per_shipment=9)
    towns.lateral_lane("lyon", "nice", lead_time=2, per_shipment=9)
    run = towns.run()
    # Nice saves 12 × 5 − 9, Paris 12 × 3 − 9. Lyon spares 17: the 5 left for Paris save 15 − 9.
    assert moved(run) == [("lyon", "nice", 0, 12), ("lyon", "paris", 0, 5)] or moved(run) == [
        ("lyon", "paris", 0, 5),
        ("lyon", "nice", 0, 12),
    ]
    assert run.plan.moves.gain.tolist() == [51, 6]
    # With 14 to spare the 2 left are not worth a shipment.
    towns.rows["lyon"] |= {"on_hand": 24}
    assert moved(towns.run()) == [("lyon", "nice", 0, 12)]


def test_two_places_may_cover_one_shortage(towns):
    towns.node("lille", on_hand=17, review=[0], order_up_to=10)
    towns.rows["lyon"] |= {"on_hand": 17}
    towns.lateral_lane("lyon", "paris", lead_time=2, per_unit=1)
    towns.lateral_lane("lille", "paris", lead_time=2)
    run = towns.run()
    assert sorted(moved(run)) == [("lille", "paris", 0, 7), ("lyon", "paris", 0, 5)]
    assert run.plan.moves.shortage.tolist() == [12, 5]
    assert run.plan.moves.on_order.tolist() == [0, 7]
    assert run.lost("paris") == [0, 2, 0, 0, 0, 0]


def test_a_move_is_allocated_at_its_origin_until_it_leaves(plan):
    plan.calendar("weekend", closed=[0, 1])
    plan.node("paris", demand=4, review=[0], lead_time=5, reorder_point=0, order_up_to=0, lost=True, shortage_cost=1)
    plan.node("lyon", on_hand=50, review=[])
    plan.lateral_lane("lyon", "paris", lead_time=1)
    given = plan.build()
    given.lateral_lanes.ship_calendar[:] = 0
    from planning.engine.plan import make_plan

    made = make_plan(given)
    assert (made.orders.ship_day[0], made.orders.due_day[0], made.orders.quantity[0]) == (2, 3, 8)
    assert made.projection.on_hand_mean[1].tolist() == [42] * 6
    assert np.isclose(made.pegging.link_quantity.sum(), 8)


def test_frozen_days_hold_moves_back_too(towns):
    towns.rows["paris"] |= {"frozen_days": 1}
    towns.lateral_lane("lyon", "paris", lead_time=2)
    assert moved(towns.run()) == []
