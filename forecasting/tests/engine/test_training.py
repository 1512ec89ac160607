"""The trained forecast: nothing leaks from the future, what is promised holds, ugly series break nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.engine.families import families
from forecasting.engine.features import FeatureTable
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.storage import from_bytes, to_bytes
from forecasting.engine.training import _bias_factor, _cases, calibration_buckets, train, volume_edges
from stocksense.core.numeric import QUANTILE_GRID

HORIZON = 4


def weekly_starts(buckets: int) -> np.ndarray:
    return np.datetime64("2021-01-04") + 7 * np.arange(buckets)


def small_panel(series: int = 60, buckets: int = 100, seed: int = 5) -> Panel:
    rng = np.random.default_rng(seed)
    level = rng.gamma(2.0, 4.0, series)[:, None]
    promotion = (rng.random((series, buckets + HORIZON)) < 0.2).astype(np.float32)
    demand = rng.poisson(level * (1.0 + 2.0 * promotion[:, :buckets])).astype(float)
    demand[: series // 4, : buckets // 3] = np.nan
    return Panel.of(
        demand, weekly_starts(buckets + HORIZON), 7, known=promotion[:, :, None], known_names=("promotion",),
        categories=rng.integers(0, 3, (series, 1)), category_names=("group",),
    )  # fmt: skip


def changed_after(panel: Panel, end: int) -> Panel:
    demand = panel.demand.copy()
    demand[:, end:] = 1000.0
    return Panel.of(
        demand, panel.starts, 7, known=panel.known, known_names=panel.known_names,
        categories=panel.categories, category_names=panel.category_names,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    panel = small_panel()
    return panel, train(panel.until(90), horizon=HORIZON, seed=1, trees=0.2)


def test_changing_the_future_changes_no_forecast(trained):
    panel, first = trained
    other = changed_after(panel, 90).until(90)
    second = train(other, horizon=HORIZON, seed=1, trees=0.2)
    one, two = forecast(first, panel.until(90)), forecast(second, other)
    assert np.array_equal(one.mean, two.mean)
    assert np.array_equal(one.quantiles, two.quantiles)
    assert np.array_equal(one.cumulative_dense, two.cumulative_dense)


def test_a_planned_promotion_raises_the_forecast(trained):
    panel, model = trained
    promoted, plain = panel.known.copy(), panel.known.copy()
    promoted[:, 90:], plain[:, 90:] = 1.0, 0.0
    with_it = forecast(model, Panel.of(panel.demand[:, :90], panel.starts, 7, **rest(panel, promoted)))
    without = forecast(model, Panel.of(panel.demand[:, :90], panel.starts, 7, **rest(panel, plain)))
    assert with_it.mean.sum() > 1.5 * without.mean.sum()


def rest(panel: Panel, known: np.ndarray) -> dict:
    return {
        "known": known, "known_names": panel.known_names,
        "categories": panel.categories, "category_names": panel.category_names,
    }  # fmt: skip


def test_evidence_has_every_member_and_the_all_zero_row(trained):
    _, model = trained
    scores = model.evidence["all"]["scaled_pinball"]
    assert set(scores) == {*model.blend.members, "blend", "all-zero"}
    assert scores["blend"] < scores["all-zero"]
    assert np.allclose(model.blend.quantile.sum(axis=2), 1.0)
    assert np.allclose(model.blend.mean.sum(axis=1), 1.0)


def test_a_training_read_back_forecasts_the_same(trained):
    panel, model = trained
    one, two = forecast(model, panel.until(90)), forecast(from_bytes(to_bytes(model)), panel.until(90))
    assert np.array_equal(one.mean, two.mean)
    assert np.array_equal(one.quantiles, two.quantiles)
    assert np.array_equal(one.cumulative_dense, two.cumulative_dense)
    assert model.members.model is not None


def test_chunks_of_a_panel_forecast_what_the_whole_does_without_a_common_season(trained):
    panel, model = trained
    past = panel.until(90)
    whole = forecast(model, past)
    parts = [forecast(model, past.rows(np.arange(begin, begin + 20))) for begin in (0, 20, 40)]
    assert model.members.season.strength == 0.0
    assert np.allclose(np.concatenate([part.quantiles for part in parts]), whole.quantiles)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_series_that_never_saw_a_promotion_or_nothing_else_are_forecast_by_themselves(value, trained):
    """What a covariate is was settled by the training: a chunk in which it never varies says nothing about that."""
    panel, model = trained
    past = panel.until(90)
    same = Panel.of(past.demand, past.starts, 7, **rest(past, np.full_like(past.known, value)))
    alone, whole = (forecast(model, one) for one in (same.rows([5]), same))
    assert np.allclose(alone.quantiles[0], whole.quantiles[5])


def test_what_is_held_out_is_a_third_of_the_history_that_there_is():
    late = np.full((3, 200), np.nan)
    late[:, 140:] = 1.0
    assert calibration_buckets(Panel.of(late, weekly_starts(200), 7), 26) == 20
    assert calibration_buckets(Panel.of(np.ones((3, 200)), weekly_starts(200), 7), 8) == 24
    assert calibration_buckets(Panel.of(late[:, :100], weekly_starts(100), 7), 8) == 0


def test_other_covariates_than_the_training_s_are_refused(trained):
    panel, model = trained
    with pytest.raises(ValueError, match="other covariates"):
        forecast(model, Panel.of(panel.demand[:, :90], panel.starts, 7))


@pytest.mark.slow
def test_quantiles_cover_what_they_say_on_demand_not_seen():
    panel = small_panel(series=300, seed=8)
    model = train(panel.until(96), horizon=HORIZON, seed=1, trees=0.2)
    found = forecast(model, panel.until(96))
    actual = panel.demand[:, 96:]
    below = {p: float((actual <= found.quantiles[..., QUANTILE_GRID.index(p)]).mean()) for p in (0.5, 0.9, 0.95)}
    assert abs(below[0.5] - 0.5) < 0.1
    assert abs(below[0.9] - 0.9) < 0.04
    assert abs(below[0.95] - 0.95) < 0.03
    assert abs(found.mean.sum() / actual.sum() - 1.0) < 0.06


@pytest.mark.parametrize(
    "family", [one for one in families() if one.name not in ("boosted", "blend")], ids=lambda one: one.name
)
def test_a_family_keeps_the_protocol(family):
    conforms(family, small_panel(series=12, buckets=40))


@pytest.mark.parametrize(
    "family", [one for one in families() if one.name in ("boosted", "blend")], ids=lambda one: one.name
)
def test_a_learning_family_keeps_the_protocol(family):
    conforms(family, small_panel(series=40, buckets=70))


def conforms(family, panel: Panel) -> None:
    end = panel.buckets - 10
    demand = panel.demand.copy()
    demand[0] = np.nan
    demand[1] = np.where(np.isnan(demand[1]), np.nan, 0.0)
    panel = Panel.of(demand, panel.starts, 7, **rest(panel, panel.known))
    found = family.forecast(panel.until(end), horizon=HORIZON, seed=1)
    again = family.forecast(changed_after(panel, end).until(end), horizon=HORIZON, seed=1)
    assert found.mean.shape == (len(panel), HORIZON)
    assert found.quantiles.shape == (len(panel), HORIZON, len(QUANTILE_GRID))
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.quantiles).all()
    assert (found.mean >= 0).all()
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=2) >= 0).all()
    assert not found.mean[0].any()
    assert not found.quantiles[0].any()
    assert np.array_equal(found.mean, again.mean)
    assert np.array_equal(found.quantiles, again.quantiles)
    with pytest.raises(ValueError, match="horizon"):
        family.forecast(panel, horizon=0, seed=1)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.just([]), st.just([0.0] * 30), st.just([7.0] * 30), st.just([1e14, 0.0, 1.0] * 10),
            st.lists(st.floats(0, 1e9), min_size=1, max_size=30),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_ugly_series_never_break_a_batch(series):
    demand = np.full((len(series), 30), np.nan)
    for row, values in enumerate(series):
        if values:
            demand[row, 30 - len(values) :] = values
    panel = Panel.of(demand, weekly_starts(34), 7)
    found = forecast(train(panel, horizon=HORIZON, seed=1, trees=0.0), panel)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.quantiles).all()
    assert (np.diff(found.quantiles, axis=2) >= 0).all()


def test_one_large_order_corrects_the_mean_less_than_what_every_series_did():
    panel = small_panel()
    table = FeatureTable(panel, HORIZON)
    cases = _cases(table, np.arange(70, 96, 4), volume_edges(table), -1, np.random.default_rng(1))
    actual = np.where(np.isfinite(cases.actual), cases.actual, 0.0)
    all_sold_more = replace(cases, actual=1.2 * actual)
    ordered = actual.copy()
    ordered[cases.row == cases.row[0]] += 0.2 * actual.sum() / (cases.row == cases.row[0]).sum() / HORIZON
    one_ordered = replace(cases, actual=ordered)
    assert ordered.sum() == pytest.approx(1.2 * actual.sum())
    assert _bias_factor(actual, one_ordered, 3.0, 0.05) < 1.03
    assert 1.08 < _bias_factor(actual, all_sold_more, 3.0, 0.05) < 1.2
