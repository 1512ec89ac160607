import numpy as np
import pytest

from policies.engine import batching_sd, interval_distribution, level_steps, recompute_levels, reorder_levels
from policies.tests.engine.builders import level_input, normal_forecast, source_with_destinations
from stocksense.core.numeric import QUANTILE_GRID


def test_destinations_that_order_in_batches_make_their_sources_demand_uneven():
    # Two stores order 60 every 6 days, the DC covers 12: 2 × 60² / 6 = 1,200.
    sd = batching_sd(np.array([-1, 0, 0]), np.array([500.0, 60, 60]), np.array([20.0, 10, 10]), np.full(3, 12.0))
    assert sd.tolist() == pytest.approx([np.sqrt(1200), 0, 0])


def test_an_interval_shorter_than_a_batch_lasts_counts_its_part():
    # 60 units last 6 days; 3 days are half a batch: 60² / 6 / 2 = 300.
    sd = batching_sd(np.array([-1, 0]), np.array([0.0, 60]), np.array([10.0, 10]), np.array([3.0, 3.0]))
    assert sd.tolist() == pytest.approx([np.sqrt(300), 0])


def test_a_destination_without_demand_asks_for_nothing():
    assert batching_sd(np.array([-1, 0]), np.array([0.0, 60]), np.zeros(2), np.full(2, 9.0)).tolist() == [0, 0]


def test_batches_widen_the_interval_in_quadrature():
    means, quantiles = normal_forecast(70, 7, 8)
    one = np.ones(1)
    _, wide = interval_distribution(means, quantiles, 7, 28 * one, 0 * one, 0 * one, 48 * one)
    # Four weeks: sd 14; √(14² + 48²) = 50; upper quantiles are 280 + 50 z.
    assert wide[0, 8] == pytest.approx(280 + 50 * 1.6448536269514722)
    assert QUANTILE_GRID[8] == 0.95


def test_a_source_with_destinations_traces_their_batches():
    both = level_input(mean=10, sd=3)
    pair = source_with_destinations(both, 2)
    levels, alone = reorder_levels(pair, 1), reorder_levels(both, 1)
    trace = level_steps(0, pair)
    # The destination orders one review period's demand, 10 units, at a time: 10² / 6.
    assert trace["inputs"]["batching_sd"] == pytest.approx(np.sqrt(100 / 6))
    assert levels.reorder_point[0, 0] == pytest.approx(50 + 1.6448536269514722 * np.sqrt(45 + 100 / 6))
    assert levels.reorder_point[1, 0] == pytest.approx(alone.reorder_point[0, 0])
    assert recompute_levels(trace)[0] == pytest.approx(levels.reorder_point[0, 0])
