import time

import numpy as np
import pytest

from forecasting.engine.series import SeriesBatch, clean_series, usual_at_spikes


def clean(values, in_stock=None):
    marks = np.ones(len(values), dtype=bool) if in_stock is None else np.array(in_stock)
    return clean_series(np.array(values, dtype=float), marks)


def test_a_stocked_out_bucket_is_raised_to_the_mean_of_the_observed_ones_before_it():
    result = clean([4, 6, 0, 8, 5, 5, 5, 5], [True, True, False, True, True, True, True, True])
    assert result.demand.tolist() == [4, 6, 5, 8, 5, 5, 5, 5]
    assert result.observed.tolist() == [True, True, False, True, True, True, True, True]
    assert result.label == ""


def test_a_stocked_out_bucket_is_worth_more_than_what_was_sold():
    result = clean([4, 6, 9], [True, True, False])
    assert result.demand.tolist() == [4, 6, pytest.approx(10.446, abs=1e-3)]
    assert result.drawn[2] == 9  # (its place, .14 of what was possible, is a low one)


def test_what_follows_a_stocked_out_bucket_does_not_change_its_fill():
    marks = [True, True, False, True]
    assert clean([4, 6, 0, 1], marks).demand[2] == clean([4, 6, 0, 900], marks).demand[2] == 5


def test_leading_stocked_out_buckets_are_dropped():
    assert clean([0, 0, 3, 4], [False, False, True, True]).demand.tolist() == [3, 4]


def test_a_return_counts_as_no_demand():
    assert clean([3, -2, 4]).demand.tolist() == [3, 0, 4]


def test_a_value_that_is_not_finite_is_filled_and_the_series_labelled():
    result = clean([2, 4, float("nan"), float("inf")])
    assert result.demand.tolist() == [2, 4, 3, 3]
    assert result.label == "not finite"


def test_a_spike_a_thousand_times_the_median_is_filled_and_the_series_labelled():
    result = clean([2.0] * 8 + [1e12])
    assert result.demand[-1] == 2
    assert result.label == "implausible values"


def test_a_tiny_early_sale_makes_every_later_one_a_suspect_and_costs_little():
    demand = np.random.default_rng(0).poisson(3000.0, 20_000).astype(float)
    demand[[0, 15_000]] = 0.01, 9e6
    started = time.process_time()
    usual = usual_at_spikes(demand)
    assert time.process_time() - started < 1
    assert np.flatnonzero(np.isfinite(usual)).tolist() == [15_000]
    assert usual[15_000] == np.median(demand[:15_000])


def test_what_follows_a_value_never_makes_it_a_spike():
    history = [5000.0] * 3 + [3.0] * 8 + [4000.0]
    assert clean([*history, *[1.0] * 40]).demand[:12].tolist() == clean(history).demand.tolist()
    assert clean(history).demand[:3].tolist() == [5000.0] * 3
    assert clean(history).demand[11] < 4000.0


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([], "no history"),
        ([float("nan")] * 3, "not finite"),
        ([0] * 20, "all zero"),
        ([-1] * 20, "all zero"),
        ([5], "too short"),
        ([5] * 20, "constant"),
        ([1e12, 2e12] * 10, "implausible values"),
        ([1, 2] * 10, ""),
    ],
)
def test_a_series_is_labelled(values, label):
    assert clean(values).label == label


def test_a_batch_refuses_arrays_that_do_not_fit():
    with pytest.raises(ValueError, match="offsets must not decrease"):
        SeriesBatch(np.zeros(3), np.array([0, 2]), np.ones(3, dtype=bool), 7)
    with pytest.raises(ValueError, match="same length"):
        SeriesBatch(np.zeros(3), np.array([0, 3]), np.ones(2, dtype=bool), 7)
    with pytest.raises(ValueError, match="bucket_days"):
        SeriesBatch(np.zeros(3), np.array([0, 3]), np.ones(3, dtype=bool), 0)
