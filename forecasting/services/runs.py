"""One forecast run: read demand once as arrays, forecast in chunks, write one row per series by COPY."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from django.db import transaction

from forecasting import engine
from forecasting.engine.hierarchy import recentred
from forecasting.models import Forecast, ForecastRun, ForecastScope
from forecasting.services import (
    accuracy,
    chunks,
    closures,
    corrections,
    coverage,
    finishing,
    frozen,
    learned,
    overrides,
    supersession,
    uplift,
)
from forecasting.services import history as histories
from forecasting.services.history import History
from forecasting.services.supersession import Handovers
from inventory.services.run_context import RunContext
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core import clock
from stocksense.core.database.binary import read_arrays
from stocksense.core.database.copy import array_text, copy_rows, read_frame
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    import polars

STEP = "forecast"
CHUNK = 500
WINDOWS = 3

COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "scope", "first_date",
    "mean", "quantiles", "cumulative_quantiles", "demand_class", "fallback", "scores", *frozen.COLUMNS,
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """Series of one scope: the nodes they belong to and their histories (row i of the history is nodes[i])."""

    scope: ForecastScope
    nodes: IntArray
    history: History


def run_forecast(
    context: RunContext, *, origin_node: IntArray, days_ahead: int, supplier: IntArray | None = None
) -> ForecastRun:
    """Forecast every node's own demand, and for nodes that supply others the demand of all below them too.

    origin_node [n]: where each node is replenished from (-1: outside). days_ahead: days from as_of to cover.
    supplier [n]: an id of who its item comes from, -1 unknown; it helps to find items that new ones are like.
    The run is current when this returns. Raises JobLost or JobCancelled where the job must stop.
    """
    nodes, lease = context.nodes, context.lease
    history = histories.read_history(nodes, as_of=context.as_of, settings=context.settings)
    buckets = math.ceil(((context.as_of - history.end).days + days_ahead) / history.bucket_days)
    run = ForecastRun.objects.create(
        scenario=context.scenario, as_of=context.as_of, run_date=context.run_date, job_id=lease.job_id,
        fencing_token=lease.token, cutoff=history.end - timedelta(days=1), bucket_days=history.bucket_days,
        horizon_buckets=buckets,
        parameters={"windows": WINDOWS, "model": "mean of four smoothers, pooled conformal quantiles"},
    )  # fmt: skip
    aims = coverage.learn(run, history=history, nodes=nodes, lease=lease)
    corrected = corrections.propose_corrections(history=history, nodes=nodes, lease=lease)
    handovers = supersession.succeed(corrected.history, nodes)
    made_up = supersession.succeed(corrected.made_up, nodes).history
    learned_from = supersession.succeed(corrected.learned, nodes).history
    history, nodes = handovers.history, handovers.nodes
    everyone = np.arange(len(nodes))
    parts = [_Part(ForecastScope.OWN, everyone, history)]
    supplying, below = histories.with_downstream(made_up, origin_node)
    if len(supplying):
        parts.append(_Part(ForecastScope.NETWORK, supplying, below))
    summary = _forecast_parts(
        run, parts, nodes, lease, context.progress, handovers=handovers, made_up=made_up, learned_from=learned_from,
        supplier=supplier, below=histories.below(origin_node), aims=aims,
    )  # fmt: skip
    summary["corrections"] = corrected.counts
    summary |= aims.summary()
    said = overrides.apply_to_run(run, nodes=nodes, origin_node=origin_node, as_of=context.as_of, lease=lease)
    if said:
        with transaction.atomic():
            jobs.require_lease(lease)
            finishing.add_up_again(run, nodes)
    summary |= said
    _publish(run, summary, lease)
    accuracy.score_closed_buckets(run)
    return run


def _forecast_parts(
    run: ForecastRun, parts: Sequence[_Part], nodes: "polars.DataFrame", lease: Lease, progress: Progress, *,
    handovers: Handovers, made_up: History, learned_from: History, supplier: IntArray | None, below: Any,
    aims: coverage.Aims,
) -> dict[str, Any]:  # fmt: skip
    total = sum(len(part.nodes) for part in parts)
    if total == 0:
        progress(STEP, 0, 0, "series")
        return {"series": 0, "fallbacks": {}}
    pieces = list(_pieces(parts))
    tests = _back_tests(run, pieces, total, lease, progress)
    pools = engine.pool_errors(tests)
    ensure_partitions(Forecast, [run.run_date])
    counts: dict[str, int] = {}
    own = [test for (part, _), test in zip(pieces, tests, strict=True) if part.scope == ForecastScope.OWN]
    smoothed = finishing.joined([engine.calibrate(test, pools) for test in own])
    improved = _improved(run, smoothed, learned_from, handovers.nodes, total, lease, progress)
    uplift.store(run, improved.events, lease)
    open_share = closures.open_shares(
        nodes, first=handovers.history.end, buckets=run.horizon_buckets, bucket_days=run.bucket_days
    )
    finished = finishing.finish(
        improved.batch,
        run=run, handovers=handovers, made_up=made_up, windows=WINDOWS, lease=lease, open_share=open_share,
        supplier=supplier,
    )  # fmt: skip
    for (part, rows), test in zip(pieces, tests, strict=True):
        progress(STEP, total - 1, total, "series", "writing the forecasts")
        final = part.scope == ForecastScope.OWN
        batch = finishing.rows_of(finished.own, rows) if final else engine.calibrate(test, pools)
        if not final and (improved.notes or (open_share < 1.0).any()):
            batch = _as_below(batch, finished.own.mean, below[part.nodes[rows]])
        batch = aims.apply(batch)
        notes = [_notes(int(node), improved, finished) if final else {} for node in part.nodes[rows]]
        with transaction.atomic():
            jobs.require_lease(lease)
            copy_rows(Forecast, COLUMNS, _rows(run, part, rows, batch, nodes, notes))
        for label in batch.fallback:
            counts[label] = counts.get(label, 0) + 1
    progress(STEP, total, total, "series")
    closing = int((open_share < 1.0).any(axis=1).sum())
    said = {"closures": {"series": closing}} if closing else {}
    fallbacks = {label: count for label, count in sorted(counts.items()) if label}
    return {"series": total, "fallbacks": fallbacks, **improved.summary, **finished.summary, **said}


def _back_tests(
    run: ForecastRun, pieces: Sequence[tuple[_Part, IntArray]], total: int, lease: Lease, progress: Progress
) -> list[engine.BackTest]:
    calls = [(part.history.batch(rows), run.horizon_buckets, WINDOWS) for part, rows in pieces]
    tests = []
    results = chunks.each(engine.back_test_chunk, calls, lease=lease)
    for done, test in zip(_running_total(pieces), results, strict=True):
        tests.append(test)
        progress(STEP, min(done, total - 1), total, "series", "back-testing")
    return tests


def _improved(
    run: ForecastRun, smoothed: engine.ForecastBatch, history: History, nodes: "polars.DataFrame", total: int,
    lease: Lease, progress: Progress,
) -> learned.Improved:  # fmt: skip
    """The forecasts by the last training, where there is one; else the smoothers' as they are.

    It reads what it learned from: demand with stock-outs marked, for the engine to fill. Leaving those buckets out
    would keep low demand.
    """
    known = learned.load(bucket_days=run.bucket_days)
    if known is None:
        return learned.Improved(smoothed, {}, {})

    def report(done: int) -> None:
        progress(STEP, total - 1, total, "series", f"forecasting {done:,} series by the training of {trained_on}")

    trained_on = f"{known.model.created_at:%-d %b %Y}"
    run.parameters["model"] = f"blends of the training of {trained_on}"
    run.save(update_fields=["parameters"])
    return learned.improve(known, smoothed, history, nodes, lease=lease, report=report)


def _notes(node: int, improved: learned.Improved, finished: finishing.Finished) -> dict[str, Any]:
    launch = finished.notes.get(node)
    return improved.notes.get(node, {}) | ({"launch": launch} if launch else {})


def _as_below(batch: engine.ForecastBatch, own_mean: FloatArray, below: Any) -> engine.ForecastBatch:
    """Forecasts of what locations supply, moved to the sums of what is forecast below them.

    own_mean [n, h]; below: sparse [series, n], 1 for the location itself and all below it.
    """
    mean = np.asarray(below @ own_mean)
    return replace(
        batch,
        mean=mean,
        quantiles=recentred(batch.quantiles, batch.mean, mean),
        cumulative_quantiles=np.maximum.accumulate(
            recentred(batch.cumulative_quantiles, np.cumsum(batch.mean, axis=1), np.cumsum(mean, axis=1)), axis=1
        ),
    )


def _pieces(parts: Sequence[_Part]) -> Iterator[tuple[_Part, IntArray]]:
    for part in parts:
        for start in range(0, len(part.nodes), CHUNK):
            yield part, np.arange(start, min(start + CHUNK, len(part.nodes)))


def _running_total(pieces: Sequence[tuple[_Part, IntArray]]) -> list[int]:
    return [int(total) for total in np.cumsum([len(rows) for _, rows in pieces])]


def _rows(
    run: ForecastRun,
    part: _Part,
    rows: IntArray,
    batch: engine.ForecastBatch,
    nodes: "polars.DataFrame",
    notes: Sequence[dict[str, Any]],
) -> Iterator[Sequence[Any]]:
    of_part = nodes[part.nodes[rows]]
    item, location = of_part["item_id"].to_list(), of_part["location_id"].to_list()
    first_date = part.history.end
    spans = [(0, run.horizon_buckets)] * len(rows)
    naive = frozen.naive_layer(part.history, rows, horizon=run.horizon_buckets)
    if part.scope == ForecastScope.OWN:
        spans = _sold_buckets(of_part["active_from"].to_list(), of_part["active_to"].to_list(), run, first_date)
    for i in range(len(rows)):
        mean, quantiles, cumulative = batch.mean[i], batch.quantiles[i], batch.cumulative_quantiles[i]
        if spans[i] != (0, run.horizon_buckets):
            mean, quantiles, cumulative = _sold_only(mean, quantiles, cumulative, *spans[i])
        code = int(batch.demand_class[i])
        yield (
            run.pk, run.run_date, item[i], location[i], part.scope.value, first_date,
            array_text(mean), array_text(quantiles), array_text(cumulative),
            engine.DEMAND_CLASSES[code] if code >= 0 else "", batch.fallback[i], _scores(batch, i, notes[i]), *naive[i],
        )  # fmt: skip


def _sold_buckets(
    first_days: Sequence[date | None], last_days: Sequence[date | None], run: ForecastRun, first_date: date
) -> list[tuple[int, int]]:
    """Per series the buckets of the horizon in which it is sold: the first, and the one after the last."""
    most = run.horizon_buckets

    def bucket(day: date, further: int = 0) -> int:
        return max(0, min(most, (day - first_date).days // run.bucket_days + further))

    return [
        (0 if begins is None else bucket(begins), most if ends is None else bucket(ends, 1))
        for begins, ends in zip(first_days, last_days, strict=True)
    ]


def _sold_only(
    mean: FloatArray, quantiles: FloatArray, cumulative: FloatArray, begin: int, end: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The forecast of an item that is sold in the buckets begin .. end - 1 only: nothing before and after them.

    Demand up to a bucket is then the sum over the buckets since `begin`, as uncertain as the same number from today.
    """
    buckets = np.arange(len(mean))
    sold = (buckets >= begin) & (buckets < end)
    summed = np.clip(np.minimum(buckets + 1, end) - begin, 0, None)
    since = np.concatenate((np.zeros((1, cumulative.shape[1])), cumulative))[summed]
    return mean * sold, quantiles * sold[:, None], since


def _scores(batch: engine.ForecastBatch, i: int, notes: dict[str, Any]) -> str:
    """The smoothers' back-test, or the blend's in the newest comparison, which the notes then hold."""
    if "scaled_pinball" in notes:
        return orjson.dumps(notes).decode()
    named = {
        "wape": batch.wape[i], "bias": batch.bias[i], "scaled_pinball": batch.scaled_pinball[i],
        "all_zero_wape": batch.all_zero_wape[i], "all_zero_scaled_pinball": batch.all_zero_scaled_pinball[i],
    }  # fmt: skip
    known = {name: round(float(value), 4) for name, value in named.items() if np.isfinite(value)}
    return orjson.dumps(known | notes).decode()


def _publish(run: ForecastRun, summary: dict[str, Any], lease: Lease) -> None:
    with transaction.atomic():
        jobs.require_lease(lease)
        run.state, run.summary, run.finished_at = RunState.FINISHED, summary, clock.now()
        run.save(update_fields=["state", "summary", "finished_at"])
        chunks.forget(lease)
        company.publish_run(kind=RunKind.FORECAST, run=run)


_OF_RUN = """
FROM forecasting_forecast WHERE run_id = %(run)s AND run_date = %(date)s AND scope = %(scope)s
  AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s::bigint[]))
"""
_LABELS = f"SELECT item_id, location_id, demand_class, fallback {_OF_RUN}"
_ARRAYS = f"SELECT item_id, location_id, mean, cumulative_quantiles {_OF_RUN}"


@dataclass(frozen=True)
class ForecastArrays:
    """A run's forecasts by node, shapes [n, h] and [n, h, 11]; zero where a node has none (`known` false)."""

    mean: FloatArray
    cumulative_quantiles: FloatArray
    known: BoolArray
    demand_class: list[str]
    fallback: list[str]


def read_forecasts(
    run: ForecastRun, nodes: "polars.DataFrame", scope: ForecastScope, *, item_ids: Sequence[int] | None = None
) -> ForecastArrays:
    """The forecasts of one scope in the order of `nodes`; `item_ids` reads no others (all that `nodes` has)."""
    import polars

    keys = ["item_id", "location_id"]
    wanted = None if item_ids is None else list(item_ids)
    values = {"run": run.pk, "date": run.run_date, "scope": scope.value, "items": wanted}
    labels, arrays = read_frame(_LABELS, values), read_arrays(_ARRAYS, values)
    rows = polars.DataFrame({key: arrays[key] for key in keys}, schema=dict.fromkeys(keys, polars.Int64))
    rows = rows.with_row_index("row").join(labels, on=keys).join(nodes.select("node", *keys), on=keys)
    size, grid = len(nodes), len(QUANTILE_GRID)
    mean = np.zeros((size, run.horizon_buckets))
    cumulative = np.zeros((size, run.horizon_buckets, grid))
    known = np.zeros(size, dtype=bool)
    classes, fallbacks = [""] * size, ["no history"] * size
    if len(rows):
        at, row = rows["node"].to_numpy(), rows["row"].to_numpy()
        known[at] = True
        mean[at], cumulative[at] = arrays["mean"][row], arrays["cumulative_quantiles"][row]
        for node, label, fallback in zip(at.tolist(), rows["demand_class"], rows["fallback"], strict=True):
            classes[node], fallbacks[node] = label, fallback
    return ForecastArrays(mean, cumulative, known, classes, fallbacks)


def first_date(run: ForecastRun) -> date:
    """First day of the run's first bucket: the day after the last one that trained it."""
    if run.cutoff is None:
        return run.as_of
    return run.cutoff + timedelta(days=1)
