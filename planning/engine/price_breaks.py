"""All-units quantity discounts: what a unit costs at a quantity, and which quantity makes a unit cheapest."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planning.engine.inputs import TOLERANCE
from planning.engine.rounding import up_to_multiple
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

SAME_COST: Final = 1e-9
"""Money per unit below which two offers cost the same, so that the smaller quantity is taken."""


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """Prices of k purchases in money per stock unit.

    base [k]: price below the first break. min_quantity, unit_cost [k, b]: from min_quantity on every unit of an
    order costs unit_cost; breaks ascend, and unused columns have an infinite min_quantity.
    """

    base: FloatArray
    min_quantity: FloatArray
    unit_cost: FloatArray

    @classmethod
    def from_rows(cls, base: FloatArray, row: IntArray, min_quantity: FloatArray, unit_cost: FloatArray) -> "PriceList":
        """From one line per break, in any order; `row` says which of the k purchases it belongs to."""
        order = np.lexsort((min_quantity, row))
        row, counts = row[order], np.bincount(row, minlength=len(base))
        column = np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
        shape = (len(base), int(counts.max(initial=0)))
        starts, prices = np.full(shape, np.inf), np.zeros(shape)
        starts[row, column], prices[row, column] = min_quantity[order], unit_cost[order]
        return cls(base=base, min_quantity=starts, unit_cost=prices)

    @property
    def has_breaks(self) -> BoolArray:
        """Whether a purchase has any break [k]."""
        return np.asarray(np.isfinite(self.min_quantity).any(axis=1))

    def take(self, rows: IntArray) -> "PriceList":
        """The purchases with these numbers, in this order."""
        return PriceList(base=self.base[rows], min_quantity=self.min_quantity[rows], unit_cost=self.unit_cost[rows])

    def at(self, quantity: FloatArray) -> FloatArray:
        """Price of a unit when `quantity` [k] is ordered: that of the largest break not above it."""
        reached = (self.min_quantity <= quantity[:, None] + TOLERANCE).sum(axis=1)
        prices = np.column_stack((self.base, self.unit_cost))
        return np.asarray(prices[np.arange(len(quantity)), reached])


@dataclass(frozen=True, kw_only=True)
class Offers:
    """Quantities an order may have, all fields [k, 1 + b]: the need itself, then every break above it.

    unit_cost: the price there. cost_per_unit: with ordering and holding; infinite where the quantity is not allowed.
    """

    quantity: FloatArray
    unit_cost: FloatArray
    cost_per_unit: FloatArray

    def cheapest(self) -> IntArray:
        """Column of the lowest cost per unit [k]; of equal ones the first, which is the smallest quantity."""
        chosen = np.zeros(len(self.quantity), dtype=np.int64)
        rows = np.arange(len(chosen))
        for column in range(1, self.quantity.shape[1]):
            better = self.cost_per_unit[:, column] < self.cost_per_unit[rows, chosen] - SAME_COST
            chosen[better] = column
        return chosen


def find_offers(
    quantity: FloatArray,
    prices: PriceList,
    *,
    multiple: FloatArray,
    order_cost: FloatArray,
    holding_per_day: FloatArray,
    daily_use: FloatArray,
    limit: FloatArray,
) -> Offers:
    """What each need costs at its own quantity and at every price break above it.

    All arguments [k]. quantity: the need after minimum and multiple, above 0. order_cost: money per order.
    holding_per_day: money per unit and day at the base price; it follows the price. daily_use: units per day.
    limit: largest quantity; breaks beyond it are not offered, nor any break where nothing is used. The cost of a
    unit at q is p(q) + K / q + h · q / (2 d). Source: all-units discounts, Hadley & Whitin (1963), ch. 2; Silver,
    Pyke & Thomas (2017), sec. 4.5, per unit instead of per year.
    """
    at_break = up_to_multiple(prices.min_quantity, multiple[:, None])
    allowed = (at_break > quantity[:, None] + TOLERANCE) & (at_break <= limit[:, None] + TOLERANCE)
    allowed &= np.isfinite(at_break) & (daily_use > 0)[:, None]
    offered = np.column_stack((quantity, np.where(allowed, at_break, quantity[:, None])))
    price = np.column_stack([prices.at(column) for column in offered.T])
    ratio = np.where(prices.base[:, None] > 0, price / np.where(prices.base > 0, prices.base, 1.0)[:, None], 1.0)
    cycle_days = offered / np.where(daily_use > 0, daily_use, np.inf)[:, None]
    cost = price + order_cost[:, None] / offered + holding_per_day[:, None] * ratio * cycle_days / 2.0
    cost[:, 1:][~allowed] = np.inf
    return Offers(quantity=offered, unit_cost=price, cost_per_unit=cost)
