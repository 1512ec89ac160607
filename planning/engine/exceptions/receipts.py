"""Open orders that come too late: overdue, not sent in time, or worth bringing forward."""

from collections.abc import Iterator

import numpy as np

from planning.engine.exceptions.kinds import (
    CLEARING,
    EXPEDITE,
    OVERDUE_RECEIPT,
    PAST_DUE_RELEASE,
    PlanException,
    shortage_strength,
)
from planning.engine.exceptions.outlook import Findings
from planning.engine.inputs import SENT, TOLERANCE, ReceiptKind
from planning.engine.projection import stock_path
from planning.engine.shortage import Shortage, shift, shortage_until
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

_ROUNDS = 4
"""Most open orders of one node that are asked for earlier."""


def overdue_receipts(findings: Findings) -> Iterator[PlanException]:
    """Sent orders whose day has passed; cost: what shortages until a new order can arrive cost more without them."""
    context, outlook = findings.context, findings.outlook
    receipts, horizon = context.plan_input.receipts, context.plan_input.horizon
    rows = np.flatnonzero((receipts.day < 0) & (receipts.release_day == SENT))
    node, expected = receipts.node[rows], context.receipt_day[rows]
    lacking = -shift(horizon, receipts.quantity[rows], expected, np.full(len(rows), horizon))
    cost = _extra(findings, outlook.supply_without, node, outlook.second_due[node], lacking).cost
    for place, row in enumerate(rows.tolist()):
        yield PlanException(
            kind=OVERDUE_RECEIPT,
            node=int(node[place]),
            day=int(expected[place]),
            cost_of_inaction=float(cost[place]),
            parameters={
                "receipt": row,
                "stated_day": int(receipts.day[row]),
                "quantity": float(receipts.quantity[row]),
            },
            receipt=row,
        )


def past_due_releases(findings: Findings) -> Iterator[PlanException]:
    """Open orders that should have been sent before today; cost: arriving late when sent today. The plan keeps their
    stated day: it never moves them silently.
    """
    context = findings.context
    receipts, horizon = context.plan_input.receipts, context.plan_input.horizon
    rows = np.flatnonzero(receipts.release_day < 0)
    node = receipts.node[rows]
    arrival = context.receipt_dates(rows, np.zeros(len(rows), dtype=np.int64)).due_day
    stated = context.receipt_day[rows]
    late = np.minimum(np.maximum(arrival, stated), horizon)
    lacking = -shift(horizon, receipts.quantity[rows], stated, late)
    cost = _extra(findings, findings.outlook.supply_with, node, late, lacking).cost
    for place, row in enumerate(rows.tolist()):
        yield PlanException(
            kind=PAST_DUE_RELEASE,
            node=int(node[place]),
            day=0,
            cost_of_inaction=float(cost[place]),
            parameters={
                "receipt": row,
                "release_day": int(receipts.release_day[row]),
                "stated_day": int(receipts.day[row]),
                "arrival_day": int(arrival[place]) if arrival[place] < horizon else None,
                "quantity": float(receipts.quantity[row]),
            },
            receipt=row,
        )


def missed_orders(findings: Findings) -> Iterator[PlanException]:
    """Proposals of an order day that has passed; cost: arriving later by as many days as the order day is past."""
    context, orders = findings.context, findings.sweep.orders
    horizon = context.plan_input.horizon
    rows = np.flatnonzero(orders.need_day < 0)
    if not rows.size:
        return
    nodes, entry = np.unique(orders.node[rows], return_inverse=True)
    due = np.minimum(orders.due_day[rows], horizon)
    in_time = np.maximum(due + orders.need_day[rows], 0)
    earlier = np.zeros((len(nodes), horizon))
    np.add.at(earlier, entry, shift(horizon, orders.quantity[rows], in_time, due))
    until = np.zeros(len(nodes), dtype=np.int64)
    np.maximum.at(until, entry, due)
    supply = findings.outlook.supply_with
    cost = (
        shortage_until(context, supply, until, nodes).less(shortage_until(context, supply, until, nodes, earlier)).cost
    )
    for place, node in enumerate(nodes.tolist()):
        mine = rows[entry == place]
        arrival = int(orders.due_day[mine].max())
        yield PlanException(
            kind=PAST_DUE_RELEASE,
            node=node,
            day=0,
            cost_of_inaction=float(cost[place]),
            parameters={
                "release_day": int(orders.need_day[mine].min()),
                "arrival_day": arrival if arrival < horizon else None,
                "quantity": float(orders.quantity[mine].sum()),
            },
        )


def expedites(findings: Findings) -> Iterator[PlanException]:
    """Open orders that arrive after the node runs out, where an earlier arrival would save units.

    Judged with all proposals carried out, so that what a new order can mend is not asked of an open one. One order
    after the other: the first is moved to the day the stock runs out, then the next one is judged.
    """
    context = findings.context
    receipts, horizon = context.plan_input.receipts, context.plan_input.horizon
    arrivals, supply = findings.sweep.arrivals, findings.outlook.supply_with
    earliest = _earliest(findings)
    short_day = _first_mean_short(findings)
    possible = (receipts.day >= 0) & (context.receipt_day < horizon) & findings.planned[receipts.node]
    rows = np.flatnonzero(possible & (context.receipt_day > np.minimum(short_day, horizon)[receipts.node]))
    moved: dict[int, FloatArray] = {}
    for _ in range(_ROUNDS):
        rows = rows[np.lexsort((rows, context.receipt_day[rows], receipts.node[rows]))]
        node = receipts.node[rows]
        first = np.concatenate([[True], node[1:] != node[:-1]])[: len(rows)]
        now, rows = rows[first], rows[~first]
        if not now.size:
            return
        at = receipts.node[now]
        extra = np.array([moved.get(one, np.zeros(horizon)) for one in at.tolist()])
        wanted = context.calendars.first_open_day(
            context.plan_input.sourcing.receive_calendar[at], np.maximum(short_day[at], earliest[now])
        )
        late = context.receipt_day[now]
        gain = shift(horizon, receipts.quantity[now], np.minimum(wanted, late), late)
        saved = shortage_until(context, supply, late, at, extra).less(
            shortage_until(context, supply, late, at, extra + gain)
        )
        strength = shortage_strength(saved.units, saved.cost, context.plan_input.message_minimum)
        said = (wanted < late) & (strength >= CLEARING)
        for place in np.flatnonzero(said).tolist():
            yield _expedite(findings, now[place], int(short_day[at[place]]), int(wanted[place]), saved, strength, place)
            moved[int(at[place])] = extra[place] + gain[place]
        short_day = _after_moves(findings, short_day, at[said], extra[said] + gain[said], arrivals)
        rows = rows[context.receipt_day[rows] > np.minimum(short_day, horizon)[receipts.node[rows]]]


def _expedite(
    findings: Findings, row: int, short: int, wanted: int, saved: Shortage, strength: FloatArray, place: int
) -> PlanException:
    context = findings.context
    receipts = context.plan_input.receipts
    return PlanException(
        kind=EXPEDITE,
        node=int(receipts.node[row]),
        day=short,
        cost_of_inaction=float(saved.cost[place]),
        parameters={
            "receipt": int(row),
            "quantity": float(receipts.quantity[row]),
            "arrival_day": int(context.receipt_day[row]),
            "wanted_day": wanted,
            "units_saved": float(saved.units[place]),
            "shipped": int(receipts.shipped[row]),
            "transfer": int(receipts.kind[row] == ReceiptKind.TRANSFER),
        },
        receipt=int(row),
        strength=float(strength[place]),
    )


def _earliest(findings: Findings) -> IntArray:
    """Day from which each open receipt could be there at best [r]: today, or where it has not left a full lead time of
    its own supplier or lane.
    """
    context = findings.context
    receipts = context.plan_input.receipts
    waiting = (receipts.release_day != SENT) | ((receipts.kind == ReceiptKind.TRANSFER) & ~receipts.shipped)
    rows = np.arange(len(receipts.node))
    return np.where(waiting, context.receipt_dates(rows, np.zeros_like(rows)).due_day, 0)


def _first_mean_short(findings: Findings) -> IntArray:
    """First day on which a node is short on average, all proposals carried out; T where it never is. [n]"""
    projection, horizon = findings.projection, findings.context.plan_input.horizon
    waiting = ~findings.context.plan_input.nodes.lost_sales[:, None] * projection.backorders_mean
    short = projection.lost_mean + waiting > TOLERANCE
    return np.where(short.any(axis=1), short.argmax(axis=1), horizon)


def _after_moves(
    findings: Findings, short_day: IntArray, nodes: IntArray, extra: FloatArray, arrivals: FloatArray
) -> IntArray:
    """First days short after arrivals were moved forward: extra is what is there earlier [nodes, T]."""
    if not nodes.size:
        return short_day
    context, horizon = findings.context, findings.context.plan_input.horizon
    inflow = arrivals[:, nodes] + np.diff(extra.T, axis=0, prepend=0.0)
    leaving = findings.sweep.shipped + findings.sweep.expired
    lost_sales: BoolArray = context.plan_input.nodes.lost_sales[nodes]
    _, short = stock_path(context.opening[nodes], inflow, leaving[:, nodes], context.demand[:, nodes], lost_sales)
    result = short_day.copy()
    bad = short > TOLERANCE
    result[nodes] = np.where(bad.any(axis=0), bad.argmax(axis=0), horizon)
    return result


def _extra(findings: Findings, supply: FloatArray, node: IntArray, until: IntArray, extra: FloatArray) -> Shortage:
    """What is short beyond today's shortage when `extra` (negative) is added to the supply; a row per entry."""
    context = findings.context
    return shortage_until(context, supply, until, node, extra).less(shortage_until(context, supply, until, node))
