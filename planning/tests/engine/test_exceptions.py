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


def test_stock_that_may_run_out_before_an_order_can_arrive_is_a_risk(plan):
    plan.node("shop", on_hand=10, demand=2, p10=[0, 0, 0, 0, 0, 0], p90=[4, 8, 12, 16, 20, 24],
              reorder_point=20, order_up_to=30, lead_time=3)  # fmt: skip
    run = plan.run()
    assert run.exceptions("shop") == ["stock_out_risk"]
    assert run.exception("shop", "stock_out_risk").day == 2


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
