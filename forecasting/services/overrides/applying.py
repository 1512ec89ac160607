"""Overrides in a run: between the statistical forecast and its publication, in place, each step frozen beside it."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction

from forecasting.engine.overrides import Adjusted, adjust, move_quantiles
from forecasting.models import ForecastOverride, ForecastRun, ForecastScope, OverrideEffect
from forecasting.services.overrides.reach import Reached, changes_of, in_order, read_reached
from stocksense.core.database.binary import copy_arrays, read_arrays
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars

ROWS_AT_ONCE = 2000
TOLERANCE = 1e-9
DECIMALS = 4

_QUANTILES = """
SELECT id, mean, quantiles, cumulative_quantiles FROM forecasting_forecast
WHERE run_date = %(date)s AND id = ANY(%(ids)s::bigint[]) AND statistical_mean IS NULL ORDER BY id
"""
_NETWORK = """
SELECT id, item_id, location_id FROM forecasting_forecast
WHERE run_id = %(run)s AND run_date = %(date)s AND scope = %(scope)s AND item_id = ANY(%(items)s::bigint[])
"""
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS moved_forecast (
    id bigint, mean float8[], quantiles float8[] STORAGE EXTERNAL, cumulative_quantiles float8[] STORAGE EXTERNAL
) ON COMMIT DELETE ROWS
"""
_MOVE = """
UPDATE forecasting_forecast f
SET statistical_mean = f.mean, statistical_quantiles = f.quantiles,
    mean = moved.mean, quantiles = moved.quantiles, cumulative_quantiles = moved.cumulative_quantiles
FROM moved_forecast moved WHERE f.id = moved.id AND f.run_date = %(date)s
"""


def apply_to_run(
    run: ForecastRun, *, nodes: "polars.DataFrame", origin_node: IntArray, as_of: date, lease: Lease
) -> dict[str, Any]:
    """Put every override that is in force into a run whose statistical forecasts are written and not yet published.

    origin_node [n]: where each of `nodes` is replenished from (−1: outside); the forecasts of what supplies others move
    by what the overrides change below them. Rows that were moved already stay: an attempt that was killed half-way may
    be repeated. Returns what the run's summary says of it. Raises JobLost or JobCancelled where the job must stop.
    """
    in_force = ForecastOverride.objects.in_force(on=as_of, ahead_from=run.starts_on)
    overrides = in_order(in_force.filter(start_date__lte=run.ends_on))
    if not overrides:
        return {}
    reached = read_reached(run, overrides)
    changes = changes_of(run, overrides, reached)
    adjusted = adjust(reached.mean, reached.sold, changes, bucket_days=run.bucket_days)
    ensure_partitions(OverrideEffect, [run.run_date])
    moved = np.flatnonzero(_differs(reached.mean, adjusted.mean, adjusted.spread))
    for start in range(0, len(moved), ROWS_AT_ONCE):
        rows = moved[start : start + ROWS_AT_ONCE]
        with transaction.atomic():
            jobs.require_lease(lease)
            ids = _move(run, reached.forecast_id[rows], adjusted.mean[rows], adjusted.spread[rows])
            done = rows[np.isin(reached.forecast_id[rows], ids)]
            _write_effects(run, overrides, changes, adjusted, reached, done)
    _move_network(run, nodes, origin_node, reached, adjusted, lease)
    return {"overrides": {"in_force": len(overrides), "series": len(moved), "idle": _idle(overrides, adjusted)}}


def _differs(before: FloatArray, mean: FloatArray, spread: FloatArray) -> Any:
    return ((np.abs(mean - before) > TOLERANCE) | (np.abs(spread - 1.0) > TOLERANCE)).any(axis=1)


def _idle(overrides: Sequence[ForecastOverride], adjusted: Adjusted) -> list[int]:
    """Ids of the overrides that changed nothing: no series, or nothing left to change."""
    steps = zip(overrides, adjusted.steps, strict=True)
    return [override.pk for override, step in steps if not np.any(np.abs(step) > TOLERANCE)]


def _move(run: ForecastRun, forecast_ids: IntArray, mean: FloatArray, spread: FloatArray) -> IntArray:
    """Move the rows that were not moved before; returns their ids."""
    values = {"date": run.run_date, "ids": forecast_ids.tolist()}
    stored = read_arrays(_QUANTILES, values)
    if not len(stored["id"]):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(forecast_ids)
    at = order[np.searchsorted(forecast_ids[order], stored["id"])]
    quantiles, cumulative = move_quantiles(
        stored["mean"], stored["quantiles"], stored["cumulative_quantiles"], mean[at], spread[at]
    )
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        arrays = {"mean": mean[at], "quantiles": quantiles, "cumulative_quantiles": cumulative}
        rounded = {name: np.round(values, DECIMALS) for name, values in arrays.items()}
        copy_arrays("moved_forecast", {"id": stored["id"], **rounded}, {})
        cursor.execute(_MOVE, values)
        cursor.execute("TRUNCATE moved_forecast")
    ids: IntArray = stored["id"].astype(np.int64)
    return ids


def _write_effects(
    run: ForecastRun, overrides: Sequence[ForecastOverride], changes: Sequence[Any], adjusted: Adjusted,
    reached: Reached, rows: IntArray,
) -> None:  # fmt: skip
    """Freeze what each override did to each of the series `rows`."""
    wanted = np.zeros(len(reached.forecast_id), dtype=np.bool_)
    wanted[rows] = True
    for named in (True, False):  # (an imported one has no author: the column is left out)
        parts = []
        for place, (override, change, step) in enumerate(zip(overrides, changes, adjusted.steps, strict=True)):
            if (override.author_id is not None) == named:
                moved = wanted[change.rows] & (np.abs(step) > TOLERANCE).any(axis=1)
                parts.append((np.full(int(moved.sum()), place, dtype=np.int32), change.rows[moved], step[moved]))
        if not parts:
            continue
        position, row, steps = (np.concatenate(column) for column in zip(*parts, strict=True))
        of = {
            name: np.array([getattr(one, name) or 0 for one in overrides], dtype=np.int64)[position]
            for name in ("pk", "reason_id", *(["author_id"] if named else []))
        }
        columns = {
            "run_id": np.full(len(row), run.pk), "run_date": np.full(len(row), run.run_date, dtype="datetime64[D]"),
            "override_id": of.pop("pk"), "item_id": reached.item_id[row], "location_id": reached.location_id[row],
            "position": position, **of, "change": np.round(steps, DECIMALS),
        }  # fmt: skip
        copy_arrays(OverrideEffect, columns, {})


def _move_network(
    run: ForecastRun,
    nodes: "polars.DataFrame",
    origin_node: IntArray,
    reached: Reached,
    adjusted: Adjusted,
    lease: Lease,
) -> None:
    """Move the forecasts of what supplies others by the units, and the widths, that changed at it and below it."""
    moved = np.flatnonzero(_differs(reached.mean, adjusted.mean, adjusted.spread))
    if not len(moved) or not (origin_node >= 0).any():
        return
    node = _nodes_of(nodes, reached.item_id[moved], reached.location_id[moved])
    units, widths = (np.zeros((len(nodes), run.horizon_buckets)) for _ in range(2))
    changed = adjusted.mean[moved] - reached.mean[moved]
    widened = (adjusted.spread[moved] - 1.0) * reached.mean[moved]
    at, own = node.copy(), np.arange(len(node))
    while len(at):
        np.add.at(units, at, changed[own])
        np.add.at(widths, at, widened[own])
        at = origin_node[at]
        at, own = at[at >= 0], own[at >= 0]
    values = {"run": run.pk, "date": run.run_date, "scope": ForecastScope.NETWORK.value}
    items = np.unique(nodes["item_id"].to_numpy()[node]).tolist()
    found = read_arrays(_NETWORK, {**values, "items": items})
    if not len(found["id"]):
        return
    target = _nodes_of(nodes, found["item_id"], found["location_id"])
    touched = _differs(np.zeros_like(units[target]), units[target], 1.0 + widths[target])
    ids, target = found["id"][touched], target[touched]
    for start in range(0, len(ids), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        with transaction.atomic():
            jobs.require_lease(lease)
            mean = _means(run, ids[rows])
            relative = np.divide(widths[target[rows]], mean, out=np.zeros_like(mean), where=mean > 0)
            spread = np.maximum(1.0 + relative, 0.0)
            _move(run, ids[rows], np.maximum(mean + units[target[rows]], 0.0), spread)


def _nodes_of(nodes: "polars.DataFrame", item_id: IntArray, location_id: IntArray) -> IntArray:
    """The nodes of these item-locations, in their order."""
    import polars

    asked = polars.DataFrame({"item_id": item_id, "location_id": location_id})
    found: IntArray = (
        asked.join(nodes.select("node", "item_id", "location_id"), on=["item_id", "location_id"], how="left")["node"]
        .cast(polars.Int64)
        .to_numpy()
    )
    return found


_MEANS = """
SELECT id, coalesce(statistical_mean, mean) AS mean FROM forecasting_forecast
WHERE run_date = %(date)s AND id = ANY(%(ids)s::bigint[])
"""


def _means(run: ForecastRun, ids: IntArray) -> FloatArray:
    """The statistical means of these forecasts, in their order."""
    found = read_arrays(_MEANS, {"date": run.run_date, "ids": ids.tolist()})
    order = np.argsort(found["id"])
    mean: FloatArray = found["mean"][order[np.searchsorted(found["id"][order], ids)]]
    return mean
