"""What closed days do to a forecast of open ones."""

from dataclasses import replace

import numpy as np

from forecasting.engine.smooth_forecast import ForecastBatch
from stocksense.core.numeric import FloatArray


def on_open_days(batch: ForecastBatch, open_share: FloatArray) -> ForecastBatch:
    """The forecast of series that are open for a share of each bucket, open_share [n, h], 1 for all of it.

    The mean is the share of that of an open bucket, the distances of quantiles from it those times the root of the
    share: as for demand of independent days. Demand up to a bucket has the mean of its parts and is as uncertain as
    that of as many open buckets from today on. Series that are always open stay as they are.
    """
    rows = np.flatnonzero((open_share < 1.0).any(axis=1))
    if not rows.size:
        return batch
    share, before = open_share[rows], batch.mean[rows]
    after = before * share
    distance = batch.quantiles[rows] - before[..., None]
    spread = _at(batch.cumulative_quantiles[rows] - np.cumsum(before, axis=1)[..., None], np.cumsum(share, axis=1))
    sums = np.maximum(np.cumsum(after, axis=1)[..., None] + spread, 0.0)
    mean, quantiles, cumulative = (
        values.copy() for values in (batch.mean, batch.quantiles, batch.cumulative_quantiles)
    )
    mean[rows] = after
    quantiles[rows] = np.maximum(after[..., None] + np.sqrt(share)[..., None] * distance, 0.0)
    cumulative[rows] = np.maximum.accumulate(np.maximum.accumulate(sums, axis=2), axis=1)
    return replace(batch, mean=mean, quantiles=quantiles, cumulative_quantiles=cumulative)


def _at(spread: FloatArray, buckets: FloatArray) -> FloatArray:
    """Spreads [n, h, 11] of sums of 1 .. h buckets, between them for a broken number of buckets [n, h] (0: none)."""
    known = np.concatenate((np.zeros_like(spread[:, :1]), spread), axis=1)
    low = np.minimum(np.floor(buckets + 1e-9).astype(np.int64), spread.shape[1] - 1)
    part = (buckets - low)[..., None]
    row = np.arange(len(spread))[:, None]
    values: FloatArray = known[row, low] * (1.0 - part) + known[row, low + 1] * part
    return values
