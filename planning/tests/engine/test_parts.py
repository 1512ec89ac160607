"""The pieces a plan is made of: dates, roundings, shares, levels, checks."""

import dataclasses

import numpy as np
import pytest

from planning.engine.allocation import Claims, fair_share
from planning.engine.calendars import CalendarTable, add_lead_time
from planning.engine.context import build_context
from planning.engine.inputs import ALWAYS_OPEN
from planning.engine.network import network_levels
from planning.engine.plan import make_plan
from planning.engine.rounding import round_up
from planning.engine.shortage import expected_shortage
from planning.engine.state import StockState
from planning.engine.trace import order_trace, recompute_quantity
from planning.engine.urgency import urgent_claims


def numbers(*values):
    return np.array(values, dtype=np.float64)


def days(*values):
    return np.array(values, dtype=np.int64)


def claims(claimed, *, minimum=None, multiple=None, urgent=None, weight=None):
    """Claims on one unit each where nothing else is said."""
    nothing = [0] * len(claimed)
    return Claims(
        claimed=numbers(*claimed), urgent=numbers(*(urgent or nothing)), weight=numbers(*(weight or nothing)),
        min_quantity=numbers(*(minimum or nothing)), multiple=numbers(*(multiple or [1] * len(claimed))),
    )  # fmt: skip


@pytest.fixture
def calendars():
    weekdays = np.arange(14) % 7 < 5
    first_week_shut = np.arange(14) >= 7
    return CalendarTable.from_open_days(np.vstack([weekdays, first_week_shut]))


def test_a_date_steps_over_closed_days_at_both_ends(calendars):
    dates = add_lead_time(calendars, days(4, 5, 6, 4), days(1, 1, 1, 3), days(0, 0, 0, ALWAYS_OPEN), days(0, 0, 0, 1))
    assert dates.ship_day.tolist() == [4, 7, 7, 4]
    assert dates.due_day.tolist() == [7, 8, 8, 7]


def test_days_beyond_the_calendar_are_open(calendars):
    dates = add_lead_time(calendars, days(12, 30), days(10, 2), days(0, 0), days(0, 0))
    assert dates.ship_day.tolist() == [14, 30]
    assert dates.due_day.tolist() == [24, 32]


def test_rounding_keeps_every_step():
    rounded = round_up(numbers(7, 12, 0.3, 5.5), numbers(10, 10, 0, 0), numbers(6, 6, 0.25, 0))
    assert rounded.after_minimum.tolist() == [10, 12, 0.3, 5.5]
    assert rounded.after_multiple.tolist() == [12, 12, 0.5, 5.5]


def test_rounding_forgives_float_noise():
    noise = 0.1 + 0.2
    assert round_up(numbers(noise * 10), numbers(0), numbers(3)).after_multiple.tolist() == [3]


@pytest.mark.parametrize(
    ("available", "claimed", "minimum", "multiple", "granted"),
    [
        (30, [20, 20], [0, 0], [1, 1], [15, 15]),
        (20, [18, 12], [0, 0], [6, 6], [12, 6]),
        (5, [4, 4, 4], [0, 0, 0], [1, 1, 1], [2, 2, 1]),
        (10, [10, 10], [8, 8], [1, 1], [10, 0]),
        (9, [12, 12], [0, 0], [0, 0], [4.5, 4.5]),
        (11, [12, 6], [0, 0], [12, 1], [0, 6]),
        (7, [10], [8], [1], [0]),
    ],
)
def test_a_fair_share(available, claimed, minimum, multiple, granted):
    share = fair_share(
        numbers(available), np.zeros(len(claimed), np.int64), claims(claimed, minimum=minimum, multiple=multiple)
    )
    assert share.tolist() == granted


@pytest.mark.parametrize(
    ("available", "claimed", "urgent", "weight", "granted"),
    [
        # 30 are urgent at 1 each and 10 at 3 each, and only 20 are there: 20 × 30/60 = 10 and 20 × 30/60 = 10.
        (20, [40, 20], [30, 10], [30, 30], [10, 10]),
        # In proportion 6.67 would go to the dearer claim, but 5 avoid its shortage; the other gets what that frees.
        (10, [40, 20], [10, 5], [10, 10], [5, 5]),
        # 15 avoid all shortages; the other 12 fill what is still asked (30 and 15) to 4/15.
        (27, [40, 20], [10, 5], [10, 10], [18, 9]),
        # A shortage that costs nothing comes after all that cost something, then by units.
        (11, [20, 20, 20], [9, 6, 3], [9, 0, 0], [9, 4 / 3, 2 / 3]),
        # Without any cost it is by urgent units, then by need.
        (6, [20, 20], [8, 4], [0, 0], [4, 2]),
        (18, [20, 22], [8, 4], [0, 0], [8 + 12 * 0.2, 4 + 18 * 0.2]),
    ],
)
def test_what_avoids_shortages_comes_first_by_cost_then_need(available, claimed, urgent, weight, granted):
    asked = claims(claimed, multiple=[0] * len(claimed), urgent=urgent, weight=weight)
    share = fair_share(numbers(available), np.zeros(len(claimed), np.int64), asked)
    assert share == pytest.approx(granted)


def test_a_pack_left_over_goes_where_rounding_took_urgent_units_away():
    # Ideal shares are 7 + 8 × 5/17 and 8 × 12/17: 6 each in packs of 6. The last pack avoids 1 unit short at the first.
    asked = claims([12, 12], multiple=[6, 6], urgent=[7, 0], weight=[7, 0])
    assert fair_share(numbers(18), days(0, 0), asked).tolist() == [12, 6]
    # Without an urgent part the earlier one of two equally filled claims gets it; a costlier one comes before it.
    assert fair_share(numbers(18), days(0, 0), claims([12, 12], multiple=[6, 6])).tolist() == [12, 6]
    asked = claims([12, 12], multiple=[6, 6], urgent=[6, 6], weight=[6, 12])
    assert fair_share(numbers(18), days(0, 0), asked).tolist() == [6, 12]


def test_shares_of_several_origins_do_not_mix():
    share = fair_share(numbers(3, 10), days(0, 1, 0, 1), claims([4, 10, 4, 10]))
    assert share.tolist() == [2, 5, 1, 5]


def test_urgent_is_what_only_todays_shipment_can_serve(plan):
    # Orders every third day, two days on the way: what leaves today serves days 2 … 4, the next order arrives on day 5.
    plan.node("lost", on_hand=3, demand=[2, 2, 4, 4, 4, 4], lead_time=2, review=[0, 3], lost=True, shortage_cost=5)
    plan.node("waits", on_hand=3, demand=[2, 2, 4, 4, 4, 4], lead_time=2, review=[0, 3], shortage_cost=0.5)
    plan.receipt("lost", day=3, quantity=1)
    plan.receipt("waits", day=3, quantity=1)
    context = build_context(plan.build())
    urgent, cost = urgent_claims(context, StockState.at_opening(context), days(0, 1), numbers(20, 20), 0)
    # 16 are asked for until day 4 and 4 are there; where demand is lost, the unit missing on day 1 is past saving.
    assert urgent.tolist() == [11, 12]
    assert cost.tolist() == [11 * 5, 12 * 0.5 * 3]


def test_the_oldest_claim_of_a_node_carries_its_urgent_units(plan):
    plan.node("store", demand=4, review=[0, 3], lead_time=1, shortage_cost=1, lost=True)
    context = build_context(plan.build())
    urgent, cost = urgent_claims(context, StockState.at_opening(context), days(0, 0), numbers(5, 20), 0)
    assert urgent.tolist() == [5, 7]
    assert cost.tolist() == [5, 7]


def test_levels_are_the_longest_way_down():
    # 0 supplies 1 and 3, 1 supplies 2, 2 supplies 4; 5 stands alone.
    assert network_levels(days(-1, 0, 1, 0, 2, -1)).tolist() == [3, 2, 1, 0, 0, 0]


def test_expected_shortage_of_normal_demand():
    # Standard normal loss at 1: 0.0833 (Silver, Pyke & Thomas, 2017, table II.1).
    short = expected_shortage(numbers(110, 100, 90), numbers(100, 100, 100), numbers(10, 0, 0))
    assert short == pytest.approx([0.8331547, 0, 10])


def test_a_trace_names_every_step_of_a_shared_remainder(plan):
    plan.node("dc", on_hand=7, review=[])
    plan.node("store_a", reorder_point=3, order_up_to=9, minimum=4, multiple=2, review=[0], source="dc")
    plan.node("store_b", on_hand=1, reorder_point=3, order_up_to=5, review=[0], source="dc")
    plan.receipt("dc", day=2, quantity=6)
    run = plan.run()
    assert (
        run.orders()
        == [
            ("dc", "store_a", 0, 1, 4),
            ("dc", "store_b", 0, 1, 3),
            ("dc", "store_a", 2, 3, 4),
            ("dc", "store_b", 2, 3, 1),
        ][:2]
        + run.orders()[2:]
    )
    trace = order_trace(run.plan, 0)
    assert trace["position"] == {"net_stock": 0, "on_order": 0, "owed": 0}
    assert trace["levels"] == {"reorder_point": 3, "order_up_to": 9, "firm_excess": 0, "expiring": 0}
    assert trace["rounding"] == {
        "raw": 9, "min_quantity": 4, "after_minimum": 9, "multiple": 2, "after_multiple": 10,
    }  # fmt: skip
    assert [trace[part] for part in ("limit", "split", "price_break", "order_minimum")] == [None] * 4
    assert trace["allocation"] == {
        "day": 0,
        "available": 7,
        "own_claim": 0,
        "claims": [
            {"node": 1, "claimed": 10, "urgent": 0, "weight": 0, "min_quantity": 4, "multiple": 2},
            {"node": 2, "claimed": 4, "urgent": 0, "weight": 0, "min_quantity": 0, "multiple": 1},
        ],
    }
    assert [recompute_quantity(order_trace(run.plan, row)) for row in range(len(run.orders()))] == [
        order[4] for order in run.orders()
    ]


def test_inconsistent_input_is_refused_by_field_and_node(plan):
    plan.node("shop", reorder_point=5, order_up_to=9)
    good = plan.build()
    levels = dataclasses.replace(good.levels, order_up_to=good.levels.reorder_point - 1)
    with pytest.raises(ValueError, match="order_up_to is below reorder_point at node 0"):
        dataclasses.replace(good, levels=levels)
    stock = dataclasses.replace(good.stock, on_hand=numbers(1, 2))
    with pytest.raises(ValueError, match=r"stock.on_hand has the shape \(2,\), expected \(1,\)"):
        dataclasses.replace(good, stock=stock)
    stock = dataclasses.replace(good.stock, on_hand=numbers(np.nan))
    with pytest.raises(ValueError, match="on_hand must be finite and not negative"):
        dataclasses.replace(good, stock=stock)
    sourcing = dataclasses.replace(good.sourcing, ship_calendar=days(0))
    with pytest.raises(ValueError, match="ship_calendar refers outside its table in row 0"):
        dataclasses.replace(good, sourcing=sourcing)


@pytest.mark.parametrize("table", ["missed_orders", "order_minimums"])
def test_a_node_misses_one_order_day_and_goes_out_with_one_order(plan, table):
    plan.node("shop", reorder_point=5, order_up_to=9)
    for _ in range(2):
        plan.missed_order("shop", day=-1) if table == "missed_orders" else plan.order_minimum("shop", value=10)
    with pytest.raises(ValueError, match=f"{table} has more than one row of node 0"):
        plan.build()


def test_an_empty_network_gives_an_empty_plan(plan):
    plan.node("shop", active=False, review=[])
    empty = make_plan(plan.build())
    assert len(empty.orders.node) == len(empty.exceptions) == 0
