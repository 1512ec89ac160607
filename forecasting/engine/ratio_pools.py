"""Pooled conformal quantiles of demand relative to its forecast, by the size of the forecast."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray

BINS: Final = 12
FEWEST_PER_BIN: Final = 100
SMALLEST_MEAN: Final = 1e-6
SMALLEST_OF_BIN: Final = 0.1
PRIOR_CV2: Final = 0.25


@dataclass(frozen=True)
class RatioPools:
    """Quantiles of demand / forecast [b, 11] around forecasts of size centres [b] (rising, above 0)."""

    centres: FloatArray
    ratios: FloatArray

    def quantiles(self, mean: FloatArray) -> FloatArray:
        """Quantiles [..., 11] of demand for forecasts [...]: straight lines between the pools, ratios beyond them."""
        size = np.clip(mean, self.centres[0], self.centres[-1])
        at_centres = self.ratios * self.centres[:, None]
        inside = np.stack([np.interp(size, self.centres, column) for column in at_centres.T], axis=-1)
        values: FloatArray = inside * (np.maximum(mean, 0.0) / size)[..., None]
        return values


def fit_ratio_pools(mean: FloatArray, actual: FloatArray) -> RatioPools:
    """Pools from past forecasts and what came [r]; entries where `actual` is NaN are left out.

    Order statistics sit at the split-conformal rank p (n + 1), n the forecasts of the bin. Without enough of them the
    pool is a normal one with variance mean + .25 mean².
    Source: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), split conformal prediction.
    """
    known = np.isfinite(actual) & np.isfinite(mean)
    size, demand = np.maximum(mean[known], SMALLEST_MEAN), actual[known]
    count = min(BINS, size.size // FEWEST_PER_BIN)
    if count < 1:
        return _normal_pools()
    edges = np.quantile(size, np.linspace(0.0, 1.0, count + 1)[1:-1])
    member = np.digitize(size, edges)
    bins = [member == code for code in range(count) if (member == code).any()]
    centres = np.array([size[mask].mean() for mask in bins])
    safe = np.maximum(size, SMALLEST_OF_BIN * centres[np.searchsorted(np.flatnonzero(np.bincount(member)), member)])
    ratios = [np.quantile(demand[mask] / safe[mask], QUANTILE_GRID, method="weibull") for mask in bins]
    centres, keep = np.unique(centres, return_index=True)
    return RatioPools(centres=centres, ratios=np.stack(ratios)[keep])


def _normal_pools() -> RatioPools:
    from scipy.special import ndtri

    size = np.exp(np.linspace(-6.0, 8.0, 15))
    spread = np.sqrt(1.0 / size + PRIOR_CV2)
    ratios = np.maximum(1.0 + spread[:, None] * ndtri(np.array(QUANTILE_GRID)), 0.0)
    return RatioPools(centres=size, ratios=ratios)
