"""Small array helpers that the engine's modules share."""

import numpy as np

from stocksense.core.numeric import FloatArray, IntArray


def sum_before(rows: IntArray, values: FloatArray) -> FloatArray:
    """Sum of the earlier `values` with the same row number, one per value."""
    order = np.argsort(rows, kind="stable")
    ordered = values[order]
    before = np.cumsum(ordered) - ordered
    first = np.concatenate([[True], rows[order][1:] != rows[order][:-1]]) if len(rows) else np.empty(0, dtype=bool)
    start = np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))
    result = np.empty(len(rows))
    result[order] = before - before[start]
    return result


def sum_by(rows: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum of `values` per row number, [size]; rows are below `size`."""
    return np.bincount(rows, weights=values, minlength=size).astype(np.float64)
