"""What one item's levels were made of in a run, read back so that they can be computed again with other parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecasting.services.runs import ForecastArrays, first_date
from policies import engine
from policies.models import Policy, PolicyRun
from stocksense.core.numeric import FloatArray, IntArray

_NUMBERS = (
    "lead_time_days", "lead_time_sd_days", "review_days", "service_level", "max_cover_days", "minimum_order",
    "order_cost", "holding_cost_per_year", "min_quantity", "max_quantity", "safety_stock",
)  # fmt: skip
_STAND_INS = {"service_level": 0.5}


def read_level_input(
    run: PolicyRun,
    *,
    item_id: int,
    location_ids: Sequence[int],
    origin: IntArray,
    forecasts: tuple[ForecastArrays, ForecastArrays],
) -> engine.LevelInput:
    """The parameters that `run` used for the item at these locations, from its traces.

    origin [n]: node that replenishes each one, -1 for none; forecasts: own and network, in the order of the locations.
    A location without a policy has the method none.
    """
    own, network = forecasts
    rows = Policy.objects.filter(run_id=run.pk, run_date=run.run_date, item_id=item_id)
    found = {
        location: (method, inputs)
        for location, method, inputs in rows.values_list("location_id", "trace__method", "trace__inputs")
    }
    known: list[tuple[str, dict[str, Any]]] = [found.get(location, ("none", {})) for location in location_ids]
    columns = {name: _column(name, [inputs for _, inputs in known]) for name in _NUMBERS}
    below = network.known
    return engine.LevelInput(
        mean=np.where(below[:, None], network.mean, own.mean),
        cumulative_quantiles=np.where(below[:, None, None], network.cumulative_quantiles, own.cumulative_quantiles),
        bucket_days=float(run.forecast_run.bucket_days),
        elapsed_days=np.full(len(known), float((run.as_of - first_date(run.forecast_run)).days)),
        origin=origin,
        method=engine.method_codes([method or "none" for method, _ in known]),
        **columns,
    )


def _column(name: str, inputs: Sequence[dict[str, Any]]) -> FloatArray:
    optional = name in engine.OPTIONAL_INPUTS
    missing = np.nan if optional else _STAND_INS.get(name, 0.0)
    return np.array([missing if row.get(name) is None else row[name] for row in inputs], dtype=np.float64)
