"""Totals that add up: exact small cases, the optimum against a general solver, coherence whatever comes in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from forecasting.engine import hierarchy as engine
from forecasting.engine.hierarchy import Hierarchy, moved, quantile_variance, reconcile
from stocksense.core.numeric import QUANTILE_GRID


def column(*values):
    return np.array(values, dtype=float)[:, None]


def total_of(size):
    return Hierarchy.of([np.arange(size)], size)


def test_what_a_total_says_more_is_shared_by_variance():
    """40 + 60 against a total of 110: 10 too few; 8 parts in 20 go to the first series, 2 to the second."""
    found = reconcile(total_of(2), column(40, 60), column(110), column(8, 2), column(10))
    assert found[:, 0].tolist() == pytest.approx([44, 61])


def test_a_total_that_is_sure_of_itself_is_kept():
    found = reconcile(total_of(2), column(40, 60), column(110), column(5, 5), column(1e-9))
    assert found.sum() == pytest.approx(110)


def test_forecasts_that_agree_stay_as_they_are():
    found = reconcile(total_of(3), column(1, 2, 3), column(6), column(1, 1, 1), column(2))
    assert found[:, 0].tolist() == pytest.approx([1, 2, 3])


def test_a_series_without_variance_stays_as_it_is():
    found = reconcile(total_of(2), column(0, 60), column(110), column(0, 5), column(5))
    assert found[:, 0].tolist() == pytest.approx([0, 85])


def test_what_would_go_below_zero_is_borne_by_the_others():
    """Alone the small series would fall to -12; at 0 the large one takes what is left: 100 - 51 / 2."""
    found = reconcile(total_of(2), column(1, 100), column(50), column(10, 10), column(10))
    assert found[:, 0].tolist() == pytest.approx([0, 75])


def test_without_totals_nothing_moves():
    assert reconcile(Hierarchy.of([], 2), column(1, 2), np.zeros((0, 1)), column(1, 1), np.zeros((0, 1))).sum() == 3


def instance(seed, series=30, categories=4, places=3, ahead=3):
    rng = np.random.default_rng(seed)
    category, place = rng.integers(0, categories, series), rng.integers(0, places, series)
    groups = [np.arange(series)]
    groups += [np.flatnonzero(category == one) for one in range(categories)]
    groups += [np.flatnonzero(place == one) for one in range(places)]
    hierarchy = Hierarchy.of(groups, series)
    bottom = rng.gamma(0.5, 4, (series, ahead))
    totals = np.maximum(hierarchy.sums(bottom) * rng.uniform(0.3, 1.5, (len(groups), ahead)), 0)
    return hierarchy, bottom, totals, rng.gamma(1, 2, bottom.shape) + 0.01, rng.gamma(1, 4, totals.shape) + 0.01


def optimum(hierarchy, bottom, totals, variance, total_variance):
    """The same by Lawson and Hanson's non-negative least squares on the whole problem."""
    rows = np.vstack((np.eye(len(bottom)), hierarchy.members.toarray()))
    weight = np.sqrt(np.concatenate((variance, total_variance)))
    return nnls(rows / weight[:, None], np.concatenate((bottom, totals)) / weight)[0]


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_is_the_non_negative_optimum(seed):
    given_ = instance(seed)
    hierarchy, *arrays = given_
    found = reconcile(*given_)
    for ahead in range(found.shape[1]):
        expected = optimum(hierarchy, *(array[:, ahead] for array in arrays))
        assert found[:, ahead] == pytest.approx(expected, abs=1e-6)
    assert (found == 0).any()


def test_many_totals_are_solved_as_few_are(monkeypatch):
    given_ = instance(5)
    dense = reconcile(*given_)
    monkeypatch.setattr(engine, "LARGEST_DENSE", 0)
    assert reconcile(*given_) == pytest.approx(dense, abs=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([1e-6, 1.0, 1e6]))
def test_whatever_comes_in_nothing_is_negative_or_not_a_number(seed, unit):
    hierarchy, bottom, totals, variance, total_variance = instance(seed, series=12, ahead=2)
    found = reconcile(hierarchy, bottom * unit, totals * unit, variance * unit**2, total_variance * unit**2)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert found / unit == pytest.approx(reconcile(hierarchy, bottom, totals, variance, total_variance), abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variance": column(1)}, "differ in shape"),
        ({"bottom": column(1, 2, 3), "variance": column(1, 1, 1)}, "do not fit the hierarchy"),
        ({"variance": column(1, np.nan)}, "finite"),
        ({"total_variance": column(0)}, "above 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fitting = {"bottom": column(1, 2), "totals": column(3), "variance": column(1, 1), "total_variance": column(1)}
    with pytest.raises(ValueError, match=message):
        reconcile(total_of(2), **(fitting | change))


def test_the_variance_of_a_distribution_is_read_off_its_quantiles():
    """Uniform on 0 .. 1, its tails beyond .025 and .99 put at those points."""
    grid = np.array(QUANTILE_GRID)
    inner = ((0.99 - 0.5) ** 3 - (0.025 - 0.5) ** 3) / 3
    assert quantile_variance(grid, np.array(0.5)) == pytest.approx(inner + 0.025 * 0.475**2 + 0.01 * 0.49**2)
    assert quantile_variance(np.zeros(11), np.array(0.0)) == 0
    assert quantile_variance(np.zeros(11), np.array(0.2)) == pytest.approx(0.04)


def test_quantiles_follow_their_mean():
    quantiles = np.array([[0.0, 2.0], [1.0, 3.0]])
    after = moved(quantiles, np.array([4.0, 0.0]), np.array([6.0, 0.5]))
    assert after.tolist() == [[0, 3], [1.5, 3.5]]
