import numpy as np
import pytest

from forecasting.engine.scores import mean_known, pinball, relative_bias, wape


def test_wape_and_bias_by_hand_leaving_out_what_is_unknown():
    actual, forecast = np.array([4.0, 6.0, np.nan]), np.array([5.0, 8.0, 100.0])
    assert wape(actual, forecast) == 0.3
    assert relative_bias(actual, forecast) == 0.3


def test_scores_of_a_period_without_demand_are_unknown():
    assert np.isnan(wape(np.zeros(3), np.ones(3)))
    assert np.isnan(mean_known(np.array([np.nan])))


def test_forecasting_nothing_has_a_wape_of_one():
    assert wape(np.array([4.0, 6.0]), np.zeros(2)) == 1.0


def test_pinball_of_a_point_forecast_by_hand():
    assert pinball(np.array(10.0), np.full(11, 8.0)) == pytest.approx(2 * (0.5 + 0.8 + 0.9 + 0.95 + 0.99) / 5)
    assert pinball(np.array(8.0), np.full(11, 10.0)) == pytest.approx(2 * (0.5 + 0.2 + 0.1 + 0.05 + 0.01) / 5)
