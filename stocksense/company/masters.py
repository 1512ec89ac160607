"""Settings, calendars and exchange rates, changed one at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from stocksense.company import changes
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate
from stocksense.core import saving
from stocksense.core.masters import Master

Rows = Iterable[Mapping[str, Any]]


class CalendarMaster(Master[Calendar]):
    """A calendar with its weekly pattern and its dates, each replaced as a whole where it is given."""

    def create(self, *, actor: Any, weekdays: Rows = (), days: Rows = (), **values: Any) -> Calendar:
        """A new calendar. Raises NotAllowed, FieldErrors, AlreadyThere."""
        with transaction.atomic():
            row = super().create(actor=actor, **values)
            _replace(row, weekdays, days)
        return row

    def create_many(self, *, actor: Any, rows: Sequence[Mapping[str, Any]]) -> list[Calendar]:
        """New calendars, one after the other: each has rows of its own. Errors as `create`."""
        with transaction.atomic():
            return [self.create(actor=actor, **values) for values in rows]

    def change(
        self, *, row: Calendar, actor: Any, weekdays: Rows | None = None, days: Rows | None = None, **values: Any
    ) -> Calendar:
        """Other values, another pattern or other dates. Errors as `create`."""
        with transaction.atomic():
            super().change(row=row, actor=actor, **values)
            if weekdays is not None or days is not None:
                _replace(row, weekdays, days)
                row.save(update_fields=["updated_at"])
                self.touched([row])
        return row


def _replace(calendar: Calendar, weekdays: Rows | None, days: Rows | None) -> None:
    if weekdays is not None:
        calendar.weekdays.all().delete()
        with saving.violations(CalendarWeekday):
            CalendarWeekday.objects.bulk_create(CalendarWeekday(calendar=calendar, **row) for row in weekdays)
    if days is not None:
        calendar.days.all().delete()
        with saving.violations(CalendarDay):
            CalendarDay.objects.bulk_create(CalendarDay(calendar=calendar, **row) for row in days)


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
