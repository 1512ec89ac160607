"""Needs, upward: on an order day, a node at or below its reorder point asks its source for stock."""

import numpy as np

from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.rounding import round_up
from planning.engine.state import StockState
from planning.engine.tables import Requests
from stocksense.core.numeric import FloatArray, IntArray


def raise_requests(context: PlanContext, state: StockState, nodes: IntArray, day: int) -> Requests | None:
    """Requests of `nodes` (at an order day) at the opening of `day`, or None; the state is left as it is.

    A node whose position is at or below the reorder point asks for what lifts it to the order-up-to level, raised
    to the minimum quantity and then to the multiple.
    """
    firm, expiring = firm_excess(context, nodes, day), write_offs_ahead(context, state, nodes, day)
    extra = firm + expiring
    levels, sourcing = context.plan_input.levels, context.plan_input.sourcing
    reorder_point, order_up_to = levels.reorder_point[nodes, day] + extra, levels.order_up_to[nodes, day] + extra
    position = state.position(nodes)
    asks = (position <= reorder_point + TOLERANCE) & (order_up_to - position > TOLERANCE)
    if not asks.any():
        return None
    nodes, position, reorder_point, order_up_to = nodes[asks], position[asks], reorder_point[asks], order_up_to[asks]
    rounded = round_up(order_up_to - position, sourcing.min_quantity[nodes], sourcing.multiple[nodes])
    dates = context.order_dates(nodes, np.full(len(nodes), day))
    return Requests(
        node=nodes,
        source_node=context.network.origin[nodes],
        need_day=np.full(len(nodes), day),
        ship_day=dates.ship_day,
        due_day=dates.due_day,
        net_stock=state.net[nodes],
        on_order=state.on_order[nodes],
        owed=state.owed[nodes],
        firm_excess=firm[asks],
        expiring=expiring[asks],
        reorder_point=reorder_point,
        order_up_to=order_up_to,
        raw=rounded.raw,
        after_minimum=rounded.after_minimum,
        quantity=rounded.after_multiple,
    )


def firm_excess(context: PlanContext, nodes: IntArray, day: int) -> FloatArray:
    """Customer orders above forecast from `day` until a request of the next order day could arrive [len(nodes)].

    The levels come from the forecast, so firm orders it did not foresee are added to both of them.
    """
    if context.firm_cumulative is None:
        return np.zeros(len(nodes))
    until = context.next_due(nodes, day)
    return np.asarray(context.firm_cumulative[until, nodes] - context.firm_cumulative[day, nodes])


def write_offs_ahead(context: PlanContext, state: StockState, nodes: IntArray, day: int) -> FloatArray:
    """Units expected to expire after `day`, before a request of the next order day could arrive [len(nodes)].

    They are in the position but will serve nobody, so they are added to both levels.
    """
    if state.lots is None:
        return np.zeros(len(nodes))
    until = np.maximum(context.next_due(nodes, day), day + 1)
    ahead = state.lots.ahead(context.use, nodes, day, int(until.max(initial=day + 1)))
    return np.asarray(ahead[until - 1 - day, np.arange(len(nodes))])
