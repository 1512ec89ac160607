"""One plan run: compute in memory, write the rows under the run, then publish in one short transaction."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson
from django.db import transaction

from inventory.services.run_context import RunContext
from planning.engine.inputs import TOLERANCE, SourceKind
from planning.engine.plan import Plan, make_plan
from planning.engine.tables import OrderReason
from planning.engine.trace import order_trace
from planning.models import OrderKind, Pegging, PlanException, PlannedOrder, PlanRun, Projection
from planning.services import inputs, messages, trends
from planning.services.pegging_rows import COLUMNS as PEGGING_COLUMNS
from planning.services.pegging_rows import pegging_rows
from policies.models import PolicyRun
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core import clock
from stocksense.core.database.copy import array_text, copy_rows
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.database.sequences import next_numbers
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease
from stocksense.messaging import services as messaging

if TYPE_CHECKING:
    import polars

STEP = "plan"
CHUNK = 2000
ACTION_WINDOW_DAYS = 14
"""Orders released within these days carry their full trace; later ones can be traced by planning again."""

_KEYS = ("run_id", "run_date", "item_id", "location_id")
ORDER_COLUMNS = (
    "id", *_KEYS, "kind", "origin_id", "supplier_id", "source_id", "quantity", "unit_price", "value",
    "release_on", "due_on", "need_on", "cost_of_inaction", "exception_kind", "reason", "trace",
)  # fmt: skip
PROJECTION_COLUMNS = (
    *_KEYS, "first_date", "on_hand_mean", "on_hand_p10", "on_hand_p90", "on_hand_without_orders", "inputs",
)  # fmt: skip
EXCEPTION_COLUMNS = (*_KEYS, "kind", "subject", "due_on", "cost_of_inaction", "message", "details")

PUBLISHED = "planning.plan_published"


@dataclass(frozen=True)
class _Result:
    """A plan with what its rows are written from."""

    run: PlanRun
    plan: Plan
    nodes: "polars.DataFrame"
    sources: "polars.DataFrame"
    receipt_numbers: list[str]
    order_ids: list[int]

    @cached_property
    def item(self) -> list[int]:
        """Item ids by node."""
        return self.nodes["item_id"].to_list()

    @cached_property
    def location(self) -> list[int]:
        """Location ids by node."""
        return self.nodes["location_id"].to_list()

    def day(self, offset: int) -> date:
        """The date of a day offset."""
        return self.run.as_of + timedelta(days=int(offset))

    def keys(self, node: int) -> tuple[int, date, int, int]:
        """The leading columns of a row about a node."""
        return self.run.pk, self.run.run_date, self.item[node], self.location[node]


def run_plan(context: RunContext, *, sources: "polars.DataFrame", policy_run: PolicyRun) -> PlanRun:
    """Plan the whole network. The run is current when this returns; until then readers see the one before it.

    Raises JobLost or JobCancelled where the job must stop.
    """
    nodes, lease, progress = context.nodes, context.lease, context.progress
    run = PlanRun.objects.create(
        scenario=context.scenario, as_of=context.as_of, run_date=context.run_date, job_id=lease.job_id,
        fencing_token=lease.token, policy_run=policy_run, horizon_days=context.horizon,
    )  # fmt: skip
    progress(STEP, 0, len(nodes), "item-locations", "reading stock and supply")
    tables = inputs.read_plan_input(context, sources=sources, policy_run=policy_run)
    progress(STEP, len(nodes) // 10, len(nodes), "item-locations", "planning")
    plan = make_plan(tables.plan_input)
    progress(STEP, len(nodes) // 2, len(nodes), "item-locations", "writing")
    result = _Result(run, plan, nodes, sources, tables.receipt_numbers, _new_order_ids(len(plan.orders.node)))
    _write(result, lease)
    progress(STEP, len(nodes), len(nodes), "item-locations")
    _publish(result, lease)
    return run


def _new_order_ids(count: int) -> list[int]:
    """Ids of `count` new planned orders, so that pegging can name them before they are written.

    They need not follow each other: the plan of another scenario may take ids at the same moment.
    """
    return next_numbers("planning_plannedorder_id_seq", count)


def _write(result: _Result, lease: Lease) -> None:
    tables: list[tuple[Any, Sequence[str], Iterator[Sequence[Any]]]] = [
        (PlannedOrder, ORDER_COLUMNS, _order_rows(result)),
        (Projection, PROJECTION_COLUMNS, _projection_rows(result)),
        (PlanException, EXCEPTION_COLUMNS, _exception_rows(result)),
        (Pegging, PEGGING_COLUMNS, _pegging_rows(result)),
    ]
    for model, columns, rows in tables:
        ensure_partitions(model, [result.run.run_date])
        with transaction.atomic():
            jobs.require_lease(lease)
            copy_rows(model, columns, rows)


def _order_rows(result: _Result) -> Iterator[Sequence[Any]]:
    orders = result.plan.orders
    window = result.run.as_of + timedelta(days=ACTION_WINDOW_DAYS)
    item, location = result.item, result.location
    supplier, unit_cost = result.sources["supplier_id"].to_list(), result.sources["unit_cost"].to_list()
    inaction, answered = _cost_by_node(result), _shortage_by_node(result)
    seen: set[int] = set()
    for k in range(len(orders.node)):
        node, source = int(orders.node[k]), int(orders.source_node[k])
        quantity = round(float(orders.quantity[k]), 3)
        release = result.day(orders.release_day[k])
        cost = 0.0 if node in seen else inaction.get(node, 0.0)
        seen.add(node)
        trace = _trace(result, k) if release <= window else {}
        yield (
            result.order_ids[k], result.run.pk, result.run.run_date, item[node], location[node],
            (OrderKind.PURCHASE if source < 0 else OrderKind.TRANSFER).value,
            None if source < 0 else location[source], supplier[node] if source < 0 else None,
            int(orders.source_id[k]), quantity, round(unit_cost[node], 4), round(quantity * unit_cost[node], 4),
            release, result.day(orders.due_day[k]), result.day(orders.need_day[k]), round(cost, 4),
            answered.get(node, ""),
            OrderReason(int(orders.reason[k])).code, orjson.dumps(trace).decode(),
        )  # fmt: skip


def _cost_by_node(result: _Result) -> dict[int, float]:
    """Cost of doing nothing at nodes that run short: it ranks their first proposal."""
    kinds = {"stock_out", "stock_out_risk", "late_order"}
    return {one.node: one.cost_of_inaction for one in result.plan.exceptions if one.kind in kinds}


def _shortage_by_node(result: _Result) -> dict[int, str]:
    """Kind of the most costly shortage at each node that has one."""
    kinds = {"stock_out", "stock_out_risk", "late_order"}
    return {one.node: one.kind for one in reversed(result.plan.exceptions) if one.kind in kinds}


def _trace(result: _Result, order: int) -> dict[str, Any]:
    """The engine's trace with what its offsets and node numbers stand for."""
    trace = order_trace(result.plan, order)
    node = int(result.plan.orders.node[order])
    stock = result.plan.plan_input.stock
    trace["as_of"] = result.run.as_of.isoformat()
    trace["policy_run"] = result.run.policy_run_id
    trace["stock"] = {
        "on_hand": float(stock.on_hand[node]),
        "allocated": float(stock.allocated[node]),
        "backorders": float(stock.backorders[node]),
    }
    source = result.sources.row(node, named=True)
    trace["source"] = {
        "kind": SourceKind(source["source_kind"]).name.lower(),
        "id": source["source_id"],
        "code": source["source_code"],
        "lead_time_days": source["lead_time_days"],
        "lead_time_from": source["lead_time_from"],
        "unit_cost": source["unit_cost"],
    }
    return trace


def _projection_rows(result: _Result) -> Iterator[Sequence[Any]]:
    projection = result.plan.projection
    paths = (projection.on_hand_mean, projection.on_hand_p10, projection.on_hand_p90, projection.without_orders)
    for node in range(len(result.nodes)):
        yield (
            *result.keys(node), result.run.as_of,
            *(array_text(path[node], decimals=2) for path in paths),
            "{}",
        )  # fmt: skip


def _exception_rows(result: _Result) -> Iterator[Sequence[Any]]:
    code, source_code = result.nodes["location_code"].to_list(), result.sources["source_code"].to_list()
    unit, decimals = result.nodes["uom"].to_list(), result.nodes["uom_decimals"].to_list()
    for one in result.plan.exceptions:
        details = _countable(one.parameters, decimals[one.node])
        if "receipt" in details:
            details["order_number"] = result.receipt_numbers[details.pop("receipt")]
        origin = details.pop("source_node", None)
        source = code[int(origin)] if origin is not None else (source_code[one.node] or "")
        text = messages.sentence(
            one.kind, details, day=result.day(one.day), as_of=result.run.as_of, unit=unit[one.node], source=source
        )
        yield (
            *result.keys(one.node), one.kind, "", result.day(one.day), round(one.cost_of_inaction, 4), text,
            orjson.dumps({**details, "source": source}).decode(),
        )  # fmt: skip


def _countable(parameters: Mapping[str, Any], decimals: int) -> dict[str, Any]:
    """Parameters with every quantity rounded up to the unit's decimals: nobody is short of half a piece."""
    step = 10.0**decimals
    return {
        name: math.ceil(value * step - TOLERANCE) / step if isinstance(value, float) else value
        for name, value in parameters.items()
    }


def _pegging_rows(result: _Result) -> Iterator[Sequence[Any]]:
    return pegging_rows(
        result.plan,
        run=(result.run.pk, result.run.run_date),
        as_of=result.run.as_of,
        nodes=result.nodes,
        order_ids=result.order_ids,
        receipt_numbers=result.receipt_numbers,
    )


def _publish(result: _Result, lease: Lease) -> None:
    run, plan = result.run, result.plan
    kinds: dict[str, int] = {}
    for one in plan.exceptions:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    summary = {
        "item_locations": len(result.nodes),
        "planned_orders": len(plan.orders.node),
        "exceptions": dict(sorted(kinds.items())),
        "totals": trends.run_totals(run, company.settings()),
    }
    with transaction.atomic():
        jobs.require_lease(lease)
        run.state, run.summary, run.finished_at = RunState.FINISHED, summary, clock.now()
        run.save(update_fields=["state", "summary", "finished_at"])
        company.publish_run(kind=RunKind.PLAN, run=run, built_on=[run.policy_run, run.policy_run.forecast_run])
        messaging.publish(topic=PUBLISHED, payload={"run": run.pk, "scenario": run.scenario.name, **summary})
