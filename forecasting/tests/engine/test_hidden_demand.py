"""Demand behind stock-outs in a panel: made up for from the past, with its spread, and learned from."""

import numpy as np
import pytest

from forecasting.engine.hidden_demand import outcomes, with_hidden_demand
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.training import train
from stocksense.core.numeric import QUANTILE_GRID

HORIZON, BUCKETS = 8, 120


def stocked_out(series: int = 300, seed: int = 4) -> tuple[Panel, np.ndarray]:
    """Sales up to the stock there was, marked where customers wanted more, and what they wanted afterwards [n, 8]."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(3.0, 2.0, (series, 1))
    wanted = rng.negative_binomial(2.0, 2.0 / (2.0 + level), (series, BUCKETS + HORIZON)).astype(float)
    stock = np.ceil(level * rng.gamma(2.0, 0.7, wanted.shape))
    past = slice(0, BUCKETS)
    starts = np.datetime64("2021-01-04") + 7 * np.arange(BUCKETS + HORIZON)
    in_stock = wanted <= stock
    panel = Panel.of(np.minimum(wanted, stock)[:, past], starts, 7, in_stock=in_stock[:, past])
    return panel, wanted[:, BUCKETS:]


def test_what_was_sold_stays_and_what_was_hidden_is_at_least_that():
    panel, _ = stocked_out()
    found = with_hidden_demand(panel)
    hidden = np.isfinite(found.sold_out)
    assert np.array_equal(found.demand[panel.in_stock], panel.demand[panel.in_stock])
    assert (found.demand >= panel.demand).all()
    assert found.demand[hidden].sum() > 1.4 * panel.demand[hidden].sum()
    assert found.in_stock[hidden].all()


def test_a_panel_always_in_stock_stays_the_same():
    panel, _ = stocked_out()
    whole = Panel.of(panel.demand, panel.starts, 7)
    assert with_hidden_demand(whole) is whole


def test_a_stock_out_that_lasts_is_filled_and_nothing_is_learned_from_it():
    starts = np.datetime64("2021-01-04") + 7 * np.arange(6)
    marks = np.array([[True, True, False, True, False, False]])
    found = with_hidden_demand(Panel.of([[4.0, 4, 0, 4, 0, 0]], starts, 7, in_stock=marks))
    assert found.in_stock.all()
    assert found.told.tolist() == [[True, True, True, True, False, False]]
    assert np.isfinite(found.sold_out).tolist() == [[False, False, True, False, True, True]]
    assert (found.demand[0, 4:] > 0).all()
    assert found.rows([0]).until(5).told.tolist() == [[True, True, True, True, False]]


def test_a_closed_bucket_is_not_drawn_and_ends_no_stock_out():
    """Out of stock, closed (13 were to be expected), out of stock."""
    starts = np.datetime64("2021-01-04") + 7 * np.arange(6)
    marks = np.array([[True, True, True, False, True, False]])
    closed = np.array([[False, False, False, False, True, False]])
    found = with_hidden_demand(Panel.of([[14.0, 12, 13, 0, 13, 0]], starts, 7, in_stock=marks, untold=closed))
    assert found.demand[0, 4] == 13
    assert np.isfinite(found.sold_out).tolist() == [[False, False, False, True, False, True]]
    assert found.told.tolist() == [[True, True, True, False, False, False]]


def test_an_item_that_has_ended_is_not_filled():
    starts = np.datetime64("2021-01-04") + 7 * np.arange(6)
    ended = np.array([[False, False, False, False, True, True]])
    found = with_hidden_demand(Panel.of([[4.0, 4, 4, 4, 0, 0]], starts, 7, in_stock=~ended, untold=ended))
    assert found.demand[0].tolist() == [4, 4, 4, 4, 0, 0]
    assert found.told.tolist() == (~ended).tolist()


def test_an_item_out_of_stock_now_is_forecast_as_if_it_were_there():
    rng = np.random.default_rng(6)
    wanted = rng.poisson(10, (150, BUCKETS)).astype(float)
    wanted[-30:, BUCKETS // 2 :] = 0  # (some are not asked for any more: a row of zeros in stock does mean something)
    out = np.zeros(wanted.shape, dtype=bool)
    out[:40] = rng.random((40, BUCKETS)) < 0.1
    out[:20, -8:] = True
    starts = np.datetime64("2021-01-04") + 7 * np.arange(BUCKETS + HORIZON)
    panel = Panel.of(np.where(out, 0.0, wanted), starts, 7, in_stock=~out)
    found = forecast(train(panel, horizon=HORIZON, seed=1, trees=0.3), panel).mean.mean(axis=1)
    assert found[:20].mean() == pytest.approx(10, rel=0.1)
    assert found[-30:].mean() < 2


def test_later_buckets_change_no_estimate():
    panel, _ = stocked_out(series=40)
    early = with_hidden_demand(panel.until(60))
    known = early.in_stock
    assert np.array_equal(with_hidden_demand(panel).demand[:, :60][known], early.demand[known])


def test_a_sold_out_bucket_takes_one_of_the_larger_outcomes_seen():
    nan = np.nan
    actual = np.array([1.0, 2.0, 4.0, 8.0, 99.0, nan])
    sold_out = np.array([nan, nan, nan, nan, 3.0, nan])
    found = outcomes(np.full(6, 2.0), actual, sold_out)
    assert found[:4].tolist() == [1.0, 2.0, 4.0, 8.0]
    assert found[4] in (4.0, 8.0)
    assert np.isnan(found[5])


def test_beyond_the_largest_demand_seen_a_sold_out_bucket_keeps_what_it_was_filled_with():
    sold_out = np.array([np.nan, np.nan, 10.0, 20.0])
    assert outcomes(np.ones(4), np.array([1.0, 2.0, 14.0, 27.0]), sold_out).tolist() == [1.0, 2.0, 14.0, 27.0]


def test_a_tiny_expectation_makes_no_millions():
    expected = np.where(np.arange(2000) % 50 == 0, 1e-7, 10.0)
    sold_out = np.where(np.arange(2000) % 7 == 0, 3.0, np.nan)
    actual = np.where(np.isfinite(sold_out), 9.0, np.where(expected < 1, 5.0, 10.0))
    assert outcomes(expected, actual, sold_out).sum() < 1.5 * actual.sum()


def test_outcomes_are_as_wide_as_what_was_wanted():
    rng = np.random.default_rng(2)
    expected = rng.gamma(3.0, 2.0, 20_000)
    wanted = expected * rng.gamma(1.5, 1.0 / 1.5, expected.size)
    stock = expected * rng.gamma(2.0, 0.7, expected.size)
    sold_out = np.where(wanted > stock, stock, np.nan)
    found = outcomes(expected, np.minimum(wanted, stock), sold_out)
    assert found.sum() / wanted.sum() == pytest.approx(1.0, abs=0.02)
    assert np.quantile(found / expected, 0.95) == pytest.approx(np.quantile(wanted / expected, 0.95), rel=0.05)


def test_upper_quantiles_cover_what_was_wanted_though_a_fifth_of_weeks_ran_out():
    panel, wanted = stocked_out()
    assert 0.15 < 1.0 - panel.in_stock.mean() < 0.35
    found = forecast(train(panel, horizon=HORIZON, seed=1, trees=0.0), panel)
    below = float((wanted <= found.quantiles[..., QUANTILE_GRID.index(0.95)]).mean())
    sales_only = Panel.of(panel.demand, panel.starts, 7)
    naive = forecast(train(sales_only, horizon=HORIZON, seed=1, trees=0.0), sales_only)
    assert float((wanted <= naive.quantiles[..., QUANTILE_GRID.index(0.95)]).mean()) < 0.9 < below
    assert naive.mean.sum() < 0.75 * wanted.sum() < 0.8 * wanted.sum() < found.mean.sum()


def test_a_series_that_was_never_in_stock_counts_with_what_it_sold():
    starts = np.datetime64("2021-01-04") + 7 * np.arange(4)
    marks = np.array([[False, False, False, False], [True, True, False, True]])
    found = with_hidden_demand(Panel.of([[4.0, 3, 5, 4], [4, 4, 0, 4]], starts, 7, in_stock=marks))
    assert found.demand[0].tolist() == [4, 3, 5, 4]
    assert found.told.all()
