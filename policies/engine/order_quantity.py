"""How much to order at a time."""

import numpy as np

from stocksense.core.numeric import FloatArray, require_not_negative, require_positive

DAYS_PER_YEAR = 365.0


def economic_order_quantity(
    demand_rate: FloatArray | float, order_cost: FloatArray | float, holding_cost: FloatArray | float
) -> FloatArray:
    """Order quantity that minimises ordering plus holding cost per period, without backorders.

    All arguments broadcast. demand_rate: units/period; order_cost: money/order; holding_cost: money/unit/period.
    Returns units; 0 where demand_rate or order_cost is 0. Raises ValueError where holding_cost is not positive or
    another is negative. Source: Harris (1913); Snyder & Shen (2019), eq. 3.4.
    """
    require_positive(holding_cost=holding_cost)
    require_not_negative(demand_rate=demand_rate, order_cost=order_cost)
    quantity: FloatArray = np.sqrt(2.0 * np.asarray(order_cost) * np.asarray(demand_rate) / np.asarray(holding_cost))
    return quantity


def bounded_order_quantity(
    daily_rate: FloatArray,
    order_cost: FloatArray,
    holding_cost_per_year: FloatArray,
    review_days: FloatArray,
    max_cover_days: FloatArray,
    minimum_order: FloatArray,
) -> FloatArray:
    """Order quantity [n], units: the economic one, at least a review period's demand, at most the maximum cover.

    All arguments [n]. daily_rate: units/day; order_cost: money/order; holding_cost_per_year: money/unit/year. Where a
    cost is unknown (NaN) or holding costs nothing, it is the demand of one review period. The maximum cover gives way
    to the review period, and both to minimum_order (units; 0 for none).
    """
    known = np.isfinite(order_cost) & np.isfinite(holding_cost_per_year) & (holding_cost_per_year > 0)
    economic = np.zeros(daily_rate.shape)
    with np.errstate(over="ignore"):  # an endless quantity is cut at the maximum cover
        economic[known] = economic_order_quantity(
            daily_rate[known] * DAYS_PER_YEAR, order_cost[known], holding_cost_per_year[known]
        )
    one_review = daily_rate * review_days
    capped = np.minimum(economic, daily_rate * max_cover_days)
    return np.maximum(np.maximum(capped, one_review), minimum_order)
