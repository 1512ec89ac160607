"""Calendars as arrays of open days."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from stocksense.company.models import CalendarDay, CalendarWeekday
from stocksense.core.numeric import BoolArray


def open_days(calendar_ids: Sequence[int], *, first: date, days: int) -> BoolArray:
    """Which days each calendar is open, shape [calendars, days] from `first` on; a date outranks its weekday."""
    table = np.ones((len(calendar_ids), days), dtype=bool)
    row = {calendar: number for number, calendar in enumerate(calendar_ids)}
    weekday = (first.weekday() + np.arange(days)) % 7
    for pattern in CalendarWeekday.objects.filter(calendar_id__in=row, closed=True):
        table[row[pattern.calendar_id], weekday == pattern.weekday] = False
    last = first + timedelta(days=days - 1)
    for day in CalendarDay.objects.filter(calendar_id__in=row, date__range=(first, last)):
        table[row[day.calendar_id], (day.date - first).days] = not day.closed
    return table
