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
