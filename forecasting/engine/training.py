"""Training: fit the global model, judge every member at past origins, and fix blends, corrections and pools."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting.engine.blends import Blend, fit_blend
from forecasting.engine.conformal import corrected, fit_corrections
from forecasting.engine.cumulative import CumulativePools, fit_cumulative
from forecasting.engine.demand_class import DEMAND_CLASSES, demand_class
from forecasting.engine.features import FeatureTable
from forecasting.engine.global_model import (
    FEWEST_ROWS,
    QUANTILE_TREES,
    GlobalModel,
    boost_quantiles,
    fit_global,
    leaf_size,
    mean_change,
    on_grid,
    predict,
)
from forecasting.engine.hidden_demand import outcomes, with_hidden_demand
from forecasting.engine.panel import Float32Array, Panel
from forecasting.engine.ratio_pools import SMALLEST_MEAN, RatioPools, fit_ratio_pools
from forecasting.engine.seasonal import even_weights, season_ratios, season_strength, weekday_factors
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from lightgbm import Booster

CALIBRATION_BUCKETS: Final = {1: 56, 7: 24, 30: 12}
ORIGINS: Final = 12
MOST_CELLS: Final = 130_000
VOLUMES: Final = 3
SEGMENTS: Final = len(DEMAND_CLASSES) * VOLUMES
BIAS_SD: Final = 0.05
MEMBER_BIAS_SD: Final = 0.07
BLOCK_SD: Final = 0.1
LARGEST_BIAS_STEP: Final = 0.25
SHORTEST: Final = 4
MOST_GROUPS: Final = 40
SEASON_NEEDS_SOLD: Final = 0.3

GLOBAL_QUANTILES, GLOBAL_RATIOS, GLOBAL_POOLS = "boosted quantiles", "boosted ratios", "boosted mean, pooled"
SMOOTHERS, OWN_PAST = "smoothers, pooled", "own past year"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Season:
    """Which series share a season, and how much of it to believe."""

    group_column: int
    strength: float

    def groups(self, panel: Panel) -> IntArray:
        """[n] codes of the groups."""
        if self.group_column < 0:
            return np.zeros(len(panel), dtype=np.int64)
        return panel.categories[:, self.group_column]


@dataclass(frozen=True)
class Members:
    """What every member of the blend needs to forecast; boosted_factor makes the boosted mean unbiased."""

    model: GlobalModel | None
    ratios: tuple[tuple["Booster", ...], ...]
    mean_pools: RatioPools | None
    level_pools: RatioPools
    season: Season
    boosted_factor: float = 1.0


@dataclass(frozen=True)
class Trained:
    """All that a night needs; a pure function of the panel it was trained on and the seed.

    volume_edges [2]: of the series' scale. bias: factor on the mean. corrections [s, 11] in widths.
    evidence: scores of each member and of the blend at past origins, overall and per segment.
    """

    horizon: int
    bucket_days: int
    feature_names: tuple[str, ...]
    members: Members
    blend: Blend
    volume_edges: FloatArray
    bias: float
    corrections: FloatArray
    cumulative: CumulativePools
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cases:
    """Series at past origins: row and origin [c], what came [c, h] (NaN: not known), and what was known then."""

    row: IntArray
    origin: IntArray
    actual: FloatArray
    scale: FloatArray
    change: FloatArray
    segment: IntArray
    level: FloatArray
    ratios: FloatArray
    own: FloatArray
    features: Float32Array


def train(
    panel: Panel,
    *,
    horizon: int,
    seed: int,
    trees: float = 1.0,
    progress: Progress = lambda _: None,
) -> Trained:
    """Learn from a panel how to forecast the `horizon` buckets after it.

    An earlier model, trained without the last months, is tried on them (twelve origins or more); its errors choose
    blends, corrections and pools, which then go around the model that is trained on everything.
    trees: multiplies the number of trees (0: no boosters at all). Raises ValueError when horizon < 1.
    """
    if horizon < 1:
        raise ValueError("horizon must be at least 1")
    panel = with_hidden_demand(panel)
    table = FeatureTable(panel, horizon)
    held_out = calibration_buckets(panel, horizon)
    origins = np.arange(panel.buckets - held_out, panel.buckets, max(1, held_out // ORIGINS))
    edges = volume_edges(table)
    season_column = _season_column(panel)
    cases = _cases(table, origins, edges, season_column, np.random.default_rng(seed))
    earlier, model = None, None
    if trees > 0 and cases.row.size:
        progress("training without the latest buckets")
        earlier = fit_global(FeatureTable(panel.until(panel.buckets - held_out), horizon), seed=seed, trees=trees)
        progress("training on everything")
        model = fit_global(table, seed=seed, trees=trees) if earlier else None
    progress("judging at past origins")
    strength = _strength(cases)
    season = Season(season_column, strength)
    quantiles, means, members = _try_members(cases, table, earlier, season, seed, trees)
    blend = fit_blend(quantiles, means, cases.actual, cases.change, cases.segment, segments=SEGMENTS, seed=seed)
    mean = blend.means(means, cases.segment)
    blocks = held_out / horizon
    bias = _bias_factor(mean, cases, blocks, BIAS_SD)
    mean = mean * bias
    blended = blend.quantiles(quantiles, cases.segment)
    corrections = fit_corrections(
        blended, cases.actual, cases.scale, cases.segment, origin=cases.origin, blocks=blocks, segments=SEGMENTS
    )
    final = corrected(blended, corrections, cases.scale, cases.segment)
    return Trained(
        horizon=horizon,
        bucket_days=panel.bucket_days,
        feature_names=tuple(table.names),
        members=replace(members, model=model),
        blend=blend,
        volume_edges=edges,
        bias=bias,
        corrections=corrections,
        cumulative=fit_cumulative(mean, final, cases.actual),
        evidence=evidence(cases, quantiles, means, mean, final, blend),
    )


def calibration_buckets(panel: Panel, horizon: int) -> int:
    """Latest buckets that the earlier model does not see: at most a third of the history."""
    usual = max(3 * horizon, CALIBRATION_BUCKETS.get(panel.bucket_days, round(168 / panel.bucket_days)))
    return max(0, min(usual, (panel.buckets - int(panel.first.min(initial=panel.buckets))) // 3))


def volume_edges(table: FeatureTable) -> FloatArray:
    """Terciles of the series' scales at the end of the history [2]."""
    if len(table.panel) == 0 or table.panel.buckets == 0:
        return np.zeros(VOLUMES - 1)
    return np.quantile(table.scale(table.panel.buckets), np.arange(1, VOLUMES) / VOLUMES)


def segments_at(table: FeatureTable, origin: int, edges: FloatArray) -> IntArray:
    """Segment code [n]: demand class times 3 plus volume (0 slow .. 2 fast), as seen from the origin."""
    classes = demand_class(*table.statistics(origin))
    return VOLUMES * classes + np.digitize(table.scale(origin), edges)


def segment_name(code: int) -> str:
    """A segment in words."""
    return f"{DEMAND_CLASSES[code // VOLUMES]}, {('slow', 'middling', 'fast')[code % VOLUMES]}"


def own_quantiles(table: FeatureTable, origin: int, members: IntArray) -> FloatArray:
    """Quantiles [members, 11] of a series' own latest year (of all it has, if shorter), at rank p (n + 1)."""
    panel = table.panel
    recent = panel.demand[members, max(origin - panel.year, 0) : origin]
    seen = panel.in_stock[members, max(origin - panel.year, 0) : origin] & np.isfinite(recent)
    ordered = np.sort(np.where(seen, recent, np.inf), axis=1)
    ordered = np.where(np.isfinite(ordered), ordered, 0.0)
    count = seen.sum(axis=1)
    rank = np.clip(np.array(QUANTILE_GRID) * (count[:, None] + 1) - 1.0, 0.0, np.maximum(count - 1, 0)[:, None])
    low = np.floor(rank).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[:, None])
    lower, upper = np.take_along_axis(ordered, low, axis=1), np.take_along_axis(ordered, high, axis=1)
    values = lower + (rank - low) * (upper - lower)
    return np.where(count[:, None] > 0, values, 0.0)


def _season_column(panel: Panel) -> int:
    """The first attribute that makes few enough groups to share a season (its category), -1 without one."""
    for column in range(panel.categories.shape[1]):
        if 2 <= np.unique(panel.categories[:, column]).size <= MOST_GROUPS:
            return column
    return -1


def _cases(
    table: FeatureTable, origins: IntArray, edges: FloatArray, season_column: int, rng: np.random.Generator
) -> Cases:
    panel, horizon = table.panel, table.horizon
    origins = origins[origins > SHORTEST]
    most = max(50, MOST_CELLS // max(origins.size * horizon, 1))
    sample = np.arange(len(panel))
    if sample.size > most:
        sample = np.sort(rng.choice(sample.size, most, replace=False))
    change = mean_change(panel)
    groups = Season(season_column, 1.0).groups(panel)
    parts: list[tuple[Any, ...]] = []
    hidden: list[FloatArray] = []
    for origin in origins.tolist():
        rows = sample[(panel.first[sample] <= origin - SHORTEST) & table.sold_before(origin)[sample]]
        if rows.size == 0:
            continue
        ahead = min(horizon, panel.buckets - origin)
        actual = np.full((rows.size, horizon), np.nan)
        sold_out = np.full(actual.shape, np.nan)
        span = slice(origin, origin + ahead)
        actual[:, :ahead] = np.where(panel.told[rows, span], panel.demand[rows, span], np.nan)
        level = (table.level(origin)[:, None] * weekday_factors(table, origin))[rows]
        if panel.sold_out is not None:
            sold_out[:, :ahead] = panel.sold_out[rows, span]
        hidden.append(sold_out)
        parts.append((
            rows, np.full(rows.size, origin), actual, table.scale(origin)[rows], change[rows],
            segments_at(table, origin, edges)[rows], level, season_ratios(table, origin, groups)[rows],
            own_quantiles(table, origin, rows), table.at(origin, rows),
        ))  # fmt: skip
    if not parts:
        none, table_of = np.zeros(0), np.zeros((0, horizon))
        code = np.zeros(0, np.int64)
        return Cases(
            code, code, table_of, none, none, code, table_of, table_of, np.zeros((0, len(QUANTILE_GRID))),
            np.zeros((0, horizon, 0), np.float32),
        )  # fmt: skip
    cases = Cases(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    came = outcomes(cases.level.ravel(), cases.actual.ravel(), np.concatenate(hidden).ravel())
    return replace(cases, actual=came.reshape(cases.actual.shape))


def _strength(cases: Cases) -> float:
    """Season strength from the cases, their pooled misses compared origin by origin; 0 for rare movers."""
    known = np.isfinite(cases.actual)
    if not known.any() or float((cases.actual[known] > 0).mean()) < SEASON_NEEDS_SOLD:
        return 0.0
    origins, at = np.unique(cases.origin, return_inverse=True)
    size = int(np.bincount(at).max())
    place = np.concatenate([np.arange(count) for count in np.bincount(at)])

    def grid(values: FloatArray, fill: float) -> FloatArray:
        shaped = np.full((origins.size, size, *values.shape[1:]), fill)
        shaped[at, place] = values
        return shaped

    weight = even_weights(cases.scale)
    return season_strength(
        grid(cases.level, 0.0), grid(cases.ratios, 1.0), grid(cases.actual, np.nan), grid(weight, 0.0)
    )


def _try_members(
    cases: Cases, table: FeatureTable, earlier: GlobalModel | None, season: Season, seed: int, trees: float
) -> tuple[dict[str, Float32Array], dict[str, FloatArray], Members]:
    """Every member's forecasts of the cases by models that had not seen them, and the members fitted to the cases."""
    level = cases.level * (1.0 + season.strength * (cases.ratios - 1.0))
    level_pools = fit_ratio_pools(level.ravel(), cases.actual.ravel())
    quantiles: dict[str, Float32Array] = {}
    means: dict[str, FloatArray] = {}
    members = Members(None, (), None, level_pools, season)
    if earlier is not None:
        shape = cases.actual.shape
        features = cases.features.reshape(-1, cases.features.shape[2])
        scale = np.repeat(cases.scale, shape[1])
        mean = earlier.predict_mean(features, scale)
        pools = fit_ratio_pools(mean, cases.actual.ravel())
        steady = table.steady_columns()
        ratio_features = with_mean(features, mean, scale, steady)
        folds, out_of_fold = _ratio_folds(cases, ratio_features, mean, seed, trees)
        blocks = np.unique(cases.origin).size * _spacing(cases) / shape[1]
        factor = _bias_factor(mean.reshape(shape), cases, blocks, MEMBER_BIAS_SD)
        members = Members(earlier, folds, pools, level_pools, season, factor)
        direct = earlier.predict_quantiles(features, scale)
        for name, values in (
            (GLOBAL_QUANTILES, direct), (GLOBAL_RATIOS, out_of_fold), (GLOBAL_POOLS, _pooled_elsewhere(cases, mean)),
        ):  # fmt: skip
            if values is not None:
                quantiles[name] = values.reshape(*shape, -1).astype(np.float32)
        means["boosted mean"] = mean.reshape(shape) * factor
    pooled = _pooled_elsewhere(cases, level.ravel()).astype(np.float32)
    quantiles[SMOOTHERS] = pooled.reshape(*level.shape, len(QUANTILE_GRID))
    quantiles[OWN_PAST] = np.repeat(cases.own[:, None], level.shape[1], axis=1).astype(np.float32)
    means["smoothers"] = level
    return quantiles, means, members


def with_mean(features: Float32Array, mean: FloatArray, scale: FloatArray, steady: IntArray) -> Float32Array:
    """Features of the ratio boosters [r, 2 + steady]: logarithm of the mean, mean in scales, steady features."""
    safe = np.maximum(mean, SMALLEST_MEAN)
    return np.column_stack([np.log(safe), safe / scale, features[:, steady]]).astype(np.float32)


def _ratio_folds(
    cases: Cases, features: Float32Array, mean: FloatArray, seed: int, trees: float
) -> tuple[tuple[tuple["Booster", ...], ...], FloatArray | None]:
    """Quantile boosters of demand / mean on either half of the origins, and each half's forecast by the other's."""
    actual = cases.actual.ravel()
    usable = np.isfinite(actual)
    fold, learned = halves(cases)
    if min(int((usable & learned & (fold == one)).sum()) for one in (0, 1)) < FEWEST_ROWS // 2:
        return (), None
    safe = np.maximum(mean, SMALLEST_MEAN)
    weight = safe / np.repeat(cases.change, cases.actual.shape[1])
    result = np.zeros((actual.size, len(QUANTILE_GRID)))
    models = []
    for one in (0, 1):
        use = usable & learned & (fold == one)
        booster = boost_quantiles(
            features[use], actual[use] / safe[use], weight[use], round(QUANTILE_TREES * trees), seed,
            num_leaves=10, learning_rate=0.1, min_data_in_leaf=2 * leaf_size(int(use.sum())),
        )  # fmt: skip
        models.append(booster)
        result[fold != one] = predict_ratios((booster,), features[fold != one], safe[fold != one])
    return tuple(models), result


def halves(cases: Cases) -> tuple[IntArray, BoolArray]:
    """Which half of the origins (0 earlier, 1 later) each bucket [c h] of the cases belongs to, and where it may teach.

    Halves in time, not of the series: what all series did in the same weeks is no evidence for a member that was
    fitted to those weeks. Buckets of earlier origins that reach into the later half teach neither.
    """
    horizon = cases.actual.shape[1]
    origins = np.unique(cases.origin)
    split = origins[origins.size // 2] if origins.size else 0
    fold = np.repeat((cases.origin >= split).astype(np.int64), horizon)
    target = (cases.origin[:, None] + np.arange(horizon)).ravel()
    return fold, (fold == 1) | (target < split)


def _pooled_elsewhere(cases: Cases, mean: FloatArray) -> FloatArray:
    """Quantiles [c h, 11] by pools of ratios of the other half of the origins, to judge the pools by."""
    fold, learned = halves(cases)
    actual = cases.actual.ravel()
    result = np.zeros((mean.size, len(QUANTILE_GRID)))
    for one in (0, 1):
        use = learned & (fold == one)
        result[fold != one] = fit_ratio_pools(mean[use], actual[use]).quantiles(mean[fold != one])
    return result


def predict_ratios(models: tuple[tuple["Booster", ...], ...], features: Float32Array, mean: FloatArray) -> FloatArray:
    """Quantiles [r, 11] of demand: the mean of the folds' ratios times the forecast mean [r]."""
    folds = [np.stack([predict(booster, features) for booster in model], axis=1) for model in models]
    return on_grid(np.mean(folds, axis=0)) * np.maximum(mean, SMALLEST_MEAN)[:, None]


def _spacing(cases: Cases) -> int:
    origins = np.unique(cases.origin)
    return int(np.diff(origins).min()) if origins.size > 1 else 1


def _bias_factor(mean: FloatArray, cases: Cases, blocks: float, prior_sd: float) -> float:
    """Factor on the mean: demand over forecast in units, as far as it repeats.

    Posterior mean under a normal prior around 1. The ratio varies over time (the ratios of `blocks` spans that do not
    overlap by those seen at the origins, held to .1) and by which series had large orders (see _series_variance).
    """
    ratios = []
    for origin in np.unique(cases.origin):
        mask = cases.origin == origin
        known = np.isfinite(cases.actual[mask])
        expected = float(mean[mask][known].sum())
        if expected > 0:
            ratios.append(float(cases.actual[mask][known].sum()) / expected)
    if not ratios:
        return 1.0
    values = np.array(ratios)
    variance = (float(values.var()) + BLOCK_SD**2) / 2.0 / max(blocks, 1.0) + _series_variance(mean, cases)
    step = (float(values.mean()) - 1.0) * prior_sd**2 / (prior_sd**2 + variance)
    return 1.0 + float(np.clip(step, -LARGEST_BIAS_STEP, LARGEST_BIAS_STEP))


def _series_variance(mean: FloatArray, cases: Cases) -> float:
    """Sampling variance of demand over forecast in units, series drawn as a whole.

    Where ten orders are a third of all units the ratio of a quarter says little, however many buckets it is of.
    Source: Cochran (1977), Sampling Techniques, ratio estimator, eq. 6.13, with series as clusters.
    """
    known = np.isfinite(cases.actual)
    expected, came = np.where(known, mean, 0.0).sum(axis=1), np.where(known, cases.actual, 0.0).sum(axis=1)
    total = float(expected.sum())
    if total <= 0:
        return 0.0
    missed = np.bincount(cases.row, weights=came - expected * float(came.sum()) / total)
    return float(np.square(missed).sum()) / total**2


def evidence(
    cases: Cases,
    quantiles: dict[str, Float32Array],
    means: dict[str, FloatArray],
    mean: FloatArray,
    final: FloatArray,
    blend: Blend,
) -> dict[str, Any]:
    """Scores at past origins: scaled pinball of each member, of all-zero and of the blend; its bias and coverage."""
    from forecasting.engine.scores import mean_known, pinball

    known = np.isfinite(cases.actual)
    losses = {
        name: pinball(cases.actual, values.astype(np.float64)) / cases.change[:, None]
        for name, values in quantiles.items()
    }
    losses["blend"] = pinball(cases.actual, final) / cases.change[:, None]
    losses["all-zero"] = pinball(cases.actual, np.zeros(final.shape)) / cases.change[:, None]

    def scores(mask: Any) -> dict[str, Any]:
        came = np.where(known[mask], cases.actual[mask], 0.0)
        total = float(came.sum())
        expected = {**means, "blend": mean}
        return {
            "buckets": int(known[mask].sum()),
            "scaled_pinball": {
                name: _rounded(mean_known(loss[mask].ravel()[None])[0]) for name, loss in losses.items()
            },
            "bias": {
                name: _rounded(float(np.where(known[mask], values[mask], 0.0).sum()) / total - 1.0) if total else None
                for name, values in expected.items()
            },
            "below": [
                _rounded(float((cases.actual[mask] <= final[mask][..., at])[known[mask]].mean()))
                if known[mask].any()
                else None
                for at in range(len(QUANTILE_GRID))
            ],
        }

    everything = np.ones(cases.row.size, dtype=np.bool_)
    result: dict[str, Any] = {"origins": int(np.unique(cases.origin).size), "all": scores(everything), "segments": {}}
    for code in np.unique(cases.segment).tolist():
        weights = dict(zip(blend.members, [_rounded(w) for w in blend.quantile[code].mean(axis=0)], strict=True))
        means_of = dict(zip(blend.mean_members, [_rounded(w) for w in blend.mean[code]], strict=True))
        result["segments"][segment_name(code)] = {
            **scores(cases.segment == code), "weights": weights, "mean_weights": means_of,
        }  # fmt: skip
    return result


def _rounded(value: float) -> float:
    return round(float(value), 4)
