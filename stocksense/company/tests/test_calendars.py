"""Open days of calendars as arrays."""

from datetime import date

import pytest

from stocksense.company.calendars import open_days
from stocksense.company.models import Calendar

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)


def calendar(code: str, *, weekdays: dict[int, bool] | None = None, dates: dict[date, bool] | None = None) -> Calendar:
    """A calendar whose weekdays and dates say whether they are closed."""
    made = Calendar.objects.create(code=code)
    for weekday, closed in (weekdays or {}).items():
        made.weekdays.create(weekday=weekday, closed=closed)
    for day, closed in (dates or {}).items():
        made.days.create(date=day, closed=closed)
    return made


def marks(*calendars: Calendar, first: date = FRIDAY, days: int = 7) -> list[str]:
    """One line per calendar, from Friday on: o open, x closed."""
    table = open_days([one.pk for one in calendars], first=first, days=days)
    return ["".join("o" if is_open else "x" for is_open in row) for row in table]


def test_a_calendar_that_says_nothing_is_always_open():
    assert marks(calendar("always")) == ["ooooooo"]


def test_a_weekend_is_closed_every_week():
    assert marks(calendar("office", weekdays={5: True, 6: True}), days=14) == ["oxxoooooxxoooo"]


def test_a_date_outranks_its_weekday_both_ways():
    working_saturday, closed_monday = date(2026, 11, 21), date(2026, 11, 23)
    shop = calendar("shop", weekdays={5: True, 6: True}, dates={working_saturday: False, closed_monday: True})
    assert marks(shop) == ["ooxxooo"]


def test_a_weekday_said_to_be_open_is_open():
    assert marks(calendar("open", weekdays={4: False})) == ["ooooooo"]


def test_dates_outside_the_span_change_nothing():
    shop = calendar("shop", dates={date(2026, 11, 19): True, date(2026, 11, 27): True, date(2026, 11, 26): True})
    assert marks(shop) == ["oooooox"]


def test_each_calendar_has_its_row_in_the_order_asked_for():
    first, second = calendar("a", weekdays={4: True}), calendar("b", weekdays={5: True})
    assert marks(second, first, days=3) == ["oxo", "xoo"]


def test_no_calendars_give_no_rows():
    assert open_days([], first=FRIDAY, days=3).shape == (0, 3)


def test_all_calendars_are_read_by_two_queries(django_assert_num_queries):
    ids = [calendar(code, weekdays={5: True}).pk for code in "abcde"]
    with django_assert_num_queries(2):
        open_days(ids, first=FRIDAY, days=30)
