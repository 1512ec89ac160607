"""Kinds of exceptions, what one consists of, and how strong it must be to be worth a planner's time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from planning.engine.inputs import TOLERANCE
from stocksense.core.numeric import FloatArray

STOCK_OUT: Final = "stock_out"
STOCK_OUT_RISK: Final = "stock_out_risk"
LATE_ORDER: Final = "late_order"
EXPEDITE: Final = "expedite"
OVERDUE_RECEIPT: Final = "overdue_receipt"
PAST_DUE_RELEASE: Final = "past_due_release"
SOURCE_SHORT: Final = "source_short"
DEFER: Final = "defer"
CANCEL: Final = "cancel"
EXCESS: Final = "excess"
EXPIRING: Final = "expiring"
BELOW_MINIMUM: Final = "below_minimum"
CANNOT_PLAN: Final = "cannot_plan"
HORIZON_TOO_SHORT: Final = "horizon_too_short"

NOISE_UNITS: Final = 1.0
"""A shortage of fewer units in expectation is noise, unless it costs the company's minimum."""

CLEARING: Final = 0.5
"""A message that was there yesterday stays until it is this much weaker than what raises a new one."""

Parameter = float | int | str | None


@dataclass(frozen=True)
class PlanException:
    """One message: what, where, on which day it bites, what inaction costs, and the numbers for its sentence.

    receipt, lot: row of the open receipt or lot that it is about, -1 for none; with kind and node its key.
    strength: how far it lies above what raises a new message (1); messages from `CLEARING` on are candidates that stay
    if they were there yesterday.
    """

    kind: str
    node: int
    day: int
    cost_of_inaction: float
    parameters: Mapping[str, Parameter]
    receipt: int = field(default=-1, kw_only=True)
    lot: int = field(default=-1, kw_only=True)
    strength: float = field(default=np.inf, kw_only=True)


def shortage_strength(units: FloatArray, cost: FloatArray, minimum_cost: float) -> FloatArray:
    """Strength of expected shortages: 1 at one unit short, or at the cost that a message is worth."""
    return np.maximum(units / NOISE_UNITS, money_strength(cost, minimum_cost))


def money_strength(cost: FloatArray, minimum_cost: float) -> FloatArray:
    """Strength of messages that only cost money: 1 at the company's minimum; any cost will do where it has none."""
    if minimum_cost > 0:
        return np.asarray(cost / minimum_cost)
    return np.where(cost > TOLERANCE, np.inf, 0.0)
