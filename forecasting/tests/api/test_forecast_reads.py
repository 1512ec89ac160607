"""Forecasts and demand events over REST: reading."""

from datetime import date

import pytest

from forecasting.models import DemandEvent, Forecast, ForecastModel, ForecastRun
from inventory.tests.factories import ItemFactory, LocationFactory
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import QUANTILE_GRID

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


def make_run(day: date = DAY) -> ForecastRun:
    run = ForecastRun.objects.create(
        scenario=company.scenario_named(None), as_of=day, run_date=day, state=RunState.FINISHED, bucket_days=7,
        horizon_buckets=2, cutoff=date(2026, 3, 1),
    )  # fmt: skip
    ensure_partitions(Forecast, [day])
    company.publish_run(kind=RunKind.FORECAST, run=run)
    return run


def series(run: ForecastRun, item, location) -> Forecast:
    row = [float(number) for number in range(len(QUANTILE_GRID))]
    return Forecast.objects.create(
        run=run, run_date=run.run_date, item=item, location=location, scope="own", first_date=DAY, mean=[14.0, 15.5],
        quantiles=[row, row], cumulative_quantiles=[row, row], demand_class="smooth", scores={"wape": 0.2},
    )  # fmt: skip


def test_a_series_with_its_quantiles_and_their_probabilities(caller):
    run = make_run()
    found = series(run, ItemFactory(sku="TEA"), LocationFactory(code="NORTH"))
    viewer = caller("viewer")
    (row,) = viewer.results("forecasts")
    assert row == {
        "id": found.pk,
        "run": run.pk,
        "item": "TEA",
        "item_id": found.item_id,
        "location": "NORTH",
        "location_id": found.location_id,
        "scope": "own",
        "demand_class": "smooth",
        "fallback": "",
        "bucket_days": 7,
        "first_date": "2026-03-02",
        "mean": [14.0, 15.5],
        "scores": {"wape": 0.2},
    }
    whole = viewer.get(f"forecasts/{found.pk}").json()
    assert whole["probabilities"] == [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99]
    assert whole["quantiles"][1][10] == 10.0
    assert len(whole["cumulative_quantiles"]) == 2


def test_the_current_run_unless_another_is_named(caller):
    item, store = ItemFactory(), LocationFactory()
    first = make_run()
    old = series(first, item, store)
    new = series(make_run(date(2026, 3, 3)), item, store)
    viewer = caller("viewer")
    assert [row["id"] for row in viewer.results("forecasts")] == [new.pk]
    assert viewer.queries("forecasts") <= 6
    assert [row["id"] for row in viewer.results(f"forecasts?run={first.pk}")] == [old.pk]
    assert [row["is_current"] for row in viewer.results("forecast-runs")] == [True, False]


def test_a_run_that_is_being_made_is_not_shown(caller):
    run = make_run()
    ForecastRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert caller("viewer").get(f"forecasts?run={run.pk}").status_code == 400


def test_demand_events_with_and_without_a_place(caller):
    item, store = ItemFactory(sku="TEA"), LocationFactory(code="NORTH")
    everywhere = DemandEvent.objects.create(kind="price_cut", item=item, start_date=DAY, price="1.50", label="Spring")
    here = DemandEvent.objects.create(kind="display", item=item, location=store, start_date=date(2026, 3, 9))
    viewer = caller("viewer")
    assert [row["id"] for row in viewer.results("demand-events")] == [here.pk, everywhere.pk]
    (row,) = viewer.results("demand-events?location__isnull=true")
    assert (row["item"], row["location"], row["price"], row["label"]) == ("TEA", None, "1.5", "Spring")
    assert [row["id"] for row in viewer.results("demand-events?start_date__gte=2026-03-05")] == [here.pk]


@pytest.mark.parametrize("path", ["forecasts", "forecast-runs", "demand-events"])
def test_nobody_and_suppliers_see_nothing(caller, client, path):
    assert client.get(f"/api/v1/{path}").status_code in {401, 403}
    assert caller("supplier").get(path).status_code == 403


def test_a_training_gives_its_comparison_when_asked_for_by_itself(caller):
    found = {"all": {"series": 3, "clearly_better": ["AutoETS"], "reason": "AutoETS did clearly better."}}
    model = ForecastModel.objects.create(
        cutoff=DAY, bucket_days=7, horizon_buckets=4, series=3, seed=1, content=b"", evidence={"comparison": found}
    )
    viewer = caller("viewer")
    (row,) = viewer.results("forecast-models")
    assert "evidence" not in row
    assert viewer.get(f"forecast-models/{model.pk}").json()["evidence"] == {"comparison": found}
