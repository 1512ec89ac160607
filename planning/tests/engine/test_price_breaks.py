"""What a unit costs at a quantity, and the quantity at which it is cheapest."""

import numpy as np
import pytest

from planning.engine.price_breaks import PriceList, find_offers


def numbers(*values):
    return np.array(values, dtype=np.float64)


def prices(base=4.0, **breaks):
    return PriceList.from_rows(
        numbers(base), np.zeros(len(breaks), np.int64), numbers(*(int(name.removeprefix("from_")) for name in breaks)),
        numbers(*breaks.values()),
    )  # fmt: skip


def offers(quantity, price_list, *, multiple=12, order_cost=25, holding=0.002, daily_use=10, limit=np.inf):
    return find_offers(
        numbers(quantity), price_list, multiple=numbers(multiple), order_cost=numbers(order_cost),
        holding_per_day=numbers(holding), daily_use=numbers(daily_use), limit=numbers(limit),
    )  # fmt: skip


def chosen(found):
    return found.quantity[0, found.cheapest()[0]]


def test_every_unit_has_the_price_of_the_largest_break_reached():
    found = PriceList.from_rows(numbers(4, 9), np.array([0, 0]), numbers(500, 200), numbers(3.2, 3.6))
    assert found.at(numbers(199, 1000)).tolist() == [4, 9]
    assert found.at(numbers(200, 0)).tolist() == [3.6, 9]
    assert found.at(numbers(500, 0)).tolist() == [3.2, 9]
    assert found.take(np.array([1])).at(numbers(1000)).tolist() == [9]


def test_a_break_is_reached_in_whole_packs_where_it_makes_a_unit_cheaper():
    found = offers(108, prices(from_200=3.6))
    assert found.quantity.tolist() == [[108, 204]]
    # 4 + 25/108 + 0.002 × 108/20, and 3.60 + 25/204 + 0.0018 × 204/20: holding follows the price.
    assert found.cost_per_unit[0] == pytest.approx([4.242281481, 3.740909020])
    assert chosen(found) == 204


def test_a_break_is_left_alone_where_holding_costs_more():
    # Slow: 0.1 a day. 4 + 25/108 + 0.002 × 108/0.2 = 5.31; 3.60 + 25/204 + 0.0018 × 204/0.2 = 5.56.
    assert chosen(offers(108, prices(from_200=3.6), daily_use=0.1)) == 108


def test_a_nearer_break_may_be_the_cheapest_of_several():
    # 50 a day: 200 costs 3.60 + 0.125 + 0.0036, 1000 costs 3.72 + 0.025 + 0.0186.
    assert chosen(offers(108, prices(from_200=3.6, from_1000=3.72), multiple=0, daily_use=50)) == 200
    assert chosen(offers(108, prices(from_200=3.6, from_1000=3.5), multiple=0, daily_use=50)) == 1000


def test_nothing_beyond_the_limit_and_nothing_more_where_nothing_is_used():
    assert chosen(offers(108, prices(from_200=3.6), limit=203)) == 108
    assert chosen(offers(108, prices(from_200=3.6), limit=204)) == 204
    assert chosen(offers(108, prices(from_200=0.6), daily_use=0)) == 108


def test_equal_costs_take_the_smaller_quantity():
    assert chosen(offers(100, prices(from_200=4), multiple=0, order_cost=0, holding=0)) == 100


def test_without_a_base_price_holding_does_not_follow_the_price():
    found = offers(100, prices(base=0, from_200=2), multiple=0, order_cost=0)
    assert found.cost_per_unit[0] == pytest.approx([0.002 * 5, 2 + 0.002 * 10])
