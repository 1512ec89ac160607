"""How unevenly the orders of destinations draw on their source."""

import numpy as np

from stocksense.core.numeric import FloatArray, IntArray


def batching_sd(
    origin: IntArray, order_quantity: FloatArray, daily_rate: FloatArray, interval_days: FloatArray
) -> FloatArray:
    """Standard deviation [n], units, of what destinations order over a source's interval, beyond their demand.

    All arguments [n]. origin: node that replenishes each node, -1 for suppliers. order_quantity: units that a node
    orders at a time; daily_rate: units/day; interval_days: each node's own protection interval T.
    A destination that uses its demand evenly in batches of b every B = b / rate days orders ⌊T/B⌋ times in T, or once
    more with probability f = T/B − ⌊T/B⌋: the variance of a Bernoulli trial, b² f (1 − f), whose mean over f is b²/6.
    It is taken as b²/6 for T ≥ B and b²/6 · T/B below, so that a longer interval never has less; destinations are
    independent. Batches of the destinations' own destinations show in theirs.
    """
    supplied = np.flatnonzero((origin >= 0) & (order_quantity > 0) & (daily_rate > 0))
    source, quantity = origin[supplied], order_quantity[supplied]
    batches = interval_days[source] * daily_rate[supplied] / quantity
    variance = np.square(quantity) / 6.0 * np.minimum(batches, 1.0)
    total: FloatArray = np.sqrt(np.bincount(source, weights=variance, minlength=len(origin)))
    return total
