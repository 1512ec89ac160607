"""One plan run: compute in memory, write the rows under the run, plan again what changed meanwhile, then publish."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from inventory.services.run_context import RunContext
from planning.engine.plan import make_plan
from planning.models import Pegging, PlanException, PlannedOrder, PlanRun, Projection
from planning.services import inputs, run_rows, trends
from planning.services.advice import with_given_advice
from planning.services.inputs import PlanTables, Snapshot, stored
from planning.services.run_rows import PlanResult
from policies.models import PolicyRun
from stocksense.company import services as company
from stocksense.company.models import CompanySettings, CurrentRun, RunKind, RunState, Scenario
from stocksense.core import clock
from stocksense.core.database.binary import copy_arrays
from stocksense.core.database.copy import copy_frame, copy_rows
from stocksense.core.database.partitions import analyze_partition, ensure_partitions
from stocksense.core.database.sequences import next_numbers
from stocksense.jobs import services as jobs
from stocksense.messaging import services as messaging
from stocksense.messaging.models import News
from stocksense.messaging.webhooks import news
from stocksense.realtime import hints

STEP = "plan"
MOST_REPLANS = 3
"""How often a run is brought up to date before it is published on data that changed once more."""

MOST_NAMED = 500
"""How many item-locations planned on older data a run's summary names."""

PUBLISHED = "planning.plan_published"


@dataclass(frozen=True)
class _Work:
    """One run being made."""

    run: PlanRun
    context: RunContext
    policy_run: PolicyRun


def run_plan(context: RunContext, *, policy_run: PolicyRun) -> PlanRun:
    """Plan the whole network. The run is current when this returns; until then readers see the one before it.

    What changes while it is planned is planned again before it is published. Raises InvalidInput where lanes form
    a circle, JobLost or JobCancelled where the job must stop.
    """
    lease, progress, total = context.lease, context.progress, len(context.nodes)
    run = PlanRun.objects.create(
        scenario=context.scenario, as_of=context.as_of, run_date=context.run_date, job_id=lease.job_id,
        fencing_token=lease.token, policy_run=policy_run, horizon_days=context.horizon,
    )  # fmt: skip
    work = _Work(run, context, policy_run)
    progress(STEP, 0, total, "item-locations", "reading stock and supply")
    read_at = _moment_of_reading(context)
    snapshot = _read(context)
    tables = inputs.build_tables(snapshot, context, policy_run)
    progress(STEP, total // 10, total, "item-locations", "planning")
    result = _planned(work, tables)
    progress(STEP, total // 2, total, "item-locations", "writing")
    _write(work, result)
    _publish_up_to_date(work, snapshot, read_at)
    progress(STEP, total, total, "item-locations")
    return run


def _read(context: RunContext) -> Snapshot:
    snapshot = inputs.read_snapshot(context)
    inputs.refuse_circles(snapshot.nodes, snapshot.sources.chosen["origin_node"].to_numpy())
    return snapshot


def _moment_of_reading(context: RunContext) -> datetime:
    """Now, with every approval dated before it committed: approvals hold the pointer from before their date on."""
    with transaction.atomic():
        _lock_pointer(context.scenario)
        return clock.now()


def _lock_pointer(scenario: Scenario) -> None:
    list(CurrentRun.objects.select_for_update(of=("self",)).filter(scenario=scenario, kind=RunKind.PLAN))


def _planned(work: _Work, tables: PlanTables) -> PlanResult:
    context = work.context
    plan = make_plan(with_given_advice(tables, scenario=context.scenario, as_of=context.as_of))
    settings = context.settings
    work.run.parameters = stored.parameters(tables, week_start=settings.week_start)
    return PlanResult(
        run=work.run,
        plan=plan,
        tables=tables,
        order_ids=_new_order_ids(len(plan.orders.node)),
        window_days=settings.default_review_days,
    )


def _new_order_ids(count: int) -> list[int]:
    """Ids of `count` new planned orders, so that pegging can name them before they are written.

    They need not follow each other: the plan of another scenario may take ids at the same moment.
    """
    return next_numbers("planning_plannedorder_id_seq", count)


def _write(work: _Work, result: PlanResult, *, replaced: Sequence[int] = ()) -> None:
    """Write the result's rows, in place of the run's earlier ones about the `replaced` items."""
    copies: dict[Any, Callable[[], int]] = {
        PlannedOrder: lambda: copy_frame(PlannedOrder, run_rows.order_frame(result)),
        Projection: lambda: copy_arrays(Projection, *run_rows.projection_columns(result)),
        PlanException: lambda: copy_rows(PlanException, run_rows.EXCEPTION_COLUMNS, run_rows.exception_rows(result)),
        Pegging: lambda: copy_frame(Pegging, run_rows.pegging_frame(result)),
    }
    for model, copy in copies.items():
        ensure_partitions(model, [work.run.run_date])
        with transaction.atomic():
            jobs.require_lease(work.context.lease)
            if replaced:
                _remove(model, work.run, replaced)
            copy()
    for model in (PlannedOrder, PlanException, Pegging):  # projections are read by key, their arrays slow to learn
        analyze_partition(model, work.run.run_date)


def _remove(model: Any, run: PlanRun, item_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {model._meta.db_table} WHERE run_id = %s AND run_date = %s AND item_id = ANY(%s)",
            [run.pk, run.run_date, list(item_ids)],
        )


def _publish_up_to_date(work: _Work, snapshot: Snapshot, read_at: datetime) -> None:
    """Publish once nothing has changed since what was planned from, planning changed items again a few times."""
    for replans_left in range(MOST_REPLANS, -1, -1):
        summary = _summary(work.run, work.context.settings)
        work.run.inputs_seen_at = read_at
        if _publish(work, snapshot, summary, whatever_changed=replans_left == 0):
            return
        read_at = _moment_of_reading(work.context)
        snapshot = _plan_again(work, snapshot)


def _plan_again(work: _Work, before: Snapshot) -> Snapshot:
    """Plan the items again whose inputs changed since `before`, and the items that share order minimums with them."""
    context = work.context
    context.progress(STEP, len(context.nodes) - 1, len(context.nodes), "item-locations", "planning changes again")
    now = _read(context)
    changed = now.items_of(_changed(before.counters, now.counters))
    item_ids = sorted(inputs.coupled_items(changed, (before.sources, now.sources)))
    if item_ids:
        tables = inputs.build_tables(now.of_items(item_ids), context, work.policy_run, item_ids=item_ids)
        _write(work, _planned(work, tables), replaced=item_ids)
    return now


def _changed(before: dict[int, int], now: dict[int, int]) -> list[int]:
    """Ids of item-locations whose change counter moved, new ones among them."""
    return [key for key, counter in now.items() if before.get(key) != counter]


def _publish(work: _Work, snapshot: Snapshot, summary: dict[str, Any], *, whatever_changed: bool) -> bool:
    """Make the run current in one short transaction; False, with nothing done, where its inputs have changed.

    The pointer is locked first, as approvals lock it: one given meanwhile is either counted as a change here or
    finds the new run. With `whatever_changed` the run becomes current all the same and says what it has not seen.
    """
    run, lease = work.run, work.context.lease
    with transaction.atomic():
        jobs.require_lease(lease)
        _lock_pointer(run.scenario)
        changed = _changed(snapshot.counters, inputs.read_counters())
        if changed and not whatever_changed:
            return False
        run.state, run.summary, run.finished_at = RunState.FINISHED, summary, clock.now()
        if changed:
            summary["planned_on_older_data"] = _older(snapshot, changed)
        else:
            run.inputs_seen_at = run.finished_at
        run.save(update_fields=["state", "summary", "parameters", "inputs_seen_at", "first_need_on", "finished_at"])
        company.publish_run(kind=RunKind.PLAN, run=run, built_on=[run.policy_run, run.policy_run.forecast_run])
        messaging.publish(topic=PUBLISHED, payload={"run": run.pk, "scenario": run.scenario.name, **summary})
        _tell(run, summary)
        hints.publish_after_commit(hints.planning_group(run.scenario_id))
    return True


def _tell(run: PlanRun, summary: Mapping[str, Any]) -> None:
    """What other systems hear of a new plan: two messages, however much it proposes and warns of."""
    of_run = {"run": run.pk, "scenario": run.scenario.name, "as_of": run.as_of}
    counted = {name: summary[name] for name in ("item_locations", "planned_orders")}
    news.announce(News.PLAN_PUBLISHED, {**of_run, **counted, "url": f"/api/v1/plan-runs/{run.pk}"})
    if kinds := summary["exceptions"]:
        raised = {"total": sum(kinds.values()), "by_kind": kinds, "url": f"/api/v1/exceptions?run={run.pk}"}
        news.announce(News.EXCEPTIONS_RAISED, of_run | raised)


def _older(snapshot: Snapshot, changed: Iterable[int]) -> dict[str, Any]:
    import polars

    rows = snapshot.nodes.filter(polars.col("item_location_id").is_in(list(changed)))
    named = rows.select("sku", "location_code").head(MOST_NAMED).rows()
    return {"count": len(rows), "item_locations": [list(pair) for pair in named]}


def _summary(run: PlanRun, settings: CompanySettings) -> dict[str, Any]:
    of_run: dict[str, Any] = {"run_id": run.pk, "run_date": run.run_date}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, of_run)
        item_locations, planned_orders, run.first_need_on = cursor.fetchone()
        cursor.execute(_KINDS, of_run)
        kinds = dict(cursor.fetchall())
    return {
        "item_locations": item_locations,
        "planned_orders": planned_orders,
        "exceptions": kinds,
        "totals": trends.run_totals(run, settings),
    }


_COUNTS = """
SELECT (SELECT count(*) FROM planning_projection WHERE run_id = %(run_id)s AND run_date = %(run_date)s),
       count(*), min(need_on)
FROM planning_plannedorder WHERE run_id = %(run_id)s AND run_date = %(run_date)s
"""
_KINDS = """
SELECT kind, count(*) FROM planning_planexception WHERE run_id = %(run_id)s AND run_date = %(run_date)s
GROUP BY kind ORDER BY kind
"""
