"""Text that a spreadsheet would run as a formula: written with an apostrophe before it, read back without."""

import re
from typing import Final

import polars as pl

_RISKY: Final = r"^'*[=+@\t\r-]"
_WRITTEN: Final = r"^'('*[=+@\t\r-])"


def safe(text: str) -> str:
    """`text` as a cell that no spreadsheet computes. Apostrophes that are there already are kept apart by one more."""
    return f"'{text}" if re.match(_RISKY, text) else text


def safe_sql(expression: str) -> str:
    """SQL for `safe` of a text expression."""
    pattern = _RISKY.replace("'", "''")
    return f"CASE WHEN ({expression}) ~ '{pattern}' THEN '''' || ({expression}) ELSE ({expression}) END"


def original(cells: pl.Series) -> pl.Series:
    """What `safe` was given, for each cell."""
    if not cells.str.starts_with("'").any():
        return cells
    return cells.str.replace(_WRITTEN, "${1}")
