"""What a column of an import file holds: one declaration for reading, checking, documenting and exporting it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class ColumnType(StrEnum):
    """How the text of a cell is understood."""

    CODE = "code"
    TEXT = "text"
    DECIMAL = "number"
    INTEGER = "whole number"
    DATE = "date"
    FLAG = "yes or no"
    CHOICE = "choice"
    WEEKDAYS = "weekdays"


WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Reference:
    """The rows that a code must be found in: another kind of file and the table it is kept in.

    `named` says what they are called where they are no file's rows (`kind` is the file that makes them, or this one).
    """

    kind: str
    table: str
    code: str = "code"
    named: str = ""

    @property
    def where(self) -> str:
        """What people look the code up in, or add it to."""
        return self.named or self.kind


@dataclass(frozen=True)
class Column:
    """One column. `minimum` and `maximum` are inclusive; `above` and `below` are not.

    `default` is what a missing value of a new row becomes where the model's own default does not say it;
    `synonyms` maps other spellings of a choice to the ones in `choices`. `field` is the table's column.
    """

    name: str
    type: ColumnType
    help: str = ""
    key: bool = False
    required: bool = False
    max_length: int | None = None
    digits: int | None = None
    decimals: int = 0
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    synonyms: dict[str, str] = field(default_factory=dict)
    pattern: str = ""
    pattern_help: str = ""
    upper: bool = False
    reference: Reference | None = None
    weekday_too: bool = False
    field: str = ""
    stage_as: str = ""

    @property
    def value_column(self) -> str:
        """The staging column of the value itself."""
        return self.stage_as or self.name

    @property
    def column(self) -> str:
        """The database column that the value goes to."""
        if self.field:
            return self.field
        return f"{self.name}_id" if self.reference else self.value_column

    @property
    def staged(self) -> str:
        """The staging column that is merged: the id for a reference, else the value."""
        return f"{self.name}_id" if self.reference else self.value_column

    @property
    def sql_type(self) -> str:
        """Type of the value in the staging table; numbers are rounded to the target's decimals by it."""
        match self.type:
            case ColumnType.DECIMAL:
                return f"numeric({self.digits},{self.decimals})"
            case ColumnType.INTEGER:
                return "integer"
            case ColumnType.DATE:
                return "date"
            case ColumnType.FLAG:
                return "boolean"
            case ColumnType.WEEKDAYS:
                return "smallint[]"
            case _:
                return "text"


def code(name: str, help: str = "", *, key: bool = False, required: bool = False, max_length: int = 64,
         reference: Reference | None = None, upper: bool = False, field: str = "",
         stage_as: str = "") -> Column:  # fmt: skip
    """A code, kept as written (leading zeros too); with `reference` it must be known."""
    return Column(
        name, ColumnType.CODE, help, key=key, required=required, max_length=max_length, reference=reference,
        upper=upper, field=field, stage_as=stage_as,
    )  # fmt: skip


def text(name: str, help: str = "", *, required: bool = False, max_length: int = 200, pattern: str = "",
         pattern_help: str = "", upper: bool = False) -> Column:  # fmt: skip
    """Free text."""
    return Column(
        name, ColumnType.TEXT, help, required=required, max_length=max_length, pattern=pattern,
        pattern_help=pattern_help, upper=upper,
    )  # fmt: skip


def currency(name: str, help: str = "", *, key: bool = False, required: bool = False) -> Column:
    """A currency code of three letters."""
    return Column(
        name, ColumnType.CODE, help, key=key, required=required, max_length=3, pattern=r"^[A-Z]{3}$",
        pattern_help="is not a currency of three letters, such as EUR", upper=True,
    )  # fmt: skip


def decimal(name: str, help: str = "", *, digits: int, decimals: int, key: bool = False, required: bool = False,
            minimum: float | None = 0, above: float | None = None, maximum: float | None = None,
            below: float | None = None) -> Column:  # fmt: skip
    """A number; at least zero unless told."""
    return Column(
        name, ColumnType.DECIMAL, help, key=key, required=required, digits=digits, decimals=decimals,
        minimum=None if above is not None else minimum, above=above, maximum=maximum, below=below,
    )  # fmt: skip


def quantity(name: str, help: str = "", *, required: bool = False, key: bool = False, above: float | None = None,
             minimum: float | None = 0) -> Column:  # fmt: skip
    """A quantity with three decimals."""
    return decimal(name, help, digits=15, decimals=3, required=required, key=key, above=above, minimum=minimum)


def money(name: str, help: str = "", *, required: bool = False) -> Column:
    """An amount or a price with four decimals."""
    return decimal(name, help, digits=16, decimals=4, required=required)


def days(name: str, help: str = "") -> Column:
    """A span of days with two decimals."""
    return decimal(name, help, digits=6, decimals=2)


def integer(name: str, help: str = "", *, minimum: int = 0, maximum: int = 32767) -> Column:
    """A whole number."""
    return Column(name, ColumnType.INTEGER, help, minimum=minimum, maximum=maximum)


def date(name: str, help: str = "", *, key: bool = False, required: bool = False, weekday_too: bool = False) -> Column:
    """A date; with `weekday_too` a weekday's name is understood as well, staged as `<name>_weekday`."""
    return Column(name, ColumnType.DATE, help, key=key, required=required, weekday_too=weekday_too)


def flag(name: str, help: str = "") -> Column:
    """Yes or no."""
    return Column(name, ColumnType.FLAG, help)


def choice(name: str, choices: Collection[str], help: str = "", *, key: bool = False, required: bool = False,
           synonyms: dict[str, str] | None = None) -> Column:  # fmt: skip
    """One of a few words, in any case, spaces and dashes read as underscores."""
    return Column(
        name, ColumnType.CHOICE, help, key=key, required=required, choices=tuple(choices), synonyms=synonyms or {}
    )


def weekdays(name: str, help: str = "") -> Column:
    """Weekdays such as 'mon thu', staged as numbers from Monday = 0."""
    return Column(name, ColumnType.WEEKDAYS, help)
