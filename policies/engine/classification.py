"""Segments of items: ABC by value, XYZ by variation, demand class by interval and size of demands."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.demand_class import DEMAND_CLASSES, demand_class, demand_statistics
from stocksense.core.numeric import FloatArray, IntArray

__all__ = [
    "ABC_CLASSES",
    "DEMAND_CLASSES",
    "XYZ_CLASSES",
    "DemandProfile",
    "abc_class",
    "demand_class",
    "demand_profile",
    "xyz_class",
]

ABC_CLASSES: Final = ("A", "B", "C")
XYZ_CLASSES: Final = ("X", "Y", "Z")
ABC_LIMITS: Final = (0.80, 0.95)
XYZ_LIMITS: Final = (0.5, 1.0)


@dataclass(frozen=True)
class DemandProfile:
    """How n histories behave; every array [n].

    mean: units per bucket. cv: standard deviation over mean of all buckets, infinite without demand.
    adi, cv2: average interval between demands in buckets, and squared coefficient of variation of their sizes.
    """

    mean: FloatArray
    cv: FloatArray
    adi: FloatArray
    cv2: FloatArray


def demand_profile(values: FloatArray, offsets: IntArray) -> DemandProfile:
    """Profile of ragged histories: series i is values[offsets[i]:offsets[i + 1]], units per bucket.

    Values that are not finite are left out, negative ones count as 0.
    """
    result = np.empty((4, offsets.size - 1))
    for row in range(offsets.size - 1):
        demand = values[int(offsets[row]) : int(offsets[row + 1])]
        demand = np.maximum(demand[np.isfinite(demand)], 0.0)
        mean = float(demand.mean()) if demand.size else 0.0
        variation = float(demand.std()) / mean if mean > 0 else float("inf")
        result[:, row] = mean, variation, *demand_statistics(demand)
    return DemandProfile(*result)


def abc_class(annual_value: FloatArray, limits: tuple[float, float] = ABC_LIMITS) -> IntArray:
    """Code of the value class per item, an index into ABC_CLASSES.

    annual_value [n]: demand per year × unit cost, in one currency. Items are ranked by value, equal ones in the order
    given; an item is A while the items ranked before it hold less than 80 % of the total, B below 95 %, else C. An
    item without value is C. Source: Dickie (1951); Silver, Pyke & Thomas (2017), section 2.5.
    """
    value = np.where(np.isfinite(annual_value), np.maximum(annual_value, 0.0), 0.0)
    result = np.full(value.size, 2, dtype=np.int64)
    total = float(value.sum())
    if total > 0:
        order = np.argsort(-value, kind="stable")
        before = (np.cumsum(value[order]) - value[order]) / total
        result[order] = np.digitize(before, limits)
        result[value == 0] = 2
    return result


def xyz_class(cv: FloatArray, limits: tuple[float, float] = XYZ_LIMITS) -> IntArray:
    """Code of the variation class, an index into XYZ_CLASSES: X up to a CV of .5, Y up to 1, else Z.

    cv [n]: coefficient of variation of demand per bucket; infinite or NaN is Z.
    Source: Scholz-Reiter, Heger, Meinecke & Bergmann (2012), thresholds as commonly used.
    """
    return np.digitize(np.where(np.isnan(cv), np.inf, cv), limits, right=True).astype(np.int64)
