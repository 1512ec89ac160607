import csv
from datetime import date

import pytest

from forecasting.exporters import QUANTILE_NAMES
from forecasting.models import Forecast, ForecastRun, ForecastScope
from inventory.models import Item, Location
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState, Scenario
from stocksense.core.database.partitions import ensure_partitions
from stocksense.ingestion import exports

MONDAY = date(2026, 11, 16)

pytestmark = pytest.mark.django_db


def forecast(scenario, mean, *, scope=ForecastScope.OWN):
    item, _ = Item.objects.get_or_create(sku="A")
    place, _ = Location.objects.get_or_create(code="S1")
    run = ForecastRun.objects.create(
        scenario=scenario, as_of=MONDAY, run_date=MONDAY, state=RunState.FINISHED, bucket_days=7, horizon_buckets=2
    )
    ensure_partitions(Forecast, [MONDAY])
    series = {
        "run": run, "run_date": MONDAY, "item": item, "location": place, "first_date": MONDAY, "mean": mean,
        "quantiles": [[bucket * 100 + place for place in range(11)] for bucket in range(len(mean))],
        "cumulative_quantiles": [[0.0] * 11 for _ in mean], "demand_class": "smooth",
    }  # fmt: skip
    Forecast.objects.bulk_create([Forecast(**series, scope=scope)])
    company.publish_run(kind=RunKind.FORECAST, run=run)
    return run, series


def test_quantile_columns_are_named_by_their_probability():
    assert QUANTILE_NAMES == (
        "q025", "q05", "q10", "q25", "q50", "q75", "q80", "q90", "q95", "q975", "q99",
    )  # fmt: skip


def test_a_forecast_is_a_row_per_bucket_with_its_quantiles_in_order(tmp_path):
    _, series = forecast(company.scenario_named(None), [4.5, 0.33333])
    Forecast.objects.bulk_create([Forecast(**series, scope=ForecastScope.NETWORK)])
    assert exports.export("forecasts", tmp_path / "f.csv") == 2
    lines = (tmp_path / "f.csv").read_text().splitlines()
    assert lines == [
        "sku,location,bucket_start,mean,q025,q05,q10,q25,q50,q75,q80,q90,q95,q975,q99",
        "A,S1,2026-11-16,4.5,0,1,2,3,4,5,6,7,8,9,10",
        "A,S1,2026-11-23,0.3333,100,101,102,103,104,105,106,107,108,109,110",
    ]


def test_the_current_run_of_the_named_scenario_is_exported(tmp_path):
    forecast(company.scenario_named(None), [1.0])
    forecast(company.scenario_named(None), [2.0])
    forecast(Scenario.objects.create(name="growth"), [3.0])
    exports.export("forecasts", tmp_path / "base.csv")
    exports.export("forecasts", tmp_path / "growth.csv", scenario="growth")
    means = {}
    for name in ("base", "growth"):
        with (tmp_path / f"{name}.csv").open() as stream:
            means[name] = [row["mean"] for row in csv.DictReader(stream)]
    assert means == {"base": ["2"], "growth": ["3"]}
