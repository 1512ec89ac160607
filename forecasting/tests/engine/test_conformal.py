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


def test_a_segment_that_is_too_narrow_and_one_that_is_too_wide_do_not_hide_each_other():
    """Spreads of 1.2 and .756 where 1 was forecast: of all together exactly 95 % lie below P95, at every origin."""
    from scipy.special import ndtri

    rng = np.random.default_rng(3)
    code, p95 = np.repeat([0, 1], 900 * ORIGINS), QUANTILE_GRID.index(0.95)
    origin = np.tile(np.repeat(np.arange(ORIGINS), 900), 2)
    actual = 10.0 + np.where(code, 0.756, 1.2)[:, None] * rng.normal(size=(code.size, AHEAD))
    quantiles = np.broadcast_to(10.0 + ndtri(np.array(QUANTILE_GRID)), (*actual.shape, len(QUANTILE_GRID)))
    scale = np.full(code.size, 10.0)
    found = fit_corrections(np.asarray(quantiles), actual, scale, code, origin=origin, blocks=3.0, segments=2)
    whole = np.array([1.2, 0.756]) * ndtri(0.95) - ndtri(0.95)
    share = 43_200 / 63_200  # (of a segment's own correction, by its cases)
    assert found[:, p95] * ndtri(0.99) == pytest.approx(share * whole, abs=0.03)


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
