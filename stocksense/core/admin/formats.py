"""Numbers, days and times as people read them on pages: thousands parted, unit or currency beside them."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
NONE = "–"

Number = Decimal | float | int


def quantity(value: Number | None, unit: str = "", decimals: int = 0) -> str:
    """A stock quantity with its unit, at most `decimals` decimals: '1,234 pcs'. A dash where unknown."""
    if value is None:
        return NONE
    text = f"{value:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return f"{text} {unit}".strip()


def money(value: Number | None, currency: str) -> str:
    """An amount with its currency: '€ 1,840', cents below a hundred: '€ 4.50'."""
    if value is None:
        return NONE
    decimals = 2 if abs(value) < 100 and value != int(value) else 0
    return f"{_SYMBOLS.get(currency, currency)} {value:,.{decimals}f}"


def share(value: Number | None) -> str:
    """A fraction as a percentage: '95 %'."""
    return NONE if value is None else f"{value * 100:.1f}".rstrip("0").rstrip(".") + " %"


def day(value: date | None) -> str:
    """A date, short: '12 Mar 2026'."""
    return NONE if value is None else f"{value.day} {value:%b %Y}"


def short_day(value: date | None) -> str:
    """A date of this plan: '12 Mar'."""
    return NONE if value is None else f"{value.day} {value:%b}"


def moment(at: datetime | None) -> str:
    """An instant in the company's time zone (the current one while a page is made): '3 Mar 2026 02:10'."""
    return NONE if at is None else f"{day(timezone.localtime(at).date())} {timezone.localtime(at):%H:%M}"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in one unit: '3 h old', '2 d old'."""
    minutes = max(int((now - then).total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min old"
    return f"{minutes // 60} h old" if minutes < 48 * 60 else f"{minutes // 1440} d old"


def count(value: int, singular: str, plural: str = "") -> str:
    """A number of things: '1 order', '12 orders'."""
    return f"{value:,} {singular if value == 1 else plural or singular + 's'}"
