"""The main job on files: import, forecast, policy, plan, approve, and what the next night makes of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from inventory.models import ScheduledReceipt, TransferOrder
from planning.models import PlannedOrder, PlanRun
from planning.services import cycle
from planning.services.decisions import approve_planned_orders
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CurrentRun, RunKind
from stocksense.ingestion.services import import_folder
from stocksense.jobs.models import Job, JobState
from vendors.models import PurchaseOrder, PurchaseState

pytestmark = pytest.mark.django_db

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "small-company"


def plan() -> PlanRun:
    job = cycle.create_cycle(actor=None)
    cycle.run_cycle(job.pk)
    job = Job.objects.get(pk=job.pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return PlanRun.objects.get(pk=CurrentRun.objects.run_of(RunKind.PLAN).run_id)


def due_soon(run: PlanRun) -> list[PlannedOrder]:
    return list(PlannedOrder.objects.current().filter(release_on__lte=run.as_of + timedelta(days=7)).order_by("id"))


def approve(run: PlanRun, orders: list[PlannedOrder]):
    actor = UserFactory(role=Role.PLANNER)
    return approve_planned_orders(planned_order_ids=[order.pk for order in orders], run_id=run.pk, actor=actor)


@pytest.fixture
def imported():
    report = import_folder(folder=EXAMPLE, actor=None)
    assert not report.refused, report.reason
    assert sum(file.rejected for file in report.files) == 0


def test_the_example_company_goes_from_files_to_draft_orders(imported):
    run = plan()
    assert run.as_of.isoformat() == "2026-11-16"
    proposals = due_soon(run)
    assert {order.kind for order in proposals} == {"purchase", "transfer"}
    before = PurchaseOrder.objects.count(), TransferOrder.objects.count()
    result = approve(run, proposals)
    assert len(result.decided) == len(proposals)
    pairs = {(order.supplier_id, order.location_id) for order in proposals if order.kind == "purchase"}
    ways = {(order.origin_id, order.location_id) for order in proposals if order.kind == "transfer"}
    assert {(order.supplier_id, order.destination_id) for order in result.purchase_orders} == pairs
    assert {(order.origin_id, order.destination_id) for order in result.transfer_orders} == ways
    assert PurchaseOrder.objects.count() == before[0] + len(pairs)
    assert TransferOrder.objects.count() == before[1] + len(ways)
    assert {order.state for order in result.purchase_orders} == {PurchaseState.DRAFT}
    drafted = ScheduledReceipt.objects.filter(is_draft=True)
    assert sum(receipt.quantity for receipt in drafted) == sum(order.quantity for order in proposals)


def test_what_was_approved_counts_as_supply_in_the_next_plan(imported):
    run = plan()
    proposals = due_soon(run)
    approve(run, proposals)
    again = due_soon(plan())
    asked = {(order.item_id, order.location_id, order.need_on) for order in proposals}
    assert [order for order in again if (order.item_id, order.location_id, order.need_on) in asked] == []
