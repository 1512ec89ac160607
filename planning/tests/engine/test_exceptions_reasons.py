"""Why a node runs short, by hand."""

LOST = {"lost": True, "shortage_cost": 1}


def why(run, name: str) -> dict:
    (found,) = [one for one in run.plan.exceptions if one.node == run.names.index(name)]
    return dict(found.parameters)


def test_lead_time_is_longer_than_the_stock_lasts(plan):
    plan.calendar("shop days", closed=[5, 6])
    plan.horizon = 9
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, lead_time=5, receive_calendar="shop days",
              **LOST)  # fmt: skip
    found = why(plan.run(), "shop")
    assert (found["reason"], found["days_of_stock"], found["lead_time_days"], found["closed_days"]) == (
        "lead_time", 2, 5, 2,
    )  # fmt: skip
    assert (found["next_receipt_day"], found["days_late"], found["open_orders"]) == (7, 5, 0)


def test_closures_make_an_order_late_that_would_be_in_time(plan):
    plan.calendar("shop days", closed=[2, 3, 4])
    plan.node("shop", on_hand=6, demand=2, reorder_point=10, order_up_to=20, lead_time=2, receive_calendar="shop days",
              **LOST)  # fmt: skip
    found = why(plan.run(), "shop")
    assert (found["reason"], found["closed_days"]) == ("calendar", 3)


def test_the_next_order_day_is_too_far(plan):
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, review=[4], **LOST)
    found = why(plan.run(), "shop")
    assert (found["reason"], found["first_order_day"]) == ("order_day", 4)


def test_the_frozen_period_blocks_the_order(plan):
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, frozen_days=4, **LOST)
    found = why(plan.run(), "shop")
    assert (found["reason"], found["frozen_days"]) == ("frozen", 4)


def short_network(plan, **store):
    plan.node("dc", on_hand=10, lead_time=3)
    plan.node("store", demand=[0, 12], reorder_point=0, order_up_to=12, review=[0], source="dc", **{**LOST, **store})
    plan.run()


def test_the_source_is_short_until_its_receipt_comes(plan):
    short_network(plan)
    plan.receipt("dc", day=3, quantity=10)
    found = why(plan.run(), "store")
    assert (found["reason"], found["cut"], found["source_covers_on"]) == ("source_short", 2, 4)


def test_the_network_has_nothing_left(plan):
    short_network(plan)
    plan.rows["dc"] |= {"on_hand": 0, "source": None}
    found = why(plan.run(), "store")
    assert (found["reason"], found["cut"], found["elsewhere"]) == ("no_stock_in_network", 12, 0)


def test_what_is_missing_is_below_the_minimum(plan):
    short_network(plan, minimum=8)
    found = why(plan.run(), "store")
    assert (found["reason"], found["cut"], found["min_quantity"]) == ("minimum_quantity", 2, 8)


def test_the_supplier_is_late(plan):
    plan.calendar("shop days", closed=[0, 1])
    plan.node("shop", demand=2, receive_calendar="shop days", **LOST)
    plan.receipt("shop", day=-3, quantity=10)
    found = next(one for one in plan.run().plan.exceptions if one.kind == "stock_out").parameters
    assert (found["reason"], found["receipt"], found["receipt_quantity"], found["receipt_days_late"]) == (
        "supplier_late", 0, 10, 3,
    )  # fmt: skip


def test_customers_order_more_than_forecast(plan):
    plan.node("shop", on_hand=4, demand=1, reorder_point=10, order_up_to=12, lead_time=3, **LOST)
    plan.customer_order("shop", day=1, quantity=6)
    found = why(plan.run(), "shop")
    # 5 above the forecast of day 1; without them 4 units last until day 3, when an order arrives.
    assert (found["reason"], found["firm_units"], found["first_day_short"]) == ("demand_above_forecast", 5, 1)


def test_the_reorder_point_lets_it_happen(plan):
    plan.node("shop", on_hand=1, demand=[1, 1, 1, 1, 1, 1], **LOST)
    assert why(plan.run(), "shop")["reason"] == "reorder_point"


def test_what_other_locations_can_spare_is_counted_as_a_way_out(plan):
    plan.horizon = 10
    # 40 less what it uses within the ten days that are planned.
    plan.node("full", on_hand=40, demand=1)
    plan.node("shop", on_hand=4, demand=2, reorder_point=10, order_up_to=20, lead_time=5, **LOST)
    plan.receipt("shop", day=5, quantity=1)
    found = next(one for one in plan.run().plan.exceptions if one.kind == "late_order").parameters
    assert (found["elsewhere"], found["open_orders"], found["next_open_day"]) == (30, 1, 5)


def test_a_source_is_not_told_to_take_stock_back_from_those_it_supplies(plan):
    plan.horizon = 10
    plan.node("store", on_hand=90, source="dc")
    plan.node("dc", on_hand=4, demand=2, reorder_point=10, order_up_to=20, lead_time=5, **LOST)
    assert why(plan.run(), "dc")["elsewhere"] == 0
