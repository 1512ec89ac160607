"""Open transfers beyond the origin's stock, and cut remainders that cannot follow, by hand."""


def test_open_transfers_beyond_the_stock_are_named_with_the_day_they_are_there(plan):
    plan.node("dc", on_hand=25, allocated=5, backorders=3, review=[])
    for name in ("north", "south"):
        plan.node(name, source="dc", review=[])
    plan.transfer("dc", "south", day=3, quantity=18, shipped=False)
    plan.transfer("dc", "north", day=1, quantity=10, shipped=False)
    plan.transfer("dc", "north", day=0, quantity=7, shipped=True)
    plan.receipt("dc", day=2, quantity=5)
    plan.receipt("dc", day=4, quantity=5)
    run = plan.run()
    promised = run.plan.commitments
    # 25 − 5 allocated leave 20 for 10 and 18: the later one lacks 8. 5 come on day 2, 3 of the next 5 on day 4.
    assert promised.uncovered.tolist() == [8, 0, 0, 0, 0]
    assert promised.cover_day.tolist() == [4, -1, -1, -1, -1]
    assert promised.owed[:, 0].tolist() == [8, 8, 3, 3, 0, 0]
    # 8 for the transfer and 3 for customers are owed; the 10 that come leave 1 of them.
    assert run.backorders("dc") == [11, 11, 6, 6, 1, 1]


def test_a_transfer_that_its_origin_can_never_cover_has_no_day(plan):
    plan.node("dc", on_hand=4, allocated=6, review=[])
    plan.node("store", source="dc", review=[])
    plan.transfer("dc", "store", day=1, quantity=10, shipped=False)
    plan.receipt("dc", day=1, quantity=5)
    promised = plan.run().plan.commitments
    # 2 of the 5 go to what is allocated beyond the stock.
    assert (promised.uncovered.tolist(), promised.cover_day.tolist()) == ([10, 0], [-1, -1])
    assert promised.owed[:, 0].tolist() == [10, 7, 7, 7, 7, 7]


def test_a_remainder_that_cannot_leave_within_the_horizon_is_outstanding(plan):
    plan.node("dc", on_hand=10, review=[])
    plan.node("store", reorder_point=0, order_up_to=25, review=[0], source="dc")
    plan.receipt("dc", day=3, quantity=4)
    cuts = plan.run().plan.cuts
    assert (cuts.granted.tolist(), cuts.remainder.tolist(), cuts.outstanding.tolist()) == ([10], [15], [11])
    assert cuts.remainder_ship_day.tolist() == [-1]


def short_promise(plan, *, day=1, **dc):
    """A store that sells 2 a day from 3 on hand, and 12 that a DC with 4 is to send it."""
    plan.node("dc", on_hand=4, review=[], **dc)
    plan.node("store", on_hand=3, demand=2, source="dc", review=[], lost=True, shortage_cost=5)
    plan.transfer("dc", "store", day=day, quantity=12, shipped=False)


def test_a_promise_beyond_the_stock_is_told_where_it_is_missed_and_not_moved(plan):
    short_promise(plan)
    plan.receipt("dc", day=4, quantity=20)
    run = plan.run()
    found = run.exception("store", "source_short")
    # 8 leave on day 4 and arrive on day 5. Until then 3 + 4 = 7 for the 10 of days 0 … 4: 3 lost at 5 each.
    assert (found.day, found.receipt, found.cost_of_inaction) == (1, 0, 15)
    assert found.parameters == {
        "receipt": 0, "source_node": 0, "promised": 12, "covered": 4, "remainder": 8, "remainder_ship_day": 4,
        "remainder_due_day": 5, "expected_units_short": 3,
    }  # fmt: skip
    assert run.on_hand("store") == [1, 11, 9, 7, 5, 3]
    assert run.backorders("dc") == [8, 8, 8, 8, 0, 0]


def test_a_promise_that_can_still_be_kept_is_no_matter(plan):
    short_promise(plan, day=5)
    plan.receipt("dc", day=4, quantity=20)
    assert "source_short" not in plan.run().exceptions("store")


def test_a_promise_that_can_never_be_kept_costs_until_the_end(plan):
    short_promise(plan)
    found = plan.run().exception("store", "source_short")
    # 7 for the 12 of six days.
    assert (found.cost_of_inaction, found.parameters["remainder_ship_day"]) == (25, None)
    assert found.parameters["remainder_due_day"] is None


def test_a_promise_that_costs_nothing_is_told_all_the_same(plan):
    short_promise(plan)
    plan.rows["store"]["on_hand"] = 30
    plan.message_minimum = 10
    assert plan.run().exception("store", "source_short").cost_of_inaction == 0


def test_a_promise_of_another_store_takes_the_way_between_them(plan):
    plan.node("south", on_hand=4, review=[])
    plan.node("north", on_hand=3, demand=2, review=[], lost=True, shortage_cost=5)
    plan.lateral_lane("south", "north", lead_time=2)
    plan.transfer("south", "north", day=1, quantity=12, shipped=False)
    plan.receipt("south", day=2, quantity=8)
    found = plan.run().exception("north", "source_short")
    # The rest leaves on day 2 and takes 2 days: 7 for the 8 of days 0 … 3.
    assert (found.parameters["remainder_ship_day"], found.parameters["remainder_due_day"]) == (2, 4)
    assert found.cost_of_inaction == 5
