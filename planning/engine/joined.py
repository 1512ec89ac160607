"""Inputs of several items as one, for items that a supplier's minimum order value ties together."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np

from planning.engine.columns import stack
from planning.engine.inputs import GivenAdvice, PlanInput

_NODE_COLUMNS: Final = frozenset({"node", "origin", "destination"})
"""Columns that hold the number of a node (-1: none), in every table."""


def joined(inputs: Sequence[PlanInput]) -> PlanInput:
    """One input of all nodes, those of the first input first; order minimums of one group number are one group.

    Calendars, horizon and settings are the first one's and must be everybody's. Advice given before is not taken over.
    Raises ValueError without any input or where horizons differ.
    """
    if len({one.horizon for one in inputs}) != 1:
        raise ValueError("inputs of one horizon are needed")
    starts = np.cumsum([0, *(one.size for one in inputs[:-1])])
    tables: dict[str, Any] = {}
    for part in fields(PlanInput):
        first = getattr(inputs[0], part.name)
        if not hasattr(first, "__dataclass_fields__") or isinstance(first, GivenAdvice):
            continue
        chunks = [_shifted(getattr(one, part.name), int(start)) for one, start in zip(inputs, starts, strict=True)]
        tables[part.name] = stack(type(first), chunks)
    ended = np.concatenate([one.ended_nodes + start for one, start in zip(inputs, starts, strict=True)])
    return replace(inputs[0], **tables, ended_nodes=ended)


def _shifted(table: Any, start: int) -> Any:
    columns = {column.name for column in fields(table)} & _NODE_COLUMNS
    moved = {name: np.where(getattr(table, name) >= 0, getattr(table, name) + start, -1) for name in columns}
    return replace(table, **moved)
