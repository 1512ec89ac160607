import numpy as np
import pytest

from policies.engine import ABC_CLASSES, XYZ_CLASSES, abc_class, demand_profile, xyz_class


def labels(names, codes):
    return "".join(names[code] for code in codes)


def test_items_are_ranked_by_value_and_cut_at_80_and_95_percent():
    assert labels(ABC_CLASSES, abc_class(np.array([5.0, 50, 10, 30, 4, 1]))) == "BABACC"


def test_the_biggest_item_is_always_an_a():
    assert labels(ABC_CLASSES, abc_class(np.array([1.0, 99.0]))) == "CA"


def test_items_without_value_are_c():
    assert labels(ABC_CLASSES, abc_class(np.array([0.0, np.nan, -5.0]))) == "CCC"
    assert labels(ABC_CLASSES, abc_class(np.array([0.0, 7.0]))) == "CA"
    assert abc_class(np.array([])).size == 0


def test_variation_classes_include_their_upper_limit():
    assert labels(XYZ_CLASSES, xyz_class(np.array([0.0, 0.5, 0.51, 1.0, 1.01, np.inf, np.nan]))) == "XXYYZZZ"


def test_a_profile_by_hand_leaves_out_what_is_not_a_number():
    profile = demand_profile(np.array([2.0, 4, np.nan, 0, 0, 6, -3]), np.array([0, 3, 3, 7]))
    assert profile.mean.tolist() == [3.0, 0.0, 1.5]
    assert profile.cv.tolist() == [pytest.approx(1 / 3), float("inf"), pytest.approx(np.sqrt(6.75) / 1.5)]
    assert profile.adi.tolist() == [1.0, float("inf"), 4.0]
    assert profile.cv2.tolist() == [pytest.approx(1 / 9), 0.0, 0.0]
