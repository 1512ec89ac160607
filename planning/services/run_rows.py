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
from stocksense.core.numeric import BoolArray, IntArray

if TYPE_CHECKING:
    import polars

EXCEPTION_COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "kind", "subject", "due_on", "cost_of_inaction", "message",
    "details",
)  # fmt: skip


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


def order_frame(result: PlanResult) -> "polars.DataFrame":
    """The planned orders' rows, columns named as the table's."""
    import polars

    orders, as_of, node = result.plan.orders, result.run.as_of, result.plan.orders.node
    item, location, answered = np.array(result.item), np.array(result.location), _shortage_by_node(result)
    first_of_node = np.zeros(len(node), dtype=bool)
    first_of_node[np.unique(node, return_index=True)[1]] = True
    quantity, is_transfer = np.round(orders.quantity, 3), orders.source_node >= 0
    columns: dict[str, Any] = {
        "id": result.order_ids,
        "run_id": np.full(len(node), result.run.pk),
        "run_date": [result.run.run_date] * len(node),
        "item_id": item[node],
        "location_id": location[node],
        "kind": np.where(is_transfer, OrderKind.TRANSFER.value, OrderKind.PURCHASE.value),
        "origin_id": polars.Series(location[orders.source_node]).set(polars.Series(~is_transfer), None),
        "supplier_id": _suppliers(result),
        "source_id": orders.source_id,
        "quantity": quantity,
        "unit_price": np.round(orders.unit_cost, 4),
        "value": np.round(quantity * orders.unit_cost, 4),
        "release_on": dates_of(orders.release_day, as_of),
        "due_on": dates_of(orders.due_day, as_of),
        "need_on": dates_of(_need_days(orders), as_of),
        "cost_of_inaction": np.round(np.where(first_of_node, result.plan.inaction_cost[node], 0.0), 4),
        "exception_kind": [answered.get(one, "") for one in node.tolist()],
        "reason": np.array([reason.code for reason in OrderReason])[orders.reason],
        "trace": _traces(result),
    }
    texts = ("kind", "exception_kind", "reason", "trace")  # an empty plan does not say so itself
    return polars.DataFrame(columns, schema_overrides=dict.fromkeys(texts, polars.String))


def _suppliers(result: PlanResult) -> "polars.Series":
    """The supplier of every planned order; null of a transfer."""
    import polars

    orders = result.plan.orders
    chosen = result.sources["supplier_id"].gather(orders.node)
    shared = result.tables.snapshot.sources.splits["supplier_id"]
    rows = np.flatnonzero(orders.split >= 0)
    if rows.size:
        chosen = chosen.scatter(rows, shared.gather(orders.split[rows]))
    return chosen.set(polars.Series(orders.source_node >= 0), None)


def _traces(result: PlanResult) -> list[str]:
    """The account of every planned order that keeps one, as JSON."""
    kept = np.flatnonzero(_keeps_trace(result))
    traces = ["{}"] * len(result.order_ids)
    for order in kept.tolist():
        traces[order] = orjson.dumps(full_trace(result.plan, order, result.facts)).decode()
    return traces


def _need_days(orders: PlannedOrders) -> IntArray:
    """Order day that asked for each; a remainder has its own, so that approving the first part settles only that."""
    return np.where(orders.reason == int(OrderReason.REMAINDER), orders.release_day, orders.need_day)


def _keeps_trace(result: PlanResult) -> BoolArray:
    """Orders of the action window, and those whose quantity other items decided with: of a joined order."""
    orders, join = result.plan.orders, result.plan.requests.join
    joined = np.zeros(len(orders.node), dtype=bool)
    requested = orders.request >= 0
    joined[requested] = join[orders.request[requested]] >= 0
    kept: BoolArray = (orders.release_day <= result.window_days) | joined
    return kept


def _shortage_by_node(result: PlanResult) -> dict[int, str]:
    """Kind of the most costly shortage at each node that has one, apart from those that no order of its own answers."""
    kinds = {"stock_out", "stock_out_risk", "late_order", "source_short"}
    return {one.node: one.kind for one in reversed(result.plan.exceptions) if one.kind in kinds and one.receipt < 0}


def projection_columns(result: PlanResult) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
    """Columns and documents of every node's projection, with what the plan knew of it, for `copy_arrays`."""
    run, projection, size = result.run, result.plan.projection, len(result.item)
    columns = {
        "run_id": np.full(size, run.pk),
        "run_date": np.full(size, run.run_date, dtype="datetime64[D]"),
        "item_id": np.array(result.item),
        "location_id": np.array(result.location),
        "first_date": np.full(size, run.as_of, dtype="datetime64[D]"),
        "on_hand_mean": projection.on_hand_mean.round(2),
        "on_hand_p10": projection.on_hand_p10.round(2),
        "on_hand_p90": projection.on_hand_p90.round(2),
        "on_hand_without_orders": projection.without_orders.round(2),
    }
    known = stored_inputs(result.tables, result.plan.orders)
    return columns, {"inputs": [orjson.dumps(one) for one in known]}


def exception_rows(result: PlanResult) -> Iterator[Sequence[Any]]:
    """Values of EXCEPTION_COLUMNS for every exception."""
    return exceptions.exception_rows(result)


def pegging_frame(result: PlanResult) -> "polars.DataFrame":
    """The rows of what the run keeps of its pegging, columns named as the table's."""
    return pegging.pegging_frame(
        result.plan,
        run=(result.run.pk, result.run.run_date),
        as_of=result.run.as_of,
        nodes=result.nodes,
        order_ids=result.order_ids,
        receipt_numbers=result.tables.receipt_numbers,
    )
