"""What is reported, on which day, at what cost."""

import pytest


def test_a_node_without_a_source_is_named_on_the_day_it_needs_stock(plan):
    plan.horizon = 4
    plan.node("shop", on_hand=3, demand=2, reorder_point=2, order_up_to=6, source=None, lost=True, shortage_cost=2)
    run = plan.run()
    assert run.orders() == []
    found = run.exception("shop", "cannot_plan")
    assert (found.day, found.parameters["quantity_needed"], found.cost_of_inaction) == (1, 5, 10)


def test_an_order_needed_before_today_is_late(plan):
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, lead_time=5, lost=True, shortage_cost=1)
    found = plan.run().exception("shop", "late_order")
    assert found.day == 2
    assert (found.parameters["next_receipt_day"], found.parameters["days_late"]) == (5, 3)
    # Until day 6, when an order of the next order day arrives: demand 12, stock 4.
    assert found.cost_of_inaction == 8


def possible_shortage(plan):
    plan.node("shop", on_hand=10, demand=2, p10=[0, 0, 0, 0, 0, 0], p90=[4, 8, 12, 16, 20, 24],
              reorder_point=20, order_up_to=30, lead_time=3, lost=True, shortage_cost=2)  # fmt: skip


def test_stock_that_may_run_out_before_an_order_can_arrive_is_a_risk(plan):
    possible_shortage(plan)
    run = plan.run()
    assert run.exceptions("shop") == ["stock_out_risk"]
    found = run.exception("shop", "stock_out_risk")
    assert found.day == 2
    # Nothing ordered until day 4: on day 3 mean 8, spread 16 / 2.5631 = 6.2425, supply 10, z = 0.3204: loss 0.2591.
    assert found.cost_of_inaction == pytest.approx(2 * 6.2425 * 0.2591, rel=1e-3)


def test_a_risk_below_one_unit_and_below_the_companys_minimum_is_noise(plan):
    possible_shortage(plan)
    # With the plan, short on day 2 at most: spread 4.6819, z = 0.8543, loss 0.1091: 0.51 units, 1.02 money.
    plan.message_minimum = 1.03
    assert plan.run().exceptions("shop") == []
    plan.message_minimum = 1.01
    assert plan.run().exceptions("shop") == ["stock_out_risk"]


def test_an_empty_shelf_that_loses_next_to_nothing_is_noise_but_what_is_owed_is_not(plan):
    plan.message_minimum = 5
    plan.node("slow", demand=0.1, reorder_point=0, order_up_to=1, lead_time=2, lost=True, shortage_cost=3)
    plan.node("owing", demand=0.1, reorder_point=0, order_up_to=1, lead_time=2, backorders=0.5, shortage_cost=3)
    run = plan.run()
    assert run.exceptions("slow") == []
    assert run.exceptions("owing") == ["stock_out"]


def test_enough_stock_raises_nothing(plan):
    plan.node("shop", on_hand=30, demand=2, reorder_point=10, order_up_to=30)
    assert plan.run().exceptions("shop") == []


def test_stock_beyond_the_maximum_cover_costs_its_holding(plan):
    plan.node("shop", on_hand=10, demand=1, max_cover=3, holding_cost=0.5)
    found = plan.run().exception("shop", "excess")
    assert (found.day, found.parameters["units"], found.parameters["unit_days"]) == (3, 6, 15)
    assert found.cost_of_inaction == 7.5


def test_a_horizon_shorter_than_the_supply_path_is_reported(plan):
    plan.planning_window_days = 2
    plan.node("dc", on_hand=9, lead_time=3)
    plan.node("store", on_hand=9, source="dc", lead_time=4)
    run = plan.run()
    assert run.exceptions("dc") == []
    # One day between order days and the lead time, at both levels, and the window: (1 + 4) + (1 + 3) + 2.
    assert run.exception("store", "horizon_too_short").parameters == {"days": 6, "days_needed": 11}


def test_the_dearest_inaction_comes_first(plan):
    for name, cost in (("cheap", 1), ("dear", 9)):
        plan.node(name, demand=2, reorder_point=4, order_up_to=8, lost=True, shortage_cost=cost)
    run = plan.run()
    assert [(run.names[found.node], found.cost_of_inaction) for found in run.plan.exceptions] == [
        ("dear", 36),
        ("cheap", 4),
    ]


def test_uncertain_demand_costs_its_expected_shortage(plan):
    spread = 1.2815515655446004
    plan.horizon = 2
    plan.node("shop", on_hand=1, demand=[1], p10=[0, 0], p90=[2 * spread, 2 * spread], shortage_cost=10, lost=True,
              reorder_point=0, order_up_to=1)  # fmt: skip
    found = plan.run().exception("shop", "stock_out_risk")
    # Mean 1, spread 1, supply 1: E[(D − 1)⁺] = 1/√(2π).
    assert found.cost_of_inaction == pytest.approx(3.989422804)


def test_a_shortage_is_said_once_with_the_source_that_is_short_as_its_reason(plan):
    plan.horizon = 12
    plan.node("dc", on_hand=4, reorder_point=0, order_up_to=30, lead_time=4)
    plan.node("store", on_hand=2, demand=2, reorder_point=10, order_up_to=12, source="dc", lead_time=2, review=[0],
              lost=True, shortage_cost=1)  # fmt: skip
    run = plan.run()
    assert run.exceptions("store") == ["late_order"]
    found = run.exception("store", "late_order").parameters
    # The DC gives 4 of 10; the other 6 wait for its own order, due on day 4, and arrive on day 6.
    assert (found["reason"], found["cut"], found["source_covers_on"]) == ("source_short", 6, 6)


def test_cuts_that_a_destination_does_not_feel_are_not_told(plan):
    plan.node("dc", on_hand=4, lead_time=1, reorder_point=0, order_up_to=30)
    plan.node("store", on_hand=20, demand=1, reorder_point=30, order_up_to=30, source="dc", review=[0], lost=True,
              shortage_cost=1)  # fmt: skip
    run = plan.run()
    assert run.plan.cuts.granted.tolist() == [4]
    assert run.exceptions("store") == []


def test_an_ended_item_with_open_orders_is_told(plan):
    plan.node("shop", active=False, unit_cost=2.5)
    plan.receipt("shop", day=3, quantity=8)
    plan.receipt("shop", day=5, quantity=4)
    assert plan.run().exceptions("shop") == []
    plan.ended = ["shop"]
    found = plan.run().exception("shop", "cannot_plan")
    assert (found.day, found.cost_of_inaction) == (3, 30)
    assert (found.parameters["reason"], found.parameters["quantity"]) == ("ended", 12)


def test_an_origin_that_is_not_active_is_told_apart_from_no_source(plan):
    plan.node("dc", on_hand=30, active=False)
    plan.node("store", reorder_point=0, order_up_to=10, source="dc")
    plan.node("alone", reorder_point=0, order_up_to=10, source=None)
    run = plan.run()
    assert run.exception("store", "cannot_plan").parameters["reason"] == "source_inactive"
    assert run.exception("alone", "cannot_plan").parameters["reason"] == "no_source"
