"""Sums over an interval: the distribution, the spread of the interval's length, and calibration."""

import numpy as np
import pytest

from forecasting.engine.cumulative import (
    DENSE,
    ON_GRID,
    cumulative_dense,
    fit_cumulative,
    lead_time_demand,
)
from stocksense.core.numeric import QUANTILE_GRID


def test_a_certain_interval_gives_the_sum_itself():
    dense = np.repeat(np.array([[2.0], [5.0]]), DENSE.size, axis=1)
    found = lead_time_demand(dense, np.array([2.0]), np.array([1.0]))
    assert found.mean == pytest.approx(5.0)
    assert found.quantiles.tolist() == pytest.approx([5.0] * 11)
    assert found.chances[5] == pytest.approx(1.0)


def test_an_uncertain_interval_mixes_its_lengths():
    dense = np.repeat(np.array([[2.0], [6.0]]), DENSE.size, axis=1)
    found = lead_time_demand(dense, np.array([1.0, 2.0]), np.array([0.25, 0.75]))
    assert found.mean == pytest.approx(5.0)
    assert found.chances[2] == pytest.approx(0.25)
    assert found.chances[6] == pytest.approx(0.75)
    assert found.chances.sum() == pytest.approx(1.0)


def test_half_a_bucket_counts_half():
    dense = np.repeat(np.array([[4.0], [8.0]]), DENSE.size, axis=1)
    assert lead_time_demand(dense, np.array([1.5]), np.array([1.0])).mean == pytest.approx(6.0)


def test_an_interval_beyond_the_horizon_is_refused():
    dense = np.ones((2, DENSE.size))
    with pytest.raises(ValueError, match="within the horizon"):
        lead_time_demand(dense, np.array([3.0]), np.array([1.0]))


def test_large_sums_are_told_in_steps_of_several_units():
    dense = np.repeat(np.array([[250_000.0]]), DENSE.size, axis=1)
    found = lead_time_demand(dense, np.array([1.0]), np.array([1.0]))
    assert found.units.size <= 1002
    assert float(found.units @ found.chances) == pytest.approx(250_000.0)


def test_sums_of_dependent_buckets_are_covered_where_independent_quantiles_would_not_be():
    rng = np.random.default_rng(3)
    shock = rng.gamma(4.0, 0.25, 4000)[:, None]
    actual = rng.poisson(20.0 * shock * np.ones((1, 4))).astype(float)
    mean = np.full((4000, 4), 20.0)
    quantiles = np.tile(np.quantile(actual, QUANTILE_GRID), (4000, 4, 1))
    pools = fit_cumulative(mean[:2000], quantiles[:2000], actual[:2000])
    sums = cumulative_dense(mean[2000:], quantiles[2000:], pools)
    upper = sums[:, 3, ON_GRID[QUANTILE_GRID.index(0.95)]]
    assert 0.935 <= float((actual[2000:].sum(axis=1) <= upper).mean()) <= 0.965
    assert (np.diff(sums, axis=2) >= 0).all()
    assert (np.diff(sums, axis=1) >= 0).all()
