"""One item's network planned again, from what the run wrote down of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from forecasting.models import ForecastScope
from forecasting.services import runs as forecasts
from planning.engine.inputs import PlanInput
from planning.engine.plan import Plan, make_plan
from planning.engine.tables import OrderReason
from planning.engine.trace import Trace
from planning.models import PlannedOrder, PlanRun
from planning.services.inputs import demand, stored
from planning.services.traces import TraceFacts, full_trace
from stocksense.core.errors import InvalidInput

if TYPE_CHECKING:
    import polars

_ROWS = """
SELECT kept.location_id, location.code, item.sku, item.uom, item.uom_decimals, kept.inputs
FROM planning_projection kept
JOIN inventory_location location ON location.id = kept.location_id
JOIN inventory_item item ON item.id = kept.item_id
WHERE kept.run_id = %(run)s AND kept.run_date = %(run_date)s AND kept.item_id = %(item)s
ORDER BY kept.location_id
"""


@dataclass(frozen=True)
class ItemPlan:
    """An item's network in one run: its input, and the plan made from it again (when it is asked for).

    nodes: node, item_id, location_id, location_code, sku, uom, uom_decimals. inputs: what the run stored, by node.
    """

    run: PlanRun
    item_id: int
    plan_input: PlanInput
    nodes: "polars.DataFrame"
    inputs: list[dict[str, Any]]

    @cached_property
    def plan(self) -> Plan:
        """The plan of the item, as the run had it."""
        return make_plan(self.plan_input)

    @cached_property
    def node_of(self) -> Mapping[int, int]:
        """Node number by location id."""
        return {location: node for node, location in enumerate(self.nodes["location_id"].to_list())}

    @cached_property
    def facts(self) -> TraceFacts:
        """What the numbers of a trace stand for."""
        return TraceFacts(
            as_of=self.run.as_of,
            policy_run_id=self.run.policy_run_id,
            location_code=self.nodes["location_code"].to_list(),
            source=[row["source"] for row in self.inputs],
            split=[part["source"] for row in self.inputs for part in row.get("splits", [])],
        )

    def trace_of(self, order: PlannedOrder) -> Trace:
        """The full account of an order of the run about this item: as stored, else derived by planning again.

        Raises InvalidInput where the order is of another run or item.
        """
        if order.run_id != self.run.pk or order.item_id != self.item_id:
            raise InvalidInput(f"Planned order {order.pk} is not about this item in plan run {self.run.pk}.")
        return order.trace or full_trace(self.plan, self.row_of(order), self.facts)

    def row_of(self, order: PlannedOrder) -> int:
        """The row of `plan.orders` that the order was written from. Raises InvalidInput where there is none."""
        orders, as_of = self.plan.orders, self.run.as_of
        source = -1 if order.origin_id is None else self.node_of.get(order.origin_id, -2)
        same = (
            (orders.node == self.node_of.get(order.location_id, -1))
            & (orders.source_node == source)
            & (orders.source_id == order.source_id)
            & ((orders.reason == OrderReason.REMAINDER) | (orders.need_day == (order.need_on - as_of).days))
            & (orders.release_day == (order.release_on - as_of).days)
            & (orders.due_day == (order.due_on - as_of).days)
            & (orders.reason == OrderReason[order.reason.upper()])
            & (np.abs(orders.quantity - float(order.quantity)) < 1e-3)
        )
        found = np.flatnonzero(same)
        if not found.size:
            raise InvalidInput(f"Planned order {order.pk} cannot be found in the plan made from the stored inputs.")
        return int(found[0])


def read_item_plan(run: PlanRun, item_id: int, *, with_minimums: bool = False) -> ItemPlan:
    """What `run` knew of the item at every location. Raises InvalidInput where it did not plan the item.

    What supplier order minimums, which items reach together, added to its orders is given; `with_minimums` has the
    minimums instead, for plans of all items that they tie together.
    """
    policy_run, as_of = run.policy_run, run.as_of
    nodes, inputs = _stored_rows(run, item_id)
    policies = demand.read_policies(policy_run, nodes, [item_id])
    review = demand.review_mask(
        [row["review"]["weekdays"] for row in inputs],
        np.array([row["review"]["days"] for row in inputs]),
        as_of,
        run.horizon_days,
        run.parameters["week_start"],
    )
    forecast_run = policy_run.forecast_run
    own, network = (
        forecasts.read_forecasts(forecast_run, nodes, scope, item_ids=[item_id])
        for scope in (ForecastScope.OWN, ForecastScope.NETWORK)
    )
    plan_input = stored.plan_input_of(
        list(zip(nodes["location_id"].to_list(), inputs, strict=True)),
        run.parameters,
        item_id=item_id,
        demand=demand.daily_demand(
            own,
            network,
            bucket_days=forecast_run.bucket_days,
            elapsed=(as_of - forecasts.first_date(forecast_run)).days,
            horizon=run.horizon_days,
        ),
        levels=demand.levels(policies, review, skip=(as_of - policy_run.as_of).days),
        with_minimums=with_minimums,
    )
    return ItemPlan(run, item_id, plan_input, nodes, inputs)


def tied_items(run: PlanRun, item_id: int, *, most: int) -> list[int] | None:
    """The items that supplier order minimums tie to this one in `run`, itself included, by id; it alone where none do.

    None where they are more than `most`. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TIED, {"run": run.pk, "run_date": run.run_date})
        groups_of: dict[int, set[int]] = {}
        for item, group in cursor.fetchall():
            groups_of.setdefault(item, set()).add(group)
    found, reached = {item_id}, groups_of.get(item_id, set())
    while more := {item for item, groups in groups_of.items() if groups & reached} - found:
        found |= more
        if len(found) > most:
            return None
        reached = reached.union(*(groups_of[item] for item in more))
    return sorted(found)


_TIED = """
SELECT item_id, (inputs->'order_minimums'->0->>'group')::int
FROM planning_projection WHERE run_id = %(run)s AND run_date = %(run_date)s AND inputs ? 'order_minimums'
"""


def _stored_rows(run: PlanRun, item_id: int) -> tuple["polars.DataFrame", list[dict[str, Any]]]:
    import orjson
    import polars

    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"run": run.pk, "run_date": run.run_date, "item": item_id})
        rows = cursor.fetchall()
    inputs = [orjson.loads(row[-1]) if isinstance(row[-1], str | bytes) else row[-1] for row in rows]
    if not rows or not all(inputs):
        raise InvalidInput(f"Plan run {run.pk} holds no stored inputs for this item.", run=run.pk, item=item_id)
    frame = polars.DataFrame(
        {
            "node": range(len(rows)),
            "item_id": [item_id] * len(rows),
            **{
                name: [row[place] for row in rows]
                for place, name in enumerate(("location_id", "location_code", "sku", "uom", "uom_decimals"))
            },
        }
    )
    return frame, inputs
