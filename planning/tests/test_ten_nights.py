"""Ten nights in a row: files change, goods move, people decide, a worker dies, and no unit is counted twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from inventory.models import ScheduledReceipt, StockBalance, StockMovement, TransferOrder
from inventory.models.stock import MovementKind
from inventory.services import ledger, transfers
from inventory.services.positions import stock_positions
from planning.models import PlanDecision, PlannedOrder, PlanRun
from planning.services import cycle, decisions, reads
from planning.services import runs as plans
from planning.tests.small_world import PAIRS, SKUS, SUPPLIER_DAYS, WANTED, Order, SmallWorld
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.embedded.places import WEB_ROLE, database_url, places
from stocksense.ingestion.services import import_folder
from stocksense.jobs import services as jobs
from stocksense.jobs.models import Job, JobState
from vendors.models import PurchaseOrder
from vendors.services import orders as purchases

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FIRST = date(2026, 11, 16)
"""A Monday, and an order day of the DC, which orders every third day."""

KILLED = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from django.utils import timezone
night = datetime.fromisoformat(sys.argv[2])
timezone.now = lambda: night
from planning.services import runs
def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
runs._publish = die
from planning.services import cycle
cycle.run_cycle(int(sys.argv[1]))
"""


class Nights:
    """The software and the world beside it, night after night."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.folder, self.patch = SmallWorld(FIRST), folder, monkeypatch
        self.planner = UserFactory(role=Role.PLANNER)
        self.said: dict[Any, tuple[str, int | None]] = {}
        self.grown: set[Any] = set()
        """Refused needs that were shown again because they grew."""
        self.late, self.started = 0.0, time.monotonic()
        monkeypatch.setattr(timezone, "now", self.now)

    def now(self) -> datetime:
        """Two in the morning of the world's day, and what has passed since the test began."""
        night = datetime(self.world.day.year, self.world.day.month, self.world.day.day, 2, tzinfo=UTC)
        return night + timedelta(seconds=time.monotonic() - self.started + self.late)

    # the night

    def load(self, *, days: int = 1) -> None:
        """Import the morning's files."""
        target = self.world.write(self.folder, days=days)
        if days > 1:
            self.world.write_masters(target)
        report = import_folder(folder=target, actor=None, allow_shrink=True)
        assert not report.refused, report.reason
        assert [file.kind for file in report.files if file.rejected] == []

    def plan(self, during: Callable[[], None] | None = None) -> None:
        """Run the cycle; `during` happens when its rows are written and before they are published."""
        if during is not None:
            written, waiting = plans._write, [during]

            def write(*args: Any, **options: Any) -> None:
                written(*args, **options)
                if waiting:
                    waiting.pop()()

            self.patch.setattr(plans, "_write", write)
        job = cycle.create_cycle(actor=None)
        assert cycle.run_cycle(job.pk) == JobState.SUCCEEDED, Job.objects.get(pk=job.pk).error
        if during is not None:
            self.patch.setattr(plans, "_write", written)

    def plan_with_a_killed_worker(self) -> None:
        """The worker dies before it publishes; another finds the job and finishes it."""
        job = cycle.create_cycle(actor=None)
        address = database_url(places(Path(os.environ["STOCKSENSE_DATA"])), WEB_ROLE, connection.settings_dict["NAME"])
        environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "stocksense.settings.test"}
        arguments = [sys.executable, "-c", KILLED, str(job.pk), self.now().isoformat()]
        killed = subprocess.run(arguments, env=environment, check=False, timeout=300)
        assert killed.returncode == -signal.SIGKILL
        self.late += 120
        assert jobs.requeue_lost_jobs() == [job.pk]
        job.refresh_from_db()
        assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2)

    # decisions

    @property
    def run_id(self) -> int:
        """The plan that readers see."""
        plan = reads.current_plan()
        assert plan is not None
        return plan.run.pk

    def proposals(self, **filters: Any) -> list[PlannedOrder]:
        """Open proposals of the current plan."""
        plan = reads.current_plan()
        assert plan is not None
        rows = reads.planned_orders(plan, reads.WorklistQuery(whole_horizon=True)).filter(**filters)
        return list(rows.select_related("item", "location", "origin", "supplier").order_by("release_on", "pk"))

    def due(self, **filters: Any) -> list[PlannedOrder]:
        """Those to release today or before."""
        return self.proposals(release_on__lte=self.world.day, **filters)

    def keys(self, orders: list[PlannedOrder]) -> list[Any]:
        """What these proposals are about, ordered."""
        return sorted(map(str, map(decisions.decision_key, orders)))

    def back(self, earlier: PlannedOrder) -> tuple[int, int]:
        """What was to be expected of a refused need, and what is asked now that it is open again."""
        key = decisions.decision_key(earlier)
        (order,) = (one for one in self.proposals() if decisions.decision_key(one) == key)
        back = decisions.standings(PlanRun.objects.get(pk=self.run_id), [order])[order.pk].back
        assert back is not None
        self.grown.add(key)
        return int(back.expected), int(back.now)

    def is_planned(self, earlier: PlannedOrder) -> bool:
        """Whether the current plan proposes for the same need, open or not."""
        item = PlannedOrder.objects.current().filter(item_id=earlier.item_id)
        return decisions.decision_key(earlier) in map(decisions.decision_key, item)

    def approve(self, order: PlannedOrder, quantity: int | None = None, expected: int | None = None) -> Any:
        """Approve one line; the world orders it too."""
        given = {} if quantity is None else {"quantities": {order.pk: Decimal(quantity)}}
        result = decisions.approve_planned_orders(
            planned_order_ids=[order.pk], run_id=self.run_id, actor=self.planner, **given
        )
        assert result.decided == [order]
        ordered = quantity or expected or int(order.quantity)
        (made,) = [*result.purchase_orders, *result.transfer_orders]
        source = (order.supplier or order.origin).code
        theirs = self.world.ordered(order.kind, source, order.location.code, order.item.sku, ordered)
        assert theirs.our_number in ("", made.number), "one draft per source and destination until it is sent"
        theirs.our_number = made.number
        self.said[decisions.decision_key(order)] = ("approved", ordered)
        return theirs, result.batch

    def approve_all_due(self, **filters: Any) -> None:
        """Line by line, as a planner does."""
        for order in self.due(**filters):
            self.approve(order)

    def reject(self, order: PlannedOrder) -> None:
        """Not this one."""
        decisions.reject_planned_orders(planned_order_ids=[order.pk], run_id=self.run_id, actor=self.planner)
        self.said[decisions.decision_key(order)] = ("rejected", None)
        self.grown.discard(decisions.decision_key(order))

    def snooze(self, order: PlannedOrder, until: date) -> None:
        """Not yet."""
        decisions.snooze_planned_orders(
            planned_order_ids=[order.pk], run_id=self.run_id, actor=self.planner, until=until
        )
        self.said[decisions.decision_key(order)] = ("snoozed", None)

    def edit(self, order: PlannedOrder, quantity: int) -> None:
        """Another quantity, approved later."""
        decisions.edit_planned_order(
            planned_order_id=order.pk, run_id=self.run_id, actor=self.planner, quantity=Decimal(quantity)
        )
        self.said[decisions.decision_key(order)] = ("edited", quantity)

    # the day

    def send(self) -> None:
        """Drafts are approved, sent, and known to the ERP; transfers leave at once."""
        for number, order in enumerate(self.world.orders):
            if order.sent_on is None:
                self._send(order, f"E-{number:03}")

    def _send(self, order: Order, external: str) -> None:
        is_purchase = order.kind == "purchase"
        ours = (PurchaseOrder if is_purchase else TransferOrder).objects.get(number=order.our_number)
        rows = [(row, line) for line in ours.lines.order_by("pk") for row in line.schedules.order_by("pk")]
        for sku in SKUS:
            of_item = [(row, line) for row, line in rows if line.item.sku == sku]
            theirs = [row for row in order.rows if row.sku == sku]
            assert [row.quantity for row, _ in of_item] == [row.quantity for row in theirs]
            for row, (ours_row, line) in zip(theirs, of_item, strict=True):
                row.line, row.schedule = line.number, ours_row.number
        service, state = (purchases, purchases.PurchaseState) if is_purchase else (transfers, transfers.TransferState)
        for step in ("approved", "sent") if is_purchase else ("approved",):
            service.advance(order_id=ours.pk, to=state(step), actor=self.planner)
        order.external, order.sent_on = external, self.world.day
        if not is_purchase:
            order.is_shipped = True
            for row in order.rows:
                self.record(row.sku, order.source, MovementKind.TRANSFER_OUT, -row.quantity, external)

    def arrive(self, *, part: dict[str, int] | None = None) -> None:
        """What is due comes in: transfers after a day, purchases after three; `part` of an item on its first day."""
        for order in self.world.orders:
            days = SUPPLIER_DAYS if order.kind == "purchase" else 1
            if order.sent_on is None or order.is_done or self.world.day < order.sent_on + timedelta(days=days):
                continue
            kind = MovementKind.RECEIPT if order.kind == "purchase" else MovementKind.TRANSFER_IN
            for row in order.rows:
                quantity = min((part or {}).get(row.sku, row.quantity), row.quantity - row.received)
                row.received += quantity
                if quantity:
                    self.record(row.sku, order.destination, kind, quantity, f"{order.external} {row.received}")
            order.is_done = all(row.received == row.quantity for row in order.rows)

    def sell(self) -> None:
        """Customers take what is there."""
        for sku, code in WANTED:
            sold = min(self.world.wanted(sku, code, self.world.day), self.world.on_hand[sku, code])
            self.world.sold[sku, code, self.world.day] = sold
            if sold:
                self.record(sku, code, MovementKind.SALE, -sold, f"{self.world.day}")

    def record(self, sku: str, code: str, kind: MovementKind, quantity: int, key: str) -> None:
        """A movement in the ledger and in the world, delivered to the ledger twice."""
        item_id, location_id = self.ids[sku, code]
        at = datetime(self.world.day.year, self.world.day.month, self.world.day.day, 12, tzinfo=UTC)
        for _ in range(2):
            ledger.record_movement(
                item=item_id, location=location_id, kind=kind, quantity=Decimal(quantity), source="till",
                key=f"{kind} {sku} {code} {key}", actor=None, moved_at=at,
            )  # fmt: skip
        self.world.move(sku, code, kind.value, quantity)

    @property
    def ids(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(item id, location id) by codes."""
        rows = StockBalance.objects.values_list("item__sku", "location__code", "item_id", "location_id")
        return {(sku, code): (item, location) for sku, code, item, location in rows}

    def end_day(self, *, part: dict[str, int] | None = None) -> None:
        """Orders leave, goods come in, customers buy, and the day is over."""
        self.send()
        self.arrive(part=part)
        self.sell()
        self.world.day += timedelta(days=1)

    # what must be true every morning and after every decision

    def check(self, *, morning: bool = True) -> None:
        """Supply counts once, decisions stand, nothing decided is proposed again, balances are explained."""
        self.check_supply(morning=morning)
        if morning:
            self.check_balances()
            self.check_what_the_plan_saw()
        self.check_decisions()

    def check_supply(self, *, morning: bool) -> None:
        """Every position is the world's, to the piece."""
        ids = self.ids
        found = stock_positions(ids.values())
        ours = {pair: found[ids[pair]] for pair in PAIRS}
        assert {pair: row.position for pair, row in ours.items()} == {
            pair: self.world.position(*pair) for pair in PAIRS
        }
        if morning:
            assert {pair: row.outbound for pair, row in ours.items()} == {
                pair: self.world.promised(*pair) for pair in PAIRS
            }
        open_orders = [order for order in self.world.orders if not order.is_done]
        coming = {order.our_number or order.external: sum(map(order.left, SKUS)) for order in open_orders}
        rows = ScheduledReceipt.objects.values_list("order_number").annotate(total=Sum("quantity")).order_by()
        assert dict(rows) == coming

    def check_balances(self) -> None:
        """A balance is the sum of its movements, and every movement is one that happened in the world."""
        for pair, (item_id, location_id) in self.ids.items():
            where = {"item_id": item_id, "location_id": location_id}
            moved = StockMovement.objects.filter(**where).values_list("kind").annotate(total=Sum("quantity")).order_by()
            why = {kind: total for kind, total in self.world.explained[pair].items() if total}
            assert dict(moved) == why
            balance = StockBalance.objects.get(**where).quantity
            assert balance == sum(why.values()) == self.world.on_hand[pair]

    def check_what_the_plan_saw(self) -> None:
        """Today's proposals of stores start from the world's position, a draft of the last minute included."""
        for order in PlannedOrder.objects.current().filter(
            kind="transfer", release_on=self.world.day, reason="reorder"
        ):
            position = order.trace["position"]
            seen = position["net_stock"] + position["on_order"] - position["owed"]
            assert seen == self.world.position(order.item.sku, order.location.code)

    def check_decisions(self) -> None:
        """All words stand as they were given; what is settled is not open."""
        words = {decisions.decision_key(word): word for word in PlanDecision.objects.all()}
        assert {key: word.decision for key, word in words.items()} == {
            key: said for key, (said, _) in self.said.items()
        }
        for key, (_, quantity) in self.said.items():
            if quantity is not None:
                word = words[key]
                assert (word.quantity if word.quantity is not None else word.proposed_quantity) == quantity
        open_keys = [decisions.decision_key(order) for order in self.proposals()]
        assert len(open_keys) == len(set(open_keys))
        settled = {
            key
            for key, word in words.items()
            if word.decision == "approved"
            or (word.decision == "rejected" and key not in self.grown)
            or (word.decision == "snoozed" and (word.snoozed_until or FIRST) > self.world.day)
        }
        assert settled.isdisjoint(open_keys)


def test_ten_nights_in_a_row(tmp_path, monkeypatch):
    nights = Nights(tmp_path, monkeypatch)
    world = nights.world
    day = [FIRST + timedelta(days=offset) for offset in range(-1, 10)]

    # 1: everything that is due, line by line, comes to one order per source and destination
    world.history(56)
    nights.load(days=56)
    nights.plan()
    nights.check()
    nights.approve_all_due()
    nights.check(morning=False)
    assert [(order.kind, order.source, order.destination) for order in world.orders] == [
        ("purchase", "ACME", "DC"),
        ("purchase", "ACME", "DC"),
        ("transfer", "DC", "NORTH"),
        ("transfer", "DC", "SOUTH"),
    ]
    first_purchase = world.orders[1]
    nights.end_day()

    # 2: the ERP knows our orders by its own numbers; a line of the DC's next order day is put aside, one is refused
    nights.load()
    nights.plan()
    nights.check()
    assert PurchaseOrder.objects.count() == 2
    (apples,) = nights.proposals(location__code="DC", item__sku="APPLE", need_on=day[7])
    (refused,) = nights.proposals(location__code="NORTH", item__sku="APPLE", need_on=day[4])
    nights.snooze(apples, until=day[8])
    nights.reject(refused)
    nights.check(morning=False)
    nights.end_day()

    # 3: a shelf is counted short; the stores' lines are left lying
    world.move("APPLE", "DC", "count", -3)
    nights.load()
    nights.plan()
    nights.check()
    left = next(order for order in nights.due(kind="transfer") if order.item.sku == "BREAD")
    nights.end_day()

    # 4: yesterday's line is approved while the plan is made, which plans it again with the new draft
    nights.load()
    nights.plan(during=lambda: nights.approve(left))
    # The line that was refused asks for 18 by now, because nobody approved the one before it: it is asked once more.
    assert nights.back(refused) == (12, 18)
    nights.check()
    assert nights.is_planned(refused)
    nights.reject(*nights.proposals(location__code="NORTH", item__sku="APPLE", need_on=day[4]))
    nights.check()
    nights.approve_all_due()
    nights.check(morning=False)
    nights.end_day(part={"APPLE": 60})
    assert first_purchase.left("APPLE") == 12

    # 5: the rest of a part delivery is still to come
    nights.load()
    nights.plan()
    nights.check()
    nights.approve_all_due()
    nights.end_day()
    assert first_purchase.is_done

    # 6: a quantity is set while the plan is made
    nights.load()
    (bread,) = nights.proposals(location__code="DC", item__sku="BREAD", need_on=day[7])
    bigger = int(bread.quantity) + 12
    nights.plan(during=lambda: nights.edit(bread, bigger))
    nights.check()
    nights.approve_all_due()
    nights.check(morning=False)
    nights.end_day()

    # 7: the DC's order day; one line is still put aside, and nobody is at work
    nights.load()
    nights.plan()
    nights.check()
    assert nights.keys(nights.due(location__code="DC")) == nights.keys([bread])
    assert nights.is_planned(apples)
    nights.end_day()

    # 8: the planner comes a day late: the order day is made up for, once, with the quantity that was set; the snooze
    # of the other line is over
    nights.load()
    nights.plan()
    nights.check()
    late = nights.due(location__code="DC")
    assert nights.keys(late) == nights.keys([apples, bread])
    for order in late:
        nights.approve(order, expected=bigger if order.item.sku == "BREAD" else None)
    nights.approve_all_due()
    nights.check(morning=False)
    nights.end_day()

    # 9: the worker dies before it publishes, and another one finishes; the supplier cancels an order
    cancelled = next(order for order in world.orders if order.kind == "purchase" and not order.is_done)
    assert cancelled.left("BREAD") == bigger
    cancelled.is_done = cancelled.is_cancelled = True
    nights.load()
    nights.plan_with_a_killed_worker()
    nights.check()
    assert PurchaseOrder.objects.get(number=cancelled.our_number).state == "cancelled"
    nights.approve_all_due()
    nights.end_day()

    # 10: what was cancelled is missing and asked for again; an approval is undone and given again with less
    nights.load()
    nights.plan()
    nights.check()
    order = nights.due(location__code="DC")[0]
    assert order.need_on == day[10]
    theirs, batch = nights.approve(order)
    decisions.undo_batch(batch_id=batch.pk, actor=nights.planner)
    world.taken_back(theirs, order.item.sku, int(order.quantity))
    del nights.said[decisions.decision_key(order)]
    nights.check(morning=False)
    nights.approve(order, quantity=int(order.quantity) - 6)
    nights.approve_all_due()
    nights.check(morning=False)
    nights.end_day()
