"""The rows that a plan run writes: proposals, projections, exceptions and pegging."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from planning.engine.plan import Plan
from planning.engine.tables import OrderReason, PlannedOrders
from planning.models import OrderKind, PlanRun
from planning.services import exception_rows as exceptions
from planning.services import pegging_rows as pegging
from planning.services.dates import dates_of
from planning.services.inputs import PlanTables
from planning.services.inputs.stored import source_labels, split_labels, stored_inputs
from planning.services.traces import TraceFacts, full_trace
from stocksense.core.database.copy import array_text
from stocksense.core.numeric import IntArray

if TYPE_CHECKING:
    import polars

_KEYS = ("run_id", "run_date", "item_id", "location_id")
ORDER_COLUMNS = (
    "id", *_KEYS, "kind", "origin_id", "supplier_id", "source_id", "quantity", "unit_price", "value",
    "release_on", "due_on", "need_on", "cost_of_inaction", "exception_kind", "reason", "trace",
)  # fmt: skip
PROJECTION_COLUMNS = (
    *_KEYS, "first_date", "on_hand_mean", "on_hand_p10", "on_hand_p90", "on_hand_without_orders", "inputs",
)  # fmt: skip
EXCEPTION_COLUMNS = (*_KEYS, "kind", "subject", "due_on", "cost_of_inaction", "message", "details")
PEGGING_COLUMNS = pegging.COLUMNS


@dataclass(frozen=True)
class PlanResult:
    """A plan of some or all items of a run, with what its rows are written from.

    order_ids: of the rows of `plan.orders`, in their order. window_days: orders released within these days, counted
    from the run's day, carry their full trace; later ones are traced by planning their item again.
    """

    run: PlanRun
    plan: Plan
    tables: PlanTables
    order_ids: list[int]
    window_days: int

    @property
    def nodes(self) -> "polars.DataFrame":
        """The item-locations by node."""
        return self.tables.nodes

    @property
    def sources(self) -> "polars.DataFrame":
        """The chosen sources by node."""
        return self.tables.snapshot.sources.chosen

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

    @cached_property
    def facts(self) -> TraceFacts:
        """What the numbers of a trace stand for."""
        return TraceFacts(
            as_of=self.run.as_of,
            policy_run_id=self.run.policy_run_id,
            location_code=self.nodes["location_code"].to_list(),
            source=source_labels(self.tables.snapshot),
            split=split_labels(self.tables.snapshot),
        )


def order_rows(result: PlanResult) -> Iterator[Sequence[Any]]:
    """Values of ORDER_COLUMNS for every planned order."""
    orders, as_of = result.plan.orders, result.run.as_of
    item, location, nodes = np.array(result.item), np.array(result.location), orders.node.tolist()
    first_of_node = np.zeros(len(nodes), dtype=bool)
    first_of_node[np.unique(orders.node, return_index=True)[1]] = True
    cost = np.where(first_of_node, result.plan.inaction_cost[orders.node], 0.0)
    quantity, answered = np.round(orders.quantity, 3), _shortage_by_node(result)
    reasons = [reason.code for reason in OrderReason]
    columns: list[list[Any]] = [
        result.order_ids, item[orders.node].tolist(), location[orders.node].tolist(), *_source_columns(result),
        quantity.tolist(), np.round(orders.unit_cost, 4).tolist(), np.round(quantity * orders.unit_cost, 4).tolist(),
        dates_of(orders.release_day, as_of), dates_of(orders.due_day, as_of), dates_of(_need_days(orders), as_of),
        np.round(cost, 4).tolist(), [answered.get(node, "") for node in nodes],
        [reasons[reason] for reason in orders.reason.tolist()],
    ]  # fmt: skip
    keeps_trace = _keeps_trace(result)
    for k, (order_id, *values) in enumerate(zip(*columns, strict=True)):
        trace = orjson.dumps(full_trace(result.plan, k, result.facts)).decode() if keeps_trace[k] else "{}"
        yield (order_id, result.run.pk, result.run.run_date, *values, trace)


def _source_columns(result: PlanResult) -> tuple[list[Any], ...]:
    """kind, origin_id, supplier_id and source_id of every planned order."""
    orders, location = result.plan.orders, result.location
    supplier = result.sources["supplier_id"].to_list()
    shared = result.tables.snapshot.sources.splits["supplier_id"].to_list()
    source = orders.source_node.tolist()
    bought = [
        None if origin >= 0 else shared[split] if split >= 0 else supplier[node]
        for node, origin, split in zip(orders.node.tolist(), source, orders.split.tolist(), strict=True)
    ]
    purchase, transfer = OrderKind.PURCHASE.value, OrderKind.TRANSFER.value
    return (
        [purchase if origin < 0 else transfer for origin in source],
        [None if origin < 0 else location[origin] for origin in source],
        bought,
        orders.source_id.tolist(),
    )


def _need_days(orders: PlannedOrders) -> IntArray:
    """Order day that asked for each; a remainder has its own, so that approving the first part settles only that."""
    return np.where(orders.reason == int(OrderReason.REMAINDER), orders.release_day, orders.need_day)


def _keeps_trace(result: PlanResult) -> list[bool]:
    """Orders of the action window, and those whose quantity other items decided with: of a joined order."""
    orders, join = result.plan.orders, result.plan.requests.join
    joined = np.zeros(len(orders.node), dtype=bool)
    requested = orders.request >= 0
    joined[requested] = join[orders.request[requested]] >= 0
    kept: list[bool] = ((orders.release_day <= result.window_days) | joined).tolist()
    return kept


def _shortage_by_node(result: PlanResult) -> dict[int, str]:
    """Kind of the most costly shortage at each node that has one, apart from those that no order of its own answers."""
    kinds = {"stock_out", "stock_out_risk", "late_order", "source_short"}
    return {one.node: one.kind for one in reversed(result.plan.exceptions) if one.kind in kinds and one.receipt < 0}


def projection_rows(result: PlanResult) -> Iterator[Sequence[Any]]:
    """Values of PROJECTION_COLUMNS for every node, with what the plan knew of it."""
    projection = result.plan.projection
    paths = (projection.on_hand_mean, projection.on_hand_p10, projection.on_hand_p90, projection.without_orders)
    for node, known in enumerate(stored_inputs(result.tables, result.plan.orders)):
        yield (
            *result.keys(node), result.run.as_of,
            *(array_text(path[node], decimals=2) for path in paths),
            orjson.dumps(known).decode(),
        )  # fmt: skip


def exception_rows(result: PlanResult) -> Iterator[Sequence[Any]]:
    """Values of EXCEPTION_COLUMNS for every exception."""
    return exceptions.exception_rows(result)


def pegging_rows(result: PlanResult) -> Iterator[Sequence[Any]]:
    """Values of PEGGING_COLUMNS for what the run keeps of its pegging."""
    return pegging.pegging_rows(
        result.plan,
        run=(result.run.pk, result.run.run_date),
        as_of=result.run.as_of,
        nodes=result.nodes,
        order_ids=result.order_ids,
        receipt_numbers=result.tables.receipt_numbers,
    )
