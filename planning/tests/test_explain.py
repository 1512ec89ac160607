"""The sentences behind a quantity."""

from datetime import date
from types import SimpleNamespace

from planning.services.explain import explain_order, explain_policy

TRACE = {
    "position": {"net_stock": 4.0, "on_order": 12.0, "owed": 0.0},
    "stock": {"on_hand": 6.0, "allocated": 2.0, "backorders": 0.0},
    "levels": {"reorder_point": 38.0, "order_up_to": 120.0, "firm_excess": 0.0},
    "rounding": {"raw": 104.0, "min_quantity": 24.0, "after_minimum": 104.0, "multiple": 12.0, "after_multiple": 108.0},
    "earlier_parts": [],
    "allocation": None,
    "source": {"lead_time_days": 7.0, "lead_time_from": "terms"},
}


def order(trace, **fields):
    values = {
        "item": SimpleNamespace(uom="pcs"), "supplier": "Rossi", "origin": None, "quantity": 108,
        "release_on": date(2026, 3, 2), "due_on": date(2026, 3, 9), "need_on": date(2026, 3, 2), "trace": trace,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **fields})


def policy(trace):
    return SimpleNamespace(
        trace=trace, service_target=0.95, lead_time_days=7.0, review_days=7.0, abc="A", xyz="X", demand_class="smooth",
        reorder_point=38.0, order_up_to=120.0,
    )  # fmt: skip


def test_a_full_trace_reads_from_position_to_pack():
    assert explain_order(order(TRACE)) == [
        "On the order day 2 Mar the position is 16 pcs = 4 available + 12 on order.",
        "On the plan's day 6 pcs were on hand, 2 allocated.",
        "16 is at or below the reorder point 38, so order up to 120: 104 pcs.",
        "104 rounded up to packs of 12: 108 pcs.",
        "Ordered from Rossi on 2 Mar, it arrives on 9 Mar (7 d) for the review of 2 Mar.",
        "The lead time of 7 d is the source's own.",
    ]


def test_a_shared_transfer_says_that_its_origin_was_short():
    allocation = {"available": 30.0, "claims": [{"claimed": 40.0}, {"claimed": 20.0}], "own_claim": 0}
    found = explain_order(order({**TRACE, "allocation": allocation}, supplier=None, origin="DC1"))
    assert "DC1 had 30 pcs for 60 asked by 2 locations: the same part of what each asked." in found
    allocation["claims"][0] |= {"location": "S4", "urgent": 12.0, "weight": 36.0}
    found = explain_order(order({**TRACE, "allocation": allocation}, supplier=None, origin="DC1"))
    assert (
        "DC1 had 30 pcs for 60 asked by 2 locations: first what avoids shortages, by what they cost, then by need."
        in found
    )


def test_without_a_trace_the_fields_speak():
    assert explain_order(order({}), policy({})) == [
        "Reorder point 38, order-up-to level 120 pcs.",
        "Suggested: 108 pcs.",
        "Ordered from Rossi on 2 Mar, it arrives on 9 Mar (7 d) for the review of 2 Mar.",
        "Levels hold for lead time 7 d + review 7 d, at a service target of 95 % (class AX, smooth demand).",
    ]


def test_an_order_that_should_have_gone_says_so():
    found = explain_order(order({}), as_of=date(2026, 3, 5))
    assert found[-1] == "It should have been released on 2 Mar: it is late already."


def test_a_policy_tells_where_its_parameters_come_from_and_its_steps():
    steps = [{"name": "reorder point", "formula": "0.95 quantile", "value": 38.0}]
    sources = {
        "service_level": "rule A items",
        "review_days": "company default",
        "forecast": {"run": 3, "cutoff": "2026-03-01"},
    }
    assert explain_policy(policy({"steps": steps, "sources": sources}))[1:] == [
        "Set: service target by rule A items; review by company default; forecast run 3 from demand until 2026-03-01.",
        "Reorder point: 38. = 0.95 quantile",
    ]


# What is bought ---------------------------------------------------------------------------------------------------


def sentences(trace, **fields):
    return explain_order(order({**TRACE, "as_of": "2026-03-02", **trace}, **fields))


def offer(quantity, unit_cost, cost_per_unit):
    return {"quantity": quantity, "unit_cost": unit_cost, "cost_per_unit": cost_per_unit}


BREAKS = [{"min_quantity": 200.0, "unit_cost": 3.6}, {"min_quantity": 500.0, "unit_cost": 3.4}]


def test_a_price_break_says_what_it_saves():
    offers = [offer(108.0, 4.0, 4.25), offer(204.0, 3.6, 3.74), offer(504.0, 3.4, 3.8)]
    found = sentences({"price_break": {"breaks": BREAKS, "offers": offers, "chosen": 1}})
    # 1 − 3.74 / 4.25 = 12 %.
    assert found[4] == (
        "204 instead of 108: from 200 on the price is 3.60 instead of 4.00, which saves 12 % a unit with ordering and "
        "holding counted."
    )


def test_a_price_break_not_taken_says_why():
    offers = [offer(108.0, 4.0, 5.31), offer(204.0, 3.625, 5.56)]
    found = sentences({"price_break": {"breaks": BREAKS, "offers": offers, "chosen": 0}})
    assert found[4] == "204 would cost 3.625 each instead of 4.00, but keeping them costs more than that saves."


def test_a_shelf_life_names_the_day_and_what_can_be_used():
    limit = {"shelf_life_days": 5, "until_day": 7, "need": 90.0, "after_limit": 84.0, "beyond_limit": 0.0}
    rounding = {**TRACE["rounding"], "after_minimum": 90.0, "after_multiple": 96.0}
    assert sentences({"limit": limit, "rounding": rounding})[3:6] == [
        "Only 90 pcs of it can be used before it expires on 9 Mar (shelf life 5 d).",
        "90 rounded up to packs of 12: 96 pcs.",
        "Cut to 84 pcs: more would expire on 9 Mar (shelf life 5 d) unused.",
    ]


def test_a_smallest_order_beyond_the_shelf_life_says_so():
    limit = {"shelf_life_days": 5, "until_day": 7, "need": 22.0, "after_limit": 24.0, "beyond_limit": 2.0}
    rounding = {**TRACE["rounding"], "after_minimum": 24.0, "after_multiple": 24.0}
    assert sentences({"limit": limit, "rounding": rounding})[3:6] == [
        "Only 22 pcs of it can be used before it expires on 9 Mar (shelf life 5 d).",
        "22 raised to the minimum of 24: 24 pcs.",
        "The smallest order, 24 pcs, is 2 more than can be used before it expires on 9 Mar (shelf life 5 d).",
    ]


def test_a_share_names_its_part_of_the_need():
    split = {"own_share": 0.6, "need": 104.0, "part": -1, "wanted": 62.4, "others": [{"share": 0.4}]}
    rounding = {**TRACE["rounding"], "after_minimum": 62.4, "after_multiple": 72.0}
    assert sentences({"split": split, "rounding": rounding})[3:5] == [
        "Rossi gets 60 % of it: 62.4 pcs.",
        "62.4 rounded up to packs of 12: 72 pcs.",
    ]
    split = {**split, "part": 0, "wanted": 32.0}
    rounding = {"raw": 104.0, "min_quantity": 40.0, "after_minimum": 40.0, "multiple": 1.0, "after_multiple": 40.0}
    assert sentences({"split": split, "rounding": rounding}, supplier="Bianchi")[3:5] == [
        "Bianchi gets 40 % of it: 32 pcs, what the suppliers before it leave of the need.",
        "32 raised to the minimum of 40: 40 pcs.",
    ]


MINIMUM = {
    "value": 100.0, "min_value": 150.0, "value_after": 170.0, "reached": True, "added": 10.0, "position": 20.0,
    "daily_use": 2.0,
}  # fmt: skip


def test_a_minimum_order_value_says_what_was_added_here():
    assert sentences({"order_minimum": MINIMUM})[4] == (
        "The lines that go to Rossi together are worth 100, below the minimum of 150. Filled up where stock is used up "
        "soonest they reach 170: 10 pcs were added here, which makes 15 days of cover."
    )
    assert sentences({"order_minimum": {**MINIMUM, "added": 0.0}})[4] == (
        "The lines that go to Rossi together are worth 100, below the minimum of 150; other lines, with fewer days of "
        "cover, were filled up to reach 170."
    )
    assert sentences({"order_minimum": {**MINIMUM, "reached": False, "value_after": 100.0, "added": 0.0}})[4] == (
        "The lines that go to Rossi together are worth 100, below the minimum of 150, and what may be added without "
        "expiring or exceeding the maximum cover is not enough: nothing was added."
    )


def test_a_line_added_for_the_minimum_needs_nothing_by_itself():
    rounding = {"raw": 0.0, "min_quantity": 0.0, "after_minimum": 0.0, "multiple": 12.0, "after_multiple": 0.0}
    position = {"net_stock": 40.0, "on_order": 0.0, "owed": 0.0}
    found = sentences({"rounding": rounding, "position": position, "order_minimum": MINIMUM})
    assert found[2] == "By itself it needs nothing: 40 against the reorder point 38 and the order-up-to level 120."
    assert found[3].startswith("The lines that go to Rossi together")


def test_a_missed_order_day_is_named_and_the_position_is_todays():
    found = sentences({"order": {"need_day": -4, "release_day": 0}}, need_on=date(2026, 2, 26))
    assert found[:2] == [
        "The order day 26 Feb passed without a decision, so it is due now.",
        "On the order day 2 Mar the position is 16 pcs = 4 available + 12 on order.",
    ]


def test_a_lateral_move_says_what_it_saves_and_what_it_costs():
    move = {"shortage": 12.0, "surplus": 40.0, "lost_sales": True, "shortage_avoided": 31.0, "holding_saved": 0.0,
            "lane_cost": 9.0}  # fmt: skip
    found = explain_order(
        order({**TRACE, "rebalance": move}, supplier=None, origin="Lyon", quantity=12), currency="EUR"
    )
    assert [one for one in found if "short" in one or "Moves" in one] == [
        "Without it 12 pcs would be short before a regular order could arrive.",
        "Moves 12 from Lyon, which has 40 more than it needs: avoids EUR 31 of lost margin for EUR 9 of transport.",
    ]
    move |= {"lost_sales": False, "holding_saved": 4.5}
    found = explain_order(order({**TRACE, "rebalance": move}, supplier=None, origin="Lyon", quantity=12))
    assert any("avoids 31 of waiting customers and 4.50 of holding for 9 of transport." in one for one in found)
