"""A run's misses correct the next: each closed bucket counts once, whoever asks again."""

from datetime import timedelta

import numpy as np
import pytest

from forecasting import engine
from forecasting.models import CoverageKind, DemandEvent, ForecastCoverage
from forecasting.services import coverage
from forecasting.tests.builder import MONDAY, WEEK, Shop
from forecasting.tests.records import forecast, forecast_job, row_of
from stocksense.core import clock
from stocksense.core.numeric import QUANTILE_GRID
from stocksense.jobs.models import Job
from stocksense.jobs.services import JobLost

pytestmark = pytest.mark.django_db

P05, P50, P95 = (QUANTILE_GRID.index(p) for p in (0.05, 0.5, 0.95))
SERIES = 20
STEP = 0.3 * SERIES / (SERIES + 5000)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def places(shop):
    return [shop.place(f"I{number:02d}", "NORTH") for number in range(SERIES)]


def sell(shop, places, week, *, few=10, many=30, often=4):
    """Demand of the week that begins `week` weeks after MONDAY: `many` at `often` places, `few` at the others."""
    for number, at in enumerate(places):
        shop.sold(at, [many if number < often else few], until=MONDAY + (week + 1) * WEEK)


@pytest.fixture
def closed_week(shop, places):
    """20 forecasts of 10 with quantiles 20 p, and a week in which 16 sold 10 and 4 sold 30."""
    shop.frozen(MONDAY, dict.fromkeys(places, [10.0] * 4))
    sell(shop, places, 0)
    return places


def states(kind=CoverageKind.BUCKET):
    return list(ForecastCoverage.objects.filter(kind=kind).order_by("bucket_start"))


def test_a_closed_week_moves_every_probability_by_a_part_of_its_miss(closed_week):
    run = forecast(MONDAY + WEEK)
    (state,) = states()
    assert (state.bucket_start, state.learned_by_id, state.seen) == (MONDAY, run.pk, [SERIES] * 11)
    assert state.below == [0] * P50 + [16] * (11 - P50)
    assert state.shift[P95] == pytest.approx(STEP * (0.95 - 0.8), abs=1e-6)
    assert state.shift[P50] == pytest.approx(STEP * (0.5 - 0.8), abs=1e-6)
    assert state.shift[P05] == pytest.approx(STEP * 0.05, abs=1e-6)
    said = run.summary["coverage"]
    assert said["learned"] == [MONDAY.isoformat()]
    assert said["shift"]["0.95"] == state.shift[P95]
    assert set(said["shift_of_sums"].values()) == {0}


def test_a_week_is_learned_once_however_often_runs_are_made(closed_week):
    forecast(MONDAY + WEEK)
    (before,) = states()
    again = forecast(MONDAY + WEEK)
    (after,) = states()
    assert (after.pk, after.shift) == (before.pk, before.shift)
    assert again.summary["coverage"]["learned"] == []
    assert again.summary["coverage"]["shift"]["0.95"] == after.shift[P95]


def test_a_run_that_is_killed_after_it_learned_does_not_count_the_week_twice(closed_week, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    job = forecast_job()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "back_test_chunk", die)
        with pytest.raises(Killed):
            forecast(MONDAY + WEEK, job=job)
    (before,) = states()
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))
    run = forecast(MONDAY + WEEK, job=job)
    (after,) = states()
    assert (after.pk, after.shift) == (before.pk, before.shift)
    assert run.summary["coverage"]["shift"]["0.95"] == before.shift[P95]


def test_a_worker_that_has_lost_its_job_learns_nothing(closed_week, monkeypatch):
    job, whole = forecast_job(), coverage.tally

    def taken_over(*arguments):
        Job.objects.filter(pk=job.pk).update(fencing_token=99)
        return whole(*arguments)

    monkeypatch.setattr(coverage, "tally", taken_over)
    with pytest.raises(JobLost):
        forecast(MONDAY + WEEK, job=job)
    assert not states()


def test_weeks_that_are_missed_again_and_again_widen_more_and_more(shop, places):
    for week in range(3):
        shop.frozen(MONDAY + week * WEEK, dict.fromkeys(places, [10.0] * 4))
        sell(shop, places, week)
        forecast(MONDAY + (week + 1) * WEEK)
    assert [one.shift[P95] for one in states()] == pytest.approx([STEP * 0.15 * count for count in (1, 2, 3)], abs=3e-6)


def test_sums_over_four_weeks_have_misses_of_their_own(shop, places):
    shop.frozen(MONDAY, dict.fromkeys(places, [10.0] * 4))
    for week in range(4):
        sell(shop, places, week, few=4, often=0)
    forecast(MONDAY + 4 * WEEK)
    (state,) = states(CoverageKind.SUM)
    assert state.bucket_start == MONDAY + 3 * WEEK
    assert state.below[P50] == 0  # (16 came, the frozen sums say 10)
    assert state.below[P95] == SERIES  # (and 19)
    independent = SERIES / 4
    assert state.shift[P95] == pytest.approx(0.3 * independent / (independent + 5000) * (0.95 - 1), abs=1e-6)


def test_weeks_without_stock_and_closed_ones_tell_nothing(shop, places):
    shop.frozen(MONDAY, dict.fromkeys(places, [10.0] * 4))
    shop.sold(places[0], [3], until=MONDAY + WEEK, in_stock=False)
    shop.sold(places[1], [3], until=MONDAY + WEEK)
    item = places[2].item
    DemandEvent.objects.create(kind="closure", item=item, start_date=MONDAY, end_date=MONDAY + timedelta(days=2))
    forecast(MONDAY + WEEK)
    (state,) = states()
    assert state.seen == [SERIES - 2] * 11


def test_the_next_run_aims_at_what_was_learned(shop, places):
    rng = np.random.default_rng(2)
    for at in places:
        shop.sold(at, rng.poisson(20, 60).tolist())
    before = row_of(forecast(), places[0])
    shift = [0.0] * P95 + [0.02, 0.01, 0.005]
    for kind, moved in ((CoverageKind.BUCKET, shift), (CoverageKind.SUM, [0.0] * 11)):
        ForecastCoverage.objects.create(
            kind=kind, bucket_start=MONDAY - WEEK, bucket_days=7, judged_run_id=1, learned_by_id=1,
            seen=[1] * 11, below=[1] * 11, shift=moved,
        )  # fmt: skip
    run = forecast()
    after = row_of(run, places[0])
    assert after.mean == before.mean
    assert after.quantiles[1][:P95] == before.quantiles[1][:P95]
    assert before.quantiles[1][P95] < after.quantiles[1][P95] < before.quantiles[1][P95 + 1]
    assert after.quantiles[1][-1] > before.quantiles[1][-1]
    assert after.cumulative_quantiles[0] == after.quantiles[0]
    assert after.cumulative_quantiles[2] == before.cumulative_quantiles[2]
    assert run.summary["coverage"]["learned"] == []
