"""Lots that expire, by hand: first expired, first out; what is left on a lot's day is written off."""

from planning.engine.trace import order_trace, recompute_quantity


def test_what_demand_leaves_of_a_lot_is_written_off_on_its_day(plan):
    plan.node("store", on_hand=20, demand=3, review=[])
    plan.lot("store", quantity=6, expires=4)
    plan.lot("store", quantity=12, expires=2)
    run = plan.run()
    # Days 0 and 1 use 6 of the 12 that expire on day 2; days 2 and 3 use the 6 that expire on day 4.
    assert run.expired("store") == [0, 0, 6, 0, 0, 0]
    assert run.plan.lot_expiring.tolist() == [0, 6]
    assert run.on_hand("store") == [17, 14, 5, 2, 0, 0]
    assert run.backorders("store") == [0, 0, 0, 0, 1, 4]


def test_of_lots_that_expire_together_the_first_one_is_used_first(plan):
    plan.node("store", on_hand=8, demand=1, review=[])
    plan.lot("store", quantity=4, expires=2)
    plan.lot("store", quantity=4, expires=2)
    run = plan.run()
    assert run.plan.lot_expiring.tolist() == [2, 4]
    assert run.on_hand("store") == [7, 6, 0, 0, 0, 0]


def test_what_has_expired_already_is_not_there(plan):
    plan.node("store", on_hand=20, review=[])
    plan.lot("store", quantity=5, expires=0)
    plan.lot("store", quantity=3, expires=-4)
    plan.lot("store", quantity=2, expires=9)
    run = plan.run()
    assert run.on_hand("store") == [12, 12, 12, 12, 12, 12]
    assert run.expired("store") == [0, 0, 0, 0, 0, 0]
    assert run.plan.lot_expiring.tolist() == [5, 3, 0]


def test_promised_units_are_picked_from_the_lot_that_expires_first(plan):
    plan.node("store", on_hand=10, allocated=4, review=[])
    plan.lot("store", quantity=6, expires=1)
    run = plan.run()
    assert run.on_hand("store") == [6, 4, 4, 4, 4, 4]
    assert run.expired("store") == [0, 2, 0, 0, 0, 0]


def test_a_lot_larger_than_the_stock_takes_no_more_than_is_there(plan):
    plan.node("store", on_hand=10, demand=[1], review=[])
    plan.receipt("store", day=2, quantity=7)
    plan.lot("store", quantity=50, expires=2)
    run = plan.run()
    assert run.expired("store") == [0, 0, 9, 0, 0, 0]
    assert run.on_hand("store") == [9, 9, 7, 7, 7, 7]


def test_the_plan_orders_in_time_for_what_will_expire(plan):
    plan.node("store", on_hand=20, demand=3, reorder_point=8, order_up_to=12, lead_time=2, review=[0, 2, 4])
    plan.lot("store", quantity=16, expires=3)
    run = plan.run()
    # By day 3, 9 of the 16 are used and 7 expire. Day 0: 20 > 8 + 7. Day 2: 14 ≤ 15, so up to 12 + 7: 5. Day 4: 6 ≤ 8.
    assert run.orders() == [("supplier", "store", 2, 4, 5), ("supplier", "store", 4, 6, 6)]
    assert run.expired("store") == [0, 0, 0, 7, 0, 0]
    assert run.on_hand("store") == [17, 14, 11, 1, 3, 0]
    trace = order_trace(run.plan, 0)
    assert trace["levels"] == {"reorder_point": 8, "order_up_to": 12, "firm_excess": 0, "expiring": 7}
    assert recompute_quantity(trace) == 5


def test_what_a_dc_ships_uses_its_lots(plan):
    plan.node("dc", on_hand=30, review=[])
    plan.node("store", reorder_point=0, order_up_to=8, review=[0], source="dc")
    plan.lot("dc", quantity=20, expires=3)
    run = plan.run()
    assert run.on_hand("dc") == [22, 22, 22, 10, 10, 10]
    assert run.expired("dc") == [0, 0, 0, 12, 0, 0]


def test_slow_demand_leaves_more_to_expire(plan):
    plan.node("store", on_hand=20, demand=3, p10=[0, 0, 0, 0, 0, 0], p90=[5, 10, 15, 20, 20, 20], review=[])
    plan.lot("store", quantity=12, expires=2)
    run = plan.run()
    assert run.on_hand("store") == [17, 14, 5, 2, 0, 0]
    assert run.p90("store") == [20, 20, 8, 8, 8, 8]
    # Fast demand uses 10 of the 12 by day 2, so 2 expire.
    assert run.p10("store") == [15, 10, 3, 0, 0, 0]


def test_a_shipment_that_covers_for_an_expiring_lot_is_urgent(plan):
    plan.node("dc", on_hand=10, review=[])
    for name in ("fresh", "lots"):
        plan.node(name, on_hand=12, demand=2, reorder_point=30, order_up_to=32, multiple=0, review=[0], source="dc",
                  lost=True, shortage_cost=1)  # fmt: skip
    plan.lot("lots", quantity=10, expires=1)
    run = plan.run()
    # 12 last six days at "fresh". At "lots" 8 expire on day 1: 2 are left for the 10 of days 1 … 5, so 8 are urgent.
    assert run.plan.claims.urgent.tolist() == [0, 8]
    # Claims are 20 and 20 + 8; the 2 left beyond the urgent 8 are shared by the need that remains: 20 and 20.
    assert run.orders() == [("dc", "fresh", 0, 1, 1), ("dc", "lots", 0, 1, 9)]
