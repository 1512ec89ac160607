"""The one place that reads the clock, so that a run, a test or a replay can say what day it is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """The current instant, UTC and aware."""
    return timezone.now()


def local_date(time_zone: str, at: datetime | None = None) -> date:
    """The calendar day at `at` (default: now) in a time zone such as 'Europe/Paris'."""
    return (at or now()).astimezone(ZoneInfo(time_zone)).date()
