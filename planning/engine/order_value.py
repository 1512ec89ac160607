"""Filling orders up to a minimum value by the cheapest money there is: the lowest days of cover."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.inputs import TOLERANCE
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

_BISECTIONS: Final = 40
_MARGIN: Final = 1e-6
_COVER_DECIMALS: Final = 9
_SAME_COVER: Final = 0.5 * 10.0**-_COVER_DECIMALS


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines of the orders to fill up, all fields [m]; one order is one `group`, numbered from 0.

    position: inventory position with what is ordered already. daily_use: units per day. unit_cost: money per unit.
    first: units that are added first: one multiple, or a smallest order where the line is not ordered yet.
    multiple: units added each time after that; where it is 0, any quantity goes and one day's use is added.
    limit: most units that may be added.
    """

    group: IntArray
    position: FloatArray
    daily_use: FloatArray
    unit_cost: FloatArray
    first: FloatArray
    multiple: FloatArray
    limit: FloatArray


@dataclass(frozen=True, kw_only=True)
class TopUp:
    """added [m]: units per line, 0 in orders that cannot be filled up. reached: per group, whether they can.

    order: the lines with additions, in the order in which they were first chosen.
    """

    added: FloatArray
    reached: BoolArray
    order: IntArray


def top_up(lines: Lines, missing: FloatArray) -> TopUp:
    """Fill every order up by at least `missing` [groups] money; 0 or less where nothing is missing.

    Adds one step after the other to the line whose days of cover after the step, position ÷ daily use, are lowest
    (ties: the earlier line), and stops as soon as the value is reached. With holding cost a share of value,
    the line that is used up soonest holds a unit of money for the shortest time. Lines without use or price are left
    alone. The steps are found in bulk: all with a cover up to a level that is still too little, the last ones singly.
    """
    steps = _Steps.of(lines)
    groups = len(missing)
    everything = sum_by(lines.group, steps.value(steps.most), groups)
    reached = everything >= missing - TOLERANCE
    open_groups = reached & (missing > TOLERANCE)
    taken = _in_bulk(lines, steps, missing, open_groups)
    _singly(lines, steps, missing, open_groups, taken)
    chosen = np.flatnonzero(taken > 0)
    first_cover = steps.cover_after(np.ones_like(taken))[chosen]
    return TopUp(added=steps.units(taken), reached=reached, order=chosen[np.lexsort((chosen, first_cover))])


def added_until(lines: Lines, last_cover: FloatArray, earlier: BoolArray) -> FloatArray:
    """Units that each line got when filling stopped with a step to `last_cover` [m] days of cover.

    earlier [m]: the line comes before the one that got the last step, or is that line: of equal covers it went first.
    """
    steps = _Steps.of(lines)
    return steps.units(steps.within(last_cover + np.where(earlier, _SAME_COVER, -_SAME_COVER)))


@dataclass(frozen=True)
class _Steps:
    """The steps of every line: first [m] units, then step [m] units each, at most `most` [m] steps."""

    lines: Lines
    use: FloatArray
    step: FloatArray
    first: FloatArray
    most: IntArray

    @classmethod
    def of(cls, lines: Lines) -> "_Steps":
        useful = (lines.daily_use > 0) & (lines.unit_cost > 0)
        use = np.where(useful, lines.daily_use, 1.0)
        step = np.where(lines.multiple > 0, lines.multiple, use)
        first = np.where(lines.first > 0, lines.first, step)
        most = np.floor((np.minimum(lines.limit, 1e15) - first + TOLERANCE) / step).astype(np.int64) + 1
        return cls(lines, use, step, first, np.where(useful, np.maximum(most, 0), 0))

    def units(self, taken: IntArray) -> FloatArray:
        """Units in the first `taken` steps."""
        return np.where(taken > 0, self.first + (taken - 1) * self.step, 0.0)

    def value(self, taken: IntArray) -> FloatArray:
        """Money in the first `taken` steps."""
        return self.units(taken) * self.lines.unit_cost

    def cover_after(self, taken: IntArray) -> FloatArray:
        """Days of cover after `taken` steps, without the noise of floats that would break ties."""
        return np.round((self.lines.position + self.units(taken)) / self.use, _COVER_DECIMALS)

    def within(self, cover: FloatArray) -> IntArray:
        """Steps that lift a line to at most `cover` [m] days."""
        beyond_first = (cover * self.use - self.lines.position - self.first) / self.step
        return np.asarray(np.clip(np.floor(beyond_first) + 1, 0, self.most), dtype=np.int64)


def _in_bulk(lines: Lines, steps: _Steps, missing: FloatArray, open_groups: BoolArray) -> IntArray:
    """Steps below a cover at which each open group is still short of value; steps of other groups are 0."""
    if not open_groups.any():
        return np.zeros(len(lines.group), dtype=np.int64)
    groups = len(missing)
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    able = np.flatnonzero(steps.most > 0)
    np.minimum.at(low, lines.group[able], steps.cover_after(np.ones_like(steps.most))[able])
    np.maximum.at(high, lines.group[able], steps.cover_after(steps.most)[able])
    low, high = np.where(open_groups, low - 1.0, 0.0), np.where(open_groups, high, 0.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        enough = sum_by(lines.group, steps.value(steps.within(middle[lines.group])), groups) >= missing - TOLERANCE
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    # Below the level, so that steps of equal cover are either all in or all left to be chosen singly.
    level = low - _MARGIN * np.maximum(np.abs(low), 1.0)
    return np.where(open_groups[lines.group], steps.within(level[lines.group]), 0)


def _singly(lines: Lines, steps: _Steps, missing: FloatArray, open_groups: BoolArray, taken: IntArray) -> None:
    """Take the step of lowest cover in every group that is still short, one at a time; changes `taken`."""
    groups = len(missing)
    while True:
        short = open_groups & (sum_by(lines.group, steps.value(taken), groups) < missing - TOLERANCE)
        rows = np.flatnonzero(short[lines.group] & (taken < steps.most))
        if not rows.size:
            return
        cover = steps.cover_after(taken + 1)[rows]
        rows = rows[np.lexsort((rows, cover, lines.group[rows]))]
        _, first = np.unique(lines.group[rows], return_index=True)
        taken[rows[first]] += 1
