"""Aiming quantiles by past misses: worked numbers, and forecasts of the wrong width that come right."""

import numpy as np
import pytest
from scipy.stats import gamma

from forecasting.engine.aiming import aimed, tally
from forecasting.engine.conformal import CoverageState
from stocksense.core.numeric import QUANTILE_GRID

GRID = np.array(QUANTILE_GRID)
P50, P95, P975, P99 = (QUANTILE_GRID.index(p) for p in (0.5, 0.95, 0.975, 0.99))


def shift(**at) -> np.ndarray:
    found = np.zeros(len(GRID))
    for name, value in at.items():
        found[QUANTILE_GRID.index(float(name.replace("p", "0.")))] = value
    return found


def test_without_a_shift_nothing_changes():
    quantiles = np.linspace(0, 10, 11)[None]
    assert aimed(quantiles, np.zeros(11)) is quantiles


def test_a_quantile_is_taken_from_a_higher_probability():
    quantiles = np.array([[0, 0, 1, 2, 4, 6, 7, 9, 11, 13, 16.0]])
    to_next = aimed(quantiles, shift(p95=0.025))
    assert to_next[0].tolist() == pytest.approx([0, 0, 1, 2, 4, 6, 7, 9, 13, 13, 16])
    # Half way from .95 to .975 in log(p / (1 - p)) is .9646: the mean of 11 and 13.
    half = 1 / (1 + np.exp(-(np.log(19) + np.log(39)) / 2))
    assert aimed(quantiles, shift(p95=half - 0.95))[0, P95] == pytest.approx(12)
    # Above .99 the line goes on: log(.995/.005) lies (5.293 - 4.595) / (4.595 - 3.664) of the last step beyond.
    assert aimed(quantiles, shift(p99=0.005))[0, P99] == pytest.approx(16 + 3 * 0.6982 / 0.9316, abs=1e-3)


def test_what_is_certain_stays_so_and_order_and_zero_hold():
    assert aimed(np.full((2, 11), 5.0), shift(p9=0.02, p025=-0.02)) == pytest.approx(np.full((2, 11), 5.0))
    assert not aimed(np.zeros((1, 11)), shift(p99=0.005)).any()
    low = aimed(np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0]]), shift(p025=-0.02, p05=-0.02))
    assert low[0].tolist() == sorted(low[0].tolist())
    assert low[0, 0] == 0


def test_a_quantile_of_nothing_and_unknown_demand_tell_nothing():
    quantiles = np.array([[0] * 5 + [2] * 6, [0] * 11, [1] * 11, [3] * 11], dtype=float)
    seen, below = tally(quantiles, np.array([2.0, 0.0, np.nan, 4.0]))
    assert seen.tolist() == [1] * 5 + [2] * 6
    assert below.tolist() == [0] * 5 + [1] * 6


@pytest.mark.parametrize(("width", "sign"), [(0.93, 1), (1.07, -1)])
def test_forecasts_of_the_wrong_width_come_right_and_stay_so(width, sign):
    """Demand is gamma distributed, 100 with a standard deviation of 50; forecasts say width × 50, at first."""
    rng, state = np.random.default_rng(8), CoverageState()
    size = 20_000
    forecast = np.tile(100 + width * (gamma.ppf(GRID, 4, scale=25) - 100), (size, 1))
    shares, shifts = [], []
    for _ in range(60):
        seen, below = tally(aimed(forecast, state.shift), rng.gamma(4, 25, size))
        shares.append(below / seen)
        shifts.append(state.shift[P95])
        state = state.after(below / seen, seen)
    assert sign * (0.95 - shares[0][P95]) > 0.006
    assert sign * shifts[5] > 0.004
    for at in (P95, P975, P99):
        assert np.mean([share[at] for share in shares[-20:]]) == pytest.approx(GRID[at], abs=0.001)
    assert np.std(shifts[-20:]) < 0.001


@pytest.mark.parametrize("delay", [1, 4, 28])
def test_misses_that_are_told_late_are_corrected_without_overshooting(delay):
    """Quantiles that are .01 too low, of very many series; each run hears of the aims of the run `delay` before it."""
    shifts, state = [0.0] * delay, CoverageState()
    for _ in range(12 * delay):
        state = state.after(GRID - 0.01 + shifts[-delay], 1e6, delay=delay)
        shifts.append(state.shift[P95])
    assert (np.diff(shifts) >= -1e-12).all()
    assert 0.0095 < shifts[-1] <= 0.01
