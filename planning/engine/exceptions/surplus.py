"""What is there, or comes, earlier or in larger quantity than it is used."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.exceptions.kinds import (
    CANCEL,
    CLEARING,
    DEFER,
    EXCESS,
    EXPIRING,
    NOISE_UNITS,
    PlanException,
    money_strength,
)
from planning.engine.exceptions.outlook import Findings, longest_review_gap
from planning.engine.inputs import TOLERANCE
from planning.engine.pegging import SupplyKind, first_row_above
from planning.engine.rounding import down_to_multiple
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

PATIENCE_DAYS: Final = 7
"""An order is not put off where it would wait for less than a review period and this many days."""


@dataclass(frozen=True)
class _Leftover:
    """Supply layers whose maximum cover ends within the horizon, all fields [u].

    cover_ends: that day. units: what is not used by then. unit_days: units beyond it, summed over the days until the
    horizon ends.
    """

    layer: IntArray
    cover_ends: IntArray
    units: FloatArray
    unit_days: FloatArray


def surpluses(findings: Findings) -> Iterator[PlanException]:
    """cancel, defer and excess; what an open order brings too much is not in excess."""
    left = _leftovers(findings)
    yield from cancels(findings, left)
    yield from defers(findings)
    yield from excesses(findings, left)


def cancels(findings: Findings, left: _Leftover) -> Iterator[PlanException]:
    """Open orders, not shipped, of which part lasts beyond maximum cover after their arrival.

    cost: holding that part beyond maximum cover, as far as the horizon reaches. Whole multiples are named.
    """
    context, pegs = findings.context, findings.pegging
    receipts, costs, sourcing = context.plan_input.receipts, context.plan_input.costs, context.plan_input.sourcing
    at = np.flatnonzero(_changeable(findings)[left.layer])
    layer = left.layer[at]
    row, node = pegs.row[layer], pegs.node[layer]
    units = np.minimum(down_to_multiple(left.units[at], sourcing.multiple[node]), receipts.quantity[row])
    cost = left.unit_days[at] * costs.holding_per_day[node] * units / np.maximum(left.units[at], TOLERANCE)
    strength = money_strength(cost, context.plan_input.message_minimum)
    for place in np.flatnonzero((units > TOLERANCE) & (strength >= CLEARING)).tolist():
        receipt = int(row[place])
        yield PlanException(
            kind=CANCEL,
            node=int(node[place]),
            day=int(context.receipt_day[receipt]),
            cost_of_inaction=float(cost[place]),
            parameters={
                "receipt": receipt,
                "quantity": float(receipts.quantity[receipt]),
                "units": float(units[place]),
                "arrival_day": int(context.receipt_day[receipt]),
                "max_cover_days": int(costs.max_cover_days[node[place]]),
            },
            receipt=receipt,
            strength=float(strength[place]),
        )


def defers(findings: Findings) -> Iterator[PlanException]:
    """Open orders, not shipped, whose first unit is not used for long after they arrive, even when demand is high.

    First in, first out, behind P90 of demand: safety stock before an order is not mistaken for idle stock. The new day
    is one review period before that first use; cost: holding the order until then.
    """
    context, pegs = findings.context, findings.pegging
    receipts, costs, horizon = context.plan_input.receipts, context.plan_input.costs, context.plan_input.horizon
    layer = np.flatnonzero(_changeable(findings))
    row, node = pegs.row[layer], pegs.node[layer]
    review = _review_days(findings)[node]
    high = findings.outlook.used[:, node] + _above_mean(findings, node)
    first_use = np.minimum(first_row_above(high, np.arange(len(node)), pegs.start[layer] + TOLERANCE) - 1, horizon)
    calendar = context.plan_input.sourcing.receive_calendar[node]
    wanted = context.calendars.first_open_day(calendar, np.maximum(first_use - review, 0))
    arrival = context.receipt_day[row]
    cost = receipts.quantity[row] * costs.holding_per_day[node] * np.maximum(wanted - arrival, 0)
    strength = money_strength(cost, context.plan_input.message_minimum)
    early = (first_use - arrival > review + PATIENCE_DAYS) & (wanted > arrival) & (strength >= CLEARING)
    for place in np.flatnonzero(early).tolist():
        receipt = int(row[place])
        yield PlanException(
            kind=DEFER,
            node=int(node[place]),
            day=int(arrival[place]),
            cost_of_inaction=float(cost[place]),
            parameters={
                "receipt": receipt,
                "quantity": float(receipts.quantity[receipt]),
                "arrival_day": int(arrival[place]),
                "first_use_day": int(first_use[place]) if first_use[place] < horizon else None,
                "wanted_day": int(wanted[place]),
                "review_days": int(review[place]),
            },
            receipt=receipt,
            strength=float(strength[place]),
        )


def excesses(findings: Findings, left: _Leftover) -> Iterator[PlanException]:
    """Stock on hand and shipped orders that last beyond maximum cover; cost: holding them from then on."""
    context, pegs = findings.context, findings.pegging
    costs, size = context.plan_input.costs, context.plan_input.size
    at = np.flatnonzero(_unchangeable(findings)[left.layer])
    node = pegs.node[left.layer[at]]
    units, unit_days = sum_by(node, left.units[at], size), sum_by(node, left.unit_days[at], size)
    cost = unit_days * costs.holding_per_day
    strength = money_strength(cost, context.plan_input.message_minimum)
    stock = pegs.kind == SupplyKind.STOCK
    lasts_until = np.full(size, -1)
    lasts_until[pegs.node[stock]] = pegs.last_day[stock]
    raised = (units > TOLERANCE) & context.plan_input.nodes.active & (strength >= CLEARING)
    for one in np.flatnonzero(raised).tolist():
        cover = int(costs.max_cover_days[one])
        ends = int(lasts_until[one])
        yield PlanException(
            kind=EXCESS,
            node=one,
            day=cover,
            cost_of_inaction=float(cost[one]),
            parameters={
                "units": float(units[one]),
                "available": float(context.opening[one]),
                "max_cover_days": cover,
                "unit_days": float(unit_days[one]),
                "days_of_cover": ends if 0 <= ends < context.plan_input.horizon else None,
            },
            strength=float(strength[one]),
        )


def expiring(findings: Findings) -> Iterator[PlanException]:
    """Lots that will not be used before they expire; cost: what the units cost. Without a cost, units count."""
    lots, sourcing = findings.context.plan_input.lots, findings.context.plan_input.sourcing
    units, unit_cost = findings.lot_expiring, sourcing.unit_cost[lots.node]
    cost = units * unit_cost
    strength = money_strength(cost, findings.context.plan_input.message_minimum)
    strength = np.where(unit_cost > 0, strength, units / NOISE_UNITS)
    for row in np.flatnonzero((units > TOLERANCE) & (strength >= 1)).tolist():
        day = int(lots.expires_day[row])
        yield PlanException(
            kind=EXPIRING,
            node=int(lots.node[row]),
            day=day,
            cost_of_inaction=float(cost[row]),
            parameters={"units": float(units[row]), "quantity": float(lots.quantity[row]), "expires_day": day},
            lot=row,
        )


def _leftovers(findings: Findings) -> _Leftover:
    """Stock and open orders that are not used up within maximum cover of the day they are there."""
    context, pegs, used = findings.context, findings.pegging, findings.outlook.used
    horizon = context.plan_input.horizon
    cover = context.plan_input.costs.max_cover_days[pegs.node]
    ends = np.maximum(pegs.arrival_day, 0) + cover
    last = used[np.minimum(ends + 1, horizon), pegs.node]
    lasting = (pegs.kind != SupplyKind.ORDER) & (ends < horizon) & (pegs.start + pegs.quantity - last > TOLERANCE)
    layer = np.flatnonzero(lasting)
    start, quantity = pegs.start[layer, None], pegs.quantity[layer, None]
    unused = np.clip(start + quantity - used[1:, pegs.node[layer]].T, 0.0, quantity)
    beyond = np.where(np.arange(horizon) >= ends[layer, None], unused, 0.0)
    return _Leftover(
        layer=layer,
        cover_ends=ends[layer],
        units=unused[np.arange(len(layer)), ends[layer]],
        unit_days=beyond.sum(axis=1),
    )


def _changeable(findings: Findings) -> BoolArray:
    """Layers that are open orders which have not left and are not overdue, at planned nodes [p]."""
    pegs, receipts = findings.pegging, findings.context.plan_input.receipts
    free = ~receipts.shipped & (receipts.day >= 0) & findings.context.plan_input.nodes.active[receipts.node]
    result: BoolArray = pegs.kind == SupplyKind.RECEIPT
    result[result] = free[pegs.row[result]]
    return result


def _unchangeable(findings: Findings) -> BoolArray:
    """Layers that are there or on their way [p]."""
    kind = findings.pegging.kind
    return np.asarray((kind != SupplyKind.ORDER) & ~_changeable(findings))


def _review_days(findings: Findings) -> IntArray:
    """Longest wait between two order days [n]; the company's where there are not two within the horizon."""
    gap = longest_review_gap(findings.context.review)
    plan_input = findings.context.plan_input
    return np.where(gap > plan_input.horizon, plan_input.planning_window_days, gap)


def _above_mean(findings: Findings, node: IntArray) -> FloatArray:
    """Units by which P90 of cumulative demand exceeds its mean: a row for the opening, one per day [T + 1, nodes]."""
    demand = findings.context.plan_input.demand
    above = np.maximum(demand.cumulative_p90[node] - np.cumsum(demand.mean[node], axis=1), 0.0)
    return np.vstack([np.zeros((1, len(node))), above.T])
