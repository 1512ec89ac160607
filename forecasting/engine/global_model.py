"""One gradient-boosted model for all series: an unbiased mean and quantiles of the bucket's demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting.engine.features import FeatureTable
from forecasting.engine.panel import Float32Array, Panel
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray

if TYPE_CHECKING:
    from lightgbm import Booster

ANCHORS: Final = (0.1, 0.5, 0.8, 0.95, 0.99)
MEAN_ROWS: Final = 150_000
QUANTILE_ROWS: Final = 100_000
FEWEST_ROWS: Final = 3_000
FEWEST_ORIGINS: Final = 80
THIN_CELLS: Final = 2_000_000
YEARS: Final = 2.2
SHORTEST_START: Final = 4
TWEEDIE_POWER: Final = 1.3
SMALLEST_CHANGE: Final = 0.05
COMMON: Final[dict[str, Any]] = {
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "feature_fraction": 0.5,
    "bagging_fraction": 0.6, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 63, "min_data_in_bin": 5,
}  # fmt: skip
MEAN: Final[dict[str, Any]] = {
    "objective": "tweedie", "tweedie_variance_power": TWEEDIE_POWER, "learning_rate": 0.1,
    "cat_smooth": 20.0, "max_cat_threshold": 16,
}  # fmt: skip
QUANTILE: Final[dict[str, Any]] = {"objective": "quantile", "learning_rate": 0.13, "num_leaves": 12}
MEAN_TREES: Final = (60, 100)
MEAN_LEAVES: Final = (8, 31)
SALES_PER_LEAF: Final = 1_000
SOLD_SHARES: Final = (0.2, 0.5)
QUANTILE_TREES: Final = 50
UNITS_FACTORS: Final = (0.9, 1.1)


@dataclass(frozen=True)
class GlobalModel:
    """Trained boosters; both predict demand divided by FeatureTable.scale.

    mean: all features; quantiles [ANCHORS]: without the category codes (columns `plain`). mean_factor: what makes the
    mean add up to the units it was trained on.
    """

    mean: "Booster"
    quantiles: tuple["Booster", ...]
    plain: IntArray
    mean_factor: float = 1.0

    def predict_mean(self, features: Float32Array, scale: FloatArray) -> FloatArray:
        """Expected units [r] for features [r, f] and scales [r]."""
        return np.maximum(predict(self.mean, features), 0.0) * scale * self.mean_factor

    def predict_quantiles(self, features: Float32Array, scale: FloatArray) -> FloatArray:
        """Units [r, 11] on QUANTILE_GRID."""
        plain = features[:, self.plain]
        at_anchors = np.stack([predict(booster, plain) for booster in self.quantiles], axis=1)
        return on_grid(at_anchors) * scale[:, None]


def predict(booster: "Booster", features: Float32Array) -> FloatArray:
    """A booster's prediction [r], on one thread."""
    return np.asarray(booster.predict(features, num_threads=1), dtype=np.float64)


def on_grid(at_anchors: FloatArray) -> FloatArray:
    """Values [r, 11] on QUANTILE_GRID from values [r, 5] at ANCHORS, straight in normal scores, never below 0."""
    from scipy.special import ndtri

    have, want = ndtri(np.array(ANCHORS)), ndtri(np.array(QUANTILE_GRID))
    left = np.clip(np.searchsorted(have, want, side="right") - 1, 0, have.size - 2)
    part = (want - have[left]) / (have[left + 1] - have[left])
    values = at_anchors[:, left] * (1.0 - part) + at_anchors[:, left + 1] * part
    return np.maximum.accumulate(np.maximum(values, 0.0), axis=1)


@dataclass(frozen=True)
class Rows:
    """Training rows: features [r, f], demand / scale [r], scale [r], mean absolute change of the series [r]."""

    features: Float32Array
    target: FloatArray
    scale: FloatArray
    change: FloatArray


def training_origins(panel: Panel, horizon: int) -> IntArray:
    """Origins to learn from, newest first: about two years of them, every third on daily data."""
    start = max(min(panel.year, panel.buckets // 3), SHORTEST_START)
    origins = np.arange(panel.buckets - 1, start - 1, -1)
    if panel.bucket_days == 1:
        return origins[: round(YEARS * panel.year)][::3]
    return origins[: max(round(YEARS * panel.year), 3 * horizon)]


def training_rows(table: FeatureTable, most: int, rng: np.random.Generator) -> Rows:
    """At most `most` rows, drawn evenly over origins and series; only buckets in stock within the panel are targets."""
    panel, horizon = table.panel, table.horizon
    origins = training_origins(panel, horizon)
    if origins.size * len(panel) * horizon > THIN_CELLS:
        origins = origins[:: max(1, origins.size // FEWEST_ORIGINS)]
    share = min(1.0, 1.05 * most / max(origins.size * len(panel) * horizon, 1))
    change = mean_change(panel)
    parts: list[tuple[Float32Array, FloatArray, FloatArray, FloatArray]] = []
    for origin in origins.tolist():
        members = np.flatnonzero(panel.first < origin - SHORTEST_START)
        members = members[rng.random(members.size) < share]
        ahead = min(horizon, panel.buckets - origin)
        if members.size == 0 or ahead < 1:
            continue
        features = table.at(origin, members)[:, :ahead]
        span = slice(origin, origin + ahead)
        scale = np.broadcast_to(table.scale(origin)[members][:, None], (members.size, ahead))
        usable = panel.told[members, span]
        changes = np.broadcast_to(change[members][:, None], usable.shape)
        parts.append((features[usable], panel.demand[members, span][usable], scale[usable], changes[usable]))
    if not parts:
        return Rows(np.zeros((0, 0), np.float32), *(np.zeros(0) for _ in range(3)))
    features, demand, scales, changes = (np.concatenate(column) for column in zip(*parts, strict=True))
    if demand.size > most:
        kept = np.sort(rng.choice(demand.size, most, replace=False))
        features, demand, scales, changes = features[kept], demand[kept], scales[kept], changes[kept]
    return Rows(features, demand / scales, scales, changes)


def mean_change(panel: Panel) -> FloatArray:
    """Mean absolute difference of consecutive buckets [n], held above a twentieth of the median series'."""
    moves = np.abs(np.diff(panel.demand, axis=1))
    known = np.isfinite(moves)
    count = known.sum(axis=1)
    change = np.where(known, moves, 0.0).sum(axis=1) / np.maximum(count, 1)
    positive = change[change > 0]
    floor = SMALLEST_CHANGE * float(np.median(positive)) if positive.size else 1.0
    return np.asarray(np.maximum(change, floor))


def fit_global(table: FeatureTable, *, seed: int, trees: float = 1.0) -> GlobalModel | None:
    """Train on everything the table's panel holds; None where there are fewer than 3,000 rows to learn from.

    trees: multiplies the number of trees (tests use few).
    """
    rng = np.random.default_rng(seed)
    rows = training_rows(table, MEAN_ROWS, rng)
    if rows.target.size < FEWEST_ROWS or not rows.target.any():
        return None
    names, categorical = list(table.names), list(table.categorical)
    weight = np.sqrt(rows.scale) / np.sqrt(rows.scale).mean()
    leaves, mean_trees = mean_size(table)
    mean = boost(
        rows.features, rows.target, weight, {**MEAN, "num_leaves": leaves}, round(mean_trees * trees), seed,
        names=names, categorical=categorical,
    )  # fmt: skip
    plain = np.array([at for at, name in enumerate(names) if name not in categorical], dtype=np.int64)
    kept = rng.permutation(rows.target.size)[:QUANTILE_ROWS]
    quantiles = boost_quantiles(
        rows.features[kept][:, plain], rows.target[kept], (rows.scale / rows.change)[kept],
        round(QUANTILE_TREES * trees), seed,
    )  # fmt: skip
    return GlobalModel(mean, quantiles, plain, _units_factor(mean, rows))


def mean_size(table: FeatureTable) -> tuple[int, int]:
    """Leaves of a tree and number of trees of the mean: 8 for few sales to 31, 60 for rare ones to 100.

    A sale stands in as many training rows as buckets are forecast, so rows do not tell how much there is to learn:
    ten large orders may be a third of a year's units, and deep trees learn them by heart.
    """
    panel = table.panel
    span = slice(int(training_origins(panel, table.horizon)[-1]), panel.buckets)
    seen = panel.told[:, span] & np.isfinite(panel.demand[:, span])
    sales = int((seen & (panel.demand[:, span] > 0)).sum())
    share = sales / max(int(seen.sum()), 1)
    leaves = int(np.clip(sales // SALES_PER_LEAF, *MEAN_LEAVES))
    return leaves, round(float(np.interp(share, SOLD_SHARES, MEAN_TREES)))


def _units_factor(mean: "Booster", rows: Rows) -> float:
    """Units of the training rows over those the booster gives them; a Tweedie mean weighs large demands down.

    Held within a tenth: it is some hundredths, unless a few huge orders of one item are half of all units, and those
    must not raise what everything else is expected to sell.
    """
    expected = float((np.maximum(predict(mean, rows.features), 0.0) * rows.scale).sum())
    if expected <= 0:
        return 1.0
    return float(np.clip(float((rows.target * rows.scale).sum()) / expected, *UNITS_FACTORS))


def boost(
    features: Float32Array,
    target: FloatArray,
    weight: FloatArray,
    parameters: dict[str, Any],
    trees: int,
    seed: int,
    *,
    names: Sequence[str],
    categorical: Sequence[str],
) -> "Booster":
    """One booster, the same for the same seed."""
    import lightgbm

    settings = {**COMMON, **parameters, "seed": seed, "min_data_in_leaf": leaf_size(target.size)}
    safe = [f"f{at}" for at in range(len(names))]
    codes = [safe[at] for at, name in enumerate(names) if name in categorical]
    data = lightgbm.Dataset(
        features, target, weight=weight, feature_name=safe, categorical_feature=codes, params=settings
    )
    return lightgbm.train(settings, data, max(trees, 1))


def boost_quantiles(
    features: Float32Array, target: FloatArray, weight: FloatArray, trees: int, seed: int, **parameters: Any
) -> tuple["Booster", ...]:
    """A quantile booster per probability of ANCHORS, on one set of bins."""
    import lightgbm

    settings = {**COMMON, **QUANTILE, "seed": seed, "min_data_in_leaf": 2 * leaf_size(target.size), **parameters}
    data = lightgbm.Dataset(features, target, weight=weight / weight.mean(), params=settings, free_raw_data=False)
    return tuple(lightgbm.train({**settings, "alpha": probability}, data, max(trees, 1)) for probability in ANCHORS)


def leaf_size(rows: int) -> int:
    """Fewest rows in a leaf: 80 at 100,000 rows, fewer on small sets."""
    return int(np.clip(rows // 1000, 20, 80))
