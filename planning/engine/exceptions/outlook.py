"""What several families of exceptions ask about a node: which arrivals are still possible, and what waiting costs."""

from dataclasses import dataclass

import numpy as np

from planning.engine.commitments import Commitments
from planning.engine.context import PlanContext
from planning.engine.inputs import TOLERANCE
from planning.engine.pegging import Pegging, cumulative_use
from planning.engine.projection import Projection
from planning.engine.shortage import Shortage, shortage_until
from planning.engine.sweeps import SweepResult
from planning.engine.tables import TransferCuts
from stocksense.core.numeric import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Outlook:
    """What is known per node before judging, all fields [n] unless stated; T stands for "not within the horizon".

    soonest_due: arrival of an order released on day 0, order day or not, lead_time of the supplier or lane that brings
    it. first_order: first order day. first_due, second_due: arrivals of orders released on the first and second order
    day. Where suppliers share orders, soonest_due and first_due are the arrival of the part that comes first, and
    second_due that of the node's own source. first_short: first day short without new orders. doing_nothing: expected
    shortage until second_due when nothing new is ordered now. with_plan: expected shortage until second_due when every
    proposal is carried out. supply_without, supply_with: cumulative net supply without and with the proposals, expired
    lots taken out [T, n]. used: cumulative use [T + 1, n].
    """

    soonest_due: IntArray
    lead_time: IntArray
    first_order: IntArray
    first_due: IntArray
    second_due: IntArray
    first_short: IntArray
    doing_nothing: Shortage
    with_plan: Shortage
    supply_without: FloatArray
    supply_with: FloatArray
    used: FloatArray


@dataclass(frozen=True)
class Findings:
    """A finished plan as the families of exceptions look at it. lot_expiring [l]: as in `Plan`."""

    context: PlanContext
    sweep: SweepResult
    projection: Projection
    cuts: TransferCuts
    pegging: Pegging
    outlook: Outlook
    lot_expiring: FloatArray
    commitments: Commitments

    @property
    def planned(self) -> BoolArray:
        """Nodes that are planned and have a source [n]."""
        return self.context.plan_input.nodes.active & self.context.network.sourced


def build_outlook(context: PlanContext, sweep: SweepResult, projection: Projection, asked: FloatArray) -> Outlook:
    """Arrivals that are still possible, and shortages until then. asked: as `asked_by_day` returns it."""
    size, horizon = context.plan_input.size, context.plan_input.horizon
    everyone = np.arange(size)
    first = context.next_reviews(np.full(size, -1))
    second_due = context.feasible_due(context.next_reviews(first))
    without = context.opening + np.cumsum(context.scheduled - asked - sweep.expired, axis=0)
    planned = context.opening + np.cumsum(sweep.arrivals - sweep.shipped - sweep.expired, axis=0)
    short = projection.without_orders_short > TOLERANCE
    soonest_due, lead_time = context.first_to_arrive(np.zeros(size, dtype=np.int64))
    return Outlook(
        soonest_due=soonest_due,
        lead_time=lead_time,
        first_order=first,
        first_due=context.first_to_arrive(first)[0],
        second_due=second_due,
        first_short=np.where(short.any(axis=1), short.argmax(axis=1), horizon),
        doing_nothing=shortage_until(context, without, second_due, everyone),
        with_plan=shortage_until(context, planned, second_due, everyone),
        supply_without=without,
        supply_with=planned,
        used=cumulative_use(context, sweep),
    )


def longest_review_gap(review: BoolArray) -> IntArray:
    """Most days from an order day to the next one; T + 1 where there are fewer than two. review: [T, n]."""
    days = np.arange(len(review))[:, None]
    last = np.maximum.accumulate(np.where(review, days, -1), axis=0)
    before = np.vstack([np.full((1, review.shape[1]), -1), last[:-1]])
    gap = np.where(review & (before >= 0), days - before, 0).max(axis=0)
    return np.where(gap > 0, gap, len(review) + 1)
