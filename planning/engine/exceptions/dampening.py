"""Yesterday's message does not flip on noise: hysteresis for whether it is given, and for what it advises."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from planning.engine.exceptions.kinds import (
    CANCEL,
    CLEARING,
    DEFER,
    EXCESS,
    EXPEDITE,
    STOCK_OUT_RISK,
    Parameter,
    PlanException,
)
from planning.engine.inputs import PlanInput

DAMPED_KINDS: Final = (DEFER, CANCEL, EXPEDITE, EXCESS, STOCK_OUT_RISK)
"""Kinds in the order in which `inputs.GivenAdvice.kind` numbers them."""

NOISE_DAYS: Final = 3
"""Dates that differ by fewer days stay as they were advised."""

NOISE_SHARE: Final = 0.1
"""Quantities that differ by less than this share, or than one order multiple, stay as they were advised."""

_ADVISED_DAY: Final = {DEFER: "wanted_day", EXPEDITE: "wanted_day", STOCK_OUT_RISK: "first_day_short"}
_ADVISED_UNITS: Final = {CANCEL: "units", EXPEDITE: "units_saved", EXCESS: "units"}

Key = tuple[str, int, int]


def settle(candidates: Sequence[PlanException], plan_input: PlanInput) -> list[PlanException]:
    """Candidates that are said: new ones from strength 1 on, those that were said yesterday from `CLEARING` on.

    What was said yesterday keeps its day and its quantity, each by itself, where today's differ by no more than noise;
    a change is measured from what was last said, so that many small ones are noticed in the end. An order that is
    to be reduced or cancelled is not put off as well.
    """
    given = plan_input.given_advice
    before: dict[Key, int] = {
        (DAMPED_KINDS[kind], node, receipt): row
        for row, (kind, node, receipt) in enumerate(
            zip(given.kind.tolist(), given.node.tolist(), given.receipt.tolist(), strict=True)
        )
    }
    settled = []
    for one in candidates:
        row = before.get((one.kind, one.node, one.receipt))
        if row is None and one.strength >= 1:
            settled.append(one)
        elif row is not None and one.strength >= CLEARING:
            settled.append(_as_before(one, int(given.day[row]), float(given.quantity[row]), plan_input))
    cancelled = {one.receipt for one in settled if one.kind == CANCEL}
    return [one for one in settled if one.kind != DEFER or one.receipt not in cancelled]


def advised_day(kind: str) -> str:
    """Name of the parameter that holds the day a message of a damped kind advises; blank: none."""
    return _ADVISED_DAY.get(kind, "")


def advised_units(kind: str) -> str:
    """Name of the parameter that holds the units a message of a damped kind is about; blank: none."""
    return _ADVISED_UNITS.get(kind, "")


def _as_before(one: PlanException, day: int, quantity: float, plan_input: PlanInput) -> PlanException:
    """The message with yesterday's day and units where they still hold."""
    parameters: dict[str, Parameter] = dict(one.parameters)
    day_name, units_name = advised_day(one.kind), advised_units(one.kind)
    new_day = parameters.get(day_name)
    if isinstance(new_day, int) and day >= 0 and abs(new_day - day) < NOISE_DAYS and _day_fits(one, day):
        parameters[day_name] = day
    units = parameters.get(units_name)
    most = parameters.get("quantity")
    if isinstance(units, float) and quantity > 0:
        step = float(plan_input.sourcing.multiple[one.node]) or 1.0
        fits = not isinstance(most, float) or quantity <= most
        if fits and abs(units - quantity) < max(step, NOISE_SHARE * quantity):
            parameters[units_name] = quantity
    if one.kind == STOCK_OUT_RISK and isinstance(parameters[day_name], int):
        return replace(one, parameters=parameters, day=int(parameters[day_name] or 0))
    return replace(one, parameters=parameters)


def _day_fits(one: PlanException, day: int) -> bool:
    """An order that is to come earlier still does so on yesterday's day, and one that is to come later does too."""
    arrival = one.parameters.get("arrival_day")
    if not isinstance(arrival, int):
        return True
    return day < arrival if one.kind == EXPEDITE else day > arrival
