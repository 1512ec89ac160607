"""Why an order has its quantity: every input, every step, every rounding, and the way back from them."""

from dataclasses import fields
from typing import Any

import numpy as np

from planning.engine.allocation import Claims, fair_share
from planning.engine.inputs import TOLERANCE
from planning.engine.plan import Plan
from planning.engine.rounding import round_up
from planning.engine.tables import OrderReason

Trace = dict[str, Any]


def order_trace(plan: Plan, order: int) -> Trace:
    """JSON-able account of a planned order (a row of plan.orders); quantities in stock units, days as offsets.

    `allocation` is None for purchase orders and for transfers whose origin had enough.
    """
    orders, requests = plan.orders, plan.requests
    request = int(orders.request[order])
    return {
        "order": {
            "node": int(orders.node[order]),
            "source_node": int(orders.source_node[order]),
            "source_id": int(orders.source_id[order]),
            "release_day": int(orders.release_day[order]),
            "ship_day": int(orders.ship_day[order]),
            "due_day": int(orders.due_day[order]),
            "need_day": int(orders.need_day[order]),
            "reason": OrderReason(int(orders.reason[order])).code,
            "quantity": float(orders.quantity[order]),
        },
        "position": {
            "net_stock": float(requests.net_stock[request]),
            "on_order": float(requests.on_order[request]),
            "owed": float(requests.owed[request]),
        },
        "levels": _levels(plan, request),
        "rounding": _rounding(plan, request),
        "earlier_parts": _earlier_parts(plan, order),
        "allocation": _allocation(plan, order),
    }


def recompute_quantity(trace: Trace) -> float:
    """The order's quantity from its trace alone: position, levels, roundings, then the share of a short origin."""
    position = trace["position"]["net_stock"] + trace["position"]["on_order"] - trace["position"]["owed"]
    levels, rounding = trace["levels"], trace["rounding"]
    extra = levels["firm_excess"] + levels["expiring"]
    reorder_point, raw = levels["reorder_point"] + extra, levels["order_up_to"] + extra - position
    if position > reorder_point + TOLERANCE or raw <= TOLERANCE:
        return 0.0
    asked = round_up(np.array([raw]), np.array([rounding["min_quantity"]]), np.array([rounding["multiple"]]))
    open_quantity = float(asked.after_multiple[0]) - sum(trace["earlier_parts"])
    return open_quantity if trace["allocation"] is None else _share(trace["allocation"], open_quantity)


def _levels(plan: Plan, request: int) -> Trace:
    node, day = int(plan.requests.node[request]), int(plan.requests.need_day[request])
    levels = plan.plan_input.levels
    return {
        "reorder_point": float(levels.reorder_point[node, day]),
        "order_up_to": float(levels.order_up_to[node, day]),
        "firm_excess": float(plan.requests.firm_excess[request]),
        "expiring": float(plan.requests.expiring[request]),
    }


def _rounding(plan: Plan, request: int) -> Trace:
    node, sourcing = int(plan.requests.node[request]), plan.plan_input.sourcing
    return {
        "raw": float(plan.requests.raw[request]),
        "min_quantity": float(sourcing.min_quantity[node]),
        "after_minimum": float(plan.requests.after_minimum[request]),
        "multiple": float(sourcing.multiple[node]),
        "after_multiple": float(plan.requests.quantity[request]),
    }


def _earlier_parts(plan: Plan, order: int) -> list[float]:
    """Quantities of the same request that shipped before this order."""
    orders = plan.orders
    if orders.reason[order] != OrderReason.REMAINDER:
        return []
    same = (orders.request == orders.request[order]) & (orders.ship_day < orders.ship_day[order])
    return [float(quantity) for quantity in orders.quantity[same]]


def _allocation(plan: Plan, order: int) -> Trace | None:
    """All that competed for the origin on the ship day; None where it had enough for everyone."""
    claims, day = plan.claims, plan.orders.ship_day[order]
    today = slice(*np.searchsorted(claims.day, [day, day + 1]))
    own = np.flatnonzero(claims.request[today] == plan.orders.request[order])
    if not own.size:
        return None
    rows = np.flatnonzero(claims.event[today] == claims.event[today][own[0]]) + today.start
    node = plan.requests.node[claims.request[rows]]
    sourcing = plan.plan_input.sourcing
    return {
        "day": int(day),
        "available": float(claims.available[rows[0]]),
        "own_claim": int(np.flatnonzero(claims.request[rows] == plan.orders.request[order])[0]),
        "claims": [
            {
                "node": int(node[at]),
                "claimed": float(claims.claimed[row]),
                "urgent": float(claims.urgent[row]),
                "weight": float(claims.weight[row]),
                "min_quantity": float(sourcing.min_quantity[node[at]]),
                "multiple": float(sourcing.multiple[node[at]]),
            }
            for at, row in enumerate(rows.tolist())
        ],
    }


def _share(allocation: Trace, open_quantity: float) -> float:
    rows, own = allocation["claims"], allocation["own_claim"]
    columns = {column.name: np.array([row[column.name] for row in rows], dtype=np.float64) for column in fields(Claims)}
    columns["claimed"][own] = open_quantity
    group = np.zeros(len(rows), dtype=np.int64)
    granted = fair_share(np.array([allocation["available"]]), group, Claims(**columns))
    return float(granted[own])
