"""New items: which items they are like, how far that is trusted, and how it gives way to their own history."""

import numpy as np
import pytest

from forecasting.engine.analogues import (
    ItemAttributes,
    LaunchEvidence,
    Paths,
    distances,
    launch_paths,
    nearest,
    own_weight,
    pool_launches,
    widened,
)
from stocksense.core.numeric import QUANTILE_GRID

EVIDENCE = LaunchEvidence(launches=40, factor=0.9, spread=0.6, handover=6.0)


def attributes(category, supplier, price, places):
    return ItemAttributes(np.array(category), np.array(supplier), np.array(price), np.array(places, dtype=bool))


def test_distance_weighs_category_supplier_price_and_places():
    """Half of the path, another supplier, twice the price (half of the range), two of three places not shared."""
    items = attributes([[1, 2], [1, 3]], [7, 8], [2.0, 4.0], [[1, 1, 0], [0, 1, 1]])
    found = distances(items, np.array([0]), np.array([0, 1]))
    assert found[0].tolist() == pytest.approx([0, 0.4 / 2 + 0.15 + 0.25 / 2 + 0.2 * 2 / 3])


def test_what_one_item_lacks_is_left_out():
    items = attributes([[1, -1], [-1, -1]], [-1, 8], [2.0, np.nan], [[1, 0], [1, 1]])
    assert distances(items, np.array([0]), np.array([1]))[0, 0] == 0.5
    nothing = attributes([[-1], [-1]], [-1, -1], [np.nan, np.nan], [[0], [0]])
    assert distances(nothing, np.array([0]), np.array([1]))[0, 0] == 1


def test_the_nearest_weigh_most_and_the_far_do_not_count():
    chosen, weight = nearest(np.array([[0.8, 0.1, 0.3, 0.1]]))
    assert chosen.tolist() == [[1, 3, 2, -1, -1]]
    assert weight[0].tolist() == pytest.approx([25 / 56.25, 25 / 56.25, 6.25 / 56.25, 0, 0])


def test_five_at_most_and_none_where_there_are_none():
    assert (nearest(np.full((1, 9), 0.2))[0] >= 0).sum() == 5
    assert nearest(np.zeros((2, 0)))[0].tolist() == [[-1] * 5] * 2


def test_past_launches_say_how_far_analogues_are_trusted():
    """Four launches expected to sell 10: 8 and 12 a week (twice each way), weeks a unit above and below.

    Ratios .8 and 1.2, so factor 1. Noise of a week 1 / 100, two weeks at ddof 1: 2 / 100; between (.04 − .02 / 2).
    """
    early = np.array([[7, 9], [11, 13], [9, 7], [13, 11]], dtype=float)
    found = pool_launches(np.full(4, 10.0), early)
    kept = 4 / 14
    between = 0.03 * kept + 0.25 * (1 - kept)
    assert (found.launches, found.factor) == (4, pytest.approx(1))
    assert found.spread == pytest.approx(np.sqrt(between))
    assert found.handover == pytest.approx(max(1, kept * 0.02 / between + (1 - kept) * 8))


def test_without_past_launches_the_stated_assumptions_hold():
    assert pool_launches(np.zeros(0), np.zeros((0, 13))) == LaunchEvidence(0, 1.0, 0.5, 8.0)


def test_own_history_takes_over_as_it_comes():
    assert own_weight(np.array([0.0, 6.0, 54.0]), EVIDENCE).tolist() == [0, 0.5, 0.9]


def paths(level, *, spread=0.2, ahead=2):
    grid = np.array(QUANTILE_GRID) - 0.5
    mean = np.full((1, ahead), float(level))
    summed = np.cumsum(mean, axis=1)
    return Paths(mean, mean[..., None] * (1 + spread * grid), summed[..., None] * (1 + spread * grid))


def test_the_mean_moves_from_the_analogues_to_the_own_level():
    """Own 20, analogues 10 · .9; after 6 of 6 buckets half and half."""
    at = {n: launch_paths(paths(20), paths(10), np.array([float(n)]), EVIDENCE).mean[0, 0] for n in (0, 6, 54)}
    assert at == pytest.approx({0: 9, 6: 14.5, 54: 18.9})


def test_a_new_item_is_less_certain_than_an_established_one_and_ever_less_so():
    established = paths(10)
    widths = []
    for buckets in (0.0, 6.0, 54.0, 1e6):
        found = launch_paths(established, established, np.array([buckets]), LaunchEvidence(40, 1.0, 0.6, 6.0))
        widths.append(float(found.quantiles[0, 0, 8] - found.quantiles[0, 0, 1]))
        assert (np.diff(found.quantiles, axis=-1) >= 0).all()
        assert (np.diff(found.cumulative_quantiles, axis=1) >= 0).all()
    usual = float(established.quantiles[0, 0, 8] - established.quantiles[0, 0, 1])
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 8 * usual
    assert widths[-1] == pytest.approx(usual, rel=0.01)


def test_an_item_without_sales_has_the_shape_of_its_analogues():
    found = launch_paths(paths(0), paths(10), np.array([0.0]), LaunchEvidence(40, 0.5, 0.0, 6.0))
    assert found.mean.tolist() == [[5, 5]]
    assert found.quantiles[0] == pytest.approx(paths(5).quantiles[0])


def test_a_sure_level_times_a_gamma_factor_is_gamma():
    """X = 100 for certain, R gamma of mean 1 and variance 1: exponential, its median 100 ln 2 and P90 100 ln 10."""
    found = widened(np.full((1, 1, 11), 100.0), np.array([1.0]))[0, 0]
    assert found[4] == pytest.approx(100 * np.log(2), rel=0.05)
    assert found[7] == pytest.approx(100 * np.log(10), rel=0.05)
