"""Demand classes by how often and how evenly an item is asked for."""

from typing import Final

import numpy as np

from stocksense.core.numeric import FloatArray, IntArray

DEMAND_CLASSES: Final[tuple[str, ...]] = ("smooth", "erratic", "intermittent", "lumpy")
"""Labels of the integer codes that the functions of this module return."""

ADI_LIMIT: Final = 1.32
CV2_LIMIT: Final = 0.49


def demand_statistics(demand: FloatArray) -> tuple[float, float]:
    """Average interval between demands (buckets) and squared coefficient of variation of the demand sizes.

    demand [t]: units per bucket, not negative. ADI is buckets / buckets with demand (infinite without any
    demand); CV² is the population variance of the positive demands over their squared mean (0 with fewer than two).
    """
    sizes = demand[demand > 0]
    if sizes.size == 0:
        return float("inf"), 0.0
    mean = float(sizes.mean())
    relative = sizes / mean - 1.0
    return demand.size / sizes.size, float(relative @ relative) / sizes.size


def demand_class(adi: FloatArray, cv2: FloatArray) -> IntArray:
    """Code of the demand class, an index into DEMAND_CLASSES; arguments broadcast.

    smooth: ADI < 1.32 and CV² < .49; erratic: ADI < 1.32; intermittent: CV² < .49; lumpy: neither.
    Source: Syntetos, Boylan & Croston (2005), J. Opl. Res. Soc. 56, cut-offs for Croston against Syntetos-Boylan.
    """
    rare = np.asarray(adi) >= ADI_LIMIT
    uneven = np.asarray(cv2) >= CV2_LIMIT
    return (2 * rare + uneven).astype(np.int64)
