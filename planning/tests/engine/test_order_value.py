"""Filling an order up to its minimum value by days of cover."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.engine.order_value import Lines, top_up

COLUMNS = ("position", "daily_use", "unit_cost", "first", "multiple", "limit")


def lines(*rows, group=None):
    columns = {name: np.array([row[i] for row in rows], dtype=np.float64) for i, name in enumerate(COLUMNS)}
    return Lines(group=np.array(group or [0] * len(rows), dtype=np.int64), **columns)


def filled(found_lines, *missing):
    return top_up(found_lines, np.array(missing, dtype=np.float64))


SLOW = (10, 2, 5, 6, 6, 1000)
FAST = (30, 10, 1, 10, 10, 1000)


def test_the_line_that_is_used_up_soonest_is_filled_first():
    # Cover after each step: FAST 4, 5, 6, 7, 8 … days; SLOW 8, 11, … days.
    assert filled(lines(SLOW, FAST), 40).added.tolist() == [0, 40]
    # At 8 days both are equal: the earlier line goes first, and its 30 money are enough.
    found = filled(lines(SLOW, FAST), 60)
    assert found.added.tolist() == [6, 40]
    assert found.order.tolist() == [1, 0]
    assert filled(lines(FAST, SLOW), 45).added.tolist() == [50, 0]


def test_nothing_is_added_where_nothing_is_missing():
    found = filled(lines(SLOW, FAST), 0)
    assert found.added.tolist() == [0, 0]
    assert found.reached.tolist() == [True]


def test_a_line_without_an_order_starts_with_its_smallest_order():
    # New: 24 units lift it to 12 days, 30 to 15. Old: 3 units at a time, 11, 12, 13 … days.
    new, old = (0, 2, 1, 24, 6, 100), (30, 3, 1, 3, 3, 100)
    assert filled(lines(new, old), 7).added.tolist() == [24, 3]
    assert filled(lines(new, old), 28).added.tolist() == [24, 6]


def test_limits_hold_and_an_unreachable_value_adds_nothing():
    capped = (10, 2, 5, 6, 6, 17)
    assert filled(lines(capped), 60).added.tolist() == [12]
    found = filled(lines(capped), 61)
    assert found.reached.tolist() == [False]
    assert found.added.tolist() == [0]


def test_lines_without_use_or_price_are_left_alone():
    assert filled(lines((0, 0, 5, 6, 6, 100), SLOW), 30).added.tolist() == [0, 6]
    assert filled(lines((0, 1, 0, 6, 6, 100), SLOW), 30).added.tolist() == [0, 6]


def test_any_quantity_goes_by_one_days_use():
    assert filled(lines((0, 2.5, 4, 0, 0, 100)), 25).added.tolist() == [7.5]


def test_orders_are_filled_apart():
    assert filled(lines(SLOW, FAST, SLOW, group=[1, 0, 0]), 40, 31).added.tolist() == [12, 40, 0]


line = st.tuples(
    st.integers(-20, 60).map(lambda value: value / 4), st.sampled_from([0.0, 0.25, 1.0, 3.5]),
    st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from([0.0, 4.0, 9.0]), st.sampled_from([0.0, 1.0, 3.0]),
    st.integers(-5, 40).map(float),
)  # fmt: skip


def one_by_one(rows, missing):
    """The rule in plain words, one step after the other; None where the value cannot be reached."""
    added = [0.0] * len(rows)
    value = 0.0
    while value < missing - 1e-6:
        steps = []
        for i, (position, use, price, first, multiple, limit) in enumerate(rows):
            step = (first or multiple or use) if not added[i] else (multiple or use)
            if use and price and added[i] + step <= limit + 1e-6:
                steps.append((round((position + added[i] + step) / use, 9), i, step))
        if not steps:
            return None
        _, i, step = min(steps)
        added[i] += step
        value += step * rows[i][2]
    return added


@settings(max_examples=300, deadline=None)
@given(st.lists(line, min_size=1, max_size=6), st.integers(1, 300).map(lambda value: value / 4))
def test_filling_in_bulk_is_filling_step_by_step(rows, missing):
    found, expected = filled(lines(*rows), missing), one_by_one(rows, missing)
    assert found.reached.tolist() == [expected is not None]
    assert found.added.tolist() == pytest.approx(expected or [0.0] * len(rows), abs=1e-9)
