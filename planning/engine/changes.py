"""Why a proposal differs from that of an earlier plan: the order-up-to level moved, or the position did.

At the later plan's day an order lifts the position to S. So the change of the need is the change of S less the change
of the position; what that does not explain are lot sizes, order days and what else a network shares.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stocksense.core.numeric import FloatArray, IntArray

SMALL: Final = 1e-6
"""Units below which an effect counts as none."""

CAUSES: Final = ("demand", "stock", "parameters", "decisions")
OTHER: Final = "timing"


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one plan knew of each item-location, all fields [m]; nan where it is not known.

    quantity: units proposed in the window. position: inventory position on the plan's day. use_until: units expected to
    be used from the plan's day to the later plan's day (0 in the later plan). order_up_to: S on the later plan's
    day. interval_demand: mean demand over one and the same protection interval from the later plan's day.
    """

    quantity: FloatArray
    position: FloatArray
    use_until: FloatArray
    order_up_to: FloatArray
    interval_demand: FloatArray


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Units that each cause adds to the proposals, all fields [m]; they add up to the change of quantity.

    cause [m]: index in `CAUSES` of the largest effect in the direction of the change, -1 where none explains it.
    """

    demand: FloatArray
    stock: FloatArray
    parameters: FloatArray
    decisions: FloatArray
    timing: FloatArray
    cause: IntArray


def explain_changes(before: Side, after: Side, *, approved: FloatArray) -> Effects:
    """Split the change of each quantity into its causes.

    approved [m]: units approved between the plans, which are on order in the later one. demand: change of the mean over
    the protection interval. parameters: what S moved beyond that. decisions: minus what was approved. stock: what the
    position lacks of what was expected. timing: the rest. Effects that are not known count as 0.
    """
    demand = _known(after.interval_demand - before.interval_demand)
    parameters = _known(after.order_up_to - before.order_up_to - demand)
    expected = before.position - before.use_until + approved
    stock = _known(expected - after.position)
    decisions = -approved
    change = after.quantity - before.quantity
    effects = np.column_stack((demand, stock, parameters, decisions))
    helping = np.where(np.sign(effects) == np.sign(change)[:, None], np.abs(effects), 0.0)
    largest = helping.argmax(axis=1) if len(change) else np.zeros(0, dtype=np.int64)
    explained = helping.max(axis=1, initial=0.0) > SMALL
    return Effects(
        demand=demand,
        stock=stock,
        parameters=parameters,
        decisions=decisions,
        timing=change - effects.sum(axis=1),
        cause=np.where(explained, largest, -1),
    )


def used_between(mean: FloatArray, first: FloatArray, last: FloatArray, *, bucket_days: int) -> FloatArray:
    """Units expected from day `first` up to and without day `last` [m], days counted from the first bucket's start.

    mean [m, h]: units per bucket, spread evenly over its days. After the last bucket its rate goes on.
    """
    if not mean.size:
        return np.zeros(len(mean))
    ends = np.concatenate((np.zeros((len(mean), 1)), np.cumsum(mean, axis=1)), axis=1)
    rate = mean[:, -1] / bucket_days
    return _until(ends, last, rate, bucket_days) - _until(ends, first, rate, bucket_days)


def _until(ends: FloatArray, day: FloatArray, rate: FloatArray, bucket_days: int) -> FloatArray:
    buckets = ends.shape[1] - 1
    at = np.clip(day / bucket_days, 0.0, buckets)
    whole = np.minimum(np.floor(at).astype(np.int64), buckets - 1)
    rows = np.arange(len(ends))
    inside = ends[rows, whole] + (at - whole) * (ends[rows, whole + 1] - ends[rows, whole])
    return np.asarray(inside + rate * np.maximum(day - buckets * bucket_days, 0.0))


def _known(effect: FloatArray) -> FloatArray:
    found: FloatArray = np.where(np.isfinite(effect), effect, 0.0)
    return np.where(np.abs(found) < SMALL, 0.0, found)
