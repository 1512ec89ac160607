"""Nights worked out by hand, from files through the whole cycle: echoes, decisions and a week that has begun.

One shop sells one tea a day. It orders on Mondays, three days ahead: up to 30 when 10 or fewer are left.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inventory.models import ScheduledReceipt
from planning.models import PlanException, PlannedOrder, PlanRun, Projection
from planning.services import cycle, reads
from planning.services.decisions import (
    approve_planned_orders,
    edit_planned_order,
    reject_planned_orders,
    standings,
)
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CurrentRun, RunKind
from stocksense.ingestion.services import import_folder
from stocksense.jobs.models import JobState
from vendors.models import PurchaseOrder, PurchaseState
from vendors.services import orders as purchases

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 16)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 3))


def monday(weeks: int) -> date:
    return MONDAY + timedelta(weeks=weeks)


class Shop:
    """The files of the shop, morning by morning."""

    def __init__(self, folder: Path, *, first: date = MONDAY, bucket: str = "day", weekday: str = "mon") -> None:
        self.folder, self.first, self.bucket = folder, first, bucket
        self.masters: dict[str, list[str]] = {
            "company": ["key,value", f"bucket,{bucket}", "default_order_cost,0.01"],
            "items": ["sku,name,unit_cost,unit_price", "TEA,Tea,2,3"],
            "locations": ["code,kind", "SHOP,store"],
            "item_locations": [
                "sku,location,method,min_quantity,max_quantity,order_weekdays", f"TEA,SHOP,min_max,10,30,{weekday}"
            ],
            "suppliers": ["code,name", "ACME,Acme"],
            "supplier_items": ["supplier,sku,location,lead_time_days,unit_price", "ACME,TEA,SHOP,3,2"],
        }  # fmt: skip

    def night(self, day: date, on_hand: int, *open_orders: str) -> PlanRun:
        """Import the files of the morning and plan; `open_orders` are the ERP's rows, none for an empty file."""
        header = (
            "kind,source_system,external_number,line,schedule,our_number,supplier,destination,sku,quantity,"
            "received_quantity,requested_on,status"
        )
        self.load(
            day,
            stock=["sku,location,on_hand,as_of", f"TEA,SHOP,{on_hand},{day}"],
            demand=["sku,location,date,quantity", *self.sales(day)],
            open_orders=[header, *open_orders],
            **(self.masters if day == self.first else {}),
        )
        return plan()

    def load(self, day: date, **files: list[str]) -> None:
        target = self.folder / day.isoformat()
        target.mkdir()
        for kind, lines in files.items():
            (target / f"{kind}.csv").write_text("\n".join(lines) + "\n")
        report = import_folder(folder=target, actor=None, allow_shrink=True)
        assert not report.refused, report.reason
        assert [file.kind for file in report.files if file.rejected] == []

    def sales(self, day: date) -> list[str]:
        """One a day until the day before, or seven in every week that is over."""
        last = day - timedelta(days=1)
        if self.bucket == "day":
            return [f"TEA,SHOP,{last - timedelta(days=back)},1" for back in range(56)]
        return [f"TEA,SHOP,{MONDAY - timedelta(weeks=week)},7" for week in range(1, 53)]


def plan() -> PlanRun:
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    return PlanRun.objects.get(pk=CurrentRun.objects.run_of(RunKind.PLAN).run_id)


FOUR_WEEKS_ON = monday(4)


def ordered(until: date = FOUR_WEEKS_ON) -> list[tuple[date, date, int]]:
    """(order day, arrival, quantity) that the current plan proposes, open or not."""
    rows = PlannedOrder.objects.current().filter(release_on__lte=until).order_by("release_on")
    return [(row.release_on, row.due_on, int(row.quantity)) for row in rows]


def proposal(order_day: date) -> PlannedOrder:
    return PlannedOrder.objects.current().get(release_on=order_day)


def shown() -> list[tuple[date, int]]:
    """(order day, quantity that approving orders) of what waits for a decision in the next four weeks."""
    current = reads.current_plan()
    assert current is not None
    query = reads.WorklistQuery(whole_horizon=True)
    rows = list(reads.planned_orders(current, query).filter(release_on__lte=FOUR_WEEKS_ON).order_by("release_on"))
    standing = standings(current.run, rows)
    return [(row.release_on, int(standing[row.pk].quantity)) for row in rows]


def stock(days: int) -> list[int]:
    """Projected stock at the end of each day, to the unit."""
    (row,) = Projection.objects.current()
    return [round(value) for value in row.on_hand_mean[:days]]


@pytest.fixture
def planner() -> User:
    return UserFactory(role=Role.PLANNER)


@pytest.fixture
def shop(tmp_path) -> Shop:
    return Shop(tmp_path)


def approve(order: PlannedOrder, planner: User, **given: Any) -> PurchaseOrder:
    result = approve_planned_orders(planned_order_ids=[order.pk], run_id=order.run_id, actor=planner, **given)
    (draft,) = result.purchase_orders
    return draft


def echo(order: PurchaseOrder, quantity: int, *, received: int = 0) -> str:
    """The ERP's row of an order that was made here."""
    (line,) = order.lines.all()
    (schedule,) = line.schedules.all()
    names = f"purchase,ERP,E-1,{line.number},{schedule.number},{order.number},ACME,SHOP,TEA"
    return f"{names},{quantity},{received},{THURSDAY},sent"


FIRST_PLAN = [(MONDAY, THURSDAY, 22), (monday(3), monday(3) + timedelta(days=3), 21)]
"""8 are there: 22 make 30. Three Mondays later 30 − 21 = 9 are left: 21."""


def test_an_order_that_the_erp_sends_back_is_there_once(shop, planner):
    shop.night(MONDAY, 8)
    assert ordered() == FIRST_PLAN
    assert stock(5) == [7, 6, 5, 26, 25]
    order = approve(proposal(MONDAY), planner)
    for state in (PurchaseState.APPROVED, PurchaseState.SENT):
        purchases.advance(order_id=order.pk, to=state, actor=planner)

    shop.night(TUESDAY, 7, echo(order, 22))
    assert ordered() == FIRST_PLAN[1:]
    assert stock(4) == [6, 5, 26, 25]
    (receipt,) = ScheduledReceipt.objects.all()
    assert (receipt.order_number, receipt.quantity, receipt.due_on) == (order.number, 22, THURSDAY)

    # The ERP has raised it to 24, and 10 came on Wednesday: 5 + 10 are there on Thursday, and 14 are to come.
    shop.night(THURSDAY, 15, echo(order, 24, received=10))
    assert stock(2) == [28, 27]
    assert ScheduledReceipt.objects.get().quantity == 14
    assert PurchaseOrder.objects.count() == 1
    # 15 + 14 − 18 = 11 are left on the third Monday: nothing to order before the fourth, 30 − 4 = 26.
    assert ordered() == [(monday(4), monday(4) + timedelta(days=3), 26)]


def test_an_approved_proposal_is_supply_before_anybody_sends_it(shop, planner):
    shop.night(MONDAY, 8)
    approve(proposal(MONDAY), planner)
    plan()
    assert (ordered(), shown()) == (FIRST_PLAN[1:], [(monday(3), 21)])
    assert stock(5) == [7, 6, 5, 26, 25]

    shop.night(TUESDAY, 7)
    assert (ordered(), shown()) == (FIRST_PLAN[1:], [(monday(3), 21)])
    # Not sent in time, it keeps its day, and the plan says so.
    assert stock(4) == [6, 5, 26, 25]
    assert PlanException.objects.current().filter(kind="past_due_release").count() == 1


def test_a_rejected_proposal_stays_rejected_and_the_next_order_day_asks_for_all(shop, planner):
    first = shop.night(MONDAY, 8)
    reject_planned_orders(planned_order_ids=[proposal(MONDAY).pk], run_id=first.pk, actor=planner)
    plan()
    assert (ordered(), shown()) == (FIRST_PLAN, [(monday(3), 21)])

    shop.night(TUESDAY, 7)
    # 1 is left next Monday: 29 make 30. None is left from its end until Thursday, when 29 come and one is sold.
    expected = [(monday(1), monday(1) + timedelta(days=3), 29)]
    assert ordered(monday(2)) == expected
    assert shown()[:1] == [(monday(1), 29)]
    assert stock(11) == [6, 5, 4, 3, 2, 1, 0, 0, 0, 28, 27]
    (row,) = Projection.objects.current()
    assert sum(row.on_hand_mean[6:9]) == pytest.approx(0, abs=0.1)


def test_an_edited_proposal_waits_with_its_quantity_over_the_night(shop, planner):
    first = shop.night(MONDAY, 15)
    # 15 are enough today; 8 are left next Monday.
    next_week = (monday(1), monday(1) + timedelta(days=3), 22)
    assert ordered(monday(1)) == [next_week]
    edit_planned_order(
        planned_order_id=proposal(monday(1)).pk, run_id=first.pk, actor=planner, quantity=Decimal(12), reason="shelf"
    )
    assert shown()[0] == (monday(1), 12)

    shop.night(TUESDAY, 14)
    # The plan asks for what it needs; the planner's 12 are what approving orders.
    assert ordered(monday(1)) == [next_week]
    assert shown()[0] == (monday(1), 12)
    assert stock(11) == [13, 12, 11, 10, 9, 8, 7, 6, 5, 26, 25]
    draft = approve(proposal(monday(1)), planner)
    assert [row.quantity for line in draft.lines.all() for row in line.schedules.all()] == [12]

    plan()
    assert ordered(monday(1)) == []
    assert stock(11) == [13, 12, 11, 10, 9, 8, 7, 6, 5, 16, 15]
    # 8 + 12 − 14 = 6 are left on the third Monday: 24.
    assert shown() == [(monday(3), 24)]


def test_the_rest_of_a_week_that_has_begun_is_planned(tmp_path):
    shop = Shop(tmp_path, first=WEDNESDAY, bucket="week", weekday="wed")
    run = shop.night(WEDNESDAY, 14)
    assert run.policy_run.forecast_run.cutoff == MONDAY - timedelta(days=1)
    # Five of the week's seven are still to be sold until Sunday, then two: 7 are left next Wednesday, and 23 make 30.
    # Three weeks later 30 − 21 = 9 are left: 21.
    week = [WEDNESDAY + timedelta(weeks=weeks) for weeks in range(5)]
    assert ordered(week[4]) == [
        (week[1], week[1] + timedelta(days=3), 23),
        (week[4], week[4] + timedelta(days=3), 21),
    ]
    assert stock(12) == [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 26, 25]
