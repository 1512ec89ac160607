"""Corrections of quantiles: what repeats from origin to origin is corrected, and a run's misses move the next."""

import numpy as np
import pytest

from forecasting.engine.conformal import CoverageState, fit_corrections
from stocksense.core.numeric import QUANTILE_GRID, FloatArray

SERIES, ORIGINS, AHEAD = 400, 12, 4
CENTRE = QUANTILE_GRID.index(0.5)


def corrections_of(level_at_origin: FloatArray, seed: int = 3) -> FloatArray:
    """Overall corrections of the quantiles of N(10, 1) where demand is N(10 + level, 1), as of each origin [o]."""
    from scipy.special import ndtri

    rng = np.random.default_rng(seed)
    origin = np.repeat(np.arange(ORIGINS), SERIES)
    actual = 10.0 + level_at_origin[origin][:, None] + rng.normal(size=(origin.size, AHEAD))
    quantiles = np.broadcast_to(10.0 + ndtri(np.array(QUANTILE_GRID)), (*actual.shape, len(QUANTILE_GRID)))
    code = np.zeros(origin.size, dtype=np.int64)
    found = fit_corrections(
        np.asarray(quantiles), actual, np.full(origin.size, 10.0), code, origin=origin, blocks=3.0, segments=1
    )
    return found[0]


def test_what_was_missed_at_every_origin_is_corrected():
    found = corrections_of(np.full(ORIGINS, 0.5))
    assert found == pytest.approx(0.5 / 2.326, abs=0.06)  # (in widths: from the median to .99)


def test_what_a_season_moved_up_and_down_corrects_no_median_however_many_series_it_moved():
    season = np.linspace(-0.75, 1.25, ORIGINS)  # (a quarter too low on average)
    assert corrections_of(season)[CENTRE] == 0.0
    assert corrections_of(np.full(ORIGINS, 0.25))[CENTRE] == pytest.approx(0.25 / 2.326, abs=0.04)


def test_forecasts_that_cover_what_they_say_are_left_alone():
    assert corrections_of(np.zeros(ORIGINS)) == pytest.approx(0.0, abs=0.03)


def test_a_run_that_missed_aims_higher_the_next_time():
    grid = np.array(QUANTILE_GRID)
    state = CoverageState().after(grid - 0.02, buckets=5000)
    assert state.shift[QUANTILE_GRID.index(0.5)] == pytest.approx(0.003)
    for _ in range(50):
        state = state.after(grid - 0.05, buckets=100_000)
    assert state.shift[QUANTILE_GRID.index(0.5)] == pytest.approx(0.02)
    assert state.shift[QUANTILE_GRID.index(0.99)] == pytest.approx(0.005)


def test_every_probability_of_the_grid_learns_from_its_own_miss():
    missed = np.array([0.01, -0.01, 0.02, 0.0, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.004])
    state = CoverageState().after(np.array(QUANTILE_GRID) - missed, buckets=5000)
    assert state.shift == pytest.approx(0.15 * missed)
    unknown = np.array(QUANTILE_GRID) - missed
    unknown[5] = np.nan
    assert CoverageState().after(unknown, buckets=5000).shift[5] == 0.0
    with pytest.raises(ValueError, match="each of the 11"):
        CoverageState().after(np.array([0.9]), buckets=5000)
