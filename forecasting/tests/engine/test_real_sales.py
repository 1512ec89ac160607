import pytest

from benchmarks.breakfast_frat_series import data_folder

pytestmark = pytest.mark.skipif(not data_folder().is_dir(), reason="the grocery sales are not here (STOCKSENSE_SHARED)")


def test_held_out_grocery_sales_are_covered_and_beat_naive_and_all_zero():
    from benchmarks.forecast_smoothers import measure

    _, (smoothers, naive, nothing) = measure(600)
    assert 0.93 <= smoothers.below_p95 <= 0.97
    assert 0.93 <= smoothers.sum_below_p95 <= 0.975
    assert smoothers.wape < naive.wape < nothing.wape
    assert smoothers.scaled_pinball < naive.scaled_pinball < nothing.scaled_pinball
