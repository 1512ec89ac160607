"""What holds for every plan."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.engine.columns import take
from planning.engine.context import build_context
from planning.engine.pegging import SupplyKind
from planning.engine.plan import make_plan
from planning.engine.rounding import smallest_order
from planning.engine.sweeps import Sweeps
from planning.engine.tables import OrderReason
from planning.engine.trace import order_trace, recompute_quantity
from planning.tests.engine.random_plans import DAYS, plan_inputs, renumbered, with_more_stock, without_ties

many = settings(max_examples=100, deadline=None)


@many
@given(plan_inputs())
def test_units_are_conserved(plan_input):
    context = build_context(plan_input)
    sweep = Sweeps(context).run()
    flows = sweep.arrivals - sweep.shipped - (context.demand - sweep.lost) - sweep.expired
    np.testing.assert_allclose(context.opening + np.cumsum(flows, axis=0), sweep.closing, atol=1e-6)
    orders = sweep.orders
    within = orders.due_day < DAYS
    planned = np.bincount(orders.node[within], weights=orders.quantity[within], minlength=plan_input.size)
    np.testing.assert_allclose(sweep.arrivals.sum(axis=0), context.scheduled.sum(axis=0) + planned, atol=1e-6)
    moved = orders.source_node >= 0
    sent = np.bincount(orders.source_node[moved], weights=orders.quantity[moved], minlength=plan_input.size)
    np.testing.assert_allclose(sweep.shipped.sum(axis=0), sent, atol=1e-6)


@many
@given(plan_inputs())
def test_no_order_is_below_its_minimum_or_off_its_multiple(plan_input):
    plan = make_plan(plan_input)
    orders, sourcing, splits, lanes = plan.orders, plan_input.sourcing, plan_input.splits, plan_input.lateral_lanes
    shared = orders.split >= 0
    minimum, multiple = sourcing.min_quantity[orders.node], sourcing.multiple[orders.node]
    minimum[shared] = splits.min_quantity[orders.split[shared]]
    multiple[shared] = splits.multiple[orders.split[shared]]
    aside = orders.reason == OrderReason.REBALANCE
    lane = plan.moves.lane[orders.request[aside]]
    minimum[aside], multiple[aside] = lanes.min_quantity[lane], lanes.multiple[lane]
    assert (orders.quantity >= smallest_order(minimum, multiple) - 1e-6).all()
    stepped = multiple > 0
    steps = orders.quantity[stepped] / multiple[stepped]
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


@many
@given(plan_inputs())
def test_nothing_is_ordered_beyond_what_can_be_used_unless_it_is_the_smallest_order(plan_input):
    requests, sourcing = make_plan(plan_input).requests, plan_input.sourcing
    requests = take(requests, np.flatnonzero(requests.reason != OrderReason.REBALANCE))
    position = requests.net_stock + requests.on_order - requests.owed
    above = position + requests.quantity > requests.usable + 1e-5
    assert (above == (requests.beyond_limit > 1e-5)).all()
    smallest = smallest_order(sourcing.min_quantity[requests.node], sourcing.multiple[requests.node])
    np.testing.assert_allclose(requests.quantity[above], smallest[above])
    enlarged = (requests.after_price > requests.after_limit + 1e-6) | (requests.added > 0)
    assert (position + requests.quantity <= requests.coverable + 1e-5)[enlarged].all()


@many
@given(plan_inputs(levels=(2, 3)))
def test_no_transfer_takes_more_than_its_origin_has(plan_input):
    context = build_context(plan_input)
    sweep = Sweeps(context).run()
    before = np.vstack([context.opening, sweep.closing[:-1]])
    free = np.maximum(before - sweep.expired + sweep.arrivals - context.demand, 0.0)
    assert (sweep.shipped <= free + 1e-6).all()


@many
@given(plan_inputs())
def test_a_lateral_move_pays_and_leaves_its_origin_what_it_needs(plan_input):
    context, plan = build_context(plan_input), make_plan(plan_input)
    moves = plan.moves
    assert (moves.gain > 0).all()
    left = context.opening - np.bincount(moves.source_node, weights=moves.quantity, minlength=plan_input.size)
    origins = np.unique(moves.source_node)
    assert (left[origins] >= plan_input.levels.order_up_to[origins, 0] - 1e-6).all()
    until = context.feasible_due(context.next_reviews(np.full(plan_input.size, -1)))
    assert (left[origins] >= context.use.cumulative[until[origins], origins] - 1e-6).all()
    asks = plan.requests.node[(plan.requests.ask_day == 0) & (plan.requests.reason == OrderReason.REORDER)]
    assert not np.isin(origins, asks).any()


@many
@given(plan_inputs(levels=(1,), max_nodes=3), st.integers(1, 40))
def test_more_stock_never_brings_an_order_forward(plan_input, extra):
    def first_release(plan):
        own = plan.orders.release_day[plan.orders.node == 0]
        return own.min() if own.size else DAYS

    # A place with more stock may give some of it to others, so lateral lanes from it are left out.
    lanes = plan_input.lateral_lanes
    plan_input = dataclasses.replace(plan_input, lateral_lanes=take(lanes, np.flatnonzero(lanes.origin != 0)))
    more = with_more_stock(plan_input, 0, float(extra))
    assert first_release(make_plan(more)) >= first_release(make_plan(plan_input))


@many
@given(plan_inputs())
def test_the_same_input_gives_the_same_plan(plan_input):
    first, second = make_plan(plan_input), make_plan(plan_input)
    assert pickle.dumps(first) == pickle.dumps(second)


@many
@given(plan_inputs())
def test_every_quantity_can_be_recomputed_from_its_trace(plan_input):
    plan = make_plan(plan_input)
    for order in range(len(plan.orders.node)):
        trace = json.loads(json.dumps(order_trace(plan, order)))
        assert recompute_quantity(trace) == pytest.approx(plan.orders.quantity[order], abs=1e-6)


@many
@given(plan_inputs())
def test_pegging_accounts_for_every_unit(plan_input):
    plan = make_plan(plan_input)
    pegging = plan.pegging
    planned = pegging.link_order >= 0
    linked = np.bincount(
        pegging.link_order[planned], weights=pegging.link_quantity[planned], minlength=len(plan.orders.node)
    )
    moved = plan.orders.source_node >= 0
    np.testing.assert_allclose(linked[moved], plan.orders.quantity[moved], atol=1e-5)
    assert (linked[~moved] == 0).all()
    given_away = np.bincount(pegging.link_layer, weights=pegging.link_quantity, minlength=len(pegging.node))
    assert (given_away <= pegging.quantity + 1e-5).all()
    np.testing.assert_allclose(pegging.own + given_away + pegging.expired, pegging.consumed, atol=1e-5)
    on_hand = plan.projection.on_hand_mean[:, -1]
    left = np.bincount(pegging.node, weights=pegging.quantity - pegging.consumed, minlength=plan_input.size)
    np.testing.assert_allclose(left, on_hand, atol=1e-5)
    assert (plan.orders.due_day[pegging.row[pegging.kind == SupplyKind.ORDER]] < DAYS).all()


@many
@given(plan_inputs())
def test_the_band_contains_the_mean(plan_input):
    projection = make_plan(plan_input).projection
    assert (projection.on_hand_p10 <= projection.on_hand_mean + 1e-6).all()
    assert (projection.on_hand_mean <= projection.on_hand_p90 + 1e-6).all()


@many
@given(plan_inputs())
def test_exceptions_are_ranked_and_priced(plan_input):
    costs = [exception.cost_of_inaction for exception in make_plan(plan_input).exceptions]
    assert costs == sorted(costs, reverse=True)
    assert all(np.isfinite(cost) and cost >= 0 for cost in costs)


@many
@given(plan_inputs(levels=(2, 3)), st.randoms(use_true_random=False))
def test_the_numbering_of_the_nodes_does_not_matter(plan_input, random):
    """Without packs, minimums and joint orders, where equal claims would be told apart by their number."""
    plain = without_ties(plan_input)
    order = list(range(plain.size))
    random.shuffle(order)
    first, second = make_plan(plain).projection, make_plan(renumbered(plain, np.array(order))).projection
    np.testing.assert_allclose(second.on_hand_mean, first.on_hand_mean[order], atol=1e-5)
    np.testing.assert_allclose(second.lost_mean, first.lost_mean[order], atol=1e-5)
    np.testing.assert_allclose(second.expired_mean, first.expired_mean[order], atol=1e-5)
