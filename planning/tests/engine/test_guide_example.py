"""The worked example of docs/guides/planning.md: the numbers that the guide shows."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from planning.engine.allocation import Claims, ideal_shares
from planning.engine.inputs import OrderMinimums, PriceBreaks
from planning.engine.plan import make_plan
from planning.engine.trace import order_trace, recompute_quantity
from planning.models import PlanDecision
from planning.services.decisions.reach import NOTABLE, expected_quantity
from planning.tests.engine.builder import SUPPLIER, PlanBuilder, Run

MONDAY = date(2026, 3, 2)
MONDAYS = [0, 7, 14, 21]
HOLDING_PER_DAY = 0.20 / 365


@pytest.fixture(scope="module")
def run() -> Run:
    plan = PlanBuilder(horizon=28)
    espresso = {"review": MONDAYS, "unit_cost": 3.00, "holding_cost": 3.00 * HOLDING_PER_DAY, "max_cover": 120}
    store = {**espresso, "source": "dc", "lead_time": 2, "multiple": 12, "lost": True, "shortage_cost": 1.50}
    decaf = {**espresso, "unit_cost": 4.00, "holding_cost": 4.00 * HOLDING_PER_DAY}
    bought = {"lead_time": 7, "order_cost": 25}
    plan.node("dc", on_hand=60, reorder_point=104, order_up_to=146, multiple=24, **bought, **espresso)
    plan.node("lille", on_hand=20, allocated=2, demand=[4.0] * 28, reorder_point=46, order_up_to=74, **store)
    plan.node("arras", on_hand=6, demand=[2.0] * 28, reorder_point=26, order_up_to=40, **store)
    plan.node("decaf", on_hand=60, demand=[2.0] * 28, reorder_point=40, order_up_to=68, multiple=12, **bought, **decaf)
    plan.transfer("dc", "lille", day=2, quantity=12, shipped=True)
    given = dataclasses.replace(
        plan.build(),
        price_breaks=PriceBreaks(node=np.array([0]), min_quantity=np.array([240.0]), unit_cost=np.array([2.85])),
        order_minimums=OrderMinimums(node=np.array([0, 3]), group=np.zeros(2, np.int64), min_value=np.full(2, 800.0)),
    )
    return Run(make_plan(given), list(plan.rows))


def test_what_is_ordered_on_monday(run):
    assert [order for order in run.orders() if order[2] == 0] == [
        (SUPPLIER, "dc", 0, 7, 264),
        ("dc", "lille", 0, 2, 36),
        ("dc", "arras", 0, 2, 24),
        (SUPPLIER, "decaf", 0, 7, 12),
    ]


def test_the_positions_and_what_is_asked_for_today(run):
    asked = run.plan.requests
    today = {run.names[node]: row for row, node in enumerate(asked.node.tolist()) if asked.need_day[row] == 0}
    position = asked.net_stock + asked.on_order - asked.owed
    assert [(name, position[row], asked.raw[row]) for name, row in sorted(today.items()) if name != "decaf"] == [
        ("arras", 6, 34),
        ("dc", -24, 170),
        ("lille", 30, 44),
    ]


def test_what_avoids_shortages_goes_first(run):
    claims = run.plan.claims
    at = [run.names[node] for node in run.plan.requests.node[claims.request].tolist()]
    shares = zip(at, claims.claimed.tolist(), claims.urgent.tolist(), claims.granted.tolist(), strict=True)
    assert list(shares)[:2] == [("lille", 48, 6, 36), ("arras", 36, 12, 24)]
    _, ideal = ideal_shares(np.array([60.0]), np.zeros(2, np.int64), Claims(
        claimed=claims.claimed[:2], urgent=claims.urgent[:2], weight=claims.weight[:2],
        min_quantity=np.zeros(2), multiple=np.zeros(2),
    ))  # fmt: skip
    assert ideal.tolist() == pytest.approx([32.7, 27.3], abs=0.05)


def test_the_order_is_filled_up_to_its_minimum_value(run):
    joins = run.plan.joins
    assert (joins.value[0], joins.value_after[0], run.names[joins.last_node[0]]) == (684, pytest.approx(800.4), "dc")
    assert joins.last_cover[0] == 40


def test_what_was_missing_follows_on_the_day_the_dc_can(run):
    assert [order for order in run.orders() if order[2] == 7] == [("dc", "lille", 7, 9, 12), ("dc", "arras", 7, 9, 12)]


def test_lilles_projected_stock(run):
    assert run.on_hand("lille")[:10] == [14, 10, 54, 50, 46, 42, 38, 34, 30, 38]


def test_the_quantities_follow_from_their_traces(run):
    for number, quantity in enumerate(run.plan.orders.quantity.tolist()):
        assert recompute_quantity(order_trace(run.plan, number)) == quantity


def test_a_break_makes_a_piece_cheaper():
    def cost(quantity, price):
        return price + 25 / quantity + price * HOLDING_PER_DAY * quantity / (2 * 6)

    assert cost(192, 3.00) == pytest.approx(3.157, abs=5e-4)
    assert cost(240, 2.85) == pytest.approx(2.985, abs=5e-4)


def test_how_long_a_rejection_at_lille_holds_where_it_orders_daily():
    plan = PlanBuilder(horizon=28)
    plan.node(
        "lille", on_hand=30, demand=[4.0] * 28, reorder_point=46, order_up_to=74, lead_time=2, multiple=12, lost=True,
        shortage_cost=1.50, review=list(range(28)),
    )  # fmt: skip
    (today, *_, quantity), (again, *_, more), *_ = [
        (order[2], *order[3:]) for order in Run(make_plan(plan.build()), list(plan.rows)).orders()
    ]
    assert (today, quantity, again, more) == (0, 48, 8, 36)
    word = PlanDecision(
        need_on=MONDAY,
        spans_to=MONDAY + timedelta(days=again),
        proposed_quantity=Decimal(quantity),
        next_quantity=Decimal(more),
    )
    asked = [expected_quantity(word, MONDAY + timedelta(days=days)) for days in (1, 2)]
    assert asked == [Decimal("52.5"), 57]
    assert max(word.proposed_quantity * NOTABLE, 12) == 12
