"""A forecast that reaches further than its training, and a shape around another mean."""

import numpy as np
import pytest

from forecasting.engine import continued
from forecasting.engine.hierarchy import recentred
from stocksense.core.numeric import QUANTILE_GRID

SPREAD = np.array([-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def around(means, width):
    """Quantiles [1, h, 11] at fixed distances from the means."""
    return np.array(means, dtype=float)[None, :, None] + width * SPREAD


def test_the_other_forecast_takes_over_where_the_training_ends():
    mean, quantiles, sums = continued(
        np.array([[10.0, 10.0]]), around([10, 10], 1), around([10, 20], 0.5),
        later_mean=np.array([[8.0, 8.0, 8.0, 6.0]]), later_quantiles=around([8, 8, 8, 6], 1),
        later_cumulative=around([8, 16, 24, 30], 1),
    )  # fmt: skip
    assert mean.tolist() == [[10, 10, 8, 6]]
    assert quantiles[0, 2].tolist() == (8 + SPREAD).tolist()
    assert sums[0, 1].tolist() == (20 + SPREAD / 2).tolist()
    assert sums[0, 2].tolist() == (28 + SPREAD / 2).tolist()
    assert sums[0, 3].tolist() == (34 + SPREAD / 2).tolist()


def test_a_training_that_reaches_further_is_cut():
    long = np.array([[1.0, 2.0, 3.0]])
    mean, quantiles, sums = continued(
        long, around([1, 2, 3], 1), around([1, 3, 6], 1),
        later_mean=long[:, :2], later_quantiles=around([1, 2], 1), later_cumulative=around([1, 3], 1),
    )  # fmt: skip
    assert mean.tolist() == [[1, 2]]
    assert quantiles.shape == sums.shape == (1, 2, 11)


def test_distances_stretch_with_the_mean_but_at_most_twofold():
    quantiles = around([10, 10, 10], 1)[0]
    moved = recentred(quantiles, np.array([10.0, 10.0, 10.0]), np.array([15.0, 90.0, 1.0]))
    assert moved[0] == pytest.approx(15 + 1.5 * SPREAD)
    assert moved[1] == pytest.approx(90 + 2.0 * SPREAD)
    assert moved[2] == pytest.approx(np.maximum(1 + 0.5 * SPREAD, 0))


def test_where_nothing_was_expected_the_spread_is_that_of_rare_demand():
    moved = recentred(np.zeros((1, 11)), np.zeros(1), np.array([100.0]))
    assert moved[0, QUANTILE_GRID.index(0.5)] == pytest.approx(100)
    assert moved[0, QUANTILE_GRID.index(0.95)] == pytest.approx(100 + 10 * 1.644854, abs=1e-4)
