from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import method_codes, reorder_levels
from policies.tests.engine.builders import level_input, source_with_destinations, with_means

Z95 = 1.6448536269514722


def levels(days=1, **more):
    return reorder_levels(level_input(**more), days)


def test_the_reorder_point_is_the_quantile_of_demand_over_lead_time_and_review():
    result = levels(mean=20, sd=6, lead_time_days=3, review_days=2)
    assert result.reorder_point[0, 0] == pytest.approx(122.06802713740343)
    assert result.safety_stock[0] == pytest.approx(22.068027137403433)
    assert result.interval_mean[0] == 100.0


def test_the_order_up_to_level_is_one_order_quantity_above():
    result = levels(mean=20, sd=6, lead_time_days=3, review_days=2)
    assert result.order_quantity[0] == 40.0
    assert result.order_up_to[0, 0] == pytest.approx(162.06802713740343)


def test_levels_follow_the_mean_of_their_window_and_spread_keeps_its_relation_to_it():
    result = reorder_levels(with_means(level_input(mean=10, sd=2), [10.0] * 5 + [20.0] * 5), 6)
    spread = Z95 * 2 * np.sqrt(5)
    means = np.array([50.0, 60, 70, 80, 90, 100])
    assert result.reorder_point[0] == pytest.approx(means * (1 + spread / 50))
    assert result.order_up_to[0] == pytest.approx(result.reorder_point[0] + 15.0)


def test_spread_grows_at_most_tenfold_when_demand_starts_from_almost_nothing():
    result = reorder_levels(with_means(level_input(mean=10, sd=2), [0.01] * 5 + [100.0] * 5), 6)
    spread = result.reorder_point[0, 0] - 0.05
    assert result.reorder_point[0, 5] == pytest.approx(500 + 10 * spread)


def test_a_safety_stock_set_by_the_planner_replaces_the_spread():
    result = levels(safety_stock=7.0)
    assert result.reorder_point[0, 0] == 57.0
    assert result.safety_stock[0] == 7.0


def test_the_planners_minimum_raises_and_maximum_cuts():
    result = levels(min_quantity=80.0, max_quantity=85.0)
    assert (result.reorder_point[0, 0], result.order_up_to[0, 0]) == (80.0, 85.0)
    assert result.safety_stock[0] == 30.0
    result = levels(max_quantity=55.0)
    assert (result.reorder_point[0, 0], result.order_up_to[0, 0]) == (55.0, 55.0)


def test_min_max_uses_the_planners_numbers():
    result = levels(days=3, method="min_max", min_quantity=12.0, max_quantity=40.0)
    assert result.reorder_point.tolist() == [[12.0] * 3]
    assert result.order_up_to.tolist() == [[40.0] * 3]


def test_min_max_computes_what_is_not_given():
    result = levels(method="min_max", min_quantity=12.0)
    assert (result.reorder_point[0, 0], result.order_up_to[0, 0]) == (12.0, 22.0)
    result = levels(method="min_max", max_quantity=40.0)
    assert (result.reorder_point[0, 0], result.order_up_to[0, 0]) == (40.0, 40.0)
    result = levels(method="min_max", min_quantity=12.0, max_quantity=5.0)
    assert (result.reorder_point[0, 0], result.order_up_to[0, 0]) == (12.0, 12.0)


def test_what_is_not_planned_has_no_levels():
    result = levels(method="no_plan")
    for values in (result.reorder_point, result.order_up_to, result.safety_stock, result.order_quantity):
        assert np.isnan(values).all()


def test_method_names():
    assert method_codes(["", "rss", "min_max", "none", "no_plan"]).tolist() == [0, 0, 1, 2, 2]
    with pytest.raises(ValueError, match="unknown method: magic"):
        method_codes(["magic"])


def test_no_demand_needs_no_stock():
    result = levels(mean=0.0, sd=0.0, lead_time_sd_days=3.0)
    assert result.reorder_point[0, 0] == result.order_up_to[0, 0] == result.safety_stock[0] == 0.0


def test_at_least_one_day():
    with pytest.raises(ValueError, match="days"):
        levels(days=0)


numbers = {"mean": st.floats(0, 500), "sd": st.floats(0, 200), "lead_time_sd_days": st.floats(0, 5)}


@settings(max_examples=150, deadline=None)
@given(**numbers, low=st.floats(0.5, 0.999), high=st.floats(0.5, 0.999))
def test_a_higher_service_level_never_lowers_a_level(mean, sd, lead_time_sd_days, low, high):
    given_input = level_input(mean=mean, sd=sd, lead_time_sd_days=lead_time_sd_days)
    low, high = (
        reorder_levels(replace(given_input, service_level=np.array([level])), 3) for level in sorted((low, high))
    )
    assert (low.reorder_point <= high.reorder_point + 1e-9).all()
    assert (low.order_up_to <= high.order_up_to + 1e-9).all()


@settings(max_examples=150, deadline=None)
@given(**numbers, short=st.floats(0, 90), long=st.floats(0, 90), level=st.floats(0.5, 0.99))
def test_a_longer_lead_time_never_lowers_a_level(mean, sd, lead_time_sd_days, short, long, level):
    given_input = level_input(mean=mean, sd=sd, lead_time_sd_days=lead_time_sd_days, service_level=level)
    short, long = (
        reorder_levels(replace(given_input, lead_time_days=np.array([lead])), 3) for lead in sorted((short, long))
    )
    assert (short.reorder_point <= long.reorder_point + 1e-6).all()


@settings(max_examples=150, deadline=None)
@given(
    **numbers,
    short=st.floats(0, 90),
    long=st.floats(0, 90),
    level=st.floats(0.5, 0.999),
    reviews=st.lists(st.integers(1, 28), min_size=2, max_size=4),
    batch=st.floats(0, 2000),
    bucket_days=st.sampled_from([1, 7]),
)
def test_a_longer_lead_time_never_lowers_a_level_where_orders_come_in_batches(
    mean, sd, lead_time_sd_days, short, long, level, reviews, batch, bucket_days
):
    """A source and up to three destinations, each with its own review period, that order at least `batch` at a time."""
    network = source_with_destinations(
        level_input(mean=mean, sd=sd, lead_time_sd_days=lead_time_sd_days, service_level=level, minimum_order=batch,
                    bucket_days=bucket_days),
        len(reviews),
    )  # fmt: skip
    network = replace(network, review_days=np.array(reviews, dtype=float))
    short, long = (
        reorder_levels(replace(network, lead_time_days=np.full(len(reviews), lead)), 40)
        for lead in sorted((short, long))
    )
    assert (short.reorder_point <= long.reorder_point + 1e-6).all()
    assert (short.order_up_to <= long.order_up_to + 1e-6).all()


@settings(max_examples=100, deadline=None)
@given(**numbers, factor=st.sampled_from([0.01, 8.0, 1000.0]))
def test_levels_scale_with_the_unit(mean, sd, lead_time_sd_days, factor):
    small = levels(days=4, mean=mean, sd=sd, lead_time_sd_days=lead_time_sd_days)
    large = levels(days=4, mean=mean * factor, sd=sd * factor, lead_time_sd_days=lead_time_sd_days)
    assert large.order_up_to == pytest.approx(small.order_up_to * factor, rel=1e-6, abs=1e-6)
