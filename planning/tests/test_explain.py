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
    allocation["claims"][0] |= {"node": 4, "urgent": 12.0, "weight": 36.0}
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
