"""The plan of the generated demo company, order by order: as the independent simulator has it, and as its traces say.

One cycle is run for all tests here; it is the only one of the demo in the suite.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from planning.engine.plan import Plan
from planning.engine.tables import OrderReason
from planning.engine.trace import recompute_quantity
from planning.models import PlannedOrder, PlanRun, Projection
from planning.services import demo
from planning.services import runs as plans
from planning.services.item_plan import read_item_plan
from planning.tests.engine.test_simulation import assert_agreement
from stocksense.jobs import worker

pytestmark = pytest.mark.slow

NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Demo:
    """The demo's first run, and the plan that its rows were written from."""

    run: PlanRun
    plan: Plan


@pytest.fixture(scope="module")
def first_night(django_db_setup, django_db_blocker) -> Iterator[Demo]:
    """The demo as it is on a stated night; rolled back afterwards."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(worker, "HEARTBEAT_SECONDS", 600.0)
        patch.setattr(timezone, "now", lambda: NIGHT)
        made, make_plan = [], plans.make_plan

        def kept(plan_input):
            made.append(make_plan(plan_input))
            return made[-1]

        patch.setattr(plans, "make_plan", kept)
        demo.ensure_data(lambda *_: None)
        demo.ensure_plan(lambda *_: None)
        (plan,) = made
        yield Demo(PlanRun.objects.select_related("policy_run__forecast_run").get(), plan)
        transaction.set_rollback(True)


def test_the_demo_has_what_makes_planning_hard(first_night):
    """So that agreement about it means something."""
    given, plan = first_night.plan.plan_input, first_night.plan
    assert given.size > 1_900
    assert plan.network.depth == 3
    tables = (given.receipts, given.order_minimums, given.price_breaks, given.splits, given.lots, given.lateral_lanes)
    assert all(len(next(iter(vars(table).values()))) for table in tables)
    assert {OrderReason.REORDER, OrderReason.REMAINDER, OrderReason.TOP_UP} <= set(plan.orders.reason.tolist())
    assert len(plan.cuts.request) > 100


def test_the_simulator_agrees_on_every_order_and_projection(first_night):
    """All item-locations at once, so that order minimums tie the same items together on both sides."""
    assert_agreement(first_night.plan)


def test_the_rows_written_are_the_orders_and_projections_of_the_plan(first_night):
    plan, as_of = first_night.plan, first_night.run.as_of
    orders, nodes = plan.orders, plan.plan_input.nodes
    expected = Counter(
        (
            int(nodes.item_index[node]),
            int(nodes.location_index[node]),
            int(nodes.location_index[source]) if source >= 0 else None,
            as_of + timedelta(days=release),
            as_of + timedelta(days=due),
            OrderReason(reason).name.lower(),
            round(quantity, 3),
        )
        for node, source, release, due, reason, quantity in zip(
            orders.node.tolist(), orders.source_node.tolist(), orders.release_day.tolist(), orders.due_day.tolist(),
            orders.reason.tolist(), orders.quantity.tolist(), strict=True,
        )
    )  # fmt: skip
    rows = PlannedOrder.objects.filter(run=first_night.run).values_list(
        "item_id", "location_id", "origin_id", "release_on", "due_on", "reason", "quantity"
    )
    assert Counter((*row[:-1], round(float(row[-1]), 3)) for row in rows) == expected
    node_of = {pair: node for node, pair in enumerate(zip(nodes.item_index, nodes.location_index, strict=True))}
    written = Projection.objects.filter(run=first_night.run).values_list("item_id", "location_id", "on_hand_mean")
    assert len(written) == len(node_of)
    for item, location, on_hand in written:
        assert np.round(plan.projection.on_hand_mean[node_of[item, location]], 2).tolist() == on_hand


def test_every_quantity_is_recomputed_from_its_trace_stored_or_derived(first_night):
    run, as_of = first_night.run, first_night.run.as_of
    of_item: dict[int, list[PlannedOrder]] = {}
    for order in PlannedOrder.objects.filter(run=run).order_by("item_id", "pk"):
        of_item.setdefault(order.item_id, []).append(order)
    derived = 0
    for item_id, orders in of_item.items():
        item_plan = read_item_plan(run, item_id)
        for order in orders:
            derived += not order.trace
            assert recompute_quantity(item_plan.trace_of(order)) == pytest.approx(float(order.quantity), abs=1e-3)
            assert order.trace or order.release_on > as_of + timedelta(days=7)
    assert sum(map(len, of_item.values())) == len(first_night.plan.orders.node)
    assert derived > 10_000
