"""How a file writes its numbers and dates, decided from all of its values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import polars as pl

from stocksense.ingestion.columns import WEEKDAY_NAMES
from stocksense.ingestion.errors import FileRefused

MOST_DATE_TEXTS = 200_000

_GROUPS = r"[\s\u00a0\u202f'’]"
COMMA_DECIMALS = r"^[+-]?(\d*,(\d{1,2}|\d{4,})|0\d*,\d{3}|\d{4,},\d{3}|\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,})$"
POINT_DECIMALS = r"^[+-]?(\d*\.(\d{1,2}|\d{4,})|0\d*\.\d{3}|\d{4,}\.\d{3}|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,})$"
EITHER_COMMA = r"^[+-]?[1-9]\d{0,2},\d{3}$"
EITHER_POINT = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"


class NumberStyle(StrEnum):
    """Which marks numbers use."""

    PLAIN = "plain"
    POINT = "decimal point"
    COMMA = "decimal comma"


class DateOrder(StrEnum):
    """What stands first in dates that do not begin with the year."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


@dataclass(frozen=True)
class Dialect:
    """How numbers and dates of one file are read."""

    numbers: NumberStyle = NumberStyle.POINT
    dates: DateOrder = DateOrder.DAY_FIRST


@dataclass
class Evidence:
    """What a file's values say about its dialect, gathered batch by batch."""

    comma: int = 0
    point: int = 0
    either_comma: int = 0
    either_point: int = 0
    example: str = ""
    dates: set[str] = field(default_factory=set)

    def add_numbers(self, values: pl.Series) -> None:
        """Count the values that can be read in one way only, and those that can be read in two."""
        marked = values.filter(values.str.contains(r"[.,]"))
        if marked.is_empty():
            return
        marked = marked.str.replace_all(_GROUPS, "")
        self.point += int(marked.str.contains(POINT_DECIMALS).sum())
        self.either_point += int(marked.str.contains(EITHER_POINT).sum())
        if not marked.str.contains(",", literal=True).any():
            return
        self.comma += int(marked.str.contains(COMMA_DECIMALS).sum())
        either = marked.filter(marked.str.contains(EITHER_COMMA))
        self.either_comma += len(either)
        self.example = self.example or (either[0] if len(either) else "")

    def add_dates(self, values: pl.Series) -> None:
        """Remember each different text that is not an ISO date."""
        if len(self.dates) < MOST_DATE_TEXTS:
            self.dates.update(values.filter(~values.str.contains(r"^\d{4}")).unique().to_list())

    def dialect(self, file: str, *, delimiter: str, plain_numbers: bool) -> Dialect:
        """The decision. Raises FileRefused where the values can be read in two ways."""
        numbers = NumberStyle.PLAIN if plain_numbers else self._numbers(file, delimiter)
        return Dialect(numbers, date_order(file, self.dates))

    def _numbers(self, file: str, delimiter: str) -> NumberStyle:
        if self.comma > self.point:
            return NumberStyle.COMMA
        if self.point or not self.either_comma:
            return NumberStyle.POINT
        if delimiter == ";" and not self.either_point:
            return NumberStyle.COMMA
        raise FileRefused(
            f"{file}: numbers such as {self.example} can be read with a decimal comma or with thousands. "
            "Write them with a decimal point and without thousands."
        )


_PARTS = re.compile(r"^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T ].*)?$")
_YEAR_FIRST = re.compile(r"^(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?:[T ].*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


def date_order(file: str, texts: Iterable[str]) -> DateOrder:
    """Whether day or month stands first; dots mean day first. Raises FileRefused where nothing tells."""
    day_first = month_first = dotted = 0
    unclear = ""
    for text in texts:
        match = _PARTS.match(text)
        if match is None:
            continue
        first, mark, second, _ = match.groups()
        if int(first) > 12:
            day_first += 1
        elif int(second) > 12:
            month_first += 1
        elif mark == ".":
            dotted += 1
        elif first != second:
            unclear = unclear or text
    if not unclear or day_first or month_first or dotted:
        return DateOrder.MONTH_FIRST if month_first > day_first + dotted else DateOrder.DAY_FIRST
    raise FileRefused(
        f"{file}: dates such as {unclear} can be read day first or month first. Write them as 2025-12-31."
    )


def read_date(text: str, order: DateOrder) -> date | None:
    """The day that a text means, None where it means none."""
    if match := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _PARTS.match(text):
        first, mark, second, year_text = match.groups()
        year, month, day = int(year_text), int(second), int(first)
        if order is DateOrder.MONTH_FIRST and mark != ".":
            month, day = day, month
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_weekday(text: str) -> int | None:
    """Monday 0 … Sunday 6 for a weekday's name or its first three letters (or more), else None."""
    word = text.strip().lower()
    if len(word) < 3:
        return None
    return next((number for number, name in enumerate(WEEKDAY_NAMES) if name.startswith(word)), None)


def plain_number(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """The number as plain digits with a decimal point, null where it is none."""
    tight = text.str.replace_all(_GROUPS, "").str.replace(r"^([0-9.,]+)-$", "-$1")
    if style is NumberStyle.COMMA:
        valid = tight.str.contains(r"^[+-]?(\d+|\d{1,3}(\.\d{3})+|)(,\d+)?$")
        plain = tight.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    elif style is NumberStyle.POINT:
        valid = tight.str.contains(r"^[+-]?(\d+|\d{1,3}(,\d{3})+|)(\.\d*)?([eE][+-]?\d{1,2})?$")
        plain = tight.str.replace_all(",", "", literal=True)
    else:
        valid = tight.str.contains(r"^[+-]?\d*(\.\d*)?([eE][+-]?\d{1,2})?$")
        plain = tight
    return pl.when(valid & plain.str.contains(r"\d")).then(plain.str.strip_prefix("+"))
