"""What changes while a run is made is planned again before readers see the run."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from inventory.models import StockBalance
from inventory.services import changes
from planning.models import PlannedOrder, PlanRun, Projection
from planning.services import cycle, inputs
from planning.services import runs as plans
from planning.services.decisions import RunSuperseded, approve_planned_orders, reject_planned_orders
from planning.tests.builder import MONDAY, two_level_company
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company import services as company_services
from stocksense.company.models import CurrentRun, RunKind
from stocksense.ingestion.services import import_folder
from stocksense.jobs.models import JobState
from vendors.models import Supplier

pytestmark = pytest.mark.django_db(transaction=True)


def run_cycle(steps: tuple[str, ...] = ("plan",)) -> PlanRun:
    assert cycle.run_cycle(cycle.create_cycle(actor=None, steps=steps).pk) == JobState.SUCCEEDED
    return PlanRun.objects.get(pk=CurrentRun.objects.run_of(RunKind.PLAN).run_id)


def first_run(items: int = 3) -> PlanRun:
    two_level_company(items)
    return run_cycle(("forecast", "policy", "plan"))


@pytest.fixture
def planner(transactional_db) -> User:
    return UserFactory(role=Role.PLANNER)


@pytest.fixture
def after_writing(monkeypatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen once, when the rows are written and before they are published."""

    def register(happening: Callable[[], Any]) -> None:
        written, waiting = plans._write, [happening]

        def write(*args: Any, **options: Any) -> None:
            written(*args, **options)
            if waiting:
                waiting.pop()()

        monkeypatch.setattr(plans, "_write", write)

    return register


def content(run: PlanRun) -> list[Any]:
    """What the run proposes and projects, without its own numbers."""
    orders = PlannedOrder.objects.filter(run=run).order_by("item", "location", "release_on", "quantity")
    columns = ("item_id", "location_id", "kind", "quantity", "release_on", "due_on", "need_on", "value", "reason")
    paths = Projection.objects.filter(run=run).order_by("item", "location")
    return [
        list(orders.values_list(*columns)),
        list(paths.values_list("item_id", "location_id", "on_hand_mean", "on_hand_without_orders")),
    ]


def due_now(run: PlanRun, sku: str) -> list[PlannedOrder]:
    return list(PlannedOrder.objects.filter(run=run, item__sku=sku, release_on=MONDAY))


def test_what_is_approved_during_a_run_is_not_proposed_by_it_again(planner, after_writing):
    earlier = first_run()
    approved = due_now(earlier, "SKU-00")
    assert [order.kind for order in approved] == ["purchase"]

    def approve() -> None:
        approve_planned_orders(planned_order_ids=[order.pk for order in approved], run_id=earlier.pk, actor=planner)

    after_writing(approve)
    run = run_cycle()
    assert due_now(run, "SKU-00") == []
    assert sorted(order.quantity for order in due_now(run, "SKU-01")) == sorted(
        order.quantity for order in due_now(earlier, "SKU-01")
    )
    assert "planned_on_older_data" not in run.summary
    assert content(run) == content(run_cycle())
    assert run.summary["planned_orders"] == PlannedOrder.objects.filter(run=run).count()
    assert Projection.objects.filter(run=run).count() == 9


def test_stock_imported_during_a_run_is_seen_by_it(tmp_path, after_writing):
    first_run()
    rows = StockBalance.objects.values_list("item__sku", "location__code", "quantity")
    lines = [
        f"{sku},{code},{500 if (sku, code) == ('SKU-00', 'NORTH') else quantity},{MONDAY}"
        for sku, code, quantity in rows
    ]
    (tmp_path / "stock.csv").write_text("\n".join(["sku,location,on_hand,as_of", *lines]) + "\n")

    def load() -> None:
        report = import_folder(folder=tmp_path, actor=None)
        assert not report.refused, report.reason

    after_writing(load)
    run = run_cycle()
    path = Projection.objects.get(run=run, item__sku="SKU-00", location__code="NORTH")
    assert 480 < path.on_hand_without_orders[0] < 500
    assert (
        PlannedOrder.objects.filter(run=run, item__sku="SKU-00", location__code="NORTH", release_on=MONDAY).count() == 0
    )
    assert content(run) == content(run_cycle())


def test_a_rejection_during_a_run_holds_in_it(planner, after_writing):
    earlier = first_run()
    rejected = due_now(earlier, "SKU-00")[:1]
    after_writing(lambda: reject_planned_orders(planned_order_ids=[rejected[0].pk], run_id=earlier.pk, actor=planner))
    run = run_cycle()
    again = [order.pk for order in due_now(run, "SKU-00") if order.location_id == rejected[0].location_id]
    result = approve_planned_orders(planned_order_ids=again, run_id=run.pk, actor=planner)
    assert (result.decided, [row.decision for row in result.skipped]) == ([], ["rejected"])


def touch(sku: str, code: str) -> None:
    row = StockBalance.objects.get(item__sku=sku, location__code=code)
    StockBalance.objects.filter(pk=row.pk).update(quantity=row.quantity + 1)
    changes.count_changes([(row.item_id, row.location_id)])


def test_a_change_at_the_last_moment_is_planned_too(monkeypatch):
    first_run()
    compare, calls = plans._changed, []

    def late(before: dict[int, int], now: dict[int, int]) -> list[int]:
        calls.append(len(before))
        if len(calls) == 1:
            threaded(lambda: touch("SKU-00", "NORTH"))
            now = inputs.read_counters()
        return compare(before, now)

    monkeypatch.setattr(plans, "_changed", late)
    run = run_cycle()
    assert len(calls) == 3
    monkeypatch.undo()
    assert content(run) == content(run_cycle())


def test_a_run_whose_inputs_never_rest_is_published_and_says_what_it_has_not_seen(monkeypatch):
    first_run()
    publish = plans._publish

    def restless(*args: Any, **options: Any) -> bool:
        touch("SKU-00", "NORTH")
        return publish(*args, **options)

    monkeypatch.setattr(plans, "_publish", restless)
    run = run_cycle()
    assert run.summary["planned_on_older_data"] == {"count": 1, "item_locations": [["SKU-00", "NORTH"]]}


def threaded(work: Callable[[], Any]) -> list[Any]:
    """Do the work on a database connection of its own; its result, or what it raised."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=20)
    return found


def test_an_approval_between_comparing_and_publishing_finds_the_new_run(planner, monkeypatch):
    earlier = first_run()
    order = due_now(earlier, "SKU-00")[0]
    publish, answers, threads = company_services.publish_run, [], []

    def approve() -> None:
        try:
            answers.append(approve_planned_orders(planned_order_ids=[order.pk], run_id=earlier.pk, actor=planner))
        except RunSuperseded as error:
            answers.append(error)
        finally:
            connections.close_all()

    def slowly(**options: Any) -> None:
        thread = threading.Thread(target=approve)
        threads.append(thread)
        thread.start()
        thread.join(timeout=0.5)
        assert answers == [], "the approval did not wait for the run that was being published"
        publish(**options)

    monkeypatch.setattr(company_services, "publish_run", slowly)
    run = run_cycle()
    threads[0].join(timeout=20)
    assert isinstance(answers[0], RunSuperseded)
    assert answers[0].fields["quantities"] == {order.pk: order.quantity}
    assert answers[0].fields["current_run"] == run.pk


def test_items_of_one_minimum_order_are_planned_again_together(planner, after_writing):
    first_run()
    Supplier.objects.update(min_order_value=Decimal(100))
    run_cycle(("forecast", "policy", "plan"))
    again: list[int] = []
    build = inputs.build_tables

    def noted(snapshot: Any, context: Any, policy_run: Any, *, item_ids: Any = None) -> Any:
        again.extend(item_ids or [])
        return build(snapshot, context, policy_run, item_ids=item_ids)

    after_writing(lambda: touch("SKU-00", "NORTH"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inputs, "build_tables", noted)
        run = run_cycle()
    assert len(again) == 3
    assert content(run) == content(run_cycle())


def test_readers_see_the_run_of_before_until_the_new_one_is_published(after_writing):
    earlier = first_run()
    seen: list[int] = []
    after_writing(lambda: seen.append(CurrentRun.objects.run_of(RunKind.PLAN).run_id))
    assert run_cycle().pk != earlier.pk
    assert seen == [earlier.pk]
    assert Projection.objects.filter(run=earlier, first_date=MONDAY + timedelta(days=0)).count() == 9
