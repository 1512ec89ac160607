import numpy as np
import pytest

from forecasting.engine.demand_class import DEMAND_CLASSES, demand_class, demand_statistics


def test_interval_and_variation_of_an_intermittent_history():
    adi, cv2 = demand_statistics(np.array([0.0, 2.0, 0.0, 0.0, 4.0, 0.0]))
    assert adi == 3.0
    assert cv2 == pytest.approx(1 / 9)


def test_no_demand_has_an_infinite_interval():
    assert demand_statistics(np.zeros(5)) == (float("inf"), 0.0)


@pytest.mark.parametrize(
    ("adi", "cv2", "label"),
    [
        (1.31, 0.48, "smooth"),
        (1.31, 0.49, "erratic"),
        (1.32, 0.48, "intermittent"),
        (1.32, 0.49, "lumpy"),
        (float("inf"), 0.0, "intermittent"),
    ],
)
def test_cut_offs_of_syntetos_and_boylan(adi, cv2, label):
    assert DEMAND_CLASSES[int(demand_class(np.array(adi), np.array(cv2)))] == label
