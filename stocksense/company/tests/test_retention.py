"""How long run outputs are kept."""

from datetime import date, timedelta

import pytest
from django.db import connection

from planning.models import PlannedOrder
from stocksense.company import retention, services
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.database.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


def kept(day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"planning_plannedorder_{day:%Y%m%d}"])
        return cursor.fetchone() != (None,)


@pytest.fixture
def today() -> date:
    """Not the first of a month or near it, so that month ends do not hide the rule of thirty nights."""
    day = services.today()
    while (day - timedelta(days=31)).day > 27:
        day -= timedelta(days=1)
    return day


def test_month_ends_and_the_runs_that_readers_see_are_kept():
    current = date(2026, 3, 12)
    CurrentRun.objects.create(
        scenario=services.scenario_named(None), kind=RunKind.PLAN, run_id=1, run_date=current, as_of=current
    )
    days = retention.kept_days(date(2026, 11, 16))
    assert {day for day in days if day.year == 2026} == {
        current,
        *(date(2026, month, last) for month, last in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30), start=1)),
    }
    assert date(2024, 2, 29) in days
    assert date(2025, 12, 31) in days


def test_thirty_nights_are_kept_and_the_one_before_goes(today):
    nights = [today - timedelta(days=back) for back in (0, 1, 29, 30, 31)]
    ensure_partitions(PlannedOrder, nights)
    assert retention.drop_old_runs(today)["planning_plannedorder"] == 1
    assert [kept(night) for night in nights] == [True, True, True, True, False]


def test_an_old_month_end_and_an_old_current_run_stay(today):
    month_end = (today - timedelta(days=60)).replace(day=1) - timedelta(days=1)
    current = month_end - timedelta(days=1)
    forgotten = month_end - timedelta(days=2)
    ensure_partitions(PlannedOrder, [month_end, current, forgotten])
    CurrentRun.objects.create(
        scenario=services.scenario_named(None), kind=RunKind.PLAN, run_id=1, run_date=current, as_of=current
    )
    assert retention.drop_old_runs(today)["planning_plannedorder"] == 1
    assert [kept(day) for day in (month_end, current, forgotten)] == [True, True, False]


def test_every_table_of_run_outputs_ages_and_no_other(today):
    assert set(retention.drop_old_runs(today)) == {
        "forecasting_forecast", "forecasting_forecastaggregate", "forecasting_overrideeffect", "planning_pegging",
        "planning_planexception",
        "planning_plannedorder", "planning_projection", "policies_policy",
    }  # fmt: skip


def test_the_runs_that_a_current_run_was_made_from_stay():
    forecast_night = date(2025, 3, 12)
    CurrentRun.objects.create(
        scenario=services.scenario_named(None),
        kind=RunKind.PLAN,
        run_id=2,
        run_date=date(2025, 5, 2),
        as_of=date(2025, 5, 2),
        built_on=[forecast_night],
    )
    assert {forecast_night, date(2025, 5, 2)} <= retention.kept_days(date(2025, 6, 20))
