"""A forecast that reaches further than its model was trained for."""

from typing import Final

import numpy as np

from stocksense.core.numeric import FloatArray

LEAST_RATIO: Final = 0.5
LARGEST_RATIO: Final = 2.0


def continued(
    mean: FloatArray, quantiles: FloatArray, cumulative: FloatArray, *,
    later_mean: FloatArray, later_quantiles: FloatArray, later_cumulative: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Forecasts of h buckets from one of t ≤ h and another of all h, which takes over after bucket t.

    mean [n, t], quantiles and cumulative [n, t, 11] and the same of the other [n, h …]. Sums grow from t on by the
    other's means; the distance of each of their quantiles from the mean is the other's, times how the two compare at t
    (between a half and twice). Returns mean, quantiles and cumulative quantiles over all h buckets.
    """
    reach = mean.shape[1]
    if reach >= later_mean.shape[1]:
        ahead = later_mean.shape[1]
        return mean[:, :ahead], quantiles[:, :ahead], cumulative[:, :ahead]
    total, other = mean.sum(axis=1), np.cumsum(later_mean, axis=1)
    here = cumulative[:, -1] - total[:, None]
    there = later_cumulative[:, reach - 1] - other[:, [reach - 1]]
    ratio = np.divide(here, there, out=np.ones_like(here), where=np.abs(there) > 1e-9)
    ratio = np.clip(ratio, LEAST_RATIO, LARGEST_RATIO)[:, None, :]
    expected = total[:, None] + other[:, reach:] - other[:, [reach - 1]]
    sums = expected[..., None] + (later_cumulative[:, reach:] - other[:, reach:, None]) * ratio
    sums = np.concatenate((cumulative, np.maximum(sums, 0.0)), axis=1)
    sums = np.maximum.accumulate(np.maximum.accumulate(sums, axis=2), axis=1)
    return (
        np.concatenate((mean, later_mean[:, reach:]), axis=1),
        np.concatenate((quantiles, later_quantiles[:, reach:]), axis=1),
        sums,
    )
