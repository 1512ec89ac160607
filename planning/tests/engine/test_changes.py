"""Why a proposal changed, by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from planning.engine.changes import CAUSES, Side, explain_changes, used_between


def side(quantity, position, use_until, order_up_to, interval_demand) -> Side:
    values = (quantity, position, use_until, order_up_to, interval_demand)
    names = ("quantity", "position", "use_until", "order_up_to", "interval_demand")
    return Side(**{name: np.array([float(value)]) for name, value in zip(names, values, strict=True)})


def explained(before: Side, after: Side, approved: float = 0.0) -> dict[str, float | str]:
    found = explain_changes(before, after, approved=np.array([approved]))
    effects = {name: float(getattr(found, name)[0]) for name in (*CAUSES, "timing")}
    cause = int(found.cause[0])
    return {**{name: value for name, value in effects.items() if value}, "cause": CAUSES[cause] if cause >= 0 else ""}


def test_more_demand_lifts_the_level_and_the_order():
    """S 100 → 114 because 14 more are expected over lead time and review; 10 were used as expected."""
    before, after = side(60, 40, 10, 100, 70), side(84, 30, 0, 114, 84)
    assert explained(before, after) == {"demand": 14.0, "timing": 10.0, "cause": "demand"}


def test_stock_below_what_was_expected_raises_the_order():
    """40 less the 10 expected should be 30; 22 are left, so 8 more are needed, and the pack of 12 does the rest."""
    before, after = side(60, 40, 10, 100, 70), side(72, 22, 0, 100, 70)
    assert explained(before, after) == {"stock": 8.0, "timing": 4.0, "cause": "stock"}


def test_a_higher_service_target_is_a_change_of_parameters():
    """S moves by 20, of which the mean explains 5."""
    before, after = side(60, 40, 0, 100, 70), side(80, 40, 0, 120, 75)
    assert explained(before, after) == {"demand": 5.0, "parameters": 15.0, "cause": "parameters"}


def test_an_approval_takes_its_quantity_off_the_proposals():
    """60 approved: the position is 30 + 60 where 30 were expected, and nothing is proposed any more."""
    before, after = side(60, 40, 10, 100, 70), side(0, 90, 0, 100, 70)
    assert explained(before, after, approved=60) == {"decisions": -60.0, "cause": "decisions"}


def test_what_neither_level_nor_position_explains_is_timing():
    before, after = side(0, 40, 0, 100, 70), side(48, 40, 0, 100, 70)
    assert explained(before, after) == {"timing": 48.0, "cause": ""}


def test_what_is_not_known_counts_as_no_effect():
    before, after = side(0, "nan", "nan", "nan", "nan"), side(48, 40, 0, 100, 70)
    assert explained(before, after) == {"timing": 48.0, "cause": ""}


def test_a_cause_that_pulls_the_other_way_is_not_the_main_one():
    """Demand fell by 30, yet the order grew: the 20 that are missing in stock explain it."""
    before, after = side(10, 60, 0, 100, 70), side(22, 40, 0, 70, 40)
    assert explained(before, after)["cause"] == "stock"


def test_units_between_days_follow_the_buckets_and_go_on_after_the_last():
    mean = np.array([[7.0, 14.0]])
    at = lambda first, last: float(used_between(mean, np.array([first]), np.array([last]), bucket_days=7)[0])  # noqa: E731
    assert (at(0.0, 7.0), at(0.0, 10.0), at(3.5, 10.5), at(10.0, 17.0)) == (7.0, 13.0, 10.5, 14.0)
    assert used_between(np.zeros((0, 4)), np.zeros(0), np.zeros(0), bucket_days=7).tolist() == []


numbers = arrays(np.float64, 3, elements=st.floats(0, 1e6))


@given(*[numbers] * 9)
def test_effects_add_up_to_the_change(before_q, before_p, use, before_s, before_d, after_q, after_p, after_s, approved):
    before = Side(quantity=before_q, position=before_p, use_until=use, order_up_to=before_s, interval_demand=before_d)
    after = Side(quantity=after_q, position=after_p, use_until=0 * use, order_up_to=after_s, interval_demand=before_d)
    found = explain_changes(before, after, approved=approved)
    total = found.demand + found.stock + found.parameters + found.decisions + found.timing
    np.testing.assert_allclose(total, after_q - before_q, atol=1e-6)
