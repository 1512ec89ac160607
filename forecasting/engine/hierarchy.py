"""Totals that add up: forecasts of item-locations and of totals over them, made to agree at least cost.

Minimum trace with a diagonal error covariance (WLS): of all coherent forecasts the nearest to the base forecasts, each
deviation weighed by one over the variance of that forecast's error; none below zero. Sources: Wickramasuriya,
Athanasopoulos & Hyndman (2019), MinT; Wickramasuriya, Turlach & Hyndman (2020), non-negative reconciliation.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_ROUNDS: Final = 50
LARGEST_DENSE: Final = 600
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Hierarchy:
    """Which of n bottom series each of m totals sums up: a sparse matrix of ones [m, n].

    Levels may cross (category and location); a total of one series or of none is as good as any.
    """

    members: "csr_array"

    @classmethod
    def of(cls, groups: list[IntArray], size: int) -> "Hierarchy":
        """From the bottom series of each total."""
        from scipy.sparse import csr_array

        starts = np.concatenate(([0], np.cumsum([len(group) for group in groups]))).astype(np.int64)
        inside = np.concatenate([*groups, np.zeros(0, dtype=np.int64)]).astype(np.int64)
        return cls(csr_array((np.ones(inside.size), inside, starts), shape=(len(groups), size)))

    def sums(self, bottom: FloatArray) -> FloatArray:
        """Totals [m, ...] of bottom values [n, ...]."""
        flat: FloatArray = np.asarray(self.members @ bottom.reshape(bottom.shape[0], -1))
        return flat.reshape(-1, *bottom.shape[1:])


def reconcile(
    hierarchy: Hierarchy, bottom: FloatArray, totals: FloatArray, variance: FloatArray, total_variance: FloatArray
) -> FloatArray:
    """The bottom forecasts [n, h] whose sums and which themselves are nearest to the base forecasts, none below 0.

    bottom [n, h], totals [m, h]: base means. variance [n, h], total_variance [m, h]: of their errors; a bottom
    variance of 0 holds a forecast as it is (a series that has ended), a total's variance is above 0. Minimises
    Σ (b − bottom)² / variance + Σ (A b − totals)² / total_variance over b ≥ 0. Without the bound the answer is
    b + V Aᵀ (A V Aᵀ + W)⁻¹ (totals − A b): a system of m unknowns, however many series there are. The bound is kept by
    block principal pivoting, so the answer is the optimum and not a cut-off.
    Raises ValueError where shapes do not fit or a variance is negative, not finite, or 0 for a total.
    """
    _require_fit(hierarchy, bottom, totals, variance, total_variance)
    result = np.maximum(bottom, 0.0)
    if not len(totals):
        return result
    free = np.ones(len(bottom), dtype=np.bool_)
    for ahead in range(bottom.shape[1]):  # (what was at zero in one bucket mostly is in the next)
        column = _Column(hierarchy, result[:, ahead], totals[:, ahead], variance[:, ahead], total_variance[:, ahead])
        result[:, ahead], free = column.solved(free)
    return result


def _require_fit(
    hierarchy: Hierarchy, bottom: FloatArray, totals: FloatArray, variance: FloatArray, total_variance: FloatArray
) -> None:
    m, n = hierarchy.members.shape
    if bottom.shape != variance.shape or totals.shape != total_variance.shape:
        raise ValueError("means and variances differ in shape")
    if len(bottom) != n or len(totals) != m or bottom.shape[1:] != totals.shape[1:]:
        raise ValueError("forecasts do not fit the hierarchy")
    if not (np.isfinite(variance).all() and np.isfinite(total_variance).all() and (variance >= 0).all()):
        raise ValueError("variances must be finite and not negative")
    if not (total_variance > 0).all():
        raise ValueError("the variance of a total must be above 0")


@dataclass(frozen=True)
class _Column:
    """One bucket ahead: base forecasts and variances of bottom series [n] and totals [m]."""

    hierarchy: Hierarchy
    bottom: FloatArray
    totals: FloatArray
    variance: FloatArray
    total_variance: FloatArray

    def solved(self, start: BoolArray) -> tuple[FloatArray, BoolArray]:
        """The optimum [n] and which series are not at zero, `start` being a guess of these.

        Sets of series at zero are exchanged until none is negative and none wants to leave zero.
        """
        open_to_change = self.variance > 0
        free = start & open_to_change
        fewest, patience = np.inf, 3
        for _ in range(MOST_ROUNDS):
            values, pressure = self._fit(free, open_to_change)
            below = free & (values < -ROUNDING * np.sqrt(self.variance))
            wanting = open_to_change & ~free & (pressure > ROUNDING)
            wrong = int(below.sum() + wanting.sum())
            if wrong == 0:
                break
            if wrong < fewest:
                fewest, patience = wrong, 3
            else:
                patience -= 1
            if patience < 0:  # one at a time ends for certain (Murty's rule)
                last = int(np.flatnonzero(below | wanting)[-1])
                below, wanting = (mask & (np.arange(mask.size) == last) for mask in (below, wanting))
            free = (free & ~below) | wanting
        return np.maximum(values, 0.0), free

    def _fit(self, free: BoolArray, open_to_change: BoolArray) -> tuple[FloatArray, FloatArray]:
        """The minimum with all but the free series held (at 0, or as they are), and how much each would rise [n]."""
        held = np.where(open_to_change & ~free, 0.0, self.bottom)
        spread = np.where(free, self.variance, 0.0)
        members = self.hierarchy.members
        missing = self.totals - members @ held
        system = members.multiply(spread[None, :]) @ members.T
        share = _solve(system, self.total_variance, missing)
        values = held + spread * (members.T @ share)
        slope = members.T @ share + (self.bottom - values) / np.where(self.variance > 0, self.variance, 1.0)
        return values, slope * np.sqrt(self.variance)


def _solve(system: "csr_array", diagonal: FloatArray, right: FloatArray) -> FloatArray:
    """(system + diagonal) x = right, symmetric and positive definite [m]; dense while that is small."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import cg

    size = right.size
    if size <= LARGEST_DENSE:
        dense = system.toarray()
        dense[np.arange(size), np.arange(size)] += diagonal
        scale = 1.0 / np.sqrt(np.diagonal(dense))
        factor = cho_factor(dense * scale[:, None] * scale, lower=True, check_finite=False)
        found: FloatArray = cho_solve(factor, right * scale, check_finite=False) * scale
        return found
    whole = system + diags_array(diagonal)
    found, _ = cg(whole, right, rtol=1e-10, maxiter=10 * size, M=diags_array(1.0 / whole.diagonal()))
    return found


def quantile_variance(quantiles: FloatArray, mean: FloatArray) -> FloatArray:
    """Variance [...] of a distribution with these quantiles [..., 11], at least that of rare demand: its mean / 100.

    The second moment about `mean` of the piecewise linear quantile function, flat beyond the first and the last.
    """
    grid = np.concatenate(([0.0], QUANTILE_GRID, [1.0]))
    apart = np.concatenate((quantiles[..., :1], quantiles, quantiles[..., -1:]), axis=-1) - mean[..., None]
    low, high = apart[..., :-1], apart[..., 1:]
    squares = (low * low + low * high + high * high) / 3.0
    variance: FloatArray = np.maximum((squares * np.diff(grid)).sum(axis=-1), mean / 100.0)
    return variance


def moved(quantiles: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """Quantiles [..., 11] of a forecast whose mean [...] moved: in proportion, by the difference where it was 0."""
    positive = before > 0
    ratio = np.divide(after, before, out=np.ones_like(after), where=positive)
    shift = np.where(positive, 0.0, after)
    return quantiles * ratio[..., None] + shift[..., None]


LARGEST_STRETCH: Final = 2.0


def recentred(quantiles: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """Quantiles [..., 11] of a forecast whose mean was learned elsewhere: the same shape around another mean.

    Distances from the mean stretch with it, at most twofold and at least to half; where there was no demand they are
    those of a normal distribution with variance `after` (as if it were Poisson's). Never below 0.
    """
    from scipy.special import ndtri

    known = before > 0
    ratio = np.divide(after, before, out=np.ones_like(after), where=known)
    stretched = (quantiles - before[..., None]) * np.clip(ratio, 1.0 / LARGEST_STRETCH, LARGEST_STRETCH)[..., None]
    unknown = np.sqrt(np.maximum(after, 0.0))[..., None] * ndtri(np.array(QUANTILE_GRID))
    values: FloatArray = np.maximum(after[..., None] + np.where(known[..., None], stretched, unknown), 0.0)
    return values
