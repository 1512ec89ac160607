"""Weights of a blend: chosen by past losses, shrunk to those of all series."""

import numpy as np
import pytest

from forecasting.engine.blends import fit_blend
from stocksense.core.numeric import QUANTILE_GRID


def test_the_mean_is_not_the_lower_one_of_two_because_most_rare_items_sell_nothing():
    """Orders of very different size: by errors in changes the lower mean looks better, in units it is not."""
    rng = np.random.default_rng(4)
    cases, ahead = 4_000, 4
    size = np.exp(rng.normal(1.0, 1.2, cases))[:, None]
    chance = 0.05 * np.exp(0.5 * rng.normal(size=(cases, 1)))
    actual = np.where(rng.random((cases, ahead)) < chance, size, 0.0)
    true = np.broadcast_to(size * chance, actual.shape)
    means = {"true": true, "half": 0.5 * true}
    quantiles = {"one": np.zeros((cases, ahead, len(QUANTILE_GRID)), np.float32)}
    change = np.maximum(2.0 * np.abs(np.diff(actual, axis=1)).mean(axis=1), 0.05 * size[:, 0])
    blend = fit_blend(quantiles, means, actual, change, np.zeros(cases, np.int64), segments=1, seed=1)
    assert blend.mean[0, 0] > 0.8


def test_a_member_that_is_right_is_given_nearly_all_weight():
    rng = np.random.default_rng(5)
    cases, ahead = 3_000, 2
    actual = rng.exponential(10.0, (cases, ahead))
    right = np.broadcast_to(-10.0 * np.log1p(-np.array(QUANTILE_GRID)), (cases, ahead, len(QUANTILE_GRID)))
    quantiles = {"right": right.astype(np.float32), "twice": (2.0 * right).astype(np.float32)}
    means = {"right": np.full((cases, ahead), 10.0)}
    code = np.zeros(cases, np.int64)
    blend = fit_blend(quantiles, means, actual, np.full(cases, 10.0), code, segments=1, seed=1)
    assert (blend.quantile[0, 4:, 0] > 0.85).all()


def test_series_that_hardly_change_have_weights_that_can_be_summed():
    same = np.full((34, 1), 7.0)
    members = {name: np.repeat(same[..., None], 11, axis=2) for name in ("a", "b")}
    change, segment = np.full(34, 1e-296), np.zeros(34, dtype=np.int64)
    blend = fit_blend(members, {"a": same}, same, change, segment, segments=1, seed=1)
    assert blend.quantile == pytest.approx(np.full((1, 11, 2), 0.5))
