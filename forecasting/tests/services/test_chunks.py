"""A run that is killed, lost or cancelled between two chunks, and the one that goes on."""

from datetime import timedelta

import numpy as np
import pytest

from forecasting import engine
from forecasting.models import Forecast, ForecastChunk, ForecastRun
from forecasting.services import learned, runs, training
from forecasting.tests.records import MONDAY, forecast, forecast_job, place, sold
from inventory.models import Demand
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.jobs.models import Job, JobState
from stocksense.jobs.services import JobCancelled, JobLost

pytestmark = pytest.mark.django_db

SERIES, AT_ONCE = 8, 2


class Killed(BaseException):
    """What no code catches, as a process that is gone."""


class Calls(list):
    """Counts the calls of an engine function, and makes the one after `kill_after` of them the last."""

    def __init__(self, monkeypatch, name, kill_after=None):
        super().__init__()
        whole = getattr(engine, name)

        def called(*arguments):
            if kill_after is not None and len(self) == kill_after:
                raise Killed
            self.append(arguments)
            return whole(*arguments)

        called.__name__ = name
        monkeypatch.setattr(engine, name, called)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(runs, "CHUNK", AT_ONCE)
    monkeypatch.setattr(learned, "CHUNK", AT_ONCE)


@pytest.fixture
def shop():
    rng = np.random.default_rng(3)
    places = [place(f"I{number}") for number in range(SERIES)]
    for number, at in enumerate(places):
        sold(at, rng.poisson(4 + 3 * number, 60).tolist())
    return places


def killed(monkeypatch, name, after):
    """The job of a run whose worker died after some calls, and whose lease is over."""
    job = forecast_job()
    with monkeypatch.context() as patch:
        Calls(patch, name, kill_after=after)
        with pytest.raises(Killed):
            forecast(job=job)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))
    return job


def rows(run):
    columns = ("item_id", "mean", "quantiles", "cumulative_quantiles", "demand_class", "scores", "naive_mean")
    return list(Forecast.objects.filter(run=run).order_by("item_id").values_list(*columns))


def test_a_killed_run_goes_on_with_the_chunks_that_are_not_made_yet(shop, monkeypatch):
    job = killed(monkeypatch, "back_test_chunk", after=3)
    assert ForecastChunk.objects.filter(job=job).count() == 3
    assert not Forecast.objects.exists()
    rest = Calls(monkeypatch, "back_test_chunk")
    resumed = forecast(job=job)
    assert len(rest) == SERIES // AT_ONCE - 3
    assert rows(resumed) == rows(forecast())
    assert not ForecastChunk.objects.exists()


def test_forecasts_by_the_training_are_not_made_twice_either(shop, monkeypatch):
    whole = engine.train
    monkeypatch.setattr(engine, "train", lambda panel, **how: whole(panel, **how, trees=0.1))
    monkeypatch.setattr(company, "today", lambda: MONDAY)
    made = training.create_training(actor=None)
    assert training.run_training(made.pk) == JobState.SUCCEEDED
    job = killed(monkeypatch, "forecast_chunk", after=1)
    tests, rest = Calls(monkeypatch, "back_test_chunk"), Calls(monkeypatch, "forecast_chunk")
    resumed = forecast(job=job)
    assert (len(tests), len(rest)) == (0, SERIES // AT_ONCE - 1)
    assert rows(resumed) == rows(forecast())


def test_chunks_that_are_the_same_are_made_once(monkeypatch):
    for number in range(6):
        sold(place(f"I{number}"), [7, 9] * 30)
    calls = Calls(monkeypatch, "back_test_chunk")
    run = forecast()
    assert len(calls) == 1
    assert Forecast.objects.filter(run=run).count() == 6
    assert len({tuple(mean) for _, mean, *_ in rows(run)}) == 1


def test_demand_that_came_in_between_is_computed_with(shop, monkeypatch):
    job = killed(monkeypatch, "back_test_chunk", after=3)
    Demand.objects.filter(item=shop[0].item, date=MONDAY - timedelta(weeks=1)).update(quantity=9)
    rest = Calls(monkeypatch, "back_test_chunk")
    resumed = forecast(job=job)
    assert len(rest) == SERIES // AT_ONCE - 2
    assert rows(resumed) == rows(forecast())


def test_a_worker_that_has_lost_its_job_keeps_nothing(shop, monkeypatch):
    job, whole = forecast_job(), engine.back_test_chunk

    def taken_over(*arguments):
        Job.objects.filter(pk=job.pk).update(fencing_token=99)
        return whole(*arguments)

    monkeypatch.setattr(engine, "back_test_chunk", taken_over)
    with pytest.raises(JobLost):
        forecast(job=job)
    assert not ForecastChunk.objects.exists()
    assert not Forecast.objects.exists()


def test_a_cancelled_run_stops_at_the_next_chunk_and_leaves_nothing_for_long(shop, monkeypatch):
    calls, job = Calls(monkeypatch, "back_test_chunk"), forecast_job()

    def cancelled(step, done, *_):
        if done >= 2 * AT_ONCE:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        forecast(job=job, progress=cancelled)
    assert len(calls) == 2
    assert not ForecastRun.objects.exclude(state="running").exists()
    Job.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
    forecast()
    assert not ForecastChunk.objects.exists()


def test_progress_is_told_chunk_by_chunk(shop):
    told = []
    forecast(progress=lambda step, done, total, unit="", message="": told.append((done, total, message)))
    assert [one for one in told if one[2] == "back-testing"] == [
        (2, SERIES, "back-testing"), (4, SERIES, "back-testing"), (6, SERIES, "back-testing"),
        (7, SERIES, "back-testing"),
    ]  # fmt: skip
    assert [one for one in told if one[2] == "writing the forecasts"] == [(7, SERIES, "writing the forecasts")] * 4
    assert told[-1] == (SERIES, SERIES, "")
