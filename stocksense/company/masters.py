"""Settings, calendars and exchange rates, changed one at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from stocksense.company import changes
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate
from stocksense.core import saving
from stocksense.core.masters import Change, Master


class CalendarMaster(Master[Calendar]):
    """A calendar with its weekly pattern and its dates, each replaced as a whole where it is given."""

    def create_many(self, *, actor: Any, rows: Sequence[Mapping[str, Any]]) -> list[Calendar]:
        """New calendars, each with the rows that are its own. Errors as `Master.create_many`."""
        with transaction.atomic():
            made = super().create_many(actor=actor, rows=[_own(values) for values in rows])
            for row, values in zip(made, rows, strict=True):
                _replace(row, values)
        return made

    def change_many(self, *, actor: Any, changes: Sequence[Change[Calendar]]) -> None:
        """Other values, another pattern or other dates; those are replaced calendar by calendar. Errors as above."""
        with transaction.atomic():
            super().change_many(actor=actor, changes=[(row, _own(values)) for row, values in changes])
            replaced = [row for row, values in changes if _replace(row, values)]
            if replaced:
                saving.update(replaced, ())
                self.tell(replaced)


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is in the calendar's own row."""
    return {name: value for name, value in values.items() if name not in ("weekdays", "days")}


def _replace(calendar: Calendar, values: Mapping[str, Any]) -> bool:
    """Give it the weekly pattern and the dates that are given; whether any were."""
    weekdays, days = values.get("weekdays"), values.get("days")
    if weekdays is not None:
        calendar.weekdays.all().delete()
        with saving.violations(CalendarWeekday):
            CalendarWeekday.objects.bulk_create(CalendarWeekday(calendar=calendar, **row) for row in weekdays)
    if days is not None:
        calendar.days.all().delete()
        with saving.violations(CalendarDay):
            CalendarDay.objects.bulk_create(CalendarDay(calendar=calendar, **row) for row in days)
    return weekdays is not None or days is not None


SETTINGS = Master(
    CompanySettings,
    touched=changes.tell,
    unseen=frozenset({"name", "nightly_run_at", "separate_approver"}),
)
CALENDARS = CalendarMaster(
    Calendar,
    touched=changes.tell,
    fixed=frozenset({"code"}),
    unseen=frozenset({"name"}),
    instead="Give those another calendar first, or none.",
)
EXCHANGE_RATES = Master(ExchangeRate, touched=changes.tell, fixed=frozenset({"currency", "valid_from"}))
