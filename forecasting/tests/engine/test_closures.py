"""Forecasts of series that will be closed, worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting import engine
from forecasting.engine.closures import on_open_days
from stocksense.core.numeric import QUANTILE_GRID

MEDIAN, P99 = QUANTILE_GRID.index(0.5), QUANTILE_GRID.index(0.99)


@pytest.fixture
def batch():
    """One series, 8 a bucket with quantiles 8 + 10 (p − ½), sums of b buckets 8 b + 10 √b (p − ½)."""
    made = engine.forecast_batch(engine.SeriesBatch.from_series([[8.0] * 20]), horizon=4, seed=1)
    around = 10.0 * (np.array(QUANTILE_GRID) - 0.5)
    buckets = np.arange(1.0, 5.0)[:, None]
    return replace(
        made,
        mean=np.full((1, 4), 8.0),
        quantiles=np.tile(8.0 + around, (1, 4, 1)),
        cumulative_quantiles=(8.0 * buckets + np.sqrt(buckets) * around)[None],
    )


def test_nothing_is_expected_while_closed_and_later_sums_are_those_of_the_open_buckets(batch):
    found = on_open_days(batch, np.array([[1.0, 0.0, 0.0, 1.0]]))
    assert found.mean.tolist() == [[8, 0, 0, 8]]
    assert found.quantiles[0, 1:3].tolist() == [[0.0] * 11] * 2
    assert np.allclose(found.quantiles[0, 3], batch.quantiles[0, 3])
    assert np.allclose(found.cumulative_quantiles[0, :3], batch.cumulative_quantiles[0, 0])
    assert np.allclose(found.cumulative_quantiles[0, 3], batch.cumulative_quantiles[0, 1])


def test_a_bucket_open_for_a_part_has_that_part_of_the_mean_and_its_root_of_the_spread(batch):
    found = on_open_days(batch, np.array([[0.25, 1.0, 1.0, 1.0]]))
    assert found.mean.tolist() == [[2, 8, 8, 8]]
    assert found.quantiles[0, 0, [MEDIAN, P99]] == pytest.approx([2, 2 + 0.5 * 4.9])
    assert found.cumulative_quantiles[0, 0, P99] == pytest.approx(2 + 0.25 * 4.9)
    assert found.cumulative_quantiles[0, 1, P99] == pytest.approx(10 + (0.75 + 0.25 * 2**0.5) * 4.9)


def test_a_series_that_is_always_open_stays_as_it_is(batch):
    assert on_open_days(batch, np.ones((1, 4))) is batch
