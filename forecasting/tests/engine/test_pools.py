from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri

from forecasting.engine import SeriesBatch, back_test, calibrate, pool_errors
from forecasting.engine.series import clean_series
from stocksense.core.numeric import QUANTILE_GRID


def batch_of(count, *, seed=1, length=104, mean=20.0):
    return SeriesBatch.from_series(np.random.default_rng(seed).poisson(mean, (count, length)).tolist())


def test_an_empty_pool_gives_normal_quantiles_that_grow_with_the_root_of_time():
    pools = pool_errors([back_test(SeriesBatch.from_series([[1.0, 2.0]]), horizon=4)])
    normal = ndtri(np.array(QUANTILE_GRID))
    assert pools.bucket[0, 2] == pytest.approx(normal)
    assert pools.cumulative[3, 3] == pytest.approx(2 * normal)
    assert pools.bias.tolist() == [1.0] * 4
    assert pools.sizes.tolist() == [0] * 4


def test_cumulative_errors_are_those_of_the_sum():
    test = back_test(batch_of(5), horizon=3, windows=1)
    pools = pool_errors([test])
    bias = pools.bias[0]
    errors = (test.actual[:, 0].sum(axis=1) - 3 * bias * test.level[:, 1]) / test.scale[:, 1]
    observed = np.quantile(errors, QUANTILE_GRID, method="weibull")
    overall = (5 * observed + 30 * np.sqrt(3) * ndtri(np.array(QUANTILE_GRID))) / 35
    assert pools.cumulative[0, 2] == pytest.approx((5 * observed + 500 * overall) / 505)


def test_two_batches_share_one_pool():
    whole = batch_of(40)
    half = 20 * 104
    first = SeriesBatch(whole.values[:half], whole.offsets[:21], whole.in_stock[:half], 7)
    second = SeriesBatch(whole.values[half:], whole.offsets[20:] - half, whole.in_stock[half:], 7)
    tests = [back_test(one, horizon=4) for one in (first, second)]
    together = back_test(whole, horizon=4)
    expected = calibrate(together, pool_errors([together]))
    assert calibrate(tests[1], pool_errors(tests)).quantiles == pytest.approx(expected.quantiles[20:])


def test_a_level_that_is_too_high_in_every_window_is_lowered():
    test = back_test(batch_of(200), horizon=4)
    high = replace(test, level=test.level * 1.1)
    factor = pool_errors([high]).bias[0]
    assert 0.93 < factor < 0.96


def test_back_tests_of_different_horizons_do_not_pool():
    with pytest.raises(ValueError, match="same horizon"):
        pool_errors([back_test(batch_of(2), horizon=h) for h in (2, 3)])
    with pytest.raises(ValueError, match="needs back-tests"):
        pool_errors([])


def test_forecasts_are_judged_by_what_demand_may_have_been_where_stock_ran_out():
    batch = batch_of(3)
    marks = batch.in_stock.copy()
    marks[batch.offsets[1] - 2] = False
    test = back_test(SeriesBatch(batch.values, batch.offsets, marks, 7), horizon=4, windows=1)
    values, in_stock = SeriesBatch(batch.values, batch.offsets, marks, 7).one(0)
    drawn = clean_series(values, in_stock).drawn[-4:]
    assert test.actual[0, 0].tolist() == drawn.tolist()
    assert drawn[2] >= values[-2]
