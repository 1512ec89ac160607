"""Needs, upward: on an order day, a node at or below its reorder point asks its source for stock."""

from dataclasses import replace

import numpy as np

from planning.engine.columns import take
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.rounding import down_to_multiple, round_up, smallest_order
from planning.engine.state import StockState
from planning.engine.tables import OrderReason, Requests
from stocksense.core.numeric import FloatArray, IntArray


def raise_requests(
    context: PlanContext, state: StockState, nodes: IntArray, day: int, own_share: FloatArray
) -> Requests | None:
    """Requests of `nodes` (at an order day) at the opening of `day`, or None; the state is left as it is.

    A node whose position is at or below the reorder point asks for what lifts it to the order-up-to level, raised
    to the minimum quantity and then to the multiple, as far as it can be used before it expires. own_share [n]: the
    fraction that its source in `Sourcing` gets; the rest is left to its further suppliers.
    """
    firm, expiring = firm_excess(context, nodes, day), write_offs_ahead(context, state, nodes, day)
    levels, position, extra = context.plan_input.levels, state.position(nodes), firm + expiring
    asks = position <= levels.reorder_point[nodes, day] + extra + TOLERANCE
    asks &= levels.order_up_to[nodes, day] + extra - position > TOLERANCE
    if not asks.any():
        return None
    asked = _with_quantity(
        context, draft_requests(context, state, nodes[asks], day, firm[asks], expiring[asks]), own_share
    )
    ordered = asked.quantity > TOLERANCE
    return asked if ordered.all() else take(asked, np.flatnonzero(ordered))


def draft_requests(
    context: PlanContext, state: StockState, nodes: IntArray, day: int, firm: FloatArray, expiring: FloatArray
) -> Requests:
    """What `nodes` (at an order day) know at the opening of `day`: position, levels and bounds; nothing asked yet.

    firm, expiring: as `firm_excess` and `write_offs_ahead` return them.
    """
    plan_input, size = context.plan_input, len(nodes)
    today, nothing = np.full(size, day), np.zeros(size)
    dates = context.order_dates(nodes, today)
    keeps = plan_input.nodes.shelf_life_days[nodes]
    usable = np.where(keeps > 0, context.use.between(nodes, today, dates.due_day + keeps) + expiring, np.inf)
    covered = context.use.between(nodes, today, dates.due_day + plan_input.costs.max_cover_days[nodes]) + expiring
    return Requests(
        node=nodes,
        source_node=context.network.origin[nodes],
        ask_day=today,
        need_day=context.missed[nodes] if day == 0 else today,
        ship_day=dates.ship_day,
        due_day=dates.due_day,
        reason=np.full(size, int(OrderReason.REORDER)),
        net_stock=state.net[nodes],
        on_order=state.on_order[nodes],
        owed=state.owed[nodes],
        firm_excess=firm,
        expiring=expiring,
        reorder_point=plan_input.levels.reorder_point[nodes, day] + firm + expiring,
        order_up_to=plan_input.levels.order_up_to[nodes, day] + firm + expiring,
        daily_use=context.use.daily(nodes, day),
        usable=usable,
        coverable=np.minimum(usable, covered),
        raw=nothing,
        need=nothing,
        own_need=nothing,
        after_minimum=nothing,
        after_multiple=nothing,
        after_limit=nothing,
        after_price=nothing,
        added=nothing,
        split_quantity=nothing,
        quantity=nothing,
        beyond_limit=nothing,
        unit_cost=plan_input.sourcing.unit_cost[nodes],
        join=np.full(size, -1),
    )


def position_before(requests: Requests) -> FloatArray:
    """Inventory position before each request."""
    return requests.net_stock + requests.on_order - requests.owed


def _with_quantity(context: PlanContext, draft: Requests, own_share: FloatArray) -> Requests:
    """The requests with what the own source is asked for, before price breaks and minimum order values."""
    sourcing, position = context.plan_input.sourcing, position_before(draft)
    minimum, multiple = sourcing.min_quantity[draft.node], sourcing.multiple[draft.node]
    raw, room = draft.order_up_to - position, draft.usable - position
    need = np.minimum(raw, np.maximum(room, 0.0))
    own = round_up(own_share[draft.node] * need, minimum, multiple)
    quantity = within_limit(own.after_multiple, room, minimum, multiple)
    beyond = np.maximum(quantity - room, 0.0)
    return replace(
        draft,
        raw=raw,
        need=need,
        own_need=own.raw,
        after_minimum=own.after_minimum,
        after_multiple=own.after_multiple,
        after_limit=quantity,
        after_price=quantity,
        quantity=quantity,
        beyond_limit=np.where(beyond > TOLERANCE, beyond, 0.0),
    )


def within_limit(quantity: FloatArray, room: FloatArray, min_quantity: FloatArray, multiple: FloatArray) -> FloatArray:
    """A rounded quantity, cut down to the multiple that fits `room` but never below the smallest order."""
    cut = np.where(quantity > room + TOLERANCE, down_to_multiple(room, multiple), quantity)
    return np.asarray(np.maximum(cut, smallest_order(min_quantity, multiple)))


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
