"""The full account of a planned order: the engine's trace, with what its node numbers and inputs stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from planning.engine.plan import Plan
from planning.engine.trace import order_trace

Trace = dict[str, Any]

_NODES = {"node": "location", "source_node": "origin", "last_node": "last_location"}


@dataclass(frozen=True)
class TraceFacts:
    """What a plan's numbers stand for: location code and source labels by node, supplier labels by split."""

    as_of: date
    policy_run_id: int
    location_code: Sequence[str]
    source: Sequence[Trace]
    split: Sequence[Trace]


def full_trace(plan: Plan, order: int, facts: TraceFacts) -> Trace:
    """JSON-able account of an order (a row of `plan.orders`) from which its quantity can be recomputed.

    It is the same whether the whole network was planned or the item's network alone.
    """
    trace: Trace = _named(order_trace(plan, order), facts.location_code)
    node, stock = int(plan.orders.node[order]), plan.plan_input.stock
    trace["as_of"] = facts.as_of.isoformat()
    trace["policy_run"] = facts.policy_run_id
    trace["stock"] = {
        "on_hand": float(stock.on_hand[node]),
        "allocated": float(stock.allocated[node]),
        "backorders": float(stock.backorders[node]),
    }
    split = int(plan.orders.split[order])
    trace["source"] = facts.source[node] if split < 0 else facts.split[split]
    if split >= 0:
        trace["order"]["split"] = trace["split"]["part"]
    if trace["rebalance"]:
        trace["source"] = _lane(trace)
    return trace


def _lane(trace: Trace) -> Trace:
    """The lateral lane of a move, which is not its destination's chosen source."""
    order = trace["order"]
    return {
        "code": order["origin"], "supplier_id": None, "lead_time_days": trace["rebalance"]["lead_time_days"],
        "lead_time_from": "terms", "unit_cost": order["unit_cost"], "kind": "lane", "id": order["source_id"],
    }  # fmt: skip


def _named(part: Any, location_code: Sequence[str]) -> Any:
    """Location codes in place of node numbers, which mean something in one plan only."""
    if isinstance(part, list):
        return [_named(entry, location_code) for entry in part]
    if not isinstance(part, dict):
        return part
    return {
        _NODES.get(key, key): (location_code[value] if value >= 0 else None)
        if key in _NODES
        else _named(value, location_code)
        for key, value in part.items()
    }
