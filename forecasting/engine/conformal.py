"""Conformal correction of blended quantiles, and how it learns from a run's misses."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

SEGMENT_PRIOR_ROWS: Final = 20_000.0
PRIOR_ROWS: Final = 500.0
UPPER, CENTRE = QUANTILE_GRID.index(0.99), QUANTILE_GRID.index(0.5)
SMALLEST_WIDTH: Final = 0.1
LARGEST_CORRECTION: Final = 2.0
FEWEST_OF_ORIGIN: Final = 50
SMALLEST_SQUARE: Final = 1e-12
STEP: Final = 0.3
LARGEST_SHIFT: Final = 0.02
BUCKETS_FOR_HALF: Final = 5_000.0


@dataclass(frozen=True)
class CoverageState:
    """By how much earlier runs' coverage says that a probability should be aimed higher, shift [11]; 0 at first."""

    shift: FloatArray = field(default_factory=lambda: np.zeros(len(QUANTILE_GRID)))

    def after(self, share_below: FloatArray, buckets: float | FloatArray, *, delay: int = 1) -> "CoverageState":
        """The state after a run of which `share_below` [11] of `buckets` outcomes lay at or below the quantiles.

        share_below: of closed buckets, for each probability of QUANTILE_GRID; NaN leaves a probability as it is.
        `buckets` is one number, or one per probability [11]. delay: runs from the one that forecast to the one that
        learns from it, if there is one per bucket.
        A step of .3 of the miss, smaller for few buckets and long delays, at most ±.02 (and half of what is left to 0
        or 1) in all.
        Raises ValueError for another number of probabilities.
        Source: Gibbs & Candès (2021), adaptive conformal inference.
        """
        if share_below.shape != (len(QUANTILE_GRID),):
            raise ValueError(f"a share for each of the {len(QUANTILE_GRID)} probabilities is needed")
        grid = np.array(QUANTILE_GRID)
        miss = np.where(np.isfinite(share_below), grid - share_below, 0.0)
        step = np.minimum(STEP * buckets / (buckets + BUCKETS_FOR_HALF), steady_step(delay))
        most = np.minimum(LARGEST_SHIFT, 0.5 * np.minimum(grid, 1.0 - grid))
        return CoverageState(np.clip(self.shift + step * miss, -most, most))


def steady_step(delay: int) -> float:
    """The largest part of a miss that can be corrected at each run without overshooting, where a miss tells of the
    aims of `delay` ≥ 1 runs before: 1 for the last run's, .105 for four back, .0133 for 28.

    The largest g for which x[t + 1] = x[t] − g x[t − d], d = delay − 1, does not oscillate: d^d / (d + 1)^(d + 1).
    Source: Györi & Ladas (1991), Oscillation Theory of Delay Differential Equations, chapter 7.
    """
    behind = delay - 1
    return float(behind**behind / delay**delay)


def widths(quantiles: FloatArray, scale: FloatArray) -> FloatArray:
    """The unit [c, h] in which quantiles [c, h, 11] are corrected: median to .99, a tenth of scale [c] at least."""
    return np.maximum(quantiles[..., UPPER] - quantiles[..., CENTRE], SMALLEST_WIDTH * scale[:, None])


def fit_corrections(
    quantiles: FloatArray,
    actual: FloatArray,
    scale: FloatArray,
    segment: IntArray,
    *,
    origin: IntArray,
    blocks: float,
    segments: int,
) -> FloatArray:
    """Corrections [s, 11] in widths, so that the corrected quantile of past forecasts covers its probability.

    quantiles [c, h, 11], actual [c, h] (NaN: unknown), scale, segment and origin [c]; blocks: how many spans that do
    not overlap the origins look at. The rank is p (n + 1). A segment's correction counts n / (n + 20,000) against that
    of all, and that n / (n + 500) against none, both as far as they repeat from origin to origin; at most two widths.
    Source: Romano, Patterson & Candès (2019), conformalised quantile regression, pooled over series.
    """
    case, ahead = np.nonzero(np.isfinite(actual))
    result = np.zeros((segments, len(QUANTILE_GRID)))
    if case.size == 0:
        return result
    chosen = quantiles[case, ahead]
    missed = (actual[case, ahead][:, None] - chosen) / widths(quantiles, scale)[case, ahead][:, None]
    code, at = segment[case], origin[case]
    overall = _repeated(missed, at, blocks) * case.size / (case.size + PRIOR_ROWS)
    result += overall
    for one in range(segments):
        mask = code == one
        count = int(mask.sum())
        if count > 1000:
            share = count / (count + SEGMENT_PRIOR_ROWS)
            result[one] = share * _repeated(missed[mask], at[mask], blocks) + (1.0 - share) * overall
    return np.clip(result, -LARGEST_CORRECTION, LARGEST_CORRECTION)


def _repeated(missed: FloatArray, origin: IntArray, blocks: float) -> FloatArray:
    """Corrections [11] by misses [r, 11] as far as they are to be believed: 1 less their variance over their square.

    Misses of one origin [r] move together (a season, a bad month), so thousands of them may be one observation: what
    each origin alone would have corrected is compared. Upper quantiles of rare demand are too low at every origin and
    are corrected whole; where a season was missed, hardly anything is. Each segment is asked for itself: where one's
    quantiles are too high and another's too low, those of all may be right.
    Source: Efron & Morris (1973), J. Am. Stat. Assoc. 68, positive-part James-Stein estimator, each alone.
    """
    found = _quantile_each(missed)
    members = [origin == one for one in np.unique(origin)]
    each = [_quantile_each(missed[mask]) for mask in members if int(mask.sum()) >= FEWEST_OF_ORIGIN]
    if len(each) < 2:
        return found
    variance = np.var(each, axis=0) / max(blocks, 1.0)
    share: FloatArray = np.clip(1.0 - variance / np.maximum(np.square(found), SMALLEST_SQUARE), 0.0, 1.0)
    return share * found


def corrected(quantiles: FloatArray, corrections: FloatArray, scale: FloatArray, segment: IntArray) -> FloatArray:
    """Quantiles [c, h, 11] with their segment's correction; never falling in p, never below 0."""
    moved = quantiles + corrections[segment][:, None, :] * widths(quantiles, scale)[..., None]
    return np.maximum.accumulate(np.maximum(moved, 0.0), axis=-1)


def _quantile_each(values: FloatArray) -> FloatArray:
    """The quantile at p of column p [11] of values [r, 11]."""
    return np.array(
        [np.quantile(values[:, at], p, method="weibull") for at, p in enumerate(QUANTILE_GRID)], dtype=np.float64
    )
