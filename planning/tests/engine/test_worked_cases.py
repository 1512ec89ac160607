"""Networks worked out by hand: every order and every projected unit, with the arithmetic beside it."""

import pytest

from planning.engine.tables import OrderReason
from planning.engine.trace import order_trace, recompute_quantity


def recomputed(run):
    return [recompute_quantity(order_trace(run.plan, row)) for row in range(len(run.orders()))]


def quantities(run):
    return [order[4] for order in run.orders()]


# Order days, minimums, dates ------------------------------------------------------------------------------------


def test_a_weekly_order_day_covers_lead_time_and_review(plan):
    plan.horizon = 15
    plan.node("shop", on_hand=30, demand=3, reorder_point=27, order_up_to=48, lead_time=2, review=[0, 7, 14])
    run = plan.run()
    # Day 0: 30 > 27. Day 7: 30 − 7 × 3 = 9 ≤ 27, 48 − 9 = 39, here on day 9. Day 14: 9 + 39 − 21 = 27 ≤ 27, 48 − 27.
    assert run.orders() == [("supplier", "shop", 7, 9, 39), ("supplier", "shop", 14, 16, 21)]
    assert run.on_hand("shop") == [27, 24, 21, 18, 15, 12, 9, 6, 3, 39, 36, 33, 30, 27, 24]
    assert recomputed(run) == quantities(run)


def test_a_minimum_and_packs_bring_more_than_is_missing(plan):
    plan.node("shop", on_hand=8, demand=5, reorder_point=10, order_up_to=13, minimum=20, multiple=8)
    run = plan.run()
    # Day 0: 13 − 8 = 5, at least 20, in packs of 8: 24. Then 32 − 5 a day: 7 on day 5, 6 missing, 24 again.
    assert run.orders() == [("supplier", "shop", 0, 1, 24), ("supplier", "shop", 5, 6, 24)]
    assert run.on_hand("shop") == [3, 22, 17, 12, 7, 2]
    assert recomputed(run) == [24, 24]


def test_what_is_left_of_the_running_week_is_all_that_counts(plan):
    plan.horizon, plan.firm_bucket_days = 10, 7
    # Three days of a busy week are left (4 a day), then 2 a day. s = 9 days of it = 12 + 6 × 2 = 24, S = 24 + 7 × 2.
    plan.node("shop", on_hand=20, demand=[4, 4, 4, 2, 2, 2, 2, 2, 2, 2], reorder_point=24, order_up_to=38, lead_time=2,
              review=[0])  # fmt: skip
    # The last bucket has three days, 6 forecast; 9 are ordered for day 8, so 3 come on top on that day.
    plan.customer_order("shop", day=8, quantity=9)
    run = plan.run()
    # Nothing can be ordered later, so the 3 are in today's levels: 38 + 3 − 20 = 21.
    assert run.orders() == [("supplier", "shop", 0, 2, 21)]
    assert run.on_hand("shop") == [16, 12, 29, 27, 25, 23, 21, 19, 14, 12]
    assert recomputed(run) == [21]


def test_closed_days_move_shipping_and_arrival_not_the_release(plan):
    plan.horizon = 9
    plan.calendar("supplier week", closed=[5, 6])
    plan.calendar("shop holiday", closed=[8])
    plan.node("shop", on_hand=20, demand=2, reorder_point=10, order_up_to=24, lead_time=1, review=[5],
              ship_calendar="supplier week", receive_calendar="shop holiday")  # fmt: skip
    run = plan.run()
    # Day 5: 20 − 10 = 10 ≤ 10, 14 missing. Shipped on day 7, a day on the road, but day 8 is closed.
    assert run.orders() == [("supplier", "shop", 5, 9, 14)]
    assert run.plan.orders.ship_day.tolist() == [7]
    assert run.on_hand("shop") == [18, 16, 14, 12, 10, 8, 6, 4, 2]


# Price breaks ---------------------------------------------------------------------------------------------------


def drinks(plan, **values):
    defaults = {"demand": 10, "reorder_point": 10, "order_up_to": 108, "multiple": 12, "unit_cost": 4, "review": [0],
                "order_cost": 25, "holding_cost": 0.002}  # fmt: skip
    plan.node("shop", **{**defaults, **values})
    plan.price_break("shop", minimum=200, unit_cost=3.6)


def test_a_price_break_is_taken_where_it_makes_a_unit_cheaper(plan):
    drinks(plan)
    run = plan.run()
    # 108 at 4: 4 + 25/108 + 0.002 × 108/20 = 4.2423.
    # 200 in packs is 204 at 3.60: 3.60 + 25/204 + 0.0018 × 204/20 = 3.7409.
    assert run.bought() == [("shop", 100, 1, 204, 3.6)]
    assert run.on_hand("shop") == [0, 184, 174, 164, 154, 144]
    assert run.backorders("shop") == [10, 0, 0, 0, 0, 0]
    section = order_trace(run.plan, 0)["price_break"]
    assert [offer["quantity"] for offer in section["offers"]] == [108, 204]
    assert [offer["cost_per_unit"] for offer in section["offers"]] == pytest.approx([4.2422815, 3.7409090])
    assert section["chosen"] == 1
    assert recomputed(run) == [204]


def test_a_price_break_is_left_where_holding_costs_more(plan):
    drinks(plan, demand=0.1)
    run = plan.run()
    # 0.1 a day: 4 + 25/108 + 0.002 × 108/0.2 = 5.3115; 3.60 + 25/204 + 0.0018 × 204/0.2 = 5.5585.
    assert run.bought() == [("shop", 100, 1, 108, 4)]
    assert recomputed(run) == [108]


def test_a_price_break_beyond_the_maximum_cover_is_no_offer(plan):
    drinks(plan, max_cover=19)
    # Arrives on day 1 and may last 19 days: use of days 0 … 19 is 200, and 204 are more.
    assert plan.run().bought() == [("shop", 100, 1, 108, 4)]
    plan.rows["shop"]["max_cover"] = 20
    assert plan.run().bought() == [("shop", 100, 1, 204, 3.6)]


# Minimum order value --------------------------------------------------------------------------------------------


def supplier_of_two(plan, *, value, **values):
    plan.node("oil", demand=2, reorder_point=10, order_up_to=20, multiple=5, unit_cost=5, review=[0], **values)
    plan.node("salt", on_hand=40, demand=4, reorder_point=10, order_up_to=60, multiple=10, unit_cost=2, review=[0],
              **values)  # fmt: skip
    plan.order_minimum("oil", "salt", value=value)


def test_lines_of_one_supplier_are_filled_up_by_days_of_cover(plan):
    supplier_of_two(plan, value=150)
    run = plan.run()
    # Oil needs 20 × 5 = 100. Cover after a step: oil (20 + 5)/2 = 12.5, 15 … days; salt (40 + 10)/4 = 12.5, 15 …
    # Oil first (125), then salt (145), then oil again (170 ≥ 150).
    assert run.bought() == [("oil", 100, 1, 30, 5), ("salt", 101, 1, 10, 2)]
    assert run.plan.orders.added.tolist() == [10, 10]
    assert run.plan.orders.reason.tolist() == [OrderReason.REORDER, OrderReason.TOP_UP]
    assert run.on_hand("oil") == [0, 26, 24, 22, 20, 18]
    assert run.on_hand("salt") == [36, 42, 38, 34, 30, 26]
    section = order_trace(run.plan, 1)["order_minimum"]
    assert (section["value"], section["min_value"], section["value_after"], section["added"]) == (100, 150, 170, 10)
    assert (section["last_cover"], section["last_node"]) == (15, 0)
    assert recomputed(run) == [30, 10]


def test_a_line_off_its_order_day_is_not_added(plan):
    supplier_of_two(plan, value=150)
    plan.rows["salt"]["review"] = [1]
    # Oil alone: 10 more units.
    assert plan.run().bought() == [("oil", 100, 1, 30, 5)]


def test_a_minimum_that_cannot_be_reached_changes_nothing_and_is_recorded(plan):
    supplier_of_two(plan, value=150, max_cover=11)
    run = plan.run()
    # Oil may last until day 12: 24 units, no further pack of 5 beside 20. Salt: 48, no pack of 10 beside 40.
    assert run.bought() == [("oil", 100, 1, 20, 5)]
    joins = run.plan.joins
    assert (joins.day.tolist(), joins.value.tolist(), joins.value_after.tolist()) == ([0], [100], [100])
    assert (joins.min_value.tolist(), joins.reached.tolist()) == ([150], [False])
    assert recomputed(run) == [20]


def test_an_order_of_enough_value_is_left_alone(plan):
    supplier_of_two(plan, value=100)
    run = plan.run()
    assert run.bought() == [("oil", 100, 1, 20, 5)]
    assert len(run.plan.joins.group) == 0


def test_what_is_added_without_lead_time_can_leave_the_same_day(plan):
    plan.node("dc", lead_time=0, reorder_point=0, review=[0])
    plan.node("store", demand=2, reorder_point=0, order_up_to=8, review=[0], source="dc")
    plan.order_minimum("dc", value=20)
    run = plan.run()
    # The store asks for 8, so the dc buys 8 and, at 2 a day, 12 more; all 20 are there at once and 8 leave.
    assert run.orders() == [("supplier", "dc", 0, 0, 20), ("dc", "store", 0, 1, 8)]
    assert run.on_hand("dc") == [12, 12, 12, 12, 12, 12]


def test_a_price_break_reached_by_filling_up_lowers_the_value_again(plan):
    plan.node("shop", demand=1, reorder_point=0, order_up_to=9, unit_cost=10, review=[0])
    plan.price_break("shop", minimum=10, unit_cost=9)
    plan.order_minimum("shop", value=100)
    run = plan.run()
    # 9 × 10 = 90; one more makes 10 × 9 = 90; two more 12 × 9 = 108. (10 at 9 is taken for its price to begin with.)
    assert run.bought() == [("shop", 100, 1, 12, 9)]
    assert run.plan.orders.added.tolist() == [2]


# Shelf life -----------------------------------------------------------------------------------------------------


def test_no_more_is_ordered_than_can_be_used_before_it_expires(plan):
    plan.horizon = 8
    plan.node("shop", on_hand=6, demand=4, reorder_point=20, order_up_to=60, lead_time=2, multiple=6, shelf_life=5,
              review=[0])  # fmt: skip
    run = plan.run()
    # Arrives on day 2, expires on day 7: 28 are used until then, 6 are there, 22 may come: 18 in packs of 6.
    assert run.orders() == [("supplier", "shop", 0, 2, 18)]
    assert run.on_hand("shop") == [2, 0, 12, 8, 4, 0, 0, 0]
    assert run.backorders("shop") == [0, 2, 0, 0, 0, 0, 4, 8]
    assert order_trace(run.plan, 0)["limit"] == {
        "shelf_life_days": 5, "until_day": 7, "usable": 28, "need": 22, "after_limit": 18, "beyond_limit": 0,
    }  # fmt: skip
    assert recomputed(run) == [18]


def test_the_smallest_order_stands_where_even_that_is_too_much(plan):
    plan.node("shop", on_hand=6, demand=4, reorder_point=20, order_up_to=60, lead_time=2, minimum=30, shelf_life=5,
              review=[0])  # fmt: skip
    run = plan.run()
    # Use beyond the horizon goes on at 4 a day: 28 until day 7, so 30 are 8 more than the 22 that fit.
    assert run.orders() == [("supplier", "shop", 0, 2, 30)]
    assert run.plan.requests.beyond_limit.tolist() == [8]
    assert recomputed(run) == [30]


def test_a_warehouse_counts_what_its_stores_will_use(plan):
    plan.node("dc", reorder_point=5, order_up_to=100, shelf_life=3, review=[0])
    plan.node("store", on_hand=40, demand=4, source="dc")
    # Arrives on day 1, expires on day 4: the store's customers use 16 by then.
    assert plan.run().orders() == [("supplier", "dc", 0, 1, 16)]


# Shares ---------------------------------------------------------------------------------------------------------


def test_two_sources_share_a_need_in_their_own_packs(plan):
    plan.node("shop", demand=5, reorder_point=10, order_up_to=100, multiple=12, unit_cost=4, review=[0])
    plan.split("shop", share=0.4, lead_time=3, multiple=25, unit_cost=4.5)
    run = plan.run()
    # 100: 60 % is 60 = 5 × 12. The other takes the 40 that are left: 50 in packs of 25.
    assert run.bought() == [("shop", 100, 1, 60, 4), ("shop", 500, 3, 50, 4.5)]
    assert run.plan.orders.request.tolist() == [0, 0]
    assert run.plan.requests.quantity.tolist() == [110]
    assert run.on_hand("shop") == [0, 50, 45, 90, 85, 80]
    split = order_trace(run.plan, 1)["split"]
    assert (split["own_share"], split["own_quantity"], split["wanted"], split["part"]) == (0.6, 60, 40, 0)
    assert recomputed(run) == [60, 50]


def test_nothing_is_ordered_from_a_further_source_where_nothing_is_left(plan):
    plan.node("shop", reorder_point=5, order_up_to=10, multiple=12, review=[0])
    plan.split("shop", share=0.4)
    # 6 of 10 are 12 in packs: more than the whole need.
    assert plan.run().bought() == [("shop", 100, 1, 12, 1)]


def test_three_sources_and_a_price_break_of_the_first(plan):
    plan.node("shop", demand=20, reorder_point=5, order_up_to=100, multiple=10, unit_cost=4, review=[0])
    plan.split("shop", share=0.25, minimum=30)
    plan.split("shop", share=0.25)
    plan.price_break("shop", minimum=80, unit_cost=3)
    run = plan.run()
    # 50, then 25 raised to 30, then the 20 left. The break lifts the first part only; the shares stay.
    assert run.bought() == [("shop", 100, 1, 80, 3), ("shop", 500, 1, 30, 1), ("shop", 501, 1, 20, 1)]
    assert recomputed(run) == [80, 30, 20]


def test_a_further_source_stays_within_the_shelf_life(plan):
    plan.node("shop", demand=10, reorder_point=5, order_up_to=100, multiple=10, shelf_life=6, review=[0])
    plan.split("shop", share=0.5, multiple=20)
    run = plan.run()
    # 70 are used by day 7. 35 of them are 40 in packs; the other's 30 would be 40, and 20 fit the 30 that are left.
    assert run.bought() == [("shop", 100, 1, 40, 1), ("shop", 500, 1, 20, 1)]
    assert recomputed(run) == [40, 20]


# Missed order days, new items, what is not touched --------------------------------------------------------------


def test_a_missed_order_day_is_made_up_for_today_and_keeps_its_day(plan):
    plan.node("shop", on_hand=4, demand=1, reorder_point=5, order_up_to=9, review=[4])
    plan.missed_order("shop", day=-3)
    run = plan.run()
    # Today 9 − 4 = 5. On day 4 the position is 9 − 4 = 5 ≤ 5, so 4 more.
    assert run.orders() == [("supplier", "shop", 0, 1, 5), ("supplier", "shop", 4, 5, 4)]
    assert run.plan.orders.need_day.tolist() == [-3, 4]
    assert run.on_hand("shop") == [3, 7, 6, 5, 4, 7]
    trace = order_trace(run.plan, 0)["order"]
    assert (trace["need_day"], trace["release_day"]) == (-3, 0)
    assert recomputed(run) == [5, 4]


def test_a_missed_transfer_keeps_its_day_too(plan):
    plan.node("dc", on_hand=10)
    plan.node("store", reorder_point=0, order_up_to=6, review=[3], source="dc")
    plan.missed_order("store", day=-1)
    run = plan.run()
    assert run.orders() == [("dc", "store", 0, 1, 6)]
    assert run.plan.orders.need_day.tolist() == [-1]


@pytest.mark.parametrize("values", [{"frozen_days": 2}, {"active": False}])
def test_a_missed_order_day_does_not_thaw_or_activate(plan, values):
    plan.node("shop", on_hand=4, demand=1, reorder_point=5, order_up_to=9, review=[3], **values)
    plan.missed_order("shop", day=-3)
    # On day 3: 9 − (4 − 3) = 8; an inactive one never orders.
    expected = [("supplier", "shop", 3, 4, 8)] if values.get("active", True) else []
    run = plan.run()
    assert run.orders() == expected
    assert run.plan.orders.need_day.tolist() == [order[2] for order in expected]


def test_a_new_item_orders_only_what_is_known_of_it(plan):
    plan.node("shop", demand=[0, 0, 0, 0, 2, 2], reorder_point=[0, 0, 0, 4], order_up_to=[0, 0, 0, 10])
    plan.customer_order("shop", day=2, quantity=6)
    run = plan.run()
    # No levels, no need: only the customer's 6, on the last day that still makes it. The first forecast lifts S to 10.
    assert run.orders() == [("supplier", "shop", 1, 2, 6), ("supplier", "shop", 3, 4, 10)]
    assert run.on_hand("shop") == [0, 0, 0, 0, 8, 6]
    assert run.backorders("shop") == [0, 0, 0, 0, 0, 0]


def test_customers_who_wait_come_before_transfers(plan):
    plan.node("dc", on_hand=10, backorders=4, review=[])
    plan.node("store", reorder_point=0, order_up_to=10, review=[0], source="dc")
    run = plan.run()
    # 4 of 10 are owed, 6 may leave.
    assert run.orders() == [("dc", "store", 0, 1, 6)]
    assert run.on_hand("dc") == [0, 0, 0, 0, 0, 0]
    assert run.backorders("dc") == [0, 0, 0, 0, 0, 0]


def test_a_receipt_serves_the_waiting_before_it_ships_on(plan):
    plan.node("dc", backorders=4, review=[])
    plan.node("store", reorder_point=0, order_up_to=10, review=[0], source="dc")
    plan.receipt("dc", day=2, quantity=7)
    run = plan.run()
    assert run.orders() == [("dc", "store", 2, 3, 3)]
    assert run.backorders("dc") == [4, 4, 0, 0, 0, 0]


def test_released_and_frozen_orders_stay_as_they_are(plan):
    plan.node("shop", on_hand=2, demand=2, reorder_point=12, order_up_to=20, frozen_days=3)
    plan.receipt("shop", day=1, quantity=6)
    plan.receipt("shop", day=9, quantity=8)
    run = plan.run()
    # Short from day 4 on, yet the 8 of day 9 are not pulled in, and nothing is released before day 3:
    # there the position is 2 + 14 − 6 = 10 ≤ 12, so 10; the next is needed on day 4: 18 > 12.
    assert run.orders() == [("supplier", "shop", 3, 4, 10)]
    assert run.plan.receipt_day.tolist() == [1, 9]
    assert run.plan.plan_input.receipts.quantity.tolist() == [6, 8]
    assert run.on_hand("shop") == [0, 4, 2, 0, 8, 6]


def test_an_order_day_beyond_the_horizon_is_not_forgotten(plan):
    plan.node("shop", on_hand=50, demand=2, reorder_point=12, order_up_to=20, review=[])
    run = plan.run()
    assert run.orders() == []
    # The first order day is day 6 at the earliest, and a day of transit follows.
    assert run.exception("shop", "horizon_too_short").parameters == {"days": 6, "days_needed": 8}
