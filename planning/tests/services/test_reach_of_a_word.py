"""How long a rejection or snooze holds where every day is an order day, night by night, from files.

One shop sells one tea a day, can order every day, three days ahead: up to 30 when 10 or fewer are left. Waiting a day
costs nothing while the stock lasts until an order of tomorrow would come, in four days.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from planning.models import Decision, PlanDecision, PlanException
from planning.services import queue, reads
from planning.services.decisions import (
    Return,
    approve_planned_orders,
    reject_planned_orders,
    reopen_planned_orders,
    snooze_planned_orders,
    standings,
    undo_batch,
)
from planning.tests.services.test_worked_nights import MONDAY, Shop, ordered, proposal, shown
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


class DailyShop(Shop):
    """The shop, with every day an order day unless told; a message is worth € 1.50, the margin of 1.5 tea."""

    def __init__(self, folder: Path, weekdays: str = "mon tue wed thu fri sat sun") -> None:
        super().__init__(folder, weekday=weekdays)
        self.masters["company"].append("message_minimum,1.50")


def later(days: int) -> date:
    return MONDAY + timedelta(days=days)


@pytest.fixture
def planner():
    return UserFactory(role=Role.PLANNER)


@pytest.fixture
def shop(tmp_path):
    return DailyShop(tmp_path)


def today(day: date) -> list[int]:
    """Quantities that wait for a decision on this order day."""
    return [quantity for order_day, quantity in shown() if order_day == day]


def standing_on(day: date):
    order = proposal(day)
    return standings(reads.current_plan().run, [order])[order.pk]


def reject(day: date, planner, run):
    return reject_planned_orders(planned_order_ids=[proposal(day).pk], run_id=run.pk, actor=planner, reason="no space")


def test_a_rejection_holds_on_the_days_that_the_order_would_have_lasted_until_waiting_costs(shop, planner):
    run = shop.night(MONDAY, 10)
    assert shown()[:2] == [(MONDAY, 20), (later(20), 20)]
    reject(MONDAY, planner, run)
    word = PlanDecision.objects.get()
    # The 20 would have lasted until 10 are left again, 20 days on. A fifth of them more than use explains is news.
    assert (word.proposed_quantity, word.spans_to, word.next_quantity, word.tolerance) == (20, later(20), 20, 4)
    assert word.most_cost == Decimal("1.5")
    # One was sold: 21 are asked, as was to be expected.
    shop.night(later(1), 9)
    assert today(later(1)) == []
    assert (standing_on(later(1)).is_settled, standing_on(later(1)).carried) == (True, True)
    # 3 are left for the four days until an order of tomorrow would come: one tea short, € 1.
    shop.night(later(7), 3)
    assert today(later(7)) == []
    # 2 are left: two short, € 2. The need is the 28 that were to be expected, but waiting costs now.
    shop.night(later(8), 2)
    assert today(later(8)) == [28]
    back = standing_on(later(8)).back
    assert (back.why, back.expected, back.now, round(back.cost)) == (Return.DEARER, 28, 28, 2)


def test_a_need_that_grew_by_more_than_use_and_a_fifth_comes_back(shop, planner):
    run = shop.night(MONDAY, 10)
    reject(MONDAY, planner, run)
    # Five were sold on Monday: 25 are asked where 21 were to be expected, four more.
    shop.night(later(1), 5)
    assert today(later(1)) == []
    # And two on Tuesday: 27 where 22 were to be expected.
    run = shop.night(later(2), 3)
    assert today(later(2)) == [27]
    back = standing_on(later(2)).back
    assert (back.why, back.expected, back.now) == (Return.GROWN, 22, 27)
    # Said no again, it holds from here on, against what is to be expected from here.
    reject(later(2), planner, run)
    shop.night(later(3), 3)
    assert today(later(3)) == []


def test_a_dated_snooze_holds_on_every_order_day_until_its_day(shop, planner):
    run = shop.night(MONDAY, 10)
    snooze_planned_orders(planned_order_ids=[proposal(MONDAY).pk], run_id=run.pk, actor=planner, until=later(3))
    for days, on_hand in ((1, 9), (2, 8)):
        shop.night(later(days), on_hand)
        assert today(later(days)) == []
    shop.night(later(3), 7)
    assert today(later(3)) == [23]
    assert standing_on(later(3)).back.why == Return.DAY
    assert [row.decision for row in queue.back_today(reads.current_plan())] == [Decision.SNOOZED]


def test_a_snooze_until_a_change_holds_while_the_need_goes_as_expected(shop, planner):
    run = shop.night(MONDAY, 10)
    snooze_planned_orders(planned_order_ids=[proposal(MONDAY).pk], run_id=run.pk, actor=planner, until_change=True)
    shop.night(later(1), 9)
    assert today(later(1)) == []
    # Nothing was sold for two days: 20 are asked where 23 were to be expected, within four.
    shop.night(later(3), 10)
    assert today(later(3)) == []
    # None for five days: 20 where 25 were to be expected.
    shop.night(later(5), 10)
    assert today(later(5)) == [20]
    assert standing_on(later(5)).back.why == Return.CHANGED


def test_a_word_that_reaches_a_day_can_be_taken_back_and_that_undone(shop, planner):
    run = shop.night(MONDAY, 10)
    reject(MONDAY, planner, run)
    run = shop.night(later(1), 9)
    ids = [proposal(later(1)).pk]
    done = approve_planned_orders(planned_order_ids=ids, run_id=run.pk, actor=planner)
    assert (done.batch, [word.need_on for word in done.skipped]) == (None, [MONDAY])
    reopened = reopen_planned_orders(planned_order_ids=ids, run_id=run.pk, actor=planner)
    assert (today(later(1)), PlanDecision.objects.count()) == ([21], 0)
    undo_batch(batch_id=reopened.batch.pk, actor=planner)
    assert (today(later(1)), PlanDecision.objects.get().need_on) == ([], MONDAY)
    assert PlanDecision.objects.get().spans_to == later(20)


def test_an_order_day_that_a_rejection_reaches_is_not_missed(tmp_path, planner):
    shop = DailyShop(tmp_path, "mon tue")
    run = shop.night(MONDAY, 10)
    reject(MONDAY, planner, run)
    shop.night(later(1), 9)
    assert today(later(1)) == []
    shop.night(later(2), 8)
    # Tuesday's 21 wait for no decision, so Wednesday is no order day in its place.
    assert ordered()[0][0] == later(7)
    assert not PlanException.objects.current().filter(kind="past_due_release").exists()
