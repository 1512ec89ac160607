import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import level_steps, recompute_levels, reorder_levels
from policies.tests.engine.builders import level_input


def test_a_trace_says_how_its_numbers_came_about():
    trace = level_steps(0, level_input(mean=20, sd=6, lead_time_days=3, review_days=2))
    assert trace["method"] == "rss"
    assert trace["inputs"]["interval_mean"] == 100.0
    assert trace["inputs"]["order_cost"] is None
    assert [step["name"] for step in trace["steps"]] == [
        "protection interval", "demand over it", "order quantity", "reorder point", "order-up-to level", "safety stock",
    ]  # fmt: skip
    assert trace["results"]["reorder_point"] == pytest.approx(122.06802713740343)
    assert trace["results"]["safety_stock"] == pytest.approx(22.068027137403433)


def test_an_item_that_is_not_planned_has_a_trace_without_results():
    trace = level_steps(0, level_input(method="none"))
    assert recompute_levels(trace) == (None, None)
    assert trace["results"]["safety_stock"] is None


def test_a_changed_input_changes_what_is_recomputed():
    trace = level_steps(0, level_input(safety_stock=5.0))
    trace["inputs"]["safety_stock"] = 8.0
    assert recompute_levels(trace) == (58.0, 68.0)


maybe = st.one_of(st.just(float("nan")), st.floats(0, 300))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["rss", "min_max", "none"]),
    st.fixed_dictionaries({
        "mean": st.floats(0, 100), "sd": st.floats(0, 60), "service_level": st.floats(0.01, 0.9999),
        "lead_time_days": st.floats(0, 80), "lead_time_sd_days": st.floats(0, 9), "review_days": st.floats(0, 14),
        "elapsed_days": st.floats(0, 7), "order_cost": maybe, "holding_cost_per_year": maybe,
        "min_quantity": maybe, "max_quantity": maybe, "safety_stock": maybe,
        "minimum_order": st.floats(0, 50), "max_cover_days": st.floats(0, 120), "bucket_days": st.sampled_from([1, 7]),
    }),
)  # fmt: skip
def test_every_stored_trace_gives_the_levels_again(method, numbers):
    item = level_input(method=method, **numbers)
    levels = reorder_levels(item, 1)
    stored = json.loads(json.dumps(level_steps(0, item), allow_nan=False))
    expected = [levels.reorder_point[0, 0], levels.order_up_to[0, 0]]
    again = [np.nan if value is None else value for value in recompute_levels(stored)]
    assert again == pytest.approx(expected, rel=1e-9, abs=1e-7, nan_ok=True)
    if method != "none":
        assert stored["results"]["safety_stock"] == pytest.approx(levels.safety_stock[0], rel=1e-9, abs=1e-7)
        assert stored["results"]["order_quantity"] == pytest.approx(levels.order_quantity[0], rel=1e-9)
