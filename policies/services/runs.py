"""One policy run: forecasts and sources in, stock parameters of every item-location out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from django.db import transaction

from forecasting.models import ForecastRun, ForecastScope
from forecasting.services import history as histories
from forecasting.services import runs as forecasts
from forecasting.services.history import History
from forecasting.services.runs import ForecastArrays
from inventory.services.run_context import RunContext
from policies import engine
from policies.models import Policy, PolicyRun
from policies.services.parameters import Parameters, Segments, resolve_parameters
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core import clock
from stocksense.core.database.binary import copy_arrays
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    import polars

STEP = "policy"
CHUNK = 1000

LEVEL_DECIMALS = 4
"""Decimals that levels of days are stored with."""


@dataclass(frozen=True)
class _Computed:
    """What a run writes, by node."""

    segments: Segments
    parameters: Parameters
    given: engine.LevelInput
    levels: engine.ReorderLevels


def run_policies(context: RunContext, *, sources: "polars.DataFrame", forecast_run: ForecastRun) -> PolicyRun:
    """Set s and S of every node for each day of the horizon. The run is current when this returns.

    A node that supplies others uses the forecast of the demand of all below it (unit demand of the network over
    the node's own protection interval). Where suppliers share a node's orders, the longest of their lead times counts.
    Raises JobLost or JobCancelled where the job must stop.
    """
    nodes, settings, lease, progress = context.nodes, context.settings, context.lease, context.progress
    run = PolicyRun.objects.create(
        scenario=context.scenario, as_of=context.as_of, run_date=context.run_date, job_id=lease.job_id,
        fencing_token=lease.token, forecast_run=forecast_run, parameters={"horizon_days": context.horizon},
    )  # fmt: skip
    progress(STEP, 0, len(nodes), "item-locations", "reading forecasts")
    own = forecasts.read_forecasts(forecast_run, nodes, ForecastScope.OWN)
    network = forecasts.read_forecasts(forecast_run, nodes, ForecastScope.NETWORK)
    history = histories.read_history(nodes, as_of=context.as_of, settings=settings)
    segments = _segments(nodes, history, own, network)
    parameters = resolve_parameters(nodes, segments, settings)
    elapsed = (context.as_of - forecasts.first_date(forecast_run)).days
    given = _level_input(context, sources, parameters, (own, network), float(forecast_run.bucket_days), elapsed)
    computed = _Computed(segments, parameters, given, engine.reorder_levels(given, context.horizon))
    _write(run, nodes, sources, computed, (own, network), lease, progress)
    progress(STEP, len(nodes), len(nodes), "item-locations")
    _publish(run, computed, lease)
    return run


def _segments(nodes: "polars.DataFrame", history: History, own: ForecastArrays, network: ForecastArrays) -> Segments:
    """ABC by the item's yearly value over all locations, XYZ and demand class by the node's own history."""
    batch = history.batch(np.arange(len(nodes)))
    profile = engine.demand_profile(batch.values, batch.offsets)
    items, item_of_node = np.unique(nodes["item_id"].to_numpy(), return_inverse=True)
    yearly = profile.mean * (364 / history.bucket_days) * nodes["unit_cost"].to_numpy()
    value = np.bincount(item_of_node, weights=np.nan_to_num(yearly), minlength=len(items)).astype(np.float64)
    abc = engine.abc_class(value)[item_of_node]
    classes = [below or at for at, below in zip(own.demand_class, network.demand_class, strict=True)]
    return Segments(
        abc=[engine.ABC_CLASSES[code] for code in abc],
        xyz=[engine.XYZ_CLASSES[code] for code in engine.xyz_class(profile.cv)],
        demand_class=classes,
    )


def _level_input(
    context: RunContext,
    sources: "polars.DataFrame",
    parameters: Parameters,
    forecasts_by_scope: tuple[ForecastArrays, ForecastArrays],
    bucket_days: float,
    elapsed: int,
) -> engine.LevelInput:
    own, network = forecasts_by_scope
    nodes, settings = context.nodes, context.settings
    below = network.known
    mean = np.where(below[:, None], network.mean, own.mean)
    cumulative = np.where(below[:, None, None], network.cumulative_quantiles, own.cumulative_quantiles)
    shelf_life = nodes["shelf_life_days"].fill_null(np.inf).to_numpy()
    minimum = sources["min_quantity"].to_numpy()
    return engine.LevelInput(
        mean=mean,
        cumulative_quantiles=cumulative,
        bucket_days=bucket_days,
        elapsed_days=np.full(len(nodes), float(elapsed)),
        lead_time_days=sources["longest_lead_time_days"].to_numpy(),
        lead_time_sd_days=sources["lead_time_sd_days"].to_numpy(),
        review_days=parameters.review_days,
        service_level=parameters.service_target,
        order_cost=sources["order_cost"].to_numpy(),
        holding_cost_per_year=sources["unit_cost"].to_numpy() * float(settings.holding_rate_per_year),
        max_cover_days=np.minimum(float(settings.max_cover_days), shelf_life),
        minimum_order=np.where(mean.sum(axis=1) > 0, minimum, 0.0),
        origin=sources["origin_node"].to_numpy().astype(np.int64),
        min_quantity=_given(nodes, "min_quantity"),
        max_quantity=_given(nodes, "max_quantity"),
        safety_stock=_given(nodes, "safety_stock"),
        method=engine.method_codes(parameters.method),
    )


def _given(nodes: "polars.DataFrame", column: str) -> FloatArray:
    values: FloatArray = nodes[column].fill_null(np.nan).to_numpy()
    return values


def _write(
    run: PolicyRun,
    nodes: "polars.DataFrame",
    sources: "polars.DataFrame",
    computed: _Computed,
    forecasts_by_scope: tuple[ForecastArrays, ForecastArrays],
    lease: Lease,
    progress: Progress,
) -> None:
    ensure_partitions(Policy, [run.run_date])
    source_rows = list(
        sources.select("lead_time_from", "source_kind", "source_id", "source_code").iter_rows(named=True)
    )
    for start in range(0, len(nodes), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(nodes)))
        with transaction.atomic():
            jobs.require_lease(lease)
            traces = _traces(run, source_rows, computed, forecasts_by_scope, rows)
            copy_arrays(Policy, _columns(run, nodes, computed, rows), traces, texts=_texts(computed, rows))
        progress(STEP, min(int(rows[-1]) + 1, len(nodes) - 1), len(nodes), "item-locations")


def _columns(run: PolicyRun, nodes: "polars.DataFrame", computed: _Computed, rows: IntArray) -> dict[str, Any]:
    """The numbers of these nodes' policies."""
    levels, parameters = computed.levels, computed.parameters
    points, ups = (np.nan_to_num(path[rows]) for path in (levels.reorder_point, levels.order_up_to))
    return {
        "run_id": np.full(len(rows), run.pk),
        "run_date": np.full(len(rows), run.run_date, dtype="datetime64[D]"),
        "item_id": nodes["item_id"].to_numpy()[rows],
        "location_id": nodes["location_id"].to_numpy()[rows],
        "service_target": parameters.service_target[rows],
        "lead_time_days": computed.given.lead_time_days[rows],
        "review_days": parameters.review_days[rows],
        "reorder_point": points[:, 0],
        "order_up_to": ups[:, 0],
        "safety_stock": np.nan_to_num(levels.safety_stock[rows]),
        "order_quantity": np.nan_to_num(levels.order_quantity[rows]),
        "reorder_points": points.round(LEVEL_DECIMALS),
        "order_up_to_levels": ups.round(LEVEL_DECIMALS),
    }


def _texts(computed: _Computed, rows: IntArray) -> dict[str, list[str]]:
    segments = computed.segments
    columns = {
        "method": computed.parameters.method, "abc": segments.abc, "xyz": segments.xyz,
        "demand_class": segments.demand_class,
    }  # fmt: skip
    return {name: [column[i] for i in rows.tolist()] for name, column in columns.items()}


def _traces(
    run: PolicyRun,
    source_rows: Sequence[dict[str, Any]],
    computed: _Computed,
    forecasts_by_scope: tuple[ForecastArrays, ForecastArrays],
    rows: IntArray,
) -> Mapping[str, list[bytes]]:
    """The account of these nodes' levels, from which they are recomputed."""
    found = []
    for i in rows.tolist():
        trace = engine.level_steps(i, computed.given)
        trace["sources"] = _origins(run, computed.parameters, source_rows[i], forecasts_by_scope, i)
        found.append(orjson.dumps(trace))
    return {"trace": found}


def _origins(
    run: PolicyRun,
    parameters: Parameters,
    source: dict[str, Any],
    forecasts_by_scope: tuple[ForecastArrays, ForecastArrays],
    i: int,
) -> dict[str, Any]:
    """Where each input of the trace comes from, with its date."""
    own, network = forecasts_by_scope
    used = network if network.known[i] else own
    return {
        "method": parameters.method_from[i],
        "service_level": parameters.service_from[i],
        "review_days": parameters.review_from[i],
        "lead_time_days": source["lead_time_from"],
        "source": {
            "kind": ("none", "supplier", "lane")[source["source_kind"]],
            "id": source["source_id"],
            "code": source["source_code"],
        },
        "forecast": {
            "run": run.forecast_run_id,
            "scope": (ForecastScope.NETWORK if network.known[i] else ForecastScope.OWN).value,
            "fallback": used.fallback[i],
            "cutoff": run.forecast_run.cutoff.isoformat() if run.forecast_run.cutoff else None,
        },
        "as_of": run.as_of.isoformat(),
    }


def _publish(run: PolicyRun, computed: _Computed, lease: Lease) -> None:
    planned = int(np.isfinite(computed.levels.safety_stock).sum())
    with transaction.atomic():
        jobs.require_lease(lease)
        run.state, run.finished_at = RunState.FINISHED, clock.now()
        run.summary = {"item_locations": len(computed.parameters.method), "with_levels": planned}
        run.save(update_fields=["state", "summary", "finished_at"])
        company.publish_run(kind=RunKind.POLICY, run=run, built_on=[run.forecast_run])
