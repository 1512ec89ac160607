"""Which series of a run overrides reach, and in which order they count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.engine.overrides import Change
from forecasting.models import ForecastOverride, ForecastRun, ForecastScope
from inventory.models import Category
from stocksense.core.database.binary import read_arrays
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

NEVER = 1_000_000
"""Days: further away than any calendar."""

_REACHED = """
SELECT f.id, f.item_id, f.location_id, coalesce(item.category_id, 0)::bigint AS category_id,
       coalesce(greatest(item.active_from, place.active_from) - f.first_date, -%(never)s)::bigint AS begins,
       coalesce(least(item.active_to, place.active_to) - f.first_date, %(never)s)::bigint AS ends,
       coalesce(f.statistical_mean, f.mean) AS mean
FROM forecasting_forecast f
JOIN inventory_item item ON item.id = f.item_id
LEFT JOIN inventory_itemlocation place ON place.item_id = f.item_id AND place.location_id = f.location_id
WHERE f.run_id = %(run)s AND f.run_date = %(date)s AND f.scope = %(scope)s
  AND (%(all)s OR f.item_id = ANY(%(items)s::bigint[]) OR f.location_id = ANY(%(locations)s::bigint[])
       OR item.category_id = ANY(%(categories)s::bigint[]))
ORDER BY f.item_id, f.location_id
"""


@dataclass(frozen=True)
class Reached:
    """The series of a run that overrides may be about, in the order of item and location.

    forecast_id, item_id, location_id, category_id [n] (0: no category); mean [n, h]: the statistical one;
    sold [n, h]: False in buckets in which the item is not sold.
    """

    forecast_id: IntArray
    item_id: IntArray
    location_id: IntArray
    category_id: IntArray
    mean: FloatArray
    sold: BoolArray


def in_order(overrides: Iterable[ForecastOverride]) -> list[ForecastOverride]:
    """The order in which overrides count: the general before the special, then the older before the younger.

    So what is said of an item at a location stands, whatever is said of its category later.
    """
    return sorted(overrides, key=lambda one: (specificity(one), one.pk or NEVER * NEVER))


def specificity(override: ForecastOverride) -> int:
    """0 everything, 1 a location, 2 a category, 3 a category at a location, 4 an item, 5 an item at a location."""
    return 4 * bool(override.item_id) + 2 * bool(override.category_id) + bool(override.location_id)


def subtrees(category_ids: Iterable[int]) -> dict[int, list[int]]:
    """Per category its own id and those of all categories below it."""
    wanted = set(category_ids)
    if not wanted:
        return {}
    paths = dict(Category.objects.values_list("pk", "path"))
    return {
        one: [pk for pk, path in paths.items() if f"{path}/".startswith(f"{paths[one]}/")]
        for one in wanted
        if one in paths
    }


def lineage(category_id: int | None) -> list[int]:
    """A category's own id and those of all categories above it; empty for none."""
    if category_id is None:
        return []
    paths = dict(Category.objects.values_list("pk", "path"))
    own = paths.get(category_id, "")
    return [pk for pk, path in paths.items() if f"{own}/".startswith(f"{path}/")]


def read_reached(run: ForecastRun, overrides: Sequence[ForecastOverride]) -> Reached:
    """The series that any of the overrides may be about, by one query."""
    below = subtrees(one.category_id for one in overrides if one.category_id)
    values: dict[str, Any] = {
        "run": run.pk, "date": run.run_date, "scope": ForecastScope.OWN.value, "never": NEVER,
        "all": any(specificity(one) == 0 for one in overrides),
        "items": [one.item_id for one in overrides if one.item_id],
        "locations": [one.location_id for one in overrides if specificity(one) == 1],
        "categories": sorted({pk for found in below.values() for pk in found}),
    }  # fmt: skip
    found = read_arrays(_REACHED, values)
    count, horizon = len(found["id"]), run.horizon_buckets
    if not count:
        none = np.zeros(0, dtype=np.int64)
        return Reached(none, none, none, none, np.zeros((0, horizon)), np.zeros((0, horizon), dtype=np.bool_))
    first = np.arange(horizon) * run.bucket_days
    last = first + run.bucket_days - 1
    sold = (last >= found["begins"][:, None]) & (first <= found["ends"][:, None])
    return Reached(found["id"], found["item_id"], found["location_id"], found["category_id"], found["mean"], sold)


def changes_of(run: ForecastRun, overrides: Sequence[ForecastOverride], reached: Reached) -> list[Change]:
    """The overrides as the engine takes them, in their order."""
    below = subtrees(one.category_id for one in overrides if one.category_id)
    day = run.starts_on
    return [
        Change(
            mode=one.mode,  # type: ignore[arg-type]
            value=float(one.value),
            start=(one.start_date - day).days,
            end=(one.end_date - day).days + 1,
            rows=np.flatnonzero(_about(one, reached, below)),
        )
        for one in overrides
    ]


def _about(override: ForecastOverride, reached: Reached, below: dict[int, list[int]]) -> BoolArray:
    mask = np.ones(len(reached.forecast_id), dtype=np.bool_)
    if override.item_id:
        mask &= reached.item_id == override.item_id
    if override.location_id:
        mask &= reached.location_id == override.location_id
    if override.category_id:
        mask &= np.isin(reached.category_id, below.get(override.category_id, []))
    return mask
