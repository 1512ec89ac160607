"""The mean of all series at once: unbiased in units, and no deeper than the sales allow."""

import numpy as np
import pytest

from forecasting.engine.features import FeatureTable
from forecasting.engine.global_model import MEAN_ROWS, fit_global, mean_size, training_rows
from forecasting.engine.panel import Panel

HORIZON = 4


def table_of(chance: float, series: int = 200, buckets: int = 80) -> FeatureTable:
    """Orders of 1 to 200 units, in a share of the weeks."""
    rng = np.random.default_rng(3)
    size = np.ceil(np.exp(rng.normal(1.0, 1.5, (series, 1))) * rng.gamma(1.0, 1.0, (series, buckets)))
    demand = np.where(rng.random((series, buckets)) < chance, size, 0.0)
    demand[:, 0] = 1.0
    return FeatureTable(Panel.of(demand, np.datetime64("2021-01-04") + 7 * np.arange(buckets + HORIZON), 7), HORIZON)


def test_the_mean_of_rare_demand_adds_up_to_the_units_it_learned_from():
    table = table_of(chance=0.08)
    model = fit_global(table, seed=1, trees=0.5)
    rows = training_rows(table, MEAN_ROWS, np.random.default_rng(1))
    expected = model.predict_mean(rows.features, rows.scale)
    assert abs(model.mean_factor - 1.0) > 0.03
    assert expected.sum() == pytest.approx((rows.target * rows.scale).sum())


def test_rare_demand_has_small_trees_and_few():
    assert mean_size(table_of(chance=0.08)) == (8, 60)
    assert mean_size(table_of(chance=1.0)) == (10, 100)
    assert mean_size(table_of(chance=1.0, series=1000)) == (31, 100)


def test_huge_orders_of_one_item_do_not_raise_what_all_others_are_expected_to_sell():
    table = table_of(chance=0.3)
    demand = table.panel.demand.copy()
    demand[0, [20, 45, 70]] = demand.sum() / 3.0
    model = fit_global(FeatureTable(Panel.of(demand, table.panel.starts, 7), HORIZON), seed=1, trees=0.2)
    assert model.mean_factor == 1.1
