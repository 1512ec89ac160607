"""How far a rejection or snooze reaches beyond its own order day, and what brings its need back before.

It is about the need that was shown: until the order day on which the plan, had it got that order, would have asked
again. Until then the need grows by what is used; more than that, or dearer waiting, is news.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from planning.models import Decision, PlanDecision, PlannedOrder, PlanRun
from stocksense.company import services as company

Line = tuple[int, int, int | None, int | None]
Key = tuple[int, int, int | None, int | None, date]

NOTABLE = Decimal("0.2")
"""A change by more than this part is a change: of a need, or of what waiting costs."""

REACHING = (Decision.REJECTED, Decision.SNOOZED)
"""Words that reach beyond their own order day."""


@dataclass(frozen=True)
class Proposed:
    """What a run proposes for one need: the parts, in order of their release."""

    parts: Sequence[PlannedOrder]

    @property
    def need_on(self) -> date:
        """The order day."""
        return self.parts[0].need_on

    @property
    def quantity(self) -> Decimal:
        """All parts together, stock units."""
        return sum((part.quantity for part in self.parts), Decimal(0))

    @property
    def cost(self) -> Decimal:
        """What waiting costs, company currency."""
        return sum((part.cost_of_inaction for part in self.parts), Decimal(0))

    @property
    def due_on(self) -> date:
        """Arrival of the first part."""
        return min(part.due_on for part in self.parts)


@dataclass(frozen=True)
class Reach:
    """How far a word reaches, as `PlanDecision` keeps it."""

    spans_to: date
    next_quantity: Decimal
    tolerance: Decimal
    most_cost: Decimal


class Return(StrEnum):
    """Why a need that was rejected or snoozed is open again."""

    DAY = "day"
    CHANGED = "changed"
    GROWN = "grown"
    DEARER = "dearer"


@dataclass(frozen=True)
class Back:
    """A need that came back: why, and what was to be expected of it. Quantities in stock units, company currency."""

    why: Return
    expected: Decimal
    now: Decimal
    cost: Decimal


def reaches(run: PlanRun, proposed: Mapping[Key, Proposed]) -> dict[Key, Reach]:
    """How far a word on each of these needs of `run` reaches. Two queries, however many."""
    least = company.settings().least_message_cost
    later = _later_needs(run, proposed)
    return {key: _reach(run, found, later.get(key), least) for key, found in proposed.items()}


def governing(words: Sequence[PlanDecision], need_on: date) -> PlanDecision | None:
    """Of the words on one item, destination and source, in order of their days, the one on the need of `need_on`.

    Its own, else the latest before it where that reaches so far.
    """
    last = next((word for word in reversed(words) if word.need_on <= need_on), None)
    if last is None or last.need_on == need_on:
        return last
    return last if last.decision in REACHING and need_on < _ends(last) else None


def back(decision: PlanDecision, run: PlanRun, proposed: Proposed) -> Back | None:
    """Why a rejection or snooze no longer holds in `run`, or None while it does."""
    expected = expected_quantity(decision, proposed.need_on)
    why = _why_back(decision, run, proposed, expected)
    return Back(why, expected, proposed.quantity, proposed.cost) if why else None


def expected_quantity(decision: PlanDecision, need_on: date) -> Decimal:
    """What the need would have come to by `need_on`, by use alone."""
    then: Decimal = decision.proposed_quantity
    if decision.spans_to is None or decision.next_quantity is None:
        return then
    return then + Decimal(decision.next_quantity) * _elapsed(decision, need_on) / _span(decision)


def _why_back(decision: PlanDecision, run: PlanRun, proposed: Proposed, expected: Decimal) -> Return | None:
    is_own = decision.need_on == proposed.need_on
    if decision.decision == Decision.SNOOZED:
        if decision.snoozed_until is not None and run.as_of >= decision.snoozed_until:
            return Return.DAY
        moved = is_own and proposed.due_on != decision.proposed_due_on
        if decision.until_change and (moved or _differs(decision, proposed) > _allowed(decision)):
            return Return.CHANGED
    if decision.spans_to is None or (is_own and decision.run_id == run.pk):
        return None
    if decision.most_cost is not None and proposed.cost > decision.most_cost:
        return Return.DEARER
    return Return.GROWN if _beyond(decision, proposed) > _allowed(decision) else None


def _beyond(decision: PlanDecision, proposed: Proposed) -> Decimal:
    """Units asked beyond what was to be expected, times the days that the word spans: nothing is divided, so that
    Python and SQL agree to the last decimal.
    """
    grown: Decimal = (proposed.quantity - decision.proposed_quantity) * _span(decision)
    return grown - (decision.next_quantity or Decimal(0)) * _elapsed(decision, proposed.need_on)


def _differs(decision: PlanDecision, proposed: Proposed) -> Decimal:
    return abs(_beyond(decision, proposed))


def _allowed(decision: PlanDecision) -> Decimal:
    """Units that a need may differ by, times the days of the span."""
    usual: Decimal = decision.proposed_quantity * NOTABLE
    tolerance = usual if decision.tolerance is None else Decimal(decision.tolerance)
    return tolerance * _span(decision)


def _span(decision: PlanDecision) -> int:
    return (decision.spans_to - decision.need_on).days if decision.spans_to else 1


def _elapsed(decision: PlanDecision, need_on: date) -> int:
    return (need_on - decision.need_on).days


def _ends(word: PlanDecision) -> date:
    """First order day that the word is not about."""
    ends: date = max(word.spans_to or word.need_on, word.snoozed_until or word.need_on)
    return max(ends, word.need_on + timedelta(days=1))


def _reach(run: PlanRun, found: Proposed, later: tuple[date, Decimal] | None, least: Decimal) -> Reach:
    last_day = max(run.as_of + timedelta(days=run.horizon_days), found.need_on + timedelta(days=1))
    spans_to, next_quantity = later or (last_day, Decimal(0))
    step = max((_multiple(part) for part in found.parts), default=Decimal(0))
    tolerance = round(max(found.quantity * NOTABLE, step), 3)
    return Reach(spans_to, next_quantity, tolerance, found.cost + round(max(found.cost * NOTABLE, least), 4))


def _multiple(order: PlannedOrder) -> Decimal:
    """The order multiple that the need was rounded to: one more or less of it is rounding, not news."""
    rounding: Any = order.trace.get("rounding") or {}
    value = rounding.get("multiple")
    return Decimal(str(value)) if isinstance(value, int | float) else Decimal(0)


def _later_needs(run: PlanRun, proposed: Mapping[Key, Proposed]) -> dict[Key, tuple[date, Decimal]]:
    """Per need the next order day on which the run asks the same source again, and for how much."""
    rows = PlannedOrder.objects.filter(
        run_id=run.pk,
        run_date=run.run_date,
        item_id__in={key[0] for key in proposed},
        location_id__in={key[1] for key in proposed},
    ).values_list("item_id", "location_id", "origin_id", "supplier_id", "need_on", "quantity")
    asked: dict[Line, dict[date, Decimal]] = {}
    for *line, need_on, quantity in rows:
        of_line = asked.setdefault((line[0], line[1], line[2], line[3]), {})
        of_line[need_on] = of_line.get(need_on, Decimal(0)) + quantity
    return {key: found for key in proposed if (found := _first_after(asked.get(key[:4], {}), key[4]))}


def _first_after(needs: Mapping[date, Decimal], need_on: date) -> tuple[date, Decimal] | None:
    later: Collection[date] = [day for day in needs if day > need_on]
    return (min(later), needs[min(later)]) if later else None
