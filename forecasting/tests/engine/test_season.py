import numpy as np
import pytest

from forecasting.engine import SeriesBatch, back_test, calibrate, pool_errors
from forecasting.engine.features import FeatureTable
from forecasting.engine.panel import Panel
from forecasting.engine.season import season_factors, spread_growth
from forecasting.engine.seasonal import season_ratios

YEAR = 52


def sales(weeks, *, swing, count=300, seed=2):
    """Poisson sales whose mean swings with the year by ±swing."""
    random = np.random.default_rng(seed)
    season = 1.0 + swing * np.sin(2 * np.pi * np.arange(weeks) / YEAR)
    return random.poisson(random.gamma(2.0, 10.0, (count, 1)) * season).astype(float)


def pooled(demand):
    test = back_test(SeriesBatch.from_series(demand.tolist()), horizon=8)
    return test, pool_errors([test])


def test_a_season_of_two_years_is_followed():
    demand = sales(112, swing=0.5)
    test, pools = pooled(demand[:, :104])
    forecast = calibrate(test, pools)
    assert forecast.mean.sum() == pytest.approx(demand[:, 104:].sum(), rel=0.04)
    assert (np.diff(pools.season[0]) > 0).all()
    assert (demand[:, 104:] <= forecast.quantiles[:, :, 8]).mean() == pytest.approx(0.955, abs=0.02)


def test_without_a_season_the_forecast_stays_flat():
    _, pools = pooled(sales(104, swing=0.0))
    assert (pools.season == 1.0).all()


def test_a_season_needs_more_than_a_year_and_a_few_series():
    assert (pooled(sales(60, swing=0.5))[1].season == 1.0).all()
    assert (pooled(sales(104, swing=0.5, count=10))[1].season == 1.0).all()


def test_a_constant_series_takes_no_part_in_the_season():
    demand = np.vstack((sales(104, swing=0.5), np.full((1, 104), 6.0)))
    forecast = calibrate(*pooled(demand))
    assert forecast.fallback[-1] == "constant"
    assert forecast.mean[-1] == pytest.approx(np.full(8, 6.0))


def test_the_week_is_seen_in_daily_sales():
    random = np.random.default_rng(4)
    shape = np.array([0.5, 0.6, 0.8, 1.0, 1.5, 1.7, 0.9])
    demand = random.poisson(20.0 * np.tile(shape, 104), (40, 728)).astype(float)
    test = back_test(SeriesBatch.from_series(demand.tolist(), bucket_days=1), horizon=7)
    factors = season_factors([test])[0]
    assert factors.argmax() in (4, 5)
    assert factors.max() / factors.min() > 1.5


def test_who_has_no_group_takes_the_season_of_all():
    demand = sales(160, swing=0.5, count=80)
    panel = Panel.of(demand, np.datetime64("2021-01-04") + 7 * np.arange(168), 7)
    table, groups = FeatureTable(panel, 8), np.repeat([0, 1], 40)
    whole = season_ratios(table, 160, np.zeros(80, dtype=np.int64))
    found = season_ratios(table, 160, np.where(np.arange(80) < 40, groups, -1))
    assert found[40:] == pytest.approx(whole[40:])
    assert not np.allclose(found[:40], whole[:40])


def test_spread_grows_with_the_root_of_the_season():
    single, summed = spread_growth(np.array([[4.0, 1.0, 4.0]]))
    assert single.tolist() == [[2.0, 1.0, 2.0]]
    assert summed == pytest.approx(np.sqrt([[4.0, 2.5, 3.0]]))
