"""One item-location and its supplier, by hand."""

import pytest


def test_an_order_on_each_day_the_position_is_at_or_below_the_reorder_point(plan):
    plan.horizon = 10
    plan.node("shop", on_hand=10, demand=4, reorder_point=8, order_up_to=20, lead_time=2)
    run = plan.run()
    assert run.orders() == [
        ("supplier", "shop", 1, 3, 14),
        ("supplier", "shop", 4, 6, 12),
        ("supplier", "shop", 7, 9, 12),
    ]
    assert run.on_hand("shop") == [6, 2, 0, 8, 4, 0, 8, 4, 0, 8]
    assert run.backorders("shop") == [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]


def test_lost_demand_is_not_served_later_and_leaves_the_position_higher(plan):
    plan.horizon = 10
    plan.node("shop", on_hand=10, demand=4, reorder_point=8, order_up_to=20, lead_time=2, lost=True)
    run = plan.run()
    assert run.orders() == [
        ("supplier", "shop", 1, 3, 14),
        ("supplier", "shop", 5, 7, 14),
        ("supplier", "shop", 9, 11, 14),
    ]
    assert run.on_hand("shop") == [6, 2, 0, 10, 6, 2, 0, 10, 6, 2]
    assert run.lost("shop") == [0, 0, 2, 0, 0, 0, 2, 0, 0, 0]


def test_an_order_waits_for_the_order_day(plan):
    plan.node("shop", on_hand=20, demand=2, reorder_point=18, order_up_to=30, review=[3])
    assert plan.run().orders() == [("supplier", "shop", 3, 4, 16)]


def test_no_order_while_the_position_is_above_the_reorder_point(plan):
    plan.node("shop", on_hand=12, demand=1, reorder_point=6, order_up_to=30)
    run = plan.run()
    assert run.orders() == []
    assert run.on_hand("shop") == [11, 10, 9, 8, 7, 6]


def test_levels_that_change_in_time_are_read_on_the_order_day(plan):
    plan.node("shop", on_hand=10, reorder_point=[5, 5, 12, 5], order_up_to=[20, 20, 25, 20])
    assert plan.run().orders() == [("supplier", "shop", 2, 3, 15)]


def test_the_need_is_raised_to_the_minimum_then_to_the_multiple(plan):
    plan.node("shop", reorder_point=5, order_up_to=7, minimum=10, multiple=6, review=[0])
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 0, 1, 12)]
    requests = run.plan.requests
    assert [requests.raw[0], requests.after_minimum[0], requests.quantity[0]] == [7, 10, 12]


def test_allocated_stock_is_not_there_to_sell(plan):
    plan.node("shop", on_hand=10, allocated=4, demand=1, reorder_point=6, order_up_to=10, review=[0])
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 0, 1, 4)]
    assert run.on_hand("shop") == [5, 8, 7, 6, 5, 4]


def test_customer_backorders_are_ordered_and_served_first(plan):
    plan.node("dc", backorders=5, reorder_point=0, order_up_to=10, lead_time=2, shortage_cost=2)
    run = plan.run()
    assert run.orders() == [("supplier", "dc", 0, 2, 15)]
    assert run.on_hand("dc") == [0, 0, 10, 10, 10, 10]
    assert run.backorders("dc") == [5, 5, 0, 0, 0, 0]
    # Ignored today, the next order day is day 1 and its order arrives on day 3: 5 units × 3 days × 2.
    assert run.exception("dc", "stock_out").cost_of_inaction == 30


def test_an_open_receipt_counts_in_the_position_and_arrives_on_its_day(plan):
    plan.node("shop", on_hand=4, demand=1, reorder_point=5, order_up_to=9)
    plan.receipt("shop", day=2, quantity=6)
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 5, 6, 4)]
    assert run.on_hand("shop") == [3, 2, 7, 6, 5, 4]


def test_an_overdue_receipt_is_expected_on_the_first_open_day_and_flagged(plan):
    plan.calendar("shop days", closed=[0])
    plan.node("shop", reorder_point=7, order_up_to=20, receive_calendar="shop days", demand=[0, 0, 8], shortage_cost=3,
              lead_time=4, lost=True, review=[0, 5])  # fmt: skip
    plan.receipt("shop", day=-3, quantity=8)
    run = plan.run()
    assert run.orders()[0] == ("supplier", "shop", 5, 9, 20)
    assert run.on_hand("shop") == [0, 8, 0, 0, 0, 0]
    overdue = run.exception("shop", "overdue_receipt")
    assert (overdue.day, overdue.parameters["stated_day"], overdue.parameters["quantity"]) == (1, -3, 8)
    assert overdue.cost_of_inaction == 24


def test_closed_days_delay_shipping_and_receiving(plan):
    plan.horizon = 8
    plan.calendar("supplier days", closed=[1, 2])
    plan.calendar("shop days", closed=[5])
    plan.node("shop", reorder_point=0, order_up_to=10, review=[1], lead_time=2,
              ship_calendar="supplier days", receive_calendar="shop days")  # fmt: skip
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 1, 6, 10)]
    assert run.plan.orders.ship_day.tolist() == [3]
    assert run.on_hand("shop") == [0, 0, 0, 0, 0, 0, 10, 10]


def test_nothing_is_released_within_the_frozen_days(plan):
    plan.node("shop", reorder_point=0, order_up_to=10, frozen_days=3)
    assert plan.run().orders() == [("supplier", "shop", 3, 4, 10)]


def test_an_inactive_node_orders_nothing(plan):
    plan.node("shop", reorder_point=5, order_up_to=10, active=False)
    run = plan.run()
    assert run.orders() == []
    assert run.exceptions("shop") == []


def test_an_order_without_lead_time_serves_the_same_day(plan):
    plan.node("shop", demand=[7], reorder_point=0, order_up_to=7, lead_time=0, review=[0], lost=True)
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 0, 0, 7)]
    assert run.lost("shop") == [0, 0, 0, 0, 0, 0]
    assert run.on_hand("shop") == [0, 0, 0, 0, 0, 0]


def test_firm_orders_above_the_forecast_raise_demand_and_levels(plan):
    plan.horizon = 5
    plan.node("shop", on_hand=6, demand=2, reorder_point=4, order_up_to=6)
    plan.customer_order("shop", day=3, quantity=10)
    run = plan.run()
    assert run.orders() == [
        ("supplier", "shop", 1, 2, 2),
        ("supplier", "shop", 2, 3, 10),
        ("supplier", "shop", 3, 4, 2),
        ("supplier", "shop", 4, 5, 2),
    ]
    assert run.on_hand("shop") == [4, 2, 2, 2, 2]


def test_firm_orders_within_the_forecast_of_their_bucket_change_nothing(plan):
    plan.firm_bucket_days = 3
    plan.node("shop", on_hand=20, demand=2)
    plan.customer_order("shop", day=1, quantity=6)
    plan.customer_order("shop", day=4, quantity=9)
    assert plan.run().on_hand("shop") == [18, 16, 14, 12, 7, 5]


def test_firm_orders_past_due_are_backorders(plan):
    plan.node("shop", on_hand=5, reorder_point=2, order_up_to=6, review=[0])
    plan.customer_order("shop", day=-1, quantity=3)
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 0, 1, 4)]
    assert run.on_hand("shop") == [2, 6, 6, 6, 6, 6]


def test_the_band_is_stock_plus_receipts_less_the_cumulative_demand_quantile(plan):
    plan.node("shop", on_hand=10, demand=2, p10=[1, 2, 3, 4, 5, 6], p90=[4, 8, 12, 16, 20, 24],
              reorder_point=8, order_up_to=18, lead_time=2, review=[1])  # fmt: skip
    run = plan.run()
    assert run.orders() == [("supplier", "shop", 1, 3, 10)]
    assert run.on_hand("shop") == [8, 6, 4, 12, 10, 8]
    assert run.p10("shop") == [6, 2, 0, 4, 0, 0]
    assert run.p90("shop") == [9, 8, 7, 16, 15, 14]


def test_where_sales_are_lost_the_band_starts_again_from_zero(plan):
    plan.node("shop", on_hand=3, demand=2, p10=[2, 4, 6, 8, 10, 12], p90=[2, 4, 6, 8, 10, 12], lost=True)
    plan.receipt("shop", day=3, quantity=10)
    run = plan.run()
    assert run.on_hand("shop") == [1, 0, 0, 8, 6, 4]
    assert run.p10("shop") == pytest.approx([1, 0, 0, 8, 6, 4])
