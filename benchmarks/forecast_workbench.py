"""Server time of the forecast workbench at 10,000 series, and of the two passes it adds to a forecast run.

Run as `python -m benchmarks.forecast_workbench [series]`. Every page is asked for twenty times through the whole stack;
prints the 50th and 95th percentile in milliseconds, then the seconds of judging one closed bucket one bucket ahead and
of putting overrides into a run (one that reaches every series, and five hundred that reach one each).
"""

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from benchmarks.pages import own_company, print_times

TODAY = date(2026, 11, 16)
STORES, HORIZON, HISTORY = 20, 26, 60
SMALL_OVERRIDES = 500
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "scope", "first_date", "mean", "quantiles", "cumulative_quantiles",
    "demand_class", "fallback", "scores", "naive_mean", "change_mean", "change_rms",
)  # fmt: skip


def main(series: int) -> None:
    """Fill a company of its own, measure, and remove it."""
    with own_company():
        _measure(series)


def _measure(series: int) -> None:
    from django.db import connections

    from stocksense.accounts.models import User
    from stocksense.accounts.roles import Role, assign_role

    places = _masters(series)
    run, newer = _run(places, TODAY - timedelta(weeks=1)), _run(places, TODAY)
    planner = User.objects.create_user("planner@example.com", is_staff=True)
    assign_role(user=planner, role=Role.PLANNER)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does within a minute of a run
    _passes(run, newer, places, planner)
    item, location = places[len(places) // 2]
    pages = {
        "list": "series/",
        "list, page 150": "series/?page=150",
        "list, by pinball": "series/?sort=-pinball",
        "list, filtered": "series/?class=lumpy&location=S03",
        "list, searched": "series/?q=coffee",
        "one series": f"series/{item}/{location}/",
        "accuracy": "accuracy/",
    }
    print_times(planner, "/admin/forecasting/", pages)


def _passes(run: Any, newer: Any, places: Sequence[tuple[int, int]], planner: Any) -> None:
    """What judging and overriding take, each once: they change what they read."""
    from forecasting.models import ForecastAccuracy, ForecastOverride, OverrideReason
    from forecasting.services import overrides
    from forecasting.services.accuracy import score_closed_buckets
    from inventory.services.nodes import read_nodes
    from stocksense.jobs import services as jobs

    started = time.perf_counter()
    score_closed_buckets(newer)
    print(f"judging one closed bucket: {time.perf_counter() - started:.2f} s, {ForecastAccuracy.objects.count()} rows")
    lease = jobs.claim(jobs.create_job(kind="bench", title="bench", steps=[], parameters={}, actor=None).pk)
    assert lease is not None
    nodes = read_nodes(as_of=TODAY, horizon_end=TODAY)
    common: dict[str, Any] = {
        "reason": OverrideReason.objects.get(code="promotion"), "author": planner, "start_date": TODAY,
        "end_date": TODAY + timedelta(days=27),
    }  # fmt: skip
    few = places[:: max(len(places) // SMALL_OVERRIDES, 1)]
    small = [ForecastOverride(item_id=i, location_id=p, mode="add", value=20, **common) for i, p in few]
    for name, written, on in (
        (f"{len(small)} overrides of a series", small, newer),
        ("one override of everything", [ForecastOverride(mode="scale", value=2, **common)], run),
    ):
        ForecastOverride.objects.all().delete()
        ForecastOverride.objects.bulk_create(written)
        started = time.perf_counter()
        origin = np.full(len(nodes), -1, dtype=np.int64)
        said = overrides.apply_to_run(on, nodes=nodes, origin_node=origin, as_of=on.as_of, lease=lease)
        print(f"{name}: {time.perf_counter() - started:.2f} s, {said['overrides']['series']:,} series moved")


def _masters(series: int) -> list[tuple[int, int]]:
    from django.db import transaction

    from inventory.models import Demand, Item, ItemLocation, Location
    from stocksense.core.database.copy import copy_rows
    from stocksense.core.database.partitions import ensure_partitions

    names, items = ("Espresso coffee", "Green tea", "Oat biscuit", "Dark chocolate"), series // STORES
    Item.objects.bulk_create(
        Item(sku=f"I{n:05d}", name=f"{names[n % 4]} {n}", unit_cost=1 + n % 9) for n in range(items)
    )
    Location.objects.bulk_create(Location(code=f"S{n:02d}", name=f"Store {n}") for n in range(STORES))
    places = [
        (item, location)
        for item in Item.objects.values_list("pk", flat=True)
        for location in Location.objects.values_list("pk", flat=True)
    ]
    ItemLocation.objects.bulk_create(ItemLocation(item_id=i, location_id=p) for i, p in places)
    weeks = [TODAY - timedelta(weeks=back) for back in range(1, HISTORY + 1)]
    ensure_partitions(Demand, weeks)
    with transaction.atomic():
        copy_rows(
            Demand,
            ("item_id", "location_id", "date", "bucket_days", "quantity", "returned_quantity", "in_stock", "promotion"),
            ((i, p, week, 7, (i + p) % 11, 0, True, "") for week in weeks for i, p in places),
        )
    return places


def _run(places: Sequence[tuple[int, int]], starts_on: date) -> Any:
    from django.db import transaction

    from forecasting.models import Forecast, ForecastRun
    from stocksense.company import services as company
    from stocksense.company.models import RunKind
    from stocksense.core.database.copy import copy_rows
    from stocksense.core.database.partitions import ensure_partitions

    run = ForecastRun.objects.create(
        scenario=company.scenario_named(None), as_of=starts_on, run_date=starts_on, state="finished", bucket_days=7,
        cutoff=starts_on - timedelta(days=1), horizon_buckets=HORIZON,
    )  # fmt: skip
    ensure_partitions(Forecast, [starts_on])
    with transaction.atomic():
        copy_rows(Forecast, COLUMNS, _rows(run, places))
        company.publish_run(kind=RunKind.FORECAST, run=run)
    return run


def _rows(run: Any, places: Sequence[tuple[int, int]]) -> Iterator[Sequence[Any]]:
    from stocksense.core.database.copy import array_text

    numbers = np.random.default_rng(1)
    steps = np.linspace(0.1, 2.5, 11)
    for number, (item, location) in enumerate(places):
        mean = numbers.gamma(2.0, 3.0, HORIZON)
        wape = 0.3 + (number % 97) / 97
        yield (
            run.pk, run.run_date, item, location, "own", run.run_date, array_text(mean),
            array_text(mean[:, None] * steps), array_text(np.cumsum(mean)[:, None] * steps), CLASSES[number % 4], "",
            f'{{"wape": {wape:.3f}, "bias": 0.05, "scaled_pinball": {wape / 2:.3f}}}', array_text(mean), 3.0, 4.0,
        )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
