import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.engine import DEMAND_CLASSES, SeriesBatch, back_test, forecast_batch
from stocksense.core.numeric import QUANTILE_GRID

POISON = {
    "nothing": [],
    "not a number": [float("nan")] * 60,
    "one not a number": [3.0] * 30 + [float("nan")] + [4.0] * 30,
    "infinite": [1.0, float("inf"), float("-inf")] * 20,
    "one point": [7.0],
    "all zero": [0.0] * 60,
    "constant": [5.0] * 60,
    "huge": [1e12, 3e12] * 30,
    "one huge": [1.0, 2.0] * 30 + [1e12],
    "negative": [-4.0] * 60,
    "overflowing": [1e300] * 60,
}


def healthy(count=60, seed=3):
    random = np.random.default_rng(seed)
    means = random.gamma(1.0, 6.0, count)
    return [random.poisson(mean, 104).astype(float).tolist() for mean in means]


def forecast(series, horizon=6, **more):
    return forecast_batch(SeriesBatch.from_series(series), horizon=horizon, seed=1, **more)


def assert_sound(result):
    for values in (result.mean, result.quantiles, result.cumulative_quantiles):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert (np.diff(result.quantiles, axis=2) >= 0).all()
    assert (np.diff(result.cumulative_quantiles, axis=2) >= 0).all()
    assert (np.diff(result.cumulative_quantiles, axis=1) >= 0).all()


def test_shapes_and_labels():
    result = forecast([[5.0, 6.0] * 20, *healthy(9), [], [4.0]])
    assert result.mean.shape == (12, 6)
    assert result.quantiles.shape == result.cumulative_quantiles.shape == (12, 6, 11)
    assert result.fallback == ("",) * 10 + ("no history", "too short")
    assert DEMAND_CLASSES[result.demand_class[0]] == "smooth"
    assert result.mean[11].tolist() == [4.0] * 6


@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_series_changes_no_bit_of_the_others(name):
    alone = forecast(healthy())
    mixed = forecast([*healthy(), POISON[name]])
    assert mixed.fallback[-1] != ""
    assert_sound(mixed)
    for field in ("mean", "quantiles", "cumulative_quantiles", "wape", "scaled_pinball"):
        assert np.array_equal(getattr(alone, field), getattr(mixed, field)[:-1], equal_nan=True)


def test_the_same_input_gives_the_same_bits():
    first, second = forecast(healthy()), forecast(healthy())
    for field in fields(first):
        if field.name != "fallback":
            assert getattr(first, field.name).tobytes() == getattr(second, field.name).tobytes()


def test_a_back_test_sees_only_what_lies_before_its_origin():
    series = healthy(5)
    changed = [[*one[:-6], *[99.0] * 6] for one in series]
    before, after = (back_test(SeriesBatch.from_series(one), horizon=6) for one in (series, changed))
    assert np.array_equal(before.level[:, 1:], after.level[:, 1:])
    assert np.array_equal(before.scale[:, 1:], after.scale[:, 1:])
    assert np.array_equal(before.demand_class[:, 1:], after.demand_class[:, 1:])


def test_no_history_and_no_sales_forecast_nothing():
    result = forecast([[], [0.0] * 50])
    assert not result.mean.any()
    assert not result.quantiles.any()


def test_a_stock_out_does_not_lower_the_forecast():
    sold = [10.0, 12.0] * 40
    marks = [[True] * 72 + [False] * 8]
    short = [sold[:72] + [0.0] * 8]
    result = forecast_batch(SeriesBatch.from_series(short, marks), horizon=2, seed=1)
    assert result.mean[0, 0] == pytest.approx(11.0, rel=0.03)


def test_quantiles_cover_what_comes():
    random = np.random.default_rng(11)
    means = random.gamma(2.0, 5.0, 1500)
    demand = random.poisson(means[:, None], (1500, 112)).astype(float)
    result = forecast(demand[:, :104].tolist(), horizon=8)
    p95, future = QUANTILE_GRID.index(0.95), demand[:, 104:]
    assert (future <= result.quantiles[:, :, p95]).mean() == pytest.approx(0.955, abs=0.015)
    assert (future.cumsum(axis=1) <= result.cumulative_quantiles[:, :, p95]).mean() == pytest.approx(0.95, abs=0.015)
    assert result.mean.sum() == pytest.approx(future.sum(), rel=0.02)


def test_scores_stand_beside_those_of_forecasting_nothing():
    result = forecast(healthy(100))
    assert result.all_zero_wape[result.wape > -1].tolist() == [1.0] * int((result.wape > -1).sum())
    assert np.nanmean(result.scaled_pinball) < 0.5 * np.nanmean(result.all_zero_scaled_pinball)


def test_longer_histories_and_daily_or_monthly_buckets_work():
    for days, length in ((1, 400), (30, 36)):
        series = np.random.default_rng(5).poisson(4.0, (60, length)).tolist()
        result = forecast_batch(SeriesBatch.from_series(series, bucket_days=days), horizon=4, seed=1)
        assert_sound(result)
        assert result.mean[:, 0].mean() == pytest.approx(4.0, rel=0.1)


def test_a_horizon_or_window_below_one_is_refused():
    with pytest.raises(ValueError, match="horizon and windows"):
        forecast(healthy(1), horizon=0)
    with pytest.raises(ValueError, match="horizon and windows"):
        forecast(healthy(1), windows=0)


ugly = st.lists(
    st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 50).map(float), st.just(0.0)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ugly, max_size=6), st.integers(1, 5))
def test_any_series_gives_a_sound_forecast(series, horizon):
    assert_sound(forecast(series, horizon=horizon))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([0.25, 4.0, 64.0]))
def test_the_level_scales_with_the_unit(factor):
    series = healthy(3)
    scaled = [[value * factor for value in one] for one in series]
    levels = [back_test(SeriesBatch.from_series(one), horizon=2).level for one in (series, scaled)]
    assert levels[1] == pytest.approx(levels[0] * factor, rel=1e-9)


def test_importing_the_engine_loads_no_heavy_library():
    heavy = "('statsforecast', 'pandas', 'scipy', 'django')"
    code = f"import sys, forecasting.engine; print([name for name in {heavy} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
