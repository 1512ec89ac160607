"""Text cells into values, a column at a time: what they mean, and which of them cannot be taken."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from stocksense.ingestion import formula
from stocksense.ingestion.columns import Column, ColumnType
from stocksense.ingestion.dialect import Dialect, NumberStyle, plain_number, read_date, read_weekday
from stocksense.ingestion.sources import ZERO

TRUE_WORDS = ("1", "true", "yes", "y", "t", "on", "x")
FALSE_WORDS = ("0", "false", "no", "n", "f", "off")
_DIGITS = r"^-?\d+(\.\d+)?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity|#.*)$"


@dataclass(frozen=True)
class Problem:
    """Rows whose value cannot be taken (null in the mask is no problem), and a sentence, or one per row."""

    column: str
    mask: pl.Series
    reason: str | pl.Series


@dataclass(frozen=True)
class Values:
    """The values of a column, null where blank or bad; more staging columns that come of it; what is wrong."""

    series: pl.Series
    problems: list[Problem]
    more: tuple[pl.Series, ...] = ()


def read(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    """Values of a column of trimmed text cells (null where blank), in the order of the rows."""
    values = _READERS[column.type](column, cells.alias(column.name), dialect)
    problems = list(values.problems)
    missing = cells.is_null()
    if column.required and missing.any():
        problems.append(Problem(column.name, missing, f"{column.name} is missing; every row needs it."))
    zero_bytes = cells.str.contains(ZERO, literal=True)
    if zero_bytes.any():
        problems.append(Problem(column.name, zero_bytes, f"{column.name} holds a character that cannot be stored."))
    series = values.series
    for problem in problems:
        series = series.to_frame().select(pl.when(~problem.mask.fill_null(False)).then(pl.col(column.name))).to_series()
    return Values(series.alias(column.name), problems, values.more)


def _text(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    values = formula.original(cells)
    values = values.str.to_uppercase() if column.upper else values
    problems = []
    if column.max_length is not None:
        long = values.str.len_chars() > column.max_length
        if long.any():
            reason = f"{column.name} is longer than {column.max_length} characters."
            problems.append(Problem(column.name, long, reason))
    if column.pattern:
        unfit = ~values.str.contains(column.pattern)
        if unfit.any():
            problems.append(Problem(column.name, unfit, f"{column.name} {column.pattern_help}."))
    return Values(values, problems)


def _decimal(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    plain, problems = _number(column, cells, dialect)
    numbers = plain.cast(pl.Float64, strict=False)
    problems += _range_problems(column, numbers, 10.0 ** ((column.digits or 15) - column.decimals))
    problems += _rounding_problems(column, numbers)
    return Values(plain, problems)


def _integer(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    plain, problems = _number(column, cells, dialect)
    numbers = plain.cast(pl.Float64, strict=False)
    broken = (numbers != numbers.round(0)).fill_null(False)
    if broken.any():
        problems.append(Problem(column.name, broken, f"{column.name} must be a whole number."))
    problems += _range_problems(column, numbers, 2.0**31)
    whole = (
        numbers.to_frame().select(pl.when(pl.col(column.name).abs() < 2.0**31).then(pl.col(column.name))).to_series()
    )
    return Values(whole.round(0).cast(pl.Int64), problems)


def _number(column: Column, cells: pl.Series, dialect: Dialect) -> tuple[pl.Series, list[Problem]]:
    if dialect.numbers is not NumberStyle.COMMA and cells.str.contains(_DIGITS).all():
        return cells, []
    plain = cells.to_frame().select(plain_number(pl.col(column.name), dialect.numbers).alias(column.name)).to_series()
    wrong = plain.is_null() & cells.is_not_null()
    if not wrong.any():
        return plain, []
    infinite = wrong & cells.str.contains(_NOT_FINITE)
    example = "1234,5" if dialect.numbers is NumberStyle.COMMA else "1234.5"
    problems = [
        Problem(column.name, infinite, f"{column.name} is not a finite number."),
        Problem(
            column.name, wrong & ~infinite, f"{column.name} is not a number; in this file write it like {example}."
        ),
    ]
    return plain, [problem for problem in problems if problem.mask.any()]


def _range_problems(column: Column, numbers: pl.Series, limit: float) -> list[Problem]:
    rules = [
        (numbers.abs() >= limit, f"{column.name} is too large."),
        (numbers < column.minimum if column.minimum is not None else None, _at_least(column)),
        (numbers <= column.above if column.above is not None else None, f"{column.name} must be above {column.above:g}."
         if column.above is not None else ""),
        (numbers > column.maximum if column.maximum is not None else None,
         f"{column.name} must be {column.maximum:g} or less." if column.maximum is not None else ""),
        (numbers >= column.below if column.below is not None else None,
         f"{column.name} must be below {column.below:g}." if column.below is not None else ""),
    ]  # fmt: skip
    return [Problem(column.name, mask, reason) for mask, reason in rules if mask is not None and mask.any()]


def _rounding_problems(column: Column, numbers: pl.Series) -> list[Problem]:
    """Numbers that lie within the limits, but not once the staging table has rounded them."""
    half = 0.5 * 10.0**-column.decimals
    largest = 10.0 ** ((column.digits or 15) - column.decimals)
    rounded = f"Rounded to {column.decimals} decimals {column.name}"
    rules = [((numbers.abs() < largest) & (numbers.abs() >= largest - half), f"{column.name} is too large.")]
    if column.above is not None:
        lost = (numbers > column.above) & (numbers <= column.above + half)
        rules.append((lost, f"{rounded} is {column.above:g}, and it must be above that."))
    if column.below is not None:
        gained = (numbers < column.below) & (numbers >= column.below - half * (1 + 1e-9))
        rules.append((gained, f"{rounded} is {column.below:g}, and it must be below that."))
    return [Problem(column.name, mask, reason) for mask, reason in rules if mask.any()]


def _at_least(column: Column) -> str:
    if column.minimum == 0:
        return f"{column.name} cannot be negative."
    return f"{column.name} must be {column.minimum:g} or more." if column.minimum is not None else ""


def _date(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    iso = cells.str.contains(r"^\d{4}-\d{2}-\d{2}([T ].*)?$")
    values = cells.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False) if iso.any() else _no_dates(cells)
    weekday = pl.Series(f"{column.name}_weekday", [None] * len(cells), dtype=pl.Int64)
    rest = cells.is_not_null() & ~iso.fill_null(False)
    if rest.any():
        texts = cells.filter(rest).unique().to_list()
        days = {text: read_date(text, dialect.dates) for text in texts}
        other = cells.replace_strict(days, default=None, return_dtype=pl.Date)
        values = pl.select(pl.when(rest).then(other).otherwise(values).alias(column.name)).to_series()
        if column.weekday_too:
            numbers = {text: read_weekday(text) for text in texts}
            weekday = cells.replace_strict(numbers, default=None, return_dtype=pl.Int64).alias(weekday.name)
    wrong = cells.is_not_null() & values.is_null() & weekday.is_null()
    problems = []
    if wrong.any():
        hint = " or a weekday such as monday" if column.weekday_too else ""
        problems.append(Problem(column.name, wrong, f"{column.name} is not a date; write it like 2025-12-31{hint}."))
    return Values(values.alias(column.name), problems, (weekday,) if column.weekday_too else ())


def _no_dates(cells: pl.Series) -> pl.Series:
    return pl.Series(cells.name, [None] * len(cells), dtype=pl.Date)


def _flag(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    words = cells.str.to_lowercase()
    truth = words.is_in(list(TRUE_WORDS))
    wrong = words.is_not_null() & ~truth & ~words.is_in(list(FALSE_WORDS))
    values = pl.select(pl.when(~wrong).then(truth).alias(column.name)).to_series()
    problems = [Problem(column.name, wrong, f"{column.name} must be 1 or 0 (yes or no).")] if wrong.any() else []
    return Values(values, problems)


def _choice(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    words = cells.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    if column.synonyms:
        words = words.replace(column.synonyms)
    wrong = ~words.is_in(list(column.choices))
    problems = []
    if wrong.any():
        problems.append(Problem(column.name, wrong, f"{column.name} must be one of: {', '.join(column.choices)}."))
    return Values(words, problems)


def _weekdays(column: Column, cells: pl.Series, dialect: Dialect) -> Values:
    arrays = {text: _weekday_array(text) for text in cells.drop_nulls().unique().to_list()}
    values = cells.replace_strict(arrays, default=None, return_dtype=pl.String) if arrays else cells
    wrong = cells.is_not_null() & values.is_null()
    problems = []
    if wrong.any():
        problems.append(Problem(column.name, wrong, f"{column.name} must be weekdays such as 'mon thu'."))
    return Values(values.alias(column.name), problems)


def _weekday_array(text: str) -> str | None:
    days = [read_weekday(word) for word in text.replace(",", " ").replace(";", " ").replace("/", " ").split()]
    known = sorted({day for day in days if day is not None})
    return "{" + ",".join(map(str, known)) + "}" if days and None not in days else None


_READERS: dict[ColumnType, Callable[[Column, pl.Series, Dialect], Values]] = {
    ColumnType.CODE: _text,
    ColumnType.TEXT: _text,
    ColumnType.DECIMAL: _decimal,
    ColumnType.INTEGER: _integer,
    ColumnType.DATE: _date,
    ColumnType.FLAG: _flag,
    ColumnType.CHOICE: _choice,
    ColumnType.WEEKDAYS: _weekdays,
}
