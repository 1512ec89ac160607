"""Worked by hand: who gets what a short origin has, and what that does to everybody's stock."""


def test_a_short_dc_gives_by_cost_of_shortage_then_by_need(plan):
    plan.node("dc", on_hand=30, review=[])
    for name, cost in (("dear", 6), ("cheap", 3)):
        plan.node(name, demand=[0, 5, 5], reorder_point=0, order_up_to=30, review=[0], source="dc", lost=True,
                  shortage_cost=cost)  # fmt: skip
    plan.node("full", on_hand=20, reorder_point=20, order_up_to=40, review=[0], source="dc")
    run = plan.run()
    # 10 are urgent at each of the first two: all 20 are there. The other 10 fill the 20 + 20 + 20 still asked to a
    # sixth: 13 1/3, 13 1/3 and 3 1/3, so 13, 13 and 3; the unit left goes to the emptiest claim, 17 of 20 unmet.
    assert run.orders() == [("dc", "dear", 0, 1, 13), ("dc", "cheap", 0, 1, 13), ("dc", "full", 0, 1, 4)]
    assert run.on_hand("dc") == [0, 0, 0, 0, 0, 0]
    assert run.on_hand("dear") == run.on_hand("cheap") == [0, 8, 3, 3, 3, 3]
    assert run.on_hand("full") == [20, 24, 24, 24, 24, 24]


def test_where_not_all_shortages_can_be_avoided_the_dearer_one_weighs_more(plan):
    plan.node("dc", on_hand=15, review=[])
    for name, cost in (("dear", 6), ("cheap", 3)):
        plan.node(name, demand=[0, 6, 6], reorder_point=0, order_up_to=30, review=[0], source="dc", lost=True,
                  shortage_cost=cost)  # fmt: skip
    run = plan.run()
    # 12 × 6 : 12 × 3, so 10 of the 15 and 5.
    assert run.orders() == [("dc", "dear", 0, 1, 10), ("dc", "cheap", 0, 1, 5)]
    assert (run.lost("dear"), run.lost("cheap")) == ([0, 0, 2, 0, 0, 0], [0, 1, 6, 0, 0, 0])


def test_a_short_dc_gives_whole_packs(plan):
    plan.node("dc", on_hand=20, review=[])
    plan.node("sells", demand=[0, 4, 4], reorder_point=0, order_up_to=24, multiple=6, review=[0], source="dc",
              lost=True, shortage_cost=2)  # fmt: skip
    plan.node("full", reorder_point=0, order_up_to=12, multiple=6, review=[0], source="dc")
    run = plan.run()
    # 8 are urgent; the other 12 fill 16 + 12 to 3/7: 14.9 and 5.1, so 2 packs and none. Of the 8 left a pack goes to
    # the emptier claim, and 2 stay.
    assert run.orders() == [("dc", "sells", 0, 1, 12), ("dc", "full", 0, 1, 6)]
    assert run.on_hand("dc") == [2, 2, 2, 2, 2, 2]
    assert run.on_hand("sells") == [0, 8, 4, 4, 4, 4]


def test_a_cut_in_the_middle_of_three_levels_delays_the_last_one(plan):
    plan.node("store", demand=[0, 3, 3, 3], reorder_point=5, order_up_to=10, review=[0], source="regional", lost=True,
              shortage_cost=2)  # fmt: skip
    plan.node("regional", on_hand=4, reorder_point=8, order_up_to=20, review=[0], source="central", lead_time=2)
    plan.node("central", on_hand=100, review=[])
    run = plan.run()
    # The store asks 10, so the regional position is 4 − 10 and it asks 26. It sends its 4 now and 6 when they arrive.
    assert run.orders() == [
        ("regional", "store", 0, 1, 4), ("central", "regional", 0, 2, 26), ("regional", "store", 2, 3, 6),
    ]  # fmt: skip
    assert run.on_hand("central") == [74, 74, 74, 74, 74, 74]
    assert run.on_hand("regional") == [0, 0, 20, 20, 20, 20]
    assert run.on_hand("store") == [0, 1, 0, 3, 3, 3]
    assert run.lost("store") == [0, 0, 2, 0, 0, 0]
    cuts = run.plan.cuts
    assert (cuts.granted.tolist(), cuts.remainder.tolist(), cuts.outstanding.tolist()) == ([4], [6], [0])
    assert (cuts.remainder_ship_day.tolist(), cuts.remainder_due_day.tolist()) == ([2], [3])


def test_what_a_dc_and_its_store_owe_customers_comes_first(plan):
    plan.node("dc", on_hand=5, backorders=8, review=[])
    plan.node("store", backorders=3, reorder_point=0, order_up_to=4, review=[0], source="dc")
    plan.receipt("dc", day=1, quantity=10)
    run = plan.run()
    # The DC owes 3 more than it has; of the 10 that come on day 1, 7 are left for the 4 + 3 that the store asks.
    assert run.orders() == [("dc", "store", 1, 2, 7)]
    assert run.backorders("dc") == [3, 0, 0, 0, 0, 0]
    assert run.backorders("store") == [3, 3, 0, 0, 0, 0]
    assert run.on_hand("store") == [0, 0, 4, 4, 4, 4]


def test_open_transfers_in_and_out_count_once_each(plan):
    plan.node("central", review=[])
    plan.node("regional", on_hand=30, demand=2, reorder_point=35, order_up_to=45, review=[0, 1, 2])
    plan.node("store", source="regional", review=[])
    plan.transfer("central", "regional", day=1, quantity=20, shipped=True)
    plan.transfer("regional", "store", day=2, quantity=12, shipped=False)
    run = plan.run()
    # Positions 30 − 12 + 20 = 38, 36, 34: on day 2 it orders the 11 up to 45.
    assert run.orders() == [("supplier", "regional", 2, 3, 11)]
    assert run.on_hand("regional") == [16, 34, 32, 41, 39, 37]
    assert run.on_hand("store") == [0, 0, 12, 12, 12, 12]
    assert run.on_hand("central") == [0, 0, 0, 0, 0, 0]


def test_what_destinations_may_want_less_stays_at_the_dc_but_no_more_than_was_to_be_shipped(plan):
    plan.horizon = 3
    plan.node("dc", on_hand=100, source=None, p10=[-2, -6, -40], p90=[2, 6, 9])
    plan.node("shop", source="dc", demand=10, lead_time=1, reorder_point=10, order_up_to=20)
    run = plan.run()
    # The shop asks for 20 on day 0 and for 10 a day afterwards.
    assert run.on_hand("dc") == [80, 70, 60]
    assert run.p10("dc") == [78, 64, 51]
    # Day 2: 40 less would be wanted, all 40 that were to be shipped stay: 100.
    assert run.p90("dc") == [82, 76, 100]
