"""Small array helpers that the engine's modules share."""

import numpy as np

from stocksense.core.numeric import FloatArray, IntArray


def sum_by(rows: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum of `values` per row number, [size]; rows are below `size`."""
    return np.bincount(rows, weights=values, minlength=size).astype(np.float64)
