"""Outliers: what stands out, what is left alone, and by how much it is damped."""

import numpy as np
import pytest

from forecasting.engine.corrections import find_outliers

QUIET = [9.0, 16.0] * 10
"""Roots 3 and 4: median 3.5, median absolute deviation .5, so a spread of .7413."""


def outliers(values, *, excused=(), first=0):
    quantity = np.array([values], dtype=float)
    judged = np.ones(quantity.shape, dtype=bool)
    judged[0, list(excused)] = False
    return find_outliers(quantity, np.array([first]), np.array([len(values)]), judged)


def test_a_wild_value_is_brought_back_to_three_spreads():
    found = outliers([*QUIET, 900])
    assert (found.row.tolist(), found.column.tolist(), found.certain.tolist()) == ([0], [20], [True])
    assert found.score[0] == pytest.approx((30 - 3.5) / 0.7413)
    assert found.usual.tolist() == [12.25]
    assert found.delta[0] == pytest.approx((3.5 + 3 * 0.7413) ** 2 - 900)


def test_a_hole_in_steady_demand_is_filled_up():
    found = outliers([100.0] * 20 + [0])
    assert found.score.tolist() == [-20]
    assert found.delta.tolist() == [(10 - 1.5) ** 2]


def test_a_value_that_stands_out_less_is_only_proposed():
    found = outliers([*QUIET, 49])
    assert found.score[0] == pytest.approx(3.5 / 0.7413)
    assert found.certain.tolist() == [False]


def test_what_was_seen_before_in_size_is_no_outlier():
    """A promotion of last spring, or a season: 500 is not twice 300."""
    assert len(outliers([*QUIET, 300, *QUIET, 500])) == 1
    assert outliers([*QUIET, 300, *QUIET, 500]).column.tolist() == [20]


def test_the_second_strange_week_in_a_row_is_a_new_level():
    assert outliers([*QUIET, 100, 90, 110]).column.tolist() == [20]
    assert outliers([*QUIET, 100, 300, 700]).column.tolist() == [20]


def test_a_bucket_that_is_excused_is_never_judged_but_counts_as_seen():
    assert len(outliers([*QUIET, 900], excused=[20])) == 0
    assert len(outliers([*QUIET, 900, *QUIET, 900], excused=[20])) == 0


def test_thirteen_buckets_are_needed_since_the_first():
    assert len(outliers([*QUIET[:12], 900])) == 0
    assert len(outliers([*QUIET[:13], 900])) == 1
    assert len(outliers([*[0.0] * 8, *QUIET[:12], 900], first=8)) == 0


def test_what_comes_later_changes_nothing():
    alone, longer = outliers([*QUIET, 900]), outliers([*QUIET, 900, 5, 8, 20000, 3])
    assert longer.delta[0] == alone.delta[0]
    assert longer.column.tolist() == [20, 23]


def test_rare_demand_has_no_outliers_of_a_few_units():
    assert len(outliers([0, 0, 0, 1] * 8 + [4])) == 0


def test_series_are_judged_apart():
    quantity = np.array([[*QUIET, 900], [*QUIET, 16], [*QUIET, 400]])
    found = find_outliers(quantity, np.zeros(3, int), np.full(3, 21), np.ones(quantity.shape, dtype=bool))
    assert found.row.tolist() == [0, 2]
