"""Totals by category, region and location: forecast from their summed histories and made to agree with the parts."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting import engine
from forecasting.engine import ForecastBatch, SeriesBatch
from forecasting.engine.hierarchy import Hierarchy, moved, quantile_variance, reconcile
from forecasting.models import AggregateLevel
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars

LEAST_VARIANCE = 1e-6
YEAR_DAYS = 364

_TREE = """
SELECT above.id AS category_id, below.id AS own_id FROM inventory_category above
JOIN inventory_category below ON below.id = above.id OR starts_with(below.path, above.path || '/')
"""
_REGIONS = "SELECT id AS location_id, region FROM inventory_location WHERE region <> '' ORDER BY id"


@dataclass(frozen=True)
class Total:
    """One total: its level, what it is of (ids and name, blank where the level has none), and the nodes it sums."""

    level: AggregateLevel
    nodes: IntArray
    category_id: int | None = None
    region: str = ""
    location_id: int | None = None


@dataclass(frozen=True)
class Reconciled:
    """Forecasts that add up: `own` of the nodes, and `batch` of the totals, whose mean is the sum of theirs."""

    own: ForecastBatch
    totals: list[Total]
    batch: ForecastBatch


def read_totals(nodes: "polars.DataFrame") -> list[Total]:
    """Everything; each category with all below it; each region that is named; each location."""
    import polars

    places = nodes.select(polars.col("node").cast(polars.Int64), "category_id", "location_id")
    found = [Total(AggregateLevel.TOTAL, np.arange(len(nodes)))]
    tree = read_frame(_TREE).join(places, left_on="own_id", right_on="category_id")
    for category, rows in _groups(tree, "category_id"):
        found.append(Total(AggregateLevel.CATEGORY, rows, category_id=int(category)))
    for region, rows in _groups(places.join(read_frame(_REGIONS), on="location_id"), "region"):
        found.append(Total(AggregateLevel.REGION, rows, region=str(region)))
    for location, rows in _groups(places, "location_id"):
        found.append(Total(AggregateLevel.LOCATION, rows, location_id=int(location)))
    return found


def _groups(rows: "polars.DataFrame", key: str) -> list[tuple[Any, IntArray]]:
    grouped = rows.group_by(key).agg("node").sort(key)
    return [(value, np.sort(np.array(nodes, dtype=np.int64))) for value, nodes in grouped.iter_rows()]


def reconciled(
    own: ForecastBatch, totals: list[Total], demand: FloatArray, *, sold: BoolArray, steady: BoolArray,
    bucket_days: int, windows: int,
) -> Reconciled:  # fmt: skip
    """Forecast the totals from summed demand [n, w] by the same engine, and move all to where they add up.

    own: forecasts of the n nodes. sold [n, h]: False in buckets in which a node is not sold; it counts as 0 there.
    steady [n]: what sells now and goes on. Of the others (launches, handovers, items that end) the past of a total
    knows nothing, or what will not come again: they stay as they are and are added to totals of the steady ones. The
    variances are those of the calibrated quantiles, so a forecast that knows more (of promotions, say) is moved
    less. Quantiles follow their means.
    """
    size, horizon = own.mean.shape
    hierarchy = Hierarchy.of([total.nodes for total in totals], size)
    kept = steady[:, None]
    base = _base(
        hierarchy.sums(np.where(kept, demand, 0.0)), horizon=horizon, bucket_days=bucket_days, windows=windows
    )  # fmt: skip
    bottom = np.where(sold, own.mean, 0.0)
    others = hierarchy.sums(np.where(kept, 0.0, bottom))
    variance = np.where(kept & sold, quantile_variance(own.quantiles, own.mean) + LEAST_VARIANCE, 0.0)
    total_variance = quantile_variance(base.quantiles, base.mean) + LEAST_VARIANCE
    found = reconcile(hierarchy, bottom, base.mean + others, variance, total_variance)
    return Reconciled(
        own=_with_mean(own, np.where(sold, found, own.mean)),
        totals=totals,
        batch=_with_mean(base, hierarchy.sums(found)),
    )


def _base(histories: FloatArray, *, horizon: int, bucket_days: int, windows: int) -> ForecastBatch:
    """Forecasts of histories [m, w], each from its first demand on."""
    sold = histories > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), histories.shape[1])
    inside = np.arange(histories.shape[1]) >= first[:, None]
    batch = SeriesBatch(
        values=histories[inside],
        offsets=np.concatenate(([0], np.cumsum(inside.sum(axis=1)))).astype(np.int64),
        in_stock=np.ones(int(inside.sum()), dtype=np.bool_),
        bucket_days=bucket_days,
    )
    test = engine.back_test(batch, horizon=horizon, windows=windows)
    return engine.calibrate(test, engine.pool_errors([test]))


def _with_mean(batch: ForecastBatch, mean: FloatArray) -> ForecastBatch:
    before, after = np.cumsum(batch.mean, axis=1), np.cumsum(mean, axis=1)
    cumulative = moved(batch.cumulative_quantiles, before, after)
    return replace(
        batch,
        mean=mean,
        quantiles=moved(batch.quantiles, batch.mean, mean),
        cumulative_quantiles=np.maximum.accumulate(cumulative, axis=1),
    )


def accuracy(reconciled: Reconciled, demand: FloatArray, *, bucket_days: int) -> dict[str, dict[str, float]]:
    """Back-test scores of each level's own forecasts: WAPE and bias weighed by last year's demand, mean pinball.

    Item-locations are the level `item_location`. A score that nothing is known of is left out.
    """
    recent = demand[:, -max(1, YEAR_DAYS // bucket_days) :].sum(axis=1)
    result = {"item_location": _scores(reconciled.own, np.arange(len(recent)), recent)}
    volume = np.array([recent[total.nodes].sum() for total in reconciled.totals])
    for level in AggregateLevel:
        rows = np.array([i for i, total in enumerate(reconciled.totals) if total.level == level], dtype=np.int64)
        if rows.size:
            result[level.value] = _scores(reconciled.batch, rows, volume)
    return result


def _scores(batch: ForecastBatch, rows: IntArray, volume: FloatArray) -> dict[str, float]:
    known = rows[np.isfinite(batch.wape[rows]) & (volume[rows] > 0)]
    found: dict[str, float] = {"series": int(rows.size)}
    if known.size:
        weight = volume[known] / volume[known].sum()
        for name in ("wape", "bias", "all_zero_wape"):
            found[name] = round(float(weight @ getattr(batch, name)[known]), 4)
    for name in ("scaled_pinball", "all_zero_scaled_pinball"):
        values = getattr(batch, name)[rows]
        if np.isfinite(values).any():
            found[name] = round(float(np.nanmean(values)), 4)
    return found
