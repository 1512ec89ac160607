import numpy as np
import pytest

from policies.engine import bounded_order_quantity, economic_order_quantity


def bounded(rate=10.0, order_cost=np.nan, holding=np.nan, review=7.0, cover=90.0, minimum=0.0):
    return bounded_order_quantity(
        *(np.array([value]) for value in (rate, order_cost, holding, review, cover, minimum))
    )[0]


def test_the_textbook_economic_order_quantity():
    """Snyder & Shen (2019), example 3.1."""
    assert economic_order_quantity(1300, 8, 0.225) == pytest.approx(304.0467800264368)


def test_ordering_that_costs_nothing_has_no_economic_quantity():
    assert economic_order_quantity(1300, 0, 0.225) == 0


def test_holding_must_cost_something():
    with pytest.raises(ValueError, match="holding_cost must be positive"):
        economic_order_quantity(1300, 8, 0)


def test_known_costs_give_the_economic_quantity():
    assert bounded(rate=1300 / 365, order_cost=8.0, holding=0.225, review=1.0) == pytest.approx(304.0467800264368)


@pytest.mark.parametrize(("order_cost", "holding"), [(np.nan, 1.0), (20.0, np.nan), (20.0, 0.0)])
def test_without_costs_it_is_the_demand_of_a_review_period(order_cost, holding):
    assert bounded(order_cost=order_cost, holding=holding) == 70.0


def test_it_stays_between_a_review_period_and_the_maximum_cover():
    assert bounded(order_cost=1e9, holding=1.0) == 900.0
    assert bounded(order_cost=1e-9, holding=1.0) == 70.0
    assert bounded(order_cost=1e9, holding=1.0, cover=2.0) == 70.0


def test_it_is_never_below_the_minimum_order():
    assert bounded(minimum=100.0) == 100.0
    assert bounded(rate=0.0, minimum=100.0) == 100.0
