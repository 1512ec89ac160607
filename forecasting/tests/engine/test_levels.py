"""The vectorised smoothers say what statsforecast's say of each series alone."""

import numpy as np
import pytest

from forecasting.engine.families import families
from forecasting.engine.levels import ses_levels, tsb_levels
from forecasting.engine.panel import Panel

SERIES = {
    "steady": [5.0, 6, 5, 7, 6, 5, 6, 7, 5, 6, 6, 5, 7, 6],
    "rising": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    "rare": [3.0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0],
    "one sale": [4.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}
each_series = pytest.mark.parametrize("demand", [np.array(values) for values in SERIES.values()], ids=list(SERIES))


def alone(model, demand: np.ndarray) -> float:
    return float(model.forecast(y=demand, h=1)["mean"][0])


@each_series
def test_simple_smoothing_is_statsforecast_s(demand):
    from statsforecast.models import SimpleExponentialSmoothing

    assert ses_levels(demand[None], 0.1)[0, -1] == pytest.approx(alone(SimpleExponentialSmoothing(0.1), demand))


@each_series
def test_size_times_chance_is_statsforecast_s(demand):
    from statsforecast.models import TSB

    assert tsb_levels(demand[None], 0.1, 0.2)[0, -1] == pytest.approx(alone(TSB(0.1, 0.2), demand))


def test_levels_begin_with_the_series():
    levels = ses_levels(np.array([[np.nan, np.nan, 10.0, 20.0]]), 0.1)
    assert np.isnan(levels[0, :2]).all()
    assert levels[0, 2:].tolist() == [10.0, 11.0]


@each_series
@pytest.mark.parametrize(("name", "model"), [("IMAPA", "IMAPA"), ("Croston SBA", "CrostonSBA")])
def test_a_family_of_statsforecast_keeps_its_mean(name, model, demand):
    from statsforecast import models

    starts = np.datetime64("2024-01-01") + 7 * np.arange(demand.size + 2)
    family = next(one for one in families() if one.name == name)
    found = family.forecast(Panel.of(demand[None], starts, 7), horizon=2, seed=1).mean[0]
    assert found == pytest.approx([alone(getattr(models, model)(), demand)] * 2)
