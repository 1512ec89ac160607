"""Demand behind stock-outs: a bucket in which stock ran out says only that demand was at least what was sold.

What such a bucket is worth is the conditional mean E[D | D ≥ sold] of a distribution whose mean and variance are those
of the buckets around it, themselves completed in the same way (the fixed point of an EM algorithm). Leaving these
buckets out instead is not neutral: stock runs out when demand is high, so the buckets that are left are the low ones.
Sources: Tobin (1958); Dempster, Laird & Rubin (1977), EM for censored data; Nahmias (1994), lost sales with normal
demand; Agrawal & Smith (1996), with negative binomial demand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import BoolArray, FloatArray, IntArray

LOCAL_BUCKETS: Final = 26
"""Buckets that local mean and variance look back over (or in all, half before and half after)."""

PRIOR_BUCKETS: Final = 4.0
PRIOR_CV2: Final = 0.25
SWEEPS: Final = 8
LEAST_PROBABILITY: Final = 1e-9
GOLDEN_RATIO: Final = (5**0.5 - 1) / 2
MOST_OF_RECORDED: Final = 2.0
"""A level is at most this times what was recorded around: where nearly all buckets are filled, fillings would be the
evidence for fillings, and the level grow by itself."""

Moments = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Unconstrained:
    """What demand was, as far as can be told.

    demand [t]: expected units per bucket; where observed, what was recorded. added [t]: demand − sales, not negative,
        0 where observed.
    drawn [t]: like demand, but hidden buckets hold a draw from what was possible instead of its mean, so that
        errors against them are as wide as errors against demand would have been.
    """

    demand: FloatArray
    added: FloatArray
    drawn: FloatArray


def unconstrain_from_past(sales: FloatArray, observed: BoolArray) -> Unconstrained:
    """Demand of every bucket, each estimated from the buckets before it: nothing later changes it.

    sales [t]: units, finite, not negative (0 where nothing is known). observed [t]: False where demand was at least
    `sales`. Local mean and variance are those of the latest 26 buckets. Raises ValueError when the arrays do not fit.
    """
    return _one(sales, observed, back=LOCAL_BUCKETS, ahead=0)


def added_from_past(sales: FloatArray, observed: BoolArray, inside: BoolArray) -> FloatArray:
    """What unconstrain_from_past adds to n histories at once [n, w], much quicker than one after the other.

    sales, observed [n, w] as there; inside [n, w]: the buckets that belong to a history, without gaps; 0 outside.
    """
    added, _ = _complete(np.where(inside, sales, 0.0), observed, inside, back=LOCAL_BUCKETS, ahead=0)
    return added


def drawn_from_past(sales: FloatArray, observed: BoolArray, inside: BoolArray) -> FloatArray:
    """Demand of n histories at once [n, w], hidden buckets as draws (Unconstrained.drawn); arguments as above."""
    _, drawn = _complete(np.where(inside, sales, 0.0), observed, inside, back=LOCAL_BUCKETS, ahead=0)
    return drawn


def unconstrain_in_hindsight(sales: FloatArray, observed: BoolArray) -> Unconstrained:
    """The same from 13 buckets before and 13 after: the better estimate, for looking back.

    Never for training at a past origin: it knows what came later.
    """
    return _one(sales, observed, back=LOCAL_BUCKETS // 2, ahead=LOCAL_BUCKETS // 2)


def expected_at_least(sold: FloatArray, mean: FloatArray, variance: FloatArray, whole: BoolArray) -> Moments:
    """First and second moment of demand D given D ≥ sold; arguments broadcast.

    mean, variance > 0: of D. whole: where D counts whole units: D is negative binomial, or Poisson where the variance
    does not exceed the mean; elsewhere it is gamma. Both have closed forms: E[D; D ≥ s] = μ P(D' ≥ s − 1), with D' of
    the same family and one more unit of shape. Where D ≥ sold is next to impossible (< 1e-9) the answer is `sold`.
    """
    sold, mean, variance, whole = np.broadcast_arrays(sold, mean, variance, whole)
    poisson = whole & (variance <= mean * (1 + 1e-6))
    families = ((~whole, _gamma_tails), (poisson, _poisson_tails), (whole & ~poisson, _negative_binomial_tails))
    tails = np.zeros((3, *sold.shape))
    for members, of_family in families:
        if members.all():
            tails = of_family(sold, mean, variance)
        elif members.any():
            tails[:, members] = of_family(sold[members], mean[members], variance[members])
    possible = tails[0] > LEAST_PROBABILITY
    first, second = np.divide(tails[1:], tails[0], out=np.zeros((2, *sold.shape)), where=possible)
    first = np.maximum(first, sold)
    return first, np.maximum(second, first * first)


def _gamma_tails(sold: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """P(D ≥ s), E[D; D ≥ s] and E[D²; D ≥ s] of the gamma distribution [3, ...]."""
    from scipy.special import gammaincc

    scale = np.maximum(variance / mean, 1e-12 * mean)
    shape, scaled = mean / scale, sold / scale
    tails = [gammaincc(shape + more, scaled) for more in range(3)]
    return np.stack((tails[0], mean * tails[1], mean * (mean + scale) * tails[2]))


def _poisson_tails(sold: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """The same of the Poisson distribution."""
    from scipy.special import gammainc

    tails = [np.where(sold > less, gammainc(np.maximum(sold - less, 1e-9), mean), 1.0) for less in range(3)]
    return np.stack((tails[0], mean * tails[1], mean * (mean * tails[2] + tails[1])))


def _negative_binomial_tails(sold: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """The same of the negative binomial distribution."""
    from scipy.special import betainc

    size = mean * mean / (variance - mean)
    chance = mean / (mean + size)
    tails = [
        np.where(sold > less, betainc(np.maximum(sold - less, 1e-9), size + less, chance), 1.0) for less in range(3)
    ]
    return np.stack((tails[0], mean * tails[1], mean * (mean * (1 + 1 / size) * tails[2] + tails[1])))


def _one(sales: FloatArray, observed: BoolArray, *, back: int, ahead: int) -> Unconstrained:
    if sales.ndim != 1 or sales.shape != observed.shape:
        raise ValueError("sales and observed must be flat arrays of the same length")
    sold = sales.astype(np.float64)
    if observed.all():
        return Unconstrained(sold, np.zeros(sold.size), sold)
    inside = np.ones((1, sold.size), dtype=np.bool_)
    added, drawn = _complete(sold[None], observed[None], inside, back=back, ahead=ahead)
    return Unconstrained(sold + added[0], added[0], drawn[0])


def _complete(
    sales: FloatArray, observed: BoolArray, inside: BoolArray, *, back: int, ahead: int
) -> tuple[FloatArray, FloatArray]:
    """What is added to sales [n, w], and demand with draws instead of means, each row for itself.

    Sweeps until the completed buckets agree with the moments that they are part of; at first only observed buckets
    count. The number of sweeps does not depend on what comes out of them: else a later bucket could change an earlier
    one.
    """
    row, column = np.nonzero(inside & ~observed)
    drawn, added = sales.copy(), np.zeros_like(sales)
    if row.size == 0:
        return added, drawn
    moments = np.stack((sales, np.square(sales)))
    sold = sales[row, column]
    whole = np.logical_and.accumulate(sales == np.rint(sales), axis=1)[row, column]
    around = _Window.of(inside, row, column, back, ahead)
    local = _Window.of(inside & observed, row, column, back, ahead)
    most = MOST_OF_RECORDED * np.maximum(local.mean(sales), around.mean(sales))
    for sweep in range(SWEEPS):
        mean, square = _at_most(most, *local.mean(moments))
        variance = _variance(mean, square, local.count, whole)
        found = _completed(sold, mean, variance, whole)
        settled = sweep > 0 and bool(np.array_equal(found, moments[:, row, column]))
        moments[:, row, column] = found
        if settled:
            break
        local = around
    drawn[row, column] = _drawn(sold, mean, variance, whole, _places(sales, observed, inside, row, column))
    added[row, column] = moments[0, row, column] - sold
    return added, drawn


def _at_most(most: FloatArray, mean: FloatArray, square: FloatArray) -> Moments:
    """Mean and mean square, both scaled to where the mean is at most `most`; all [hidden]."""
    part = np.minimum(np.divide(most, mean, out=np.ones_like(mean), where=mean > 0), 1.0)
    return part * mean, part * part * square


def _completed(sold: FloatArray, mean: FloatArray, variance: FloatArray, whole: BoolArray) -> FloatArray:
    """Moments [2, hidden] of the hidden buckets; those of what was sold where there is no level yet."""
    known = mean > 0
    found = expected_at_least(sold, np.where(known, mean, 1.0), variance, whole)
    return np.where(known, np.stack(found), np.stack((sold, sold * sold)))


def _variance(mean: FloatArray, square: FloatArray, count: FloatArray, whole: BoolArray) -> FloatArray:
    """Of demand where `count` buckets around have this mean and mean square; 1 where the mean is 0.

    Held to mean (of whole units) + .25 mean² as if by 4 more buckets.
    """
    prior = np.where(whole, mean, 0.0) + PRIOR_CV2 * mean * mean
    weight = count / (count + PRIOR_BUCKETS)
    variance = weight * np.maximum(square - mean * mean, 0.0) + (1 - weight) * prior
    return np.where(mean > 0, variance, 1.0)


def _places(sales: FloatArray, observed: BoolArray, inside: BoolArray, row: IntArray, column: IntArray) -> FloatArray:
    """Where in what is possible each hidden bucket is drawn [hidden], 0..1, without chance.

    By the golden ratio from what was sold in the latest 26 buckets and how long stock has been out: unlike between
    histories (else all series would have the same good weeks), the same whatever follows, and the same when the years
    that are read begin later, so that a night's forecast does not move by itself.
    """
    columns = np.arange(sales.shape[1])
    begin = inside.argmax(axis=1)[:, None] - 1
    since = column - np.maximum.accumulate(np.where(inside & observed, columns, begin), axis=1)[row, column]
    place = since.astype(np.float64)
    for age in range(LOCAL_BUCKETS):
        at = np.maximum(column - age, 0)
        place += np.where((column >= age) & inside[row, at], sales[row, at], 0.0) * ((age + 1) * (age + 2) // 2)
    result: FloatArray = place * GOLDEN_RATIO % 1.0
    return result


def _drawn(sold: FloatArray, mean: FloatArray, variance: FloatArray, whole: BoolArray, place: FloatArray) -> FloatArray:
    """One value D ≥ sold per hidden bucket, from a gamma distribution, at `place` 0..1 of what is possible."""
    from scipy.special import gammaincc, gammainccinv

    safe = np.where(mean > 0, mean, 1.0)
    scale = np.maximum(variance / safe, 1e-12 * safe)
    shape, least = safe / scale, np.maximum(sold - 0.5 * whole, 0.0)
    tail = gammaincc(shape, least / scale)
    values = gammainccinv(shape, tail * (1.0 - place)) * scale
    values = np.where(whole, np.rint(values), values)
    return np.where((mean > 0) & (tail > LEAST_PROBABILITY), np.maximum(values, sold), sold)


@dataclass(frozen=True)
class _Window:
    """The known buckets around each hidden one, itself apart.

    row [hidden]; known [n, w]; edges [4, hidden]: the columns at which the span of buckets before it begins and ends,
    and that of those after it; count [hidden]: known buckets in both.
    """

    row: IntArray
    known: BoolArray
    edges: IntArray
    count: FloatArray

    @classmethod
    def of(cls, known: BoolArray, row: IntArray, column: IntArray, back: int, ahead: int) -> "_Window":
        """The latest `back` known values before each hidden bucket and the next `ahead` after it."""
        seen: IntArray = np.cumsum(known, axis=1, dtype=np.int64)
        after = np.zeros((known.shape[0], known.shape[1] + 1), dtype=np.int64)
        places = np.nonzero(known)
        after[places[0], seen[places]] = places[1] + 1  # (the column after the k-th known bucket)
        until = seen[row, column]
        before: IntArray = until - known[row, column].astype(np.int64)
        start, stop = np.maximum(before - back, 0), np.minimum(until + ahead, seen[row, -1])
        edges = np.stack([after[row, edge] for edge in (start, before, until, stop)])
        return cls(row, known, edges, (before - start + stop - until).astype(np.float64))

    def mean(self, values: FloatArray) -> FloatArray:
        """Mean of values [..., n, w] around each hidden bucket [..., hidden]; 0 where there are none."""
        sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
        np.cumsum(np.where(self.known, values, 0.0), axis=-1, out=sums[..., 1:])
        begin, end, again, last = (sums[..., self.row, edge] for edge in self.edges)
        means: FloatArray = np.maximum(end - begin + last - again, 0.0) / np.maximum(self.count, 1.0)
        return means
