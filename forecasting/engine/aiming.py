"""Quantiles aimed a little higher or lower than their probability, as past misses of forecasts ask for."""

from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

LOWEST, HIGHEST = 0.004, 0.9975
NEEDED: Final = 1e-12


def aimed(quantiles: FloatArray, shift: FloatArray) -> FloatArray:
    """Quantiles [..., 11], each taken where the forecast has its probability plus shift [11].

    Between the probabilities of the grid, and a little beyond them, a forecast's quantiles are straight lines in
    log(p / (1 − p)), so that its tail is an exponential one. Never falling in p, never below 0.
    """
    if (np.abs(shift) <= NEEDED).all():
        return quantiles
    values: FloatArray = np.maximum.accumulate(np.maximum(quantiles @ _weights(shift), 0.0), axis=-1)
    return values


def tally(quantiles: FloatArray, actual: FloatArray) -> tuple[IntArray, IntArray]:
    """Of each probability, how many of n forecasts tell how well it is covered, and how often it was: each [11].

    quantiles [n, 11]; actual [n]: NaN where demand is not known. A quantile of 0 tells nothing: it holds whenever
    nothing is sold, which is more often than its probability says, and cannot be lowered.
    """
    seen = np.isfinite(actual)[:, None] & (quantiles > 0.0)
    below = seen & (actual[:, None] <= quantiles)
    return seen.sum(axis=0), below.sum(axis=0)


def _weights(shift: FloatArray) -> FloatArray:
    """[11, 11]: a column per probability, the weights of the forecast's quantiles in it; each sums to 1."""
    grid = np.array(QUANTILE_GRID)
    known = np.log(grid / (1.0 - grid))
    aim = np.clip(grid + shift, LOWEST, HIGHEST)
    wanted = np.log(aim / (1.0 - aim))
    low = np.clip(np.searchsorted(known, wanted, side="right") - 1, 0, len(grid) - 2)
    part = (wanted - known[low]) / (known[low + 1] - known[low])
    weights = np.zeros((len(grid), len(grid)))
    at = np.arange(len(grid))
    weights[low, at] += 1.0 - part
    weights[low + 1, at] += part
    return weights
