import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from policies.engine import cumulative_mean_at, interval_distribution, quantile_at
from policies.engine.interval import add_in_quadrature
from policies.tests.engine.builders import normal_forecast
from stocksense.core.numeric import QUANTILE_GRID

SCORES = ndtri(np.array(QUANTILE_GRID))


def demand_over(days, *, mean=70.0, sd=7.0, horizon=8, bucket_days=7, lead_time_sd=0.0, elapsed=0.0):
    means, quantiles = normal_forecast(mean, sd, horizon)
    inputs = (np.array([float(value)]) for value in (days, lead_time_sd, elapsed))
    return interval_distribution(means, quantiles, bucket_days, *inputs)


def test_whole_buckets_keep_the_forecast_of_their_sum():
    mean, quantiles = demand_over(28)
    assert mean[0] == 280.0
    assert quantiles[0] == pytest.approx(280 + 14 * SCORES)


@pytest.mark.parametrize("days", [1.75, 10.0, 33.3, 112.0])
def test_spread_grows_with_the_root_of_time_inside_and_beyond_the_horizon(days):
    mean, quantiles = demand_over(days)
    assert mean[0] == pytest.approx(10 * days)
    assert quantiles[0] == pytest.approx(10 * days + 7 * np.sqrt(days / 7) * SCORES)


def test_the_spent_part_of_the_open_bucket_is_left_out():
    means = np.array([[70.0, 140.0]])
    assert cumulative_mean_at(means, 7, np.array([[0.0, 3.5, 7.0, 10.5, 21.0]])).tolist() == [[0, 35, 70, 140, 350]]
    _, quantiles = normal_forecast(70, 7, 2)
    quantiles = quantiles + np.array([0.0, 70.0])[None, :, None]
    mean, result = interval_distribution(means, quantiles, 7, np.array([7.0]), np.zeros(1), np.array([3.5]))
    assert mean[0] == 105.0
    assert result[0] == pytest.approx(1.5 * (70 + 7 * SCORES))


def test_a_varying_lead_time_adds_the_random_sum_variance():
    _, quantiles = demand_over(4, mean=100, sd=30, bucket_days=1, lead_time_sd=1.2)
    deviation = np.sqrt(4 * 30**2 + 100**2 * 1.2**2)
    assert deviation == pytest.approx(134.16407865)
    assert quantiles[0, 4:] == pytest.approx(400 + deviation * SCORES[4:])


def test_excesses_of_different_sign_are_added_so_that_more_days_never_mean_less():
    assert add_in_quadrature(np.array([3.0, -3, -3, 3, 0]), np.array([4.0, -4, 4, -4, 2])).tolist() == [5, -5, 1, -1, 2]


def test_no_demand_and_no_days_give_nothing():
    assert demand_over(0)[1].tolist() == [[0.0] * 11]
    nothing = interval_distribution(np.zeros((1, 3)), np.zeros((1, 3, 11)), 7, np.full(1, 9.0), np.ones(1), np.ones(1))
    assert nothing[0].tolist() == [0.0]
    assert not nothing[1].any()


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="days must be"):
        demand_over(-1)
    with pytest.raises(ValueError, match="bucket_days"):
        demand_over(1, bucket_days=0)


def test_any_probability_of_a_normal_is_exact_up_to_the_tail_limit():
    quantiles = np.tile(100 + 10 * SCORES, (5, 1))
    probability = np.array([0.795, 0.95, 0.995, 0.01, 0.9995])
    assert quantile_at(probability, quantiles) == pytest.approx(100 + 10 * ndtri(probability))
    assert quantile_at(np.array([1 - 1e-9]), quantiles[:1]) == pytest.approx(100 + 10 * ndtri(0.9995))


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, float("nan")])
def test_a_probability_outside_0_and_1_is_refused(probability):
    with pytest.raises(ValueError, match="strictly between"):
        quantile_at(np.array([probability]), np.ones((1, 11)))


def a_forecast(draw):
    horizon = draw(st.integers(1, 6))
    numbers = st.floats(0, 1000, allow_nan=False)
    sums = np.array(draw(st.lists(numbers, min_size=11 * horizon, max_size=11 * horizon))).reshape(1, horizon, 11)
    sums = np.maximum.accumulate(np.sort(sums, axis=2), axis=1)
    return np.full((1, horizon), draw(st.floats(0.0, 500))), sums


forecasts = st.composite(a_forecast)()
some_days = st.floats(0, 60)


@settings(max_examples=300, deadline=None)
@given(forecasts, some_days, some_days, st.floats(0, 10), st.floats(0.5, 0.99))
def test_a_longer_interval_of_stationary_demand_never_has_less_demand(forecast, short, long, lead_time_sd, level):
    values = []
    for days in sorted((short, long)):
        inputs = np.array([days]), np.array([lead_time_sd if days else 0.0]), np.zeros(1)
        values.append(quantile_at(np.array([level]), interval_distribution(*forecast, 7, *inputs)[1])[0])
    assert values[0] <= values[1] + 1e-6


@settings(max_examples=200, deadline=None)
@given(forecasts, some_days, st.floats(0, 10), st.floats(0, 20), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_quantiles_rise_with_probability_and_are_never_negative(forecast, days, lead_time_sd, elapsed, low, high):
    _, quantiles = interval_distribution(*forecast, 7, np.array([days]), np.array([lead_time_sd]), np.array([elapsed]))
    assert (np.diff(quantiles) >= 0).all()
    low, high = (quantile_at(np.array([p]), quantiles)[0] for p in sorted((low, high)))
    assert 0 <= low <= high + 1e-9


@settings(max_examples=100, deadline=None)
@given(forecasts, some_days, st.floats(0, 10), st.floats(0, 20), st.sampled_from([0.125, 3.0, 1000.0]))
def test_demand_in_other_units_scales(forecast, days, lead_time_sd, elapsed, factor):
    inputs = np.array([days]), np.array([lead_time_sd]), np.array([elapsed])
    before = interval_distribution(*forecast, 7, *inputs)[1]
    after = interval_distribution(forecast[0] * factor, forecast[1] * factor, 7, *inputs)[1]
    assert after == pytest.approx(before * factor, rel=1e-6, abs=1e-3 * factor)
