"""What to do first, and how totals move from run to run."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.tests.factories import ItemFactory, LocationFactory
from planning.models import PlanDecision
from planning.services import queue, reads, trends
from planning.services.reads import Total
from planning.services.trends import Trend
from planning.tests.factories import AS_OF, PlanExceptionFactory, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company import services as company
from vendors.tests.factories import SupplierFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    PlanRunFactory()
    return reads.current_plan()


def proposal(plan, cost, **given):
    given = {"item": ItemFactory(), "location": LocationFactory(), "supplier": SupplierFactory(), **given}
    return PlannedOrderFactory(run=plan.run, cost_of_inaction=Decimal(cost), **given)


def warning(plan, cost, **given):
    given = {"item": ItemFactory(), "location": LocationFactory(), **given}
    return PlanExceptionFactory(run=plan.run, cost_of_inaction=Decimal(cost), **given)


def costs(work):
    return [one.cost for one in work]


def test_proposals_and_warnings_are_one_list_by_cost(plan):
    order, late = proposal(plan, 300), warning(plan, 500, kind="late_order")
    work = queue.first_things(plan)
    assert [(one.cost, one.order, one.exception) for one in work] == [(500, None, late), (300, order, None)]


def test_a_proposal_and_the_warning_that_it_answers_are_one_piece_of_work(plan):
    order = proposal(plan, 300)
    risk = warning(plan, 412, item=order.item, location=order.location)
    (work,) = queue.first_things(plan)
    assert (work.cost, work.order, work.exception, work.kind) == (412, order, risk, "stock_out_risk")


def test_what_is_due_soon_stands_before_what_can_wait(plan):
    later = warning(plan, 900, kind="expiring", due_on=plan.action_window_ends + timedelta(days=1))
    soon = warning(plan, 50, kind="expiring", due_on=plan.action_window_ends)
    assert [one.exception for one in queue.first_things(plan)] == [soon, later]


def test_excess_is_not_answered_by_ordering_more(plan):
    order = proposal(plan, 300)
    warning(plan, 100, kind="excess", item=order.item, location=order.location)
    assert [(one.cost, one.kind) for one in queue.first_things(plan)] == [(300, ""), (100, "excess")]


def test_an_open_order_with_several_late_lines_is_one_piece_of_work(plan):
    for cost in (100, 150):
        warning(plan, cost, kind="overdue_receipt", subject="PO-7", due_on=AS_OF + timedelta(days=cost // 50))
    warning(plan, 200)
    first, second = queue.first_things(plan)
    assert (first.subject, first.cost, first.lines, first.due_on) == ("PO-7", 250, 2, AS_OF + timedelta(days=2))
    assert second.cost == 200


def test_a_transfer_that_its_origin_cannot_fill_is_not_answered_by_a_proposal(plan):
    order = proposal(plan, 300)
    for given in ({"item": order.item, "location": order.location}, {}):
        warning(plan, 50, kind="source_short", subject="TO-7", **given)
    first, second = queue.first_things(plan)
    assert (first.order, first.exception) == (order, None)
    assert (second.subject, second.cost, second.lines, second.kind) == ("TO-7", 100, 2, "source_short")


def test_what_costs_nothing_or_asks_for_data_is_not_in_the_list(plan):
    proposal(plan, 0)
    missing = warning(plan, 900, kind="cannot_plan")
    assert queue.first_things(plan) == []
    assert queue.cannot_plan(plan) == [missing]


def test_decided_proposals_leave_the_list(plan):
    order = proposal(plan, 300)
    PlanDecision.objects.create(
        scenario=plan.run.scenario, item=order.item, destination=order.location, supplier=order.supplier,
        need_on=order.need_on, decision="rejected", proposed_quantity=order.quantity, run_id=plan.run.pk,
        decided_by=UserFactory(),
    )  # fmt: skip
    assert queue.first_things(plan) == []


def test_the_list_is_short_and_takes_four_queries(plan):
    for cost in range(1, 15):
        proposal(plan, cost)
        warning(plan, cost * 10)
    with CaptureQueriesContext(connection) as captured:
        work = queue.first_things(plan, most=3)
    assert (costs(work), len(captured)) == ([140, 130, 120], 4)


@pytest.mark.parametrize(("until", "shown"), [(0, 1), (1, 0), (-1, 0)])
def test_snoozed_proposals_come_back_on_their_day(until, shown, plan):
    order = proposal(plan, 300)
    PlanDecision.objects.create(
        scenario=plan.run.scenario, item=order.item, destination=order.location, supplier=order.supplier,
        need_on=order.need_on, decision="snoozed", proposed_quantity=order.quantity, run_id=plan.run.pk,
        decided_by=UserFactory(), snoozed_until=AS_OF + timedelta(days=until),
    )  # fmt: skip
    assert len(queue.back_today(plan)) == shown


def test_totals_of_a_run_are_kept_as_counts_and_exact_money(plan):
    proposal(plan, 300)
    warning(plan, "412.50")
    warning(plan, "0.25", kind="source_short")
    kept = trends.run_totals(plan.run, company.settings())
    assert kept["at_risk"] == {"count": 2, "money": "412.750000"} or kept["at_risk"] == {
        "count": 2,
        "money": "412.7500",
    }
    assert (kept["to_approve"]["count"], Decimal(kept["to_approve"]["money"])) == (1, Decimal(432))
    assert kept["stocked_out"] == {"count": 0, "money": "0"}


def test_a_trend_runs_from_old_to_new_and_ends_with_now():
    for count in (9, 12):
        PlanRunFactory(summary={"totals": {"late": {"count": count, "money": f"{count}.50"}}})
    now = PlanRunFactory()
    with CaptureQueriesContext(connection) as captured:
        found = trends.trends(now, {"late": Total(10, Decimal(20))}, runs=3)["late"]
    assert found == Trend((Total(9, Decimal("9.5")), Total(12, Decimal("12.5")), Total(10, Decimal(20))))
    assert (found.change, found.change_in_money, len(captured)) == (-2, Decimal("7.5"), 1)


def test_a_trend_reaches_back_only_so_far_and_leaves_out_runs_without_totals():
    for count in (1, 2, 3):
        PlanRunFactory(summary={"totals": {"late": {"count": count, "money": "0"}}})
    PlanRunFactory(summary={"item_locations": 4})
    PlanRunFactory(summary={"totals": {"late": {"count": 7, "money": "0"}}}, state="failed", published=False)
    found = trends.trends(PlanRunFactory(), {"late": Total(5)}, runs=4)["late"]
    assert [total.count for total in found.totals] == [2, 3, 5]


def test_the_first_run_has_no_change():
    found = trends.trends(PlanRunFactory(), {"late": Total(5)})["late"]
    assert (found.change, found.change_in_money) == (None, None)
