"""The weekly training, and the forecast runs that use it."""

import json
import os
import pickle
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forecasting import engine
from forecasting.engine import families
from forecasting.models import CandidateScores, DemandEvent, EventUplift, Forecast, ForecastModel
from forecasting.services import comparison, fanout, training
from forecasting.services.history import read_history
from forecasting.services.panels import Vocabulary, read_panel
from forecasting.services.workbench import SeriesQuery, list_series, read_series
from forecasting.services.workbench.candidates import read_candidates
from forecasting.tests.records import MONDAY, WEEK, forecast, nodes, place, row_of, sold, weeks_ago
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.errors import Conflict
from stocksense.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db

SERIES, WEEKS = 40, 104


LEARNED: dict[bytes, engine.Trained] = {}
"""By what a training was given. It is a pure function of that, and most tests here have the same shop."""


@pytest.fixture
def few_trees(monkeypatch):
    """Trainings in a second, one for each panel, and comparisons with the quick families alone."""
    whole = engine.train
    quick = {one.name: one for one in families.families() if one.nightly}
    monkeypatch.setattr(families, "_REGISTRY", quick)

    def train(panel, *, horizon, seed, progress):
        given = pickle.dumps((panel, horizon, seed))
        if given not in LEARNED:
            LEARNED[given] = whole(panel, horizon=horizon, seed=seed, progress=progress, trees=0.2)
        return replace(LEARNED[given], evidence=deepcopy(LEARNED[given].evidence))

    monkeypatch.setattr(engine, "train", train)


@pytest.fixture
def monday(monkeypatch):
    monkeypatch.setattr(company, "today", lambda: MONDAY)


def promotion(at, monday) -> DemandEvent:
    """A week of promotion, not saved."""
    return DemandEvent(kind="promotion", item=at.item, start_date=monday, end_date=monday + timedelta(days=6))


@pytest.fixture
def shop():
    """40 items, sold 10 a week and 30 in weeks of promotion, of which one is announced for the second week ahead."""
    rng = np.random.default_rng(11)
    places = [place(f"I{number:02d}", category="drinks" if number % 2 else "food") for number in range(SERIES)]
    events = []
    for at in places:
        promoted = rng.random(WEEKS) < 0.2
        sold(at, rng.poisson(np.where(promoted, 30, 10)).tolist())
        events += [promotion(at, weeks_ago(WEEKS - week)) for week in np.flatnonzero(promoted).tolist()]
    events.append(promotion(places[0], MONDAY + WEEK))
    DemandEvent.objects.bulk_create(events)
    return places


def trained() -> ForecastModel:
    job = training.create_training(actor=None)
    assert training.run_training(job.pk) == JobState.SUCCEEDED
    return ForecastModel.objects.get(pk=Job.objects.get(pk=job.pk).result["forecast_model"])


def stored(run, layer) -> np.ndarray:
    """One column of a run's own forecasts, by item."""
    return np.array(Forecast.objects.filter(run=run, scope="own").order_by("item_id").values_list(layer, flat=True))


def test_a_training_is_kept_with_its_evidence_and_serves_the_next_run(shop, few_trees, monday):
    model = trained()
    assert (model.cutoff, model.series, model.bucket_days) == (MONDAY - timedelta(days=1), SERIES, 7)
    assert model.vocabulary["known"] == ["promotion"]
    assert model.evidence["all"]["scaled_pinball"]["blend"] < model.evidence["all"]["scaled_pinball"]["all-zero"]
    run = forecast()
    assert run.summary["forecast_model"] == model.pk
    assert run.parameters["model"] == f"blends of the training of {model.created_at:%-d %b %Y}"
    row = row_of(run, shop[1])
    assert sum(row.scores["blend"].values()) == pytest.approx(1, abs=0.01)
    assert row.scores["segment"] in model.evidence["segments"]
    assert row.quantiles == [sorted(one) for one in row.quantiles]
    assert row.cumulative_quantiles[-1][4] == pytest.approx(sum(row.mean), rel=0.25)


def test_an_announced_promotion_raises_its_week_and_says_by_how_much(shop, few_trees, monday):
    trained()
    run = forecast()
    before, week, after = row_of(run, shop[0]).mean[:3]
    assert week > 1.5 * max(before, after)
    expected = EventUplift.objects.get(event__start_date=MONDAY + WEEK)
    assert (expected.series, expected.run_id) == (1, run.pk)
    assert expected.baseline + expected.uplift == pytest.approx(week, rel=0.05)
    assert expected.uplift > 5
    assert EventUplift.objects.count() == 1
    forecast()
    assert EventUplift.objects.count() == 1


def test_before_the_first_training_and_with_an_unreadable_one_the_smoothers_forecast(shop, few_trees, monday, caplog):
    plain = forecast()
    assert "forecast_model" not in plain.summary
    assert plain.parameters["model"].startswith("mean of four smoothers")
    model = trained()
    ForecastModel.objects.filter(pk=model.pk).update(content=b"not a training")
    again = forecast()
    assert "forecast_model" not in again.summary
    assert "is left out" in caplog.text

    assert np.allclose(stored(plain, "mean"), stored(again, "mean"))


def test_a_supplying_location_expects_what_is_forecast_below_it(shop, few_trees, monday):
    depot = place("I00", code="DEPOT")
    trained()
    run = forecast(origin={shop[0]: depot})
    below = Forecast.objects.get(run=run, location=depot.location, scope="network")
    own = np.array(row_of(run, shop[0]).mean) + np.array(row_of(run, depot).mean)
    assert below.mean == pytest.approx(own.tolist(), abs=0.01)


def test_stock_outs_reach_the_engine_as_they_were_marked(shop, few_trees, monday, monkeypatch):
    """It fills them with draws: expectations would have no spread, and quantiles are learned from the spread."""
    tea = place("TEA")
    weekly = [10 + number % 4 for number in range(WEEKS)]
    sold(tea, [*weekly[:-10], 0, *weekly[-9:]], out_of_stock=(WEEKS - 10,))
    seen, quick = [], engine.train
    monkeypatch.setattr(engine, "train", lambda panel, **how: seen.append(panel) or quick(panel, **how))
    trained()
    whole, compared = seen
    assert (whole.in_stock[-1, -10], whole.demand[-1, -10], whole.in_stock.sum()) == (False, 0, whole.demand.size - 1)
    assert whole.sold_out is None
    assert compared.demand[-1, -1] > 0


def test_one_training_at_a_time_and_only_when_a_week_has_passed(shop, few_trees, monday, monkeypatch):
    assert training.start_weekly_training() is None  # (no cycle yet)
    forecast()
    training.create_training(actor=None)
    with pytest.raises(Conflict):
        training.create_training(actor=None)
    Job.objects.filter(kind=training.KIND).update(state=JobState.CANCELLED, single_key="")
    trained()
    assert training.start_weekly_training() is None
    later = clock.now() + timedelta(days=7, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    started = training.start_weekly_training()
    assert started is not None
    assert (started.kind, started.state) == (training.KIND, JobState.QUEUED)


def test_a_training_without_enough_demand_says_what_it_needs(monday):
    sold(place("TEA"), [5] * 10)
    job = training.create_training(actor=None)
    assert training.run_training(job.pk) == JobState.FAILED
    assert "needs 26 weeks of demand" in Job.objects.get(pk=job.pk).error
    assert not ForecastModel.objects.exists()


def test_a_lost_lease_stores_nothing(shop, few_trees, monday, monkeypatch):
    job = training.create_training(actor=None)
    whole = engine.to_bytes

    def taken_over(model):
        Job.objects.filter(pk=job.pk).update(fencing_token=99)
        return whole(model)

    monkeypatch.setattr(engine, "to_bytes", taken_over)
    assert training.run_training(job.pk) is None
    assert not ForecastModel.objects.exists()


def test_after_a_training_all_candidates_are_compared_per_segment_and_per_series(shop, few_trees, monday):
    model = trained()
    found = model.evidence["comparison"]
    names = found["candidates"]
    assert {"blend", "own past year", "naive", "seasonal naive", "SES", "TSB", "moving average", "all-zero"} < set(
        names
    )
    assert (found["origins"], found["all"]["series"]) == (3, SERIES)
    assert sum(one["series"] for one in found["segments"].values()) == SERIES
    assert f"loss on the same {SERIES} series" in found["all"]["reason"]
    overall = found["all"]["candidates"]
    assert overall["blend"]["scaled_pinball"] < overall["naive"]["scaled_pinball"]
    of_series = np.array(CandidateScores.objects.values_list("scaled_pinball", flat=True), dtype=float)
    assert of_series[:, names.index("naive")].mean() == pytest.approx(overall["naive"]["scaled_pinball"], abs=1e-4)
    row = CandidateScores.objects.get(item=shop[0].item, location=shop[0].location)
    assert (row.forecast_model_id, CandidateScores.objects.count()) == (model.pk, SERIES)
    assert row.segment in found["segments"]
    scores = dict(zip(names, zip(row.scaled_pinball, row.wape, row.bias, strict=True), strict=True))
    assert scores["all-zero"][1:] == (1.0, -1.0)
    assert scores["own past year"][1] is None
    again = trained()
    assert set(CandidateScores.objects.values_list("forecast_model", flat=True)) == {again.pk}


def test_list_and_page_of_a_series_say_how_the_blend_did(shop, few_trees, monday):
    model = trained()
    forecast()
    names = model.evidence["comparison"]["candidates"]
    for row in list_series(SeriesQuery(sort="-pinball")).rows[:3]:
        page = read_series(item_id=row.item_id, location_id=row.location_id).scores
        judged = CandidateScores.objects.get(item=row.item_id, location=row.location_id)
        for name, listed in (("wape", row.wape), ("bias", row.bias), ("scaled_pinball", row.pinball)):
            assert listed == page[name] == pytest.approx(getattr(judged, name)[names.index("blend")], abs=1e-4)
        assert page["all_zero_wape"] == 1


def test_scores_of_weeks_are_not_said_of_days(shop, few_trees, monday):
    trained()
    known = nodes()
    assert len(comparison.blend_scores(known, bucket_days=7)) == SERIES
    assert comparison.blend_scores(known, bucket_days=1) == {}
    row = CandidateScores.objects.first()
    of_series = {"item_id": row.item_id, "location_id": row.location_id, "segment": row.segment}
    assert read_candidates(**of_series, bucket_days=7) is not None
    assert read_candidates(**of_series, bucket_days=1) is None


def test_each_segment_gives_as_many_series_as_the_company_says(shop, few_trees, monday, settings):
    settings.FORECAST_COMPARED_SERIES = 3
    found = trained().evidence["comparison"]
    assert all(one["series"] <= 3 for one in found["segments"].values())
    assert CandidateScores.objects.count() == SERIES


def test_a_comparison_that_is_stopped_leaves_the_training_and_the_scores_of_before(
    shop, few_trees, monday, monkeypatch
):
    before = trained()

    class Cancels:
        name, nightly = "cancels", True

        def forecast(self, panel, *, horizon, seed):
            Job.objects.filter(kind=training.KIND).update(fencing_token=99)
            raise ValueError("no answer")

    families.register(Cancels)
    job = training.create_training(actor=None)
    assert training.run_training(job.pk) is None
    newest = ForecastModel.objects.first()
    assert newest.pk != before.pk
    assert "comparison" not in newest.evidence
    assert set(CandidateScores.objects.values_list("forecast_model", flat=True)) == {before.pk}


def test_a_training_whose_worker_was_lost_while_it_compared_is_not_made_again(shop, few_trees, monday, monkeypatch):
    first = trained()
    Job.objects.filter(pk=first.job_id).update(state=JobState.QUEUED, finished_at=None)
    monkeypatch.setattr(engine, "train", lambda panel, **given: pytest.fail("trained anew"))
    monkeypatch.setattr(training.comparison, "compare_candidates", lambda panel, nodes, model, **given: model.pk)
    assert training.run_training(first.job_id) == JobState.SUCCEEDED
    assert Job.objects.get(pk=first.job_id).result["compared"] == first.pk
    assert ForecastModel.objects.count() == 1


def test_columns_of_a_panel_are_those_of_the_training(shop):
    found, history = nodes(), read_history(nodes(), as_of=MONDAY, settings=company.settings())
    panel, words = read_panel(history, found, ahead=3)
    assert (panel.known_names, panel.known.shape[1]) == (("promotion",), panel.buckets + 3)
    assert panel.known[0, -3:, 0].tolist() == [0, 1, 0]
    assert panel.categories.min() == 0
    place("NEW", code="SOUTH", category="tools")
    found = nodes()
    history = read_history(found, as_of=MONDAY, settings=company.settings())
    later, _ = read_panel(history, found, ahead=3, vocabulary=Vocabulary(("promotion", "holiday"), words.codes))
    assert later.known_names == ("promotion", "holiday")
    assert not later.known[:, :, 1].any()
    assert later.categories[-1].tolist() == [-1, -1]
    assert np.isnan(later.demand[-1]).all()


def test_a_price_counts_against_the_usual_one():
    tea = place("TEA", unit_price=10)
    sold(tea, [5] * 30)
    DemandEvent.objects.create(kind="price_cut", item=tea.item, start_date=MONDAY, end_date=MONDAY, price=8)
    found = nodes()
    history = read_history(found, as_of=MONDAY, settings=company.settings())
    panel, _ = read_panel(history, found, ahead=2)
    assert panel.known_names == ("price_cut", "price")
    assert panel.known[0, -3:].tolist() == [[0, 1], [1, pytest.approx(0.8)], [0, 1]]
    quiet, _ = read_panel(history, found, ahead=2, without_events=True)
    assert quiet.known[0, -2:].tolist() == [[0, 1], [0, 1]]


@pytest.fixture
def cluster(tmp_path):
    """The address of a Dask scheduler with two workers, each a process of its own."""
    known = tmp_path / "scheduler.json"
    place = ["--scheduler-file", str(known)]
    commands = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *place],
        *[["worker", "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", *place]] * 2,
    ]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        give_up = time.monotonic() + 60
        while not known.exists() or not known.read_text():
            assert time.monotonic() < give_up, "no scheduler"
            time.sleep(0.1)
        yield json.loads(known.read_text())["address"]
    finally:
        for process in started:
            process.kill()
            process.wait(20)


@pytest.mark.slow
def test_a_cluster_forecasts_what_this_machine_does(shop, few_trees, monday, settings, cluster):
    trained()
    here = forecast()
    settings.FORECAST_DASK_ADDRESS = cluster
    there = forecast()
    for layer in ("mean", "quantiles", "cumulative_quantiles"):
        assert np.array_equal(stored(here, layer), stored(there, layer))
    assert there.summary["forecast_model"] == here.summary["forecast_model"]


def test_a_scheduler_that_is_away_is_named(settings, monkeypatch):
    settings.FORECAST_DASK_ADDRESS = "tcp://127.0.0.1:1"
    monkeypatch.setattr(fanout, "CONNECT_SECONDS", 0.5)
    with pytest.raises(fanout.ClusterUnreachable, match=r"127\.0\.0\.1:1 does not answer"):
        list(fanout.each(len, [("a",)]))
