"""Why an order has its quantity: every input, every step, every rounding, and the way back from them."""

from dataclasses import fields
from typing import Any

import numpy as np

from planning.engine import trace_buying as buying
from planning.engine.allocation import Claims, fair_share
from planning.engine.inputs import TOLERANCE, LateralLanes, Sourcing
from planning.engine.plan import Plan
from planning.engine.rebalancing import move_quantity
from planning.engine.tables import OrderReason

Trace = dict[str, Any]


def order_trace(plan: Plan, order: int) -> Trace:
    """JSON-able account of a planned order (a row of plan.orders); quantities in stock units, days as offsets.

    Parts that an order does not have are None: `limit` without a shelf life, `split` without further suppliers,
    `price_break` without breaks, `order_minimum` where the order had enough value by itself, `allocation` for
    purchase orders and for transfers whose origin had enough, `rebalance` for all but lateral moves.
    """
    orders, requests = plan.orders, plan.requests
    request = int(orders.request[order])
    by_terms = orders.split[order] < 0 and orders.reason[order] != OrderReason.REBALANCE
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
            "split": int(orders.split[order]),
            "unit_cost": float(orders.unit_cost[order]),
            "added": float(orders.added[order]),
            "quantity": float(orders.quantity[order]),
        },
        "position": {
            "net_stock": float(requests.net_stock[request]),
            "on_order": float(requests.on_order[request]),
            "owed": float(requests.owed[request]),
        },
        "levels": _levels(plan, request),
        "limit": buying.limit_section(plan, request),
        "split": buying.split_section(plan, order),
        "rounding": _rounding(plan, order),
        "price_break": buying.price_section(plan, request) if by_terms else None,
        "order_minimum": buying.minimum_section(plan, request) if by_terms else None,
        "earlier_parts": _earlier_parts(plan, order),
        "allocation": _allocation(plan, order),
        "rebalance": _rebalance(plan, order),
    }


def recompute_quantity(trace: Trace) -> float:
    """The order's quantity from its trace alone: position, levels, shelf life, shares, roundings, price breaks, minimum
    value; then the share of a short origin. Of a lateral move: the destination's shortage and the origin's surplus.
    """
    if trace.get("rebalance"):
        return _moved(trace["rebalance"])
    asked = _asked(trace) + buying.top_up_part(trace)
    open_quantity = asked - sum(trace["earlier_parts"])
    return open_quantity if trace["allocation"] is None else _share(trace["allocation"], open_quantity)


def _asked(trace: Trace) -> float:
    position = trace["position"]["net_stock"] + trace["position"]["on_order"] - trace["position"]["owed"]
    levels = trace["levels"]
    extra = levels["firm_excess"] + levels["expiring"]
    reorder_point, raw = levels["reorder_point"] + extra, levels["order_up_to"] + extra - position
    needs = position <= reorder_point + TOLERANCE and raw > TOLERANCE
    if not needs or trace["order"]["reason"] == OrderReason.TOP_UP.code:
        return 0.0
    if trace["order"]["split"] >= 0:
        return buying.other_part(trace, raw, position, trace["split"]["own_quantity"])
    return buying.at_best_price(trace, buying.own_part(trace, raw, position))


def _rebalance(plan: Plan, order: int) -> Trace | None:
    """What a lateral move saves and costs; None for other orders."""
    if plan.orders.reason[order] != OrderReason.REBALANCE:
        return None
    # Moves are the first requests of the plan, in their order.
    move = int(plan.orders.request[order])
    moves, lanes = plan.moves, plan.plan_input.lateral_lanes
    lane = int(moves.lane[move])
    return {
        "shortage": float(moves.shortage[move]),
        "until_day": int(moves.until_day[move]),
        "surplus": float(moves.surplus[move]),
        "min_quantity": float(lanes.min_quantity[lane]),
        "multiple": float(lanes.multiple[lane]),
        "lost_sales": bool(plan.plan_input.nodes.lost_sales[moves.node[move]]),
        "shortage_avoided": float(moves.shortage_avoided[move]),
        "holding_saved": float(moves.holding_saved[move]),
        "cost_per_unit": float(lanes.cost_per_unit[lane]),
        "cost_per_shipment": float(lanes.cost_per_shipment[lane]),
        "lane_cost": float(moves.lane_cost[move]),
        "gain": float(moves.gain[move]),
        "lead_time_days": int(lanes.lead_time_days[lane]),
    }


def _moved(move: Trace) -> float:
    columns = (np.array([move[key]]) for key in ("shortage", "surplus", "min_quantity", "multiple"))
    return float(move_quantity(*columns)[0])


def _levels(plan: Plan, request: int) -> Trace:
    node, day = int(plan.requests.node[request]), int(plan.requests.ask_day[request])
    levels = plan.plan_input.levels
    return {
        "reorder_point": float(levels.reorder_point[node, day]),
        "order_up_to": float(levels.order_up_to[node, day]),
        "firm_excess": float(plan.requests.firm_excess[request]),
        "expiring": float(plan.requests.expiring[request]),
    }


def _rounding(plan: Plan, order: int) -> Trace:
    """From the need to packs, by the terms of whoever delivers this order."""
    requests, request, split = plan.requests, int(plan.orders.request[order]), int(plan.orders.split[order])
    raw = float(requests.raw[request])
    if split >= 0:
        return {"raw": raw, **buying.split_rounding(plan, order)}
    row = int(requests.node[request])
    terms: Sourcing | LateralLanes = plan.plan_input.sourcing
    if plan.orders.reason[order] == OrderReason.REBALANCE:
        row, terms = int(plan.moves.lane[request]), plan.plan_input.lateral_lanes
    return {
        "raw": raw,
        "min_quantity": float(terms.min_quantity[row]),
        "after_minimum": float(requests.after_minimum[request]),
        "multiple": float(terms.multiple[row]),
        "after_multiple": float(requests.after_multiple[request]),
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
