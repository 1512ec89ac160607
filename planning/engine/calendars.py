"""Stepping through days: the one place where lead times and calendars meet."""

from dataclasses import dataclass

import numpy as np

from planning.engine.inputs import ALWAYS_OPEN
from stocksense.core.numeric import BoolArray, IntArray


@dataclass(frozen=True)
class CalendarTable:
    """First open day at or after each day: next_open [calendars, days]. Days beyond the table are open."""

    next_open: IntArray

    @classmethod
    def from_open_days(cls, calendar_open: BoolArray) -> "CalendarTable":
        """Build the table from open-day flags [calendars, days]."""
        days = calendar_open.shape[1]
        candidates = np.where(calendar_open, np.arange(days), days)
        return cls(np.minimum.accumulate(candidates[:, ::-1], axis=1)[:, ::-1].astype(np.int64))

    def first_open_day(self, calendar: IntArray, day: IntArray) -> IntArray:
        """First open day at or after `day` by each row's calendar; arguments broadcast."""
        calendar, day = np.broadcast_arrays(calendar, day)
        known = (calendar != ALWAYS_OPEN) & (day < self.next_open.shape[1])
        if not known.any():
            return day.copy()
        result = day.copy()
        result[known] = self.next_open[calendar[known], day[known]]
        return result


@dataclass(frozen=True)
class OrderDates:
    """When an order leaves its source and when it can be used, in day offsets."""

    ship_day: IntArray
    due_day: IntArray


def add_lead_time(
    calendars: CalendarTable,
    release_day: IntArray,
    lead_time_days: IntArray,
    ship_calendar: IntArray,
    receive_calendar: IntArray,
) -> OrderDates:
    """Ship and due days of orders released on `release_day` (0 or later); arguments broadcast.

    The source ships on its first open day at or after the release, the goods travel `lead_time_days` calendar
    days, and the destination takes them in on its first open day from then on. A later release is never due earlier.
    """
    ship_day = calendars.first_open_day(ship_calendar, release_day)
    return OrderDates(ship_day, calendars.first_open_day(receive_calendar, ship_day + lead_time_days))
