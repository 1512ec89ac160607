"""Closed buckets judged from frozen forecasts: once per cycle, in bulk, and again as late demand comes in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from forecasting import engine
from forecasting.engine import accuracy as judge
from forecasting.engine.accuracy import Sums
from forecasting.models import ForecastAccuracy, ForecastMiss, ForecastRun, Layer, SegmentKind
from forecasting.services import frozen
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 26, 28)
"""Buckets ahead that are judged; longer ones where a month-end run is kept."""
BUCKETS_BACK = 12
JUDGED_AGAIN = 2
"""Buckets before a newly closed one that are judged anew with it: demand is corrected late."""
MISSES_KEPT = 50

_SERIES = """
WITH closure AS MATERIALIZED (
    SELECT event.item_id, event.location_id, event.category_id, named.path
    FROM forecasting_demandevent event LEFT JOIN inventory_category named ON named.id = event.category_id
    WHERE event.kind = 'closure' AND event.start_date < %(end)s AND coalesce(event.end_date >= %(first)s, true)
)
SELECT f.item_id, f.location_id, coalesce(item.category_id, 0) AS category_id, f.demand_class,
       coalesce(item.unit_cost, 0)::float8 AS unit_cost, f.mean[%(lag)s] AS final,
       (coalesce(f.statistical_mean, f.mean))[%(lag)s] AS statistical, f.naive_mean[%(lag)s] AS naive,
       f.change_mean, f.change_rms, (f.scores ->> 'wape')::float8 AS usual_wape,
       array_to_string(f.quantiles[%(lag)s:%(lag)s], ' ') AS quantiles,
       array_to_string((coalesce(f.statistical_quantiles, f.quantiles))[%(lag)s:%(lag)s], ' ') AS statistical_quantiles,
       CASE WHEN demand.in_stock IS FALSE OR EXISTS (
           SELECT 1 FROM closure
           WHERE coalesce(closure.item_id = f.item_id, true) AND coalesce(closure.location_id = f.location_id, true)
             AND (closure.category_id IS NULL OR starts_with(own.path || '/', closure.path || '/'))
       ) THEN NULL ELSE coalesce(demand.quantity, 0) END AS actual
FROM forecasting_forecast f
JOIN inventory_item item ON item.id = f.item_id
LEFT JOIN inventory_category own ON own.id = item.category_id
LEFT JOIN (
    SELECT item_id, location_id, sum(quantity)::float8 AS quantity, bool_and(in_stock) AS in_stock
    FROM inventory_demand WHERE date >= %(first)s AND date < %(end)s GROUP BY 1, 2
) demand ON demand.item_id = f.item_id AND demand.location_id = f.location_id
WHERE f.run_id = %(run)s AND f.run_date = %(date)s AND f.scope = 'own' AND cardinality(f.mean) >= %(lag)s
ORDER BY f.item_id, f.location_id
"""
_STEPS = """
SELECT item_id, location_id, position, reason_id, author_id, change[%(lag)s] AS units
FROM forecasting_overrideeffect
WHERE run_id = %(run)s AND run_date = %(date)s AND change[%(lag)s] <> 0
ORDER BY position, item_id, location_id
"""


@dataclass(frozen=True)
class _Task:
    """One closed bucket as one run saw it, `lag` buckets ahead."""

    run_id: int
    run_date: date
    bucket_start: date
    bucket_days: int
    lag: int

    def values(self) -> dict[str, Any]:
        end = self.bucket_start + timedelta(days=self.bucket_days)
        return {"run": self.run_id, "date": self.run_date, "lag": self.lag, "first": self.bucket_start, "end": end}


@dataclass(frozen=True)
class _Judged:
    """The forecasts of a task, beside what came [n]; quantiles by layer [n, 11]."""

    item_id: IntArray
    location_id: IntArray
    category_id: IntArray
    demand_class: Any
    unit_cost: FloatArray
    usual_wape: FloatArray
    actual: FloatArray
    change_mean: FloatArray
    change_rms: FloatArray
    layers: Mapping[Layer, FloatArray]
    quantiles: Mapping[Layer, FloatArray]


def score_closed_buckets(run: ForecastRun) -> int:
    """Judge the frozen forecasts of buckets that closed before `run` was made, of its scenario's runs.

    For each bucket and lag the run counts that frozen.runs_by_first_day tells. What was judged before stays, except
    that with a newly closed bucket the two before it are judged anew. Only the baseline is judged. Returns how many
    buckets × lags were.
    """
    if not run.scenario.is_baseline or run.cutoff is None:
        return 0
    tasks = _tasks(run)
    for task in tasks:
        judged = _read(task)
        if judged is None:
            continue
        rows = [*_segments(judged), *_overrides(task, judged)]
        misses = _misses(judged) if task.lag == 1 else []
        with transaction.atomic():
            _write(task, rows, misses)
    return len(tasks)


def _tasks(run: ForecastRun) -> list[_Task]:
    """What is to be judged: closed buckets back from the newest, each by the lags of which there is a run."""
    step = timedelta(days=run.bucket_days)
    buckets = [run.starts_on - step * back for back in range(1, BUCKETS_BACK + 1)]
    origins = {(start, lag): start - step * (lag - 1) for start in buckets for lag in LAGS}
    runs = frozen.runs_by_first_day(run, set(origins.values()))
    kept = ForecastAccuracy.objects.filter(bucket_start__in=buckets, bucket_days=run.bucket_days)
    done = set(kept.values_list("bucket_start", "lag").distinct())
    newest = {(start, lag) for (start, lag), origin in origins.items() if start == buckets[0] and origin in runs}
    again = set() if newest <= done else set(buckets[1 : 1 + JUDGED_AGAIN])
    return [
        _Task(runs[origin].pk, runs[origin].run_date, start, run.bucket_days, lag)
        for (start, lag), origin in origins.items()
        if origin in runs and (start in again or (start, lag) not in done)
    ]


def _read(task: _Task) -> _Judged | None:
    frame = read_frame(_SERIES, task.values())
    if not len(frame):
        return None
    quantiles = {
        Layer.FINAL: _grid(frame["quantiles"]),
        Layer.STATISTICAL: _grid(frame["statistical_quantiles"]),
    }
    quantiles[Layer.ZERO] = np.zeros_like(quantiles[Layer.FINAL])
    numbers = {
        name: frame[name].cast(float).fill_null(np.nan).to_numpy().copy()
        for name in ("final", "statistical", "naive", "actual", "change_mean", "change_rms", "usual_wape", "unit_cost")
    }
    layers = {layer: numbers[layer.value] for layer in (Layer.NAIVE, Layer.STATISTICAL, Layer.FINAL)}
    layers[Layer.ZERO] = np.zeros(len(frame))
    if np.isnan(layers[Layer.NAIVE]).any():  # (runs of before the layer was kept)
        del layers[Layer.NAIVE]
    told = judge.observed(numbers["final"], quantiles[Layer.FINAL][:, -1], numbers["actual"])
    if not told.any():
        return None
    keys = {name: frame[name].to_numpy()[told] for name in ("item_id", "location_id", "category_id")}
    return _Judged(
        **keys,
        demand_class=np.array(frame["demand_class"].fill_null("").to_list(), dtype=object)[told],
        **{name: numbers[name][told] for name in ("unit_cost", "usual_wape", "actual", "change_mean", "change_rms")},
        layers={layer: values[told] for layer, values in layers.items()},
        quantiles={layer: values[told] for layer, values in quantiles.items()},
    )


def _grid(texts: Any) -> FloatArray:
    rows = np.fromstring(" ".join(texts), dtype=np.float64, sep=" ")
    return rows.reshape(len(texts), len(QUANTILE_GRID))


_Row = tuple[SegmentKind, str, Layer, Sums]


def _segments(judged: _Judged) -> Iterator[_Row]:
    """Every layer at every level, and of each demand class."""
    everything = np.zeros(len(judged.actual), dtype=np.int64)
    for layer, forecast in judged.layers.items():
        quantiles = judged.quantiles.get(layer)
        units = {"change_mean": judged.change_mean, "change_rms": judged.change_rms}
        whole = judge.add_up(judged.actual, forecast, quantiles=quantiles, **units)
        yield SegmentKind.LEVEL, "item-location", layer, whole
        groups = {
            "item": judged.item_id, "location": judged.location_id, "category": judged.category_id, "total": everything,
        }  # fmt: skip
        for level, group in groups.items():
            yield SegmentKind.LEVEL, level, layer, judge.total_by(judged.actual, forecast, group)
        for name in engine.DEMAND_CLASSES:
            rows = judged.demand_class == name
            if rows.any():
                sums = judge.add_up(
                    judged.actual[rows], forecast[rows], quantiles=None if quantiles is None else quantiles[rows],
                    change_mean=judged.change_mean[rows], change_rms=judged.change_rms[rows],
                )  # fmt: skip
                yield SegmentKind.DEMAND_CLASS, name, layer, sums


def _overrides(task: _Task, judged: _Judged) -> Iterator[_Row]:
    """The forecasts before and after the overrides of each reason and of each person."""
    frame = read_frame(_STEPS, task.values())
    if not len(frame):
        return
    place = {key: row for row, key in enumerate(zip(judged.item_id.tolist(), judged.location_id.tolist(), strict=True))}
    rows = [place.get(key, -1) for key in zip(frame["item_id"], frame["location_id"], strict=True)]
    frame = frame.with_columns(_column("row", rows))
    frame = frame.filter(frame["row"] >= 0)
    parts = frame.partition_by("position", maintain_order=True)
    steps = [judge.Step(part["row"].to_numpy(), part["units"].to_numpy()) for part in parts]
    states = judge.before_and_after(judged.layers[Layer.STATISTICAL], steps)
    for kind, column in ((SegmentKind.REASON, "reason_id"), (SegmentKind.PERSON, "author_id")):
        found: dict[str, list[tuple[IntArray, FloatArray, FloatArray]]] = {}
        for part, step, (before, after) in zip(parts, steps, states, strict=True):
            key = part[column][0]
            found.setdefault("" if key is None else str(key), []).append((step.rows, before, after))
        for key, pieces in found.items():
            at = np.concatenate([rows for rows, _, _ in pieces])
            for layer, number in ((Layer.STATISTICAL, 1), (Layer.FINAL, 2)):
                forecast = np.concatenate([piece[number] for piece in pieces])
                sums = judge.add_up(
                    judged.actual[at], forecast, change_mean=judged.change_mean[at], change_rms=judged.change_rms[at]
                )
                yield kind, key, layer, sums


def _column(name: str, values: Sequence[int]) -> Any:
    import polars

    return polars.Series(name, values, dtype=polars.Int64)


def _misses(judged: _Judged) -> list[dict[str, Any]]:
    final = judged.layers[Layer.FINAL]
    usual = judged.usual_wape * final
    rows, excess = judge.worst(judged.actual, final, usual_error=usual, unit_cost=judged.unit_cost, count=MISSES_KEPT)
    return [
        {
            "rank": rank,
            "item_id": int(judged.item_id[row]),
            "location_id": int(judged.location_id[row]),
            "actual": float(judged.actual[row]),
            "statistical": float(judged.layers[Layer.STATISTICAL][row]),
            "final": float(final[row]),
            "usual_error": float(np.nan_to_num(usual[row])),
            "excess": float(money),
        }
        for rank, (row, money) in enumerate(zip(rows, excess, strict=True), start=1)
    ]


def _write(task: _Task, rows: Sequence[_Row], misses: Sequence[Mapping[str, Any]]) -> None:
    keys = {"bucket_start": task.bucket_start, "bucket_days": task.bucket_days, "lag": task.lag}
    ForecastAccuracy.objects.filter(**keys).delete()
    ForecastAccuracy.objects.bulk_create(
        ForecastAccuracy(run_id=task.run_id, kind=kind, key=key, layer=layer, **keys, **asdict(sums))
        for kind, key, layer, sums in rows
    )
    if task.lag == 1:
        ForecastMiss.objects.filter(bucket_start=task.bucket_start).delete()
        ForecastMiss.objects.bulk_create(ForecastMiss(bucket_start=task.bucket_start, **miss) for miss in misses)
