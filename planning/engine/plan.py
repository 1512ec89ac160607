"""The planning engine's entry point: one input, one plan."""

from dataclasses import dataclass

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.commitments import Commitments, commitments
from planning.engine.context import PlanContext, build_context
from planning.engine.exceptions import PlanException, find_exceptions
from planning.engine.exceptions.outlook import Findings, build_outlook
from planning.engine.inputs import TOLERANCE, PlanInput
from planning.engine.lots import expiring_lots
from planning.engine.network import Network
from planning.engine.pegging import Pegging, peg
from planning.engine.projection import Projection, asked_by_day, project
from planning.engine.sweeps import SweepResult, Sweeps
from planning.engine.tables import AllocationClaims, Moves, OrderJoins, PlannedOrders, Requests, TransferCuts
from stocksense.core.numeric import FloatArray, IntArray


@dataclass(frozen=True)
class Plan:
    """What to order and move, what stock will do, and what to look at.

    receipt_day [r]: expected day of each open receipt; later than stated where it was overdue. lot_expiring [l]: units
    of each lot that expire unused with this plan. inaction_cost [n]: expected cost of shortages until an order of the
    second order day could arrive, when nothing new is ordered now.
    """

    plan_input: PlanInput
    network: Network
    requests: Requests
    orders: PlannedOrders
    joins: OrderJoins
    moves: Moves
    claims: AllocationClaims
    cuts: TransferCuts
    projection: Projection
    pegging: Pegging
    exceptions: tuple[PlanException, ...]
    inaction_cost: FloatArray
    receipt_day: IntArray
    lot_expiring: FloatArray
    commitments: Commitments


def make_plan(plan_input: PlanInput) -> Plan:
    """Plan every node over the whole horizon. The same input always gives the same plan.

    Raises NetworkCycleError when nodes replenish each other in a circle.
    """
    context = build_context(plan_input)
    sweep = Sweeps(context).run()
    cuts = find_cuts(context, sweep)
    projection = project(context, sweep)
    pegging = peg(context, sweep)
    outlook = build_outlook(context, sweep, projection, asked_by_day(context, sweep))
    lot_expiring = expiring_lots(plan_input, sweep.expired)
    promised = commitments(context, sweep)
    findings = Findings(context, sweep, projection, cuts, pegging, outlook, lot_expiring, promised)
    return Plan(
        plan_input=plan_input,
        network=context.network,
        requests=sweep.requests,
        orders=sweep.orders,
        joins=sweep.joins,
        moves=sweep.moves,
        claims=sweep.claims,
        cuts=cuts,
        projection=projection,
        pegging=pegging,
        exceptions=find_exceptions(findings),
        inaction_cost=outlook.doing_nothing.cost,
        receipt_day=context.receipt_day,
        lot_expiring=lot_expiring,
        commitments=promised,
    )


def find_cuts(context: PlanContext, sweep: SweepResult) -> TransferCuts:
    """Requests whose origin gave less than asked on the ship day, and when the rest follows."""
    requests, orders = sweep.requests, sweep.orders
    count = len(requests.node)
    on_time = orders.ship_day == requests.ship_day[orders.request]
    granted = sum_by(orders.request[on_time], orders.quantity[on_time], count)
    last_ship, last_due = np.full(count, -1), np.full(count, -1)
    np.maximum.at(last_ship, orders.request[~on_time], orders.ship_day[~on_time])
    np.maximum.at(last_due, orders.request[~on_time], orders.due_day[~on_time])
    shipped = sum_by(orders.request, orders.quantity, count)
    complete = shipped + sweep.cancelled >= requests.quantity - TOLERANCE
    within = (requests.source_node >= 0) & (requests.ship_day < context.plan_input.horizon)
    cut = np.flatnonzero(within & (granted < requests.quantity - TOLERANCE))
    return TransferCuts(
        request=cut,
        node=requests.node[cut],
        source_node=requests.source_node[cut],
        requested=requests.quantity[cut],
        granted=granted[cut],
        remainder=requests.quantity[cut] - granted[cut],
        cancelled=sweep.cancelled[cut],
        outstanding=np.where(complete, 0.0, requests.quantity - shipped - sweep.cancelled)[cut],
        remainder_ship_day=np.where(complete, last_ship, -1)[cut],
        remainder_due_day=np.where(complete, last_due, -1)[cut],
    )
