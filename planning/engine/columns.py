"""Tables as frozen dataclasses of equally long arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from stocksense.core.numeric import BoolArray, FloatArray, IntArray

Table = TypeVar("Table")

_TYPES: tuple[tuple[Any, Any], ...] = ((FloatArray, np.float64), (IntArray, np.int64), (BoolArray, np.bool_))


def empty_table(table: type[Table]) -> Table:
    """The table without rows."""
    return table_of(table, {column.name: [] for column in _columns(table)})


def table_of(table: type[Table], columns: Mapping[str, Sequence[Any]]) -> Table:
    """The table with these columns, each as an array of its type."""
    types = {column.name: next(kind for alias, kind in _TYPES if column.type == alias) for column in _columns(table)}
    return table(**{name: np.array(columns[name], dtype=kind) for name, kind in types.items()})


def stack(table: type[Table], chunks: Sequence[Table]) -> Table:
    """All rows of the chunks, in their order."""
    if not chunks:
        return empty_table(table)
    return table(
        **{column.name: np.concatenate([getattr(chunk, column.name) for chunk in chunks]) for column in _columns(table)}
    )


def take(table: Table, rows: IntArray) -> Table:
    """The rows with these numbers, in this order."""
    return type(table)(**{column.name: getattr(table, column.name)[rows] for column in _columns(type(table))})


def _columns(table: Any) -> Sequence[Any]:
    return fields(table)
