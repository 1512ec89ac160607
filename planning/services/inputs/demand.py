"""Demand, levels and order days by item-location and day, from the runs that the plan is built on."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecasting.services.runs import ForecastArrays
from planning.engine import inputs as engine
from policies.models import PolicyRun
from stocksense.core.database.binary import read_arrays
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray

if TYPE_CHECKING:
    import polars

_P10, _P90 = QUANTILE_GRID.index(0.1), QUANTILE_GRID.index(0.9)

_POLICIES = """
SELECT item_id, location_id, method, review_days
FROM policies_policy WHERE run_id = %(run)s AND run_date = %(date)s
  AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s::bigint[]))
"""
_LEVELS = """
SELECT item_id, location_id, reorder_points AS points, order_up_to_levels AS ups
FROM policies_policy WHERE run_id = %(run)s AND run_date = %(date)s
  AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s::bigint[]))
"""


def daily_demand(
    own: ForecastArrays, network: ForecastArrays, *, bucket_days: int, elapsed: int, horizon: int
) -> engine.Demand:
    """Bucketed forecasts as daily paths: the mean spread evenly over a bucket's days (the stated day profile).

    The quantiles' distance from the mean grows with the square root of time between bucket ends, as for
    independent days. A node that supplies others carries the spread of all demand below it around its own mean; its P10
    is below 0 where those may want less by more than it sells itself.
    """
    days = elapsed + np.arange(horizon)
    bucket = np.minimum(days // bucket_days, own.mean.shape[1] - 1)
    mean = own.mean[:, bucket] / bucket_days
    cumulative = np.cumsum(mean, axis=1)
    wide = network.known[:, None, None]
    centre = np.cumsum(np.where(network.known[:, None], network.mean, own.mean), axis=1)[:, :, None]
    quantiles = np.where(
        wide, network.cumulative_quantiles[:, :, [_P10, _P90]], own.cumulative_quantiles[:, :, [_P10, _P90]]
    )
    spread = _by_day(quantiles - centre, bucket_days, horizon)
    low = cumulative + spread[:, :, 0]
    return engine.Demand(
        mean=mean,
        cumulative_p10=np.where(network.known[:, None], low, np.maximum(low, 0.0)),
        cumulative_p90=np.maximum(cumulative + spread[:, :, 1], 0.0),
    )


def _by_day(excess: FloatArray, bucket_days: int, horizon: int) -> FloatArray:
    """Distances from the mean at bucket ends [n, h, 2] as at the ends of days 1..horizon [n, T, 2]."""
    knots = np.concatenate((np.zeros((len(excess), 1, 2)), excess), axis=1)
    at = np.minimum((1.0 + np.arange(horizon)) / bucket_days, excess.shape[1])
    whole = np.minimum(np.floor(at).astype(np.int64), excess.shape[1] - 1)
    weight = (np.sqrt(at) - np.sqrt(whole)) / (np.sqrt(whole + 1.0) - np.sqrt(whole))
    low, high = knots[:, whole], knots[:, whole + 1]
    result: FloatArray = low + weight[None, :, None] * (high - low)
    return result


def read_policies(
    policy_run: PolicyRun, nodes: "polars.DataFrame", item_ids: Sequence[int] | None
) -> "polars.DataFrame":
    """The run's policies by `node`, `points` and `ups` with a level per day; `item_ids` reads no others (all that
    `nodes` has).
    """
    import polars

    values = {"run": policy_run.pk, "date": policy_run.run_date, "items": None if item_ids is None else list(item_ids)}
    keys = ["item_id", "location_id"]
    policies = read_frame(_POLICIES, values).join(nodes.select("node", *keys), on=keys)
    return policies.join(
        polars.DataFrame(read_arrays(_LEVELS, values), schema_overrides=dict.fromkeys(keys, polars.Int64)), on=keys
    )


def review_days(nodes: "polars.DataFrame", policies: "polars.DataFrame", default: float) -> FloatArray:
    """Days from one order day to the next by the policy run [n]; `default` where it has none."""
    days = np.full(len(nodes), float(default))
    days[policies["node"].to_numpy()] = policies["review_days"].to_numpy()
    return days


def levels(policies: "polars.DataFrame", review: BoolArray, *, skip: int) -> engine.Levels:
    """Levels of each node and day [n, T] from those the policy run set from day `skip` of its own on."""
    size, horizon = review.shape
    points, ups = np.zeros((size, horizon)), np.zeros((size, horizon))
    if len(policies):
        at = policies["node"].to_numpy()
        points[at] = _from_day(policies["points"].to_numpy(), skip, horizon)
        ups[at] = _from_day(policies["ups"].to_numpy(), skip, horizon)
    return engine.Levels(reorder_point=points, order_up_to=ups, review=review)


def _from_day(levels: FloatArray, skip: int, horizon: int) -> FloatArray:
    """Levels from day `skip` on, the last one standing for days beyond."""
    columns = np.minimum(skip + np.arange(horizon), levels.shape[1] - 1)
    chosen: FloatArray = levels[:, columns]
    return chosen


def review_mask(
    order_weekdays: list[str], review_days: FloatArray, as_of: date, horizon: int, week_start: int
) -> BoolArray:
    """Order days [n, T]: the given weekdays, else every review_days counted from a fixed week start.

    Counted from a fixed day, so that a plan made tomorrow keeps the order days of today's.
    """
    dates = as_of.toordinal() + np.arange(horizon)
    anchored = dates - date(2001, 1, 1).toordinal() - week_start
    mask: BoolArray = anchored % np.maximum(review_days.astype(np.int64), 1)[:, None] == 0
    weekday = (as_of.weekday() + np.arange(horizon)) % 7
    for node in np.flatnonzero([bool(days) for days in order_weekdays]):
        mask[node] = np.isin(weekday, [int(day) for day in order_weekdays[node].split()])
    return mask
