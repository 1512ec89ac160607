"""Overrides by exact values: how units are spread, how quantiles follow, and in which order changes count."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecasting.engine.overrides import Change, adjust, covered, move_quantiles
from stocksense.core.numeric import QUANTILE_GRID

WEEK = 7
ALL = np.array([0, 1])


def change(mode="add", value=0.0, weeks=(0, 1), rows=ALL, days=None) -> Change:
    start, end = days or (weeks[0] * WEEK, weeks[1] * WEEK)
    return Change(mode, value, start, end, np.asarray(rows))


def adjusted(mean, *changes, sold=None):
    mean = np.array(mean, dtype=np.float64)
    return adjust(mean, np.ones(mean.shape, dtype=bool) if sold is None else np.array(sold), changes, bucket_days=WEEK)


def test_a_span_covers_parts_of_buckets():
    # From the third day of the first week to the second day of the third one.
    found = covered(change(days=(2, 16)), bucket_days=WEEK, horizon=4)
    assert found.tolist() == [5 / 7, 1.0, 2 / 7, 0.0]


def test_added_units_are_spread_by_the_share_of_the_statistical_forecast():
    found = adjusted([[10, 10], [30, 50]], change("add", 100, weeks=(0, 2)))
    assert found.mean.tolist() == [[20, 20], [60, 100]]
    assert found.spread.tolist() == [[1, 1], [1, 1]]
    assert found.steps[0].tolist() == [[10, 10], [30, 50]]


def test_where_nothing_is_expected_every_covered_bucket_gets_the_same():
    found = adjusted([[0, 0, 5], [0, 0, 5]], change("replace", 40, weeks=(0, 2)))
    assert found.mean.tolist() == [[10, 10, 5], [10, 10, 5]]


def test_units_of_a_span_are_prorated_over_the_days_that_it_covers():
    # 14 days from the fourth day of week 0: 4 of its days, all of week 1, 3 days of week 2; weights 8, 14, 6 of 28.
    found = adjusted([[14, 14, 14], [0, 0, 0]], change("add", 56, rows=[0], days=(3, 17)))
    assert found.mean[0].tolist() == [14 + 16, 14 + 28, 14 + 12]


def test_of_a_span_that_began_earlier_only_the_days_to_come_count():
    found = adjusted([[10, 10], [0, 0]], change("add", 100, rows=[0], days=(-14, 14)))
    assert found.mean[0].tolist() == [35, 35]  # half of the span is past: 50 units, 25 a week


def test_replacing_gives_the_whole_value_and_zero_stays_zero():
    found = adjusted([[10, 30], [20, 40]], change("replace", 50, weeks=(0, 2)))
    assert found.mean.tolist() == [[5, 15], [10, 20]]
    assert found.mean.sum() == 50
    nothing = adjusted([[10, 30], [20, 40]], change("replace", 0, weeks=(1, 2)))
    assert nothing.mean.tolist() == [[10, 0], [20, 0]]
    assert nothing.spread.tolist() == [[1, 0], [1, 0]]


def test_half_a_bucket_is_replaced_by_half():
    found = adjust(
        np.array([[20.0]]), np.array([[True]]), [change("replace", 30, rows=[0], days=(0, 7))], bucket_days=14
    )
    assert found.mean.tolist() == [[10 + 30]]
    assert found.spread.tolist() == [[0.5 + 0.5 * np.sqrt(3)]]


def test_a_factor_scales_the_mean_and_the_spread_alike():
    found = adjusted([[10, 20], [1, 1]], change("scale", 1.5, weeks=(0, 1), rows=[0]))
    assert found.mean.tolist() == [[15, 20], [1, 1]]
    assert found.spread.tolist() == [[1.5, 1], [1, 1]]


def test_the_spread_of_a_raised_forecast_grows_by_the_root():
    found = adjusted([[10], [10]], change("replace", 40, rows=[0]))
    assert found.spread[0].tolist() == [2]


def test_buckets_in_which_an_item_is_not_sold_take_no_part():
    found = adjusted([[0, 10], [0, 10]], change("add", 30, weeks=(0, 2)), sold=[[False, True], [False, False]])
    assert found.mean.tolist() == [[0, 40], [0, 10]]


def test_what_would_fall_below_zero_stays_at_zero():
    found = adjusted([[10], [2]], change("add", -5, rows=[1]))
    assert found.mean.tolist() == [[10], [0]]
    assert found.steps[0].tolist() == [[-2]]


def test_changes_count_in_their_order():
    scale, replace = change("scale", 2, rows=[0]), change("replace", 30, rows=[0])
    assert adjusted([[10], [0]], scale, replace).mean[0, 0] == 30
    assert adjusted([[10], [0]], replace, scale).mean[0, 0] == 60
    both = adjusted([[10], [0]], change("add", 5, rows=[0]), scale)
    assert both.mean[0, 0] == 30
    assert [step[0, 0] for step in both.steps] == [5, 15]


def test_a_span_after_the_horizon_changes_nothing():
    assert adjusted([[10], [5]], change("add", 100, weeks=(3, 4))).mean.tolist() == [[10], [5]]


@pytest.mark.parametrize(
    "wrong", [change("scale", -1), change("replace", -1), change("add", np.nan), change(days=(7, 7))]
)
def test_values_that_are_no_forecast_are_refused(wrong):
    with pytest.raises(ValueError, match=r"span|no forecast"):
        adjusted([[1], [1]], wrong)


def quantiles_of(mean, width):
    """[1, h, 11]: the median is the mean, `width` apart from one probability to the next."""
    steps = np.arange(len(QUANTILE_GRID)) - 4
    return np.maximum(np.array(mean, dtype=float)[None, :, None] + width * steps, 0.0)


def test_quantiles_shift_with_added_units_and_stretch_with_a_factor():
    stat, q = np.array([[10.0, 10.0]]), quantiles_of([10, 10], 1)
    cumulative = quantiles_of([10, 20], 1)
    shifted, sums = move_quantiles(stat, q, cumulative, np.array([[15.0, 10.0]]), np.ones((1, 2)))
    assert shifted[0, 0].tolist() == [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    assert shifted[0, 1].tolist() == q[0, 1].tolist()
    assert sums[0, :, 4].tolist() == [15, 25]
    assert sums[0, 1, -1] == 31
    doubled, sums = move_quantiles(stat, q, cumulative, 2 * stat, np.full((1, 2), 2.0))
    assert doubled[0, 0].tolist() == [12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32]
    assert sums[0, 1].tolist() == (2 * cumulative[0, 1]).tolist()


def test_a_forecast_of_nothing_is_certain():
    stat, q = np.array([[10.0, 10.0]]), quantiles_of([10, 10], 1)
    moved, sums = move_quantiles(stat, q, quantiles_of([10, 20], 1), np.zeros((1, 2)), np.zeros((1, 2)))
    assert not moved.any()
    assert not sums.any()


def test_a_bucket_that_is_replaced_by_nothing_leaves_the_sum_as_uncertain_as_the_other_one():
    # Two independent weeks: the sum is √2 as wide as one of them. Without the second it is as wide as the first.
    root = np.sqrt(2.0)
    stat, q = np.array([[100.0, 100.0]]), quantiles_of([100, 100], 1)
    cumulative = np.concatenate([quantiles_of([100], 1), quantiles_of([200], root)], axis=1)
    _, sums = move_quantiles(stat, q, cumulative, np.array([[100.0, 0.0]]), np.array([[1.0, 0.0]]))
    assert sums[0, 1] == pytest.approx(sums[0, 0])


@given(
    st.lists(st.floats(0, 50), min_size=3, max_size=3),
    st.sampled_from(["replace", "add", "scale"]),
    st.floats(-20, 200),
    st.integers(-10, 20),
    st.integers(1, 30),
)
@example(mean=[0, 1e-300, 0], mode="replace", value=100, start=0, days=21)
@example(mean=[1e-200, 1e-120, 50], mode="replace", value=200, start=3, days=14)
def test_no_change_makes_an_impossible_forecast(mean, mode, value, start, days):
    value = abs(value) if mode != "add" else value
    stat = np.array([mean])
    q = quantiles_of(mean, 1.5)
    cumulative = np.maximum.accumulate(quantiles_of(np.cumsum(mean), 2.0), axis=1)
    found = adjusted(stat, change(mode, value, rows=[0], days=(start, start + days)))
    moved, sums = move_quantiles(stat, q, cumulative, found.mean, found.spread)
    assert (found.mean >= 0).all()
    assert (found.spread >= 0).all()
    assert (stat + sum(found.steps)) == pytest.approx(found.mean)
    for path in (moved, sums):
        assert np.isfinite(path).all()
        assert (path >= 0).all()
        assert (np.diff(path, axis=-1) >= 0).all()
    assert (np.diff(sums, axis=1) >= 0).all()
