"""Reading numbers out of traces, and writing them as a person would."""

from collections.abc import Mapping
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one: traces may lack any part."""
    return value if isinstance(value, Mapping) else {}


def number(value: object) -> float | None:
    """The value where it is a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def amount(value: float) -> str:
    """A quantity with one decimal at most, and thousands separated."""
    text = f"{value:,.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def price(value: float) -> str:
    """Money per unit: two decimals, more where the price is finer."""
    fine = f"{value:,.4f}".rstrip("0")
    return fine if len(fine.partition(".")[2]) > 2 else f"{value:,.2f}"
