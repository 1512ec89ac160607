import subprocess
import sys

import numpy as np
import pytest

from forecasting.engine.smoothers import LevelSmoother


def test_the_level_is_the_mean_of_the_four_members():
    demand = np.array([3.0, 0, 5, 2, 0, 4, 1, 6, 2, 3, 0, 7])
    smoother = LevelSmoother(7)
    members = [float(member.forecast(y=demand, h=1)["mean"][0]) for member in smoother.members]
    assert len(members) == 3
    assert smoother.level(demand) == pytest.approx((sum(members) + demand.mean()) / 4, rel=1e-12)


def test_simple_smoothing_by_hand():
    member = LevelSmoother(7).members[0]
    assert member.forecast(y=np.array([10.0, 20.0]), h=1)["mean"][0] == pytest.approx(0.1 * 20 + 0.9 * 10)


def test_a_constant_history_forecasts_itself():
    assert LevelSmoother(7).level(np.full(30, 6.0)) == pytest.approx(6.0)


def test_a_short_history_forecasts_its_mean_and_none_forecasts_nothing():
    smoother = LevelSmoother(7)
    assert smoother.level(np.array([1.0, 2.0, 6.0])) == 3.0
    assert smoother.level(np.array([])) == 0.0


def test_the_moving_average_spans_half_a_year_on_any_grain():
    assert [LevelSmoother(days).window for days in (1, 7, 30)] == [182, 26, 6]


def test_statsforecast_is_loaded_without_what_it_only_looks_for():
    said = subprocess.run(
        [sys.executable, "-c", "import sys; from forecasting.engine.libraries import statsforecast_models; "
         "statsforecast_models().SimpleExponentialSmoothing(0.1); print('dask.dataframe' in sys.modules); "
         "import dask.dataframe"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.split() == ["False"]
