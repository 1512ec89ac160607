"""Numeric conventions shared by every engine: the quantile grid, array aliases and argument checks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

QUANTILE_GRID: Final[tuple[float, ...]] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99)
"""The one grid on which every predictive distribution is stored (cumulative probabilities)."""

QUANTILE_NAMES: Final[tuple[str, ...]] = (
    "q025", "q05", "q10", "q25", "q50", "q75", "q80", "q90", "q95", "q975", "q99",
)  # fmt: skip


def require_positive(**arguments: FloatArray | float) -> None:
    """Raise ValueError naming the first argument that is not strictly positive and finite everywhere."""
    for name, values in arguments.items():
        array = np.asarray(values, dtype=np.float64)
        if not np.all(np.isfinite(array) & (array > 0)):
            raise ValueError(f"{name} must be positive and finite")


def require_not_negative(**arguments: FloatArray | float) -> None:
    """Raise ValueError naming the first argument that is negative or not finite anywhere."""
    for name, values in arguments.items():
        array = np.asarray(values, dtype=np.float64)
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise ValueError(f"{name} must be finite and not negative")
