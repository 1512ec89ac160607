import json
import os
from pathlib import Path

import numpy as np
import pytest

from policies.engine import economic_order_quantity, interval_distribution, quantile_at
from policies.tests.engine.builders import normal_forecast

CASES = Path(os.environ.get("STOCKSENSE_SHARED", "../shared")) / "reference" / "inventory_cases.json"
pytestmark = pytest.mark.skipif(not CASES.is_file(), reason="the published cases are not here (STOCKSENSE_SHARED)")


def cases(*problems):
    if not CASES.is_file():
        return []
    listed = json.loads(CASES.read_text())["cases"]
    return [pytest.param(case, id=case["id"]) for case in listed if case["problem"] in problems]


def normal_quantile(mean, sd, days, probability, lead_time_sd=0.0):
    """Quantile of demand over `days` periods of normal demand, by way of a forecast in one-period buckets."""
    forecast = normal_forecast(mean, sd, 12)
    inputs = (np.array([float(value)]) for value in (days, lead_time_sd, 0.0))
    return quantile_at(np.array([probability]), interval_distribution(*forecast, 1, *inputs)[1])[0]


@pytest.mark.parametrize("case", cases("eoq"))
def test_economic_order_quantity(case):
    given = case["inputs"]
    quantity = economic_order_quantity(given["demand_rate"], given["fixed_cost"], given["holding_cost"])
    assert quantity == pytest.approx(case["expected"]["order_quantity"], rel=1e-6)


@pytest.mark.parametrize("case", cases("newsvendor_normal", "base_stock_normal_periodic"))
def test_base_stock_at_the_critical_ratio(case):
    given = case["inputs"]
    ratio = given["stockout_cost"] / (given["stockout_cost"] + given["holding_cost"])
    level = normal_quantile(given["demand_mean"], given["demand_sd"], given.get("lead_time", 0) + 1, ratio)
    assert level == pytest.approx(case["expected"]["base_stock_level"], rel=1e-6)


@pytest.mark.parametrize("case", cases("periodic_review_RS"))
def test_periodic_review(case):
    given = case["inputs"]
    days = given["lead_time"] + given["review_period"]
    level = normal_quantile(given["demand_mean"], given["demand_sd"], days, given["cycle_service_level"])
    assert level == pytest.approx(case["expected"]["order_up_to"], rel=1e-6)


@pytest.mark.parametrize("case", cases("rop_leadtime_variability"))
def test_reorder_point_with_a_varying_lead_time(case):
    given = case["inputs"]
    level = normal_quantile(
        given["demand_mean"],
        given["demand_sd"],
        given["lead_time_mean"],
        given["cycle_service_level"],
        given["lead_time_sd"],
    )
    assert level == pytest.approx(case["expected"]["reorder_point"], rel=1e-6)
