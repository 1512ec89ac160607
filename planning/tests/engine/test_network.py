"""Locations that supply each other, by hand."""

import numpy as np
import pytest

from planning.engine.network import NetworkCycleError


def test_a_short_dc_shares_fairly_and_ships_the_rest_when_its_receipt_arrives(plan):
    plan.node("dc", on_hand=30)
    for store in ("store_a", "store_b"):
        plan.node(store, demand=[0, 18, 0, 0, 0, 10], reorder_point=20, order_up_to=20, review=[0], source="dc",
                  lost=True, shortage_cost=2)  # fmt: skip
    plan.receipt("dc", day=3, quantity=10)
    run = plan.run()
    assert run.orders() == [
        ("dc", "store_a", 0, 1, 15),
        ("dc", "store_b", 0, 1, 15),
        ("dc", "store_a", 3, 4, 5),
        ("dc", "store_b", 3, 4, 5),
    ]
    assert run.on_hand("dc") == [0, 0, 0, 0, 0, 0]
    assert run.on_hand("store_a") == [0, 0, 0, 0, 5, 0]
    assert run.lost("store_a") == [0, 3, 0, 0, 0, 5]
    cut = run.exception("store_a", "source_short")
    # Lost until the remainder arrives on day 4: 3 units × 2.
    assert cut.cost_of_inaction == 6
    assert cut.parameters["remainder_ship_day"] == 3
    assert (cut.parameters["requested"], cut.parameters["granted"], cut.parameters["remainder"]) == (20, 15, 5)


def test_two_levels_day_by_day(plan):
    plan.node("store", on_hand=10, demand=5, reorder_point=5, order_up_to=15, source="dc")
    plan.node("dc", on_hand=12, reorder_point=10, order_up_to=20, lead_time=3)
    run = plan.run()
    assert sorted(run.orders(), key=lambda order: (order[2], order[1])) == [
        ("supplier", "dc", 1, 4, 18),
        ("dc", "store", 1, 2, 10),
        ("supplier", "dc", 3, 6, 10),
        ("dc", "store", 3, 4, 2),
        ("dc", "store", 4, 5, 8),
        ("supplier", "dc", 5, 8, 10),
        ("dc", "store", 5, 6, 10),
    ]
    assert run.on_hand("dc") == [12, 2, 2, 0, 10, 0]
    assert run.on_hand("store") == [5, 0, 5, 0, 0, 0]
    assert run.backorders("store") == [0, 0, 0, 0, 3, 0]


def test_three_levels_pass_a_need_up_on_the_same_day(plan):
    plan.node("store", order_up_to=5, reorder_point=0, review=[0], source="regional")
    plan.node("regional", on_hand=2, reorder_point=3, order_up_to=8, review=[0], source="central")
    plan.node("central", on_hand=100)
    run = plan.run()
    assert run.orders() == [
        ("regional", "store", 0, 1, 2),
        ("central", "regional", 0, 1, 11),
        ("regional", "store", 1, 2, 3),
    ]
    assert run.on_hand("central") == [89, 89, 89, 89, 89, 89]
    assert run.on_hand("regional") == [0, 8, 8, 8, 8, 8]
    assert run.on_hand("store") == [0, 2, 5, 5, 5, 5]


@pytest.mark.parametrize(("shipped", "left_at_dc"), [(False, 10), (True, 30)])
def test_an_open_transfer_counts_once_at_each_end(plan, shipped, left_at_dc):
    plan.node("dc", on_hand=30, reorder_point=9, order_up_to=50)
    plan.node("store", reorder_point=19, order_up_to=25, source="dc")
    plan.transfer("dc", "store", day=2, quantity=20, shipped=shipped)
    run = plan.run()
    assert run.orders() == []
    assert run.on_hand("dc") == [left_at_dc] * 6
    assert run.on_hand("store") == [0, 0, 20, 20, 20, 20]


def test_an_overdue_transfer_that_has_not_left_needs_its_lead_time(plan):
    plan.node("dc", on_hand=30)
    plan.node("store", source="dc", lead_time=3)
    plan.transfer("dc", "store", day=-1, quantity=20, shipped=False)
    run = plan.run()
    assert run.on_hand("store") == [0, 0, 0, 20, 20, 20]
    assert run.exception("store", "overdue_receipt").day == 3


def test_the_origins_own_customers_come_before_transfers(plan):
    plan.node("dc", on_hand=10, demand=[4], review=[])
    plan.node("store", reorder_point=0, order_up_to=10, review=[0], source="dc")
    run = plan.run()
    assert run.orders() == [("dc", "store", 0, 1, 6)]
    assert run.on_hand("dc") == [0, 0, 0, 0, 0, 0]


def test_cut_transfers_keep_their_multiple(plan):
    plan.node("dc", on_hand=20, review=[])
    plan.node("store_a", reorder_point=0, order_up_to=18, multiple=6, review=[0], source="dc")
    plan.node("store_b", reorder_point=0, order_up_to=12, multiple=6, review=[0], source="dc")
    run = plan.run()
    assert run.orders() == [("dc", "store_a", 0, 1, 12), ("dc", "store_b", 0, 1, 6)]
    assert run.on_hand("dc") == [2, 2, 2, 2, 2, 2]


def test_a_remainder_below_the_minimum_returns_to_the_next_order_day(plan):
    plan.node("dc", on_hand=10)
    plan.node("store", reorder_point=11, order_up_to=12, minimum=8, review=[0, 2], source="dc")
    plan.receipt("dc", day=3, quantity=20)
    run = plan.run()
    assert run.orders() == [("dc", "store", 0, 1, 10), ("dc", "store", 3, 4, 8)]
    assert run.plan.cuts.cancelled.tolist() == [2, 0]
    assert run.on_hand("store") == [0, 10, 10, 10, 18, 18]


def test_a_lane_without_lead_time_moves_stock_before_the_days_customers(plan):
    plan.node("dc", on_hand=10)
    plan.node("store", demand=[6], reorder_point=0, order_up_to=6, review=[0], source="dc", lead_time=0, lost=True)
    run = plan.run()
    assert run.lost("store") == [0, 0, 0, 0, 0, 0]
    assert run.on_hand("dc") == [4, 4, 4, 4, 4, 4]


def test_a_remainder_leaves_on_a_day_the_origin_ships(plan):
    plan.calendar("dc days", closed=[2, 3])
    plan.node("dc")
    plan.node("store", reorder_point=0, order_up_to=5, review=[0], source="dc", ship_calendar="dc days")
    plan.receipt("dc", day=2, quantity=5)
    run = plan.run()
    assert run.orders() == [("dc", "store", 4, 5, 5)]
    assert run.plan.orders.need_day.tolist() == [0]


def test_a_destination_whose_origin_is_inactive_cannot_be_planned(plan):
    plan.node("dc", on_hand=30, active=False)
    plan.node("store", reorder_point=0, order_up_to=10, source="dc")
    run = plan.run()
    assert run.orders() == []
    assert run.exceptions("store") == ["cannot_plan"]


def test_a_circle_of_lanes_is_refused_with_its_nodes(plan):
    plan.node("outside", source="a")
    plan.node("a", source="b")
    plan.node("b", source="c")
    plan.node("c", source="a")
    with pytest.raises(NetworkCycleError, match="circle") as refused:
        plan.run()
    assert refused.value.cycles == ((1, 3, 2),)


def test_pegging_follows_a_supplier_order_down_to_the_days_it_serves(plan):
    plan.node("store", on_hand=10, demand=5, reorder_point=5, order_up_to=15, source="dc")
    plan.node("dc", on_hand=12, reorder_point=10, order_up_to=20, lead_time=3)
    run = plan.run()
    pegging, orders = run.plan.pegging, run.orders()
    bought = orders.index(("supplier", "dc", 1, 4, 18))
    (layer,) = pegging.layers_of_order(bought)
    moved = pegging.orders_from_layer(layer)
    assert [orders[order] for order in moved] == [("dc", "store", 4, 5, 8), ("dc", "store", 5, 6, 10)]
    (arrived,) = pegging.layers_of_order(moved[0])
    # 8 units arrive on day 5: 3 for the backorder of day 4, 5 for day 5.
    assert (pegging.first_day[arrived], pegging.last_day[arrived], pegging.consumed[arrived]) == (4, 5, 8)
    assert arrived in pegging.layers_for_demand(node=0, day=5)
    assert pegging.layers_into_order(moved[0]).tolist() == [layer]
    assert np.isclose(pegging.link_quantity.sum(), 30)
