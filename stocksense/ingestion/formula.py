"""Text that a spreadsheet would run as a formula: written with an apostrophe before it, read back without."""

from typing import Final

import polars as pl

from stocksense.core.formula import RISKY, safe

__all__ = ["original", "safe", "safe_sql"]
_WRITTEN: Final = r"^'('*[=+@\t\r-])"


def safe_sql(expression: str) -> str:
    """SQL for `safe` of a text expression."""
    pattern = RISKY.replace("'", "''")
    return f"CASE WHEN ({expression}) ~ '{pattern}' THEN '''' || ({expression}) ELSE ({expression}) END"


def original(cells: pl.Series) -> pl.Series:
    """What `safe` was given, for each cell."""
    if not cells.str.starts_with("'").any():
        return cells
    return cells.str.replace(_WRITTEN, "${1}")
