"""A small shop for forecasts: hides set-up, never the numbers that matter."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from forecasting.models import (
    CandidateScores,
    Forecast,
    ForecastCoverage,
    ForecastModel,
    ForecastOverride,
    ForecastRun,
    ForecastScope,
    OverrideReason,
)
from forecasting.services import runs
from inventory.models import Demand, Item, ItemLocation, Location
from inventory.services.nodes import read_nodes
from inventory.services.run_context import RunContext
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import QUANTILE_GRID
from stocksense.jobs import services as jobs

MONDAY = date(2026, 11, 16)
WEEK = timedelta(weeks=1)


class Shop:
    """Items at locations, with demand by week and forecasts made or written by hand."""

    def place(self, sku: str, code: str, **item: Any) -> ItemLocation:
        """An item at a location; either is made where it is new."""
        made, _ = Item.objects.get_or_create(sku=sku, defaults={"unit_cost": 2, **item})
        location, _ = Location.objects.get_or_create(code=code, defaults={"kind": "store"})
        return ItemLocation.objects.create(item=made, location=location)

    def sold(self, at: ItemLocation, weekly: Sequence[float], *, until: date = MONDAY, in_stock: bool = True) -> None:
        """Weekly demand, the last value in the week that ended the day before `until`."""
        days = [until - WEEK * back for back in range(len(weekly), 0, -1)]
        ensure_partitions(Demand, days)
        fields = {"item": at.item, "location": at.location, "bucket_days": 7, "in_stock": in_stock}
        Demand.objects.bulk_create(
            Demand(date=day, quantity=Decimal(str(quantity)), **fields)
            for day, quantity in zip(days, weekly, strict=True)
        )

    def forecast(self, as_of: date = MONDAY, *, origin: Mapping[int, int] | None = None, days: int = 28) -> ForecastRun:
        """A forecast run of everything; `origin`: location id → id of the location that supplies it."""
        nodes = read_nodes(as_of=as_of, horizon_end=as_of + timedelta(days=days))
        at = {key: node for node, key in enumerate(nodes.select("item_id", "location_id").iter_rows())}
        origin_node = [at.get((item, (origin or {}).get(place)), -1) for item, place in at]
        job = jobs.create_job(kind="test", title="forecast", steps=[runs.STEP], parameters={}, actor=None)
        lease = jobs.claim(job.pk)
        assert lease is not None
        context = RunContext(
            company.scenario_named(None), as_of, as_of, company.settings(), nodes, lease, lambda *_: None
        )  # type: ignore[arg-type]
        return runs.run_forecast(context, origin_node=np.array(origin_node, dtype=np.int64), days_ahead=days)

    def frozen(self, starts_on: date, means: Mapping[ItemLocation, Sequence[float]], **fields: Any) -> ForecastRun:
        """A finished and published run written by hand, each series with these means and quantiles 0 … 2 × mean."""
        horizon = len(next(iter(means.values())))
        run = ForecastRun.objects.create(
            scenario=company.scenario_named(None), as_of=starts_on, run_date=starts_on, state=RunState.FINISHED,
            cutoff=starts_on - timedelta(days=1), bucket_days=7, horizon_buckets=horizon,
        )  # fmt: skip
        ensure_partitions(Forecast, [run.run_date])
        for at, mean in means.items():
            quantiles = [[round(2 * value * p, 6) for p in QUANTILE_GRID] for value in mean]
            values = {"naive_mean": mean, "change_mean": 2.0, "change_rms": 4.0, "demand_class": "smooth", **fields}
            Forecast.objects.create(
                run=run, run_date=run.run_date, item=at.item, location=at.location, scope=ForecastScope.OWN,
                first_date=starts_on, mean=list(mean), quantiles=quantiles, cumulative_quantiles=quantiles, **values,
            )  # fmt: skip
        company.publish_run(kind=RunKind.FORECAST, run=run)
        return run


def reason(code: str = "promotion") -> OverrideReason:
    """A reason of the company's list."""
    return OverrideReason.objects.get(code=code)


def override(**values: Any) -> ForecastOverride:
    """An override written past the services: two weeks from MONDAY, 10 units more."""
    given = {
        "mode": "add", "value": Decimal(10), "start_date": MONDAY, "end_date": MONDAY + 2 * WEEK - timedelta(days=1),
        "reason": reason(), **values,
    }  # fmt: skip
    return ForecastOverride.objects.create(**given)


def covered(*weeks: tuple[int, float]) -> None:
    """What weeks from MONDAY on said of P95: so many of 1,000 forecasts at most the quantile, and the shift since."""
    p95 = QUANTILE_GRID.index(0.95)
    for week, (below, shift) in enumerate(weeks):
        ForecastCoverage.objects.create(
            kind="bucket", bucket_start=MONDAY + week * WEEK, bucket_days=7, judged_run_id=1, learned_by_id=1,
            seen=[1000] * 11, below=[below if at == p95 else 500 for at in range(11)],
            shift=[shift if at == p95 else 0.0 for at in range(11)],
        )  # fmt: skip


def compared(*places: ItemLocation) -> ForecastModel:
    """A training whose candidates were compared in one segment, where AutoETS is clearly better; scores of `places`."""

    def scores(
        series: int, loss: float, wape: float, bias: float, blend: float | None = None, *, clear: bool = False
    ) -> dict[str, Any]:
        found = {"series": series, "scaled_pinball": loss, "wape": wape, "bias": bias, "rmsse": 0.7}
        beside = {"blend": blend, "difference": loss - blend, "standard_error": 0.01} if blend else {}
        return found | beside | ({"clearly_better": clear} if blend else {})

    one = {
        "series": 300,
        "candidates": {
            "blend": scores(300, 0.25, 0.6, 0.01),
            "own past year": scores(300, 0.275, 0.7, 0.02, 0.25),
            "AutoETS": scores(40, 0.18, 0.5, -0.3, 0.2, clear=True),
            "all-zero": scores(300, 0.75, 1.0, -1.0, 0.25),
        },
        "clearly_better": ["AutoETS"],
        "reason": "AutoETS did clearly better than the blend: 10.0 % less loss on the same 40 series.",
    }
    comparison = {
        "origins": 3, "horizon": 4, "candidates": list(one["candidates"]), "all": one,
        "segments": {"smooth, fast": one}, "failures": {"MSTL": {"series": 2, "error": "KeyError: 7"}},
    }  # fmt: skip
    of_training = {"smooth, fast": {"buckets": 900, "weights": {"own past year": 0.7, "boosted ratios": 0.3}}}
    model = ForecastModel.objects.create(
        cutoff=MONDAY, bucket_days=7, horizon_buckets=4, series=300, seed=1, content=b"",
        evidence={"origins": 12, "segments": of_training, "comparison": comparison},
    )  # fmt: skip
    for at in places:
        CandidateScores.objects.create(
            forecast_model=model, item=at.item, location=at.location, segment="smooth, fast",
            scaled_pinball=[0.31, 0.32, None, 0.93], wape=[0.61, None, None, 1], bias=[0.05, None, None, -1],
            rmsse=[0.8, None, None, 1.2],
        )  # fmt: skip
    return model
