"""The steps behind one item-location's levels, in words and numbers, and their recomputation from what is written.

Plain scalar arithmetic on purpose: it shares no code with the array functions, so agreement means something.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, Final

from policies.engine.interval import HIGHEST_SCORE
from policies.engine.levels import METHODS, LevelInput
from policies.engine.order_quantity import DAYS_PER_YEAR
from stocksense.core.numeric import QUANTILE_GRID, FloatArray

Trace = dict[str, Any]
_SCORES: Final = tuple(NormalDist().inv_cdf(p) for p in QUANTILE_GRID)
OPTIONAL_INPUTS: Final = ("order_cost", "holding_cost_per_year", "min_quantity", "max_quantity", "safety_stock")
_COPIED: Final = (
    "lead_time_days", "lead_time_sd_days", "review_days", "service_level",
    "max_cover_days", "minimum_order", "daily_rate", "batching_sd", *OPTIONAL_INPUTS,
)  # fmt: skip


def level_steps(i: int, given: LevelInput) -> Trace:
    """Trace of item-location i for a review today: {"method", "inputs", "steps", "results"}.

    inputs hold what s and S are recomputed from: the parameters (None where not given), mean and quantiles of demand
    over the protection interval as if the lead time were certain and nobody ordered in batches. steps are dicts of
    name, formula and value in the order of computation; results are reorder_point, order_up_to, safety_stock and
    order_quantity (None when not planned). Floats and strings only, so that it can be stored as JSON.
    """
    mean, quantiles = given.certain_interval
    inputs: Trace = {name: _number(getattr(given, name), i) for name in _COPIED}
    inputs["interval_mean"] = float(mean[i])
    inputs["interval_quantiles"] = [float(value) for value in quantiles[i]]
    inputs["quantile_grid"] = list(QUANTILE_GRID)
    return _computed(METHODS[int(given.method[i])], inputs)


def recompute_levels(trace: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Reorder point and order-up-to level of a trace, computed again from its inputs; None when not planned."""
    results = _computed(trace["method"], trace["inputs"])["results"]
    return results["reorder_point"], results["order_up_to"]


def _number(values: FloatArray, i: int) -> float | None:
    value = float(values[i])
    return value if math.isfinite(value) else None


def _computed(method: str, inputs: Mapping[str, Any]) -> Trace:
    steps: list[Trace] = []

    def step(name: str, formula: str, value: float) -> float:
        steps.append({"name": name, "formula": formula, "value": value})
        return value

    trace: Trace = {"method": method, "inputs": dict(inputs), "steps": steps}
    if method == "none":
        trace["results"] = dict.fromkeys(("reorder_point", "order_up_to", "safety_stock", "order_quantity"))
        return trace
    step("protection interval", "lead_time_days + review_days", inputs["lead_time_days"] + inputs["review_days"])
    mean = step("demand over it", "interval_mean", inputs["interval_mean"])
    quantity = step("order quantity", *_quantity(inputs))
    point = step("reorder point", *_point(method, inputs))
    up_to = step("order-up-to level", *_up_to(method, inputs, point, quantity))
    capped = _capped_point(method, inputs, point)
    if capped != point:
        point = step("reorder point, limited", "min(reorder point, max_quantity)", capped)
    safety = step("safety stock", "reorder point - demand over the interval (already part of it)", point - mean)
    trace["results"] = {
        "reorder_point": point, "order_up_to": up_to, "safety_stock": safety, "order_quantity": quantity,
    }  # fmt: skip
    return trace


def _quantity(inputs: Mapping[str, Any]) -> tuple[str, float]:
    rate, cost, holding = inputs["daily_rate"], inputs["order_cost"], inputs["holding_cost_per_year"]
    one_review, minimum = rate * inputs["review_days"], inputs["minimum_order"]
    if cost is None or not holding:
        return "max(daily_rate * review_days, minimum_order); a cost is not known", max(one_review, minimum)
    economic = math.sqrt(2.0 * cost * rate * DAYS_PER_YEAR / holding)
    formula = (
        "max(min(sqrt(2 * order_cost * daily_rate * 365 / holding_cost_per_year), daily_rate * max_cover_days), "
        "daily_rate * review_days, minimum_order)"
    )
    return formula, max(min(economic, rate * inputs["max_cover_days"]), one_review, minimum)


def _point(method: str, inputs: Mapping[str, Any]) -> tuple[str, float]:
    low = inputs["min_quantity"]
    if method == "min_max" and low is not None:
        return "min_quantity, set by the planner", low
    if inputs["safety_stock"] is not None:
        formula, point = (
            "interval_mean + safety_stock, set by the planner",
            inputs["interval_mean"] + inputs["safety_stock"],
        )
    else:
        formula = (
            f"service_level {inputs['service_level']:g} quantile of demand over the interval, each quantile's excess "
            "and z * interval_mean / protection interval * lead_time_sd_days"
            f"{' and z * batching_sd' if inputs['batching_sd'] else ''} added in quadrature"
        )
        point = _service_quantile(inputs)
    if low is not None and low > point:
        return f"min_quantity, above {point:g} from {formula}", low
    return formula, point


def _service_quantile(inputs: Mapping[str, Any]) -> float:
    score = min(max(NormalDist().inv_cdf(inputs["service_level"]), -HIGHEST_SCORE), HIGHEST_SCORE)
    segment = max((k for k in range(len(_SCORES) - 1) if _SCORES[k] <= score), default=0)
    low, high = _widened(inputs, segment), _widened(inputs, segment + 1)
    weight = (score - _SCORES[segment]) / (_SCORES[segment + 1] - _SCORES[segment])
    return max(low + weight * (high - low), 0.0)


def _widened(inputs: Mapping[str, Any], k: int) -> float:
    mean = float(inputs["interval_mean"])
    days = inputs["lead_time_days"] + inputs["review_days"]
    excess = inputs["interval_quantiles"][k] - mean
    late = _SCORES[k] * mean / days * inputs["lead_time_sd_days"] if days > 0 else 0.0
    return max(mean + _in_quadrature(_in_quadrature(excess, late), _SCORES[k] * inputs["batching_sd"]), 0.0)


def _in_quadrature(excess: float, other: float) -> float:
    both = excess + other
    return math.copysign(math.hypot(excess, other), both) if excess * other >= 0 else both


def _capped_point(method: str, inputs: Mapping[str, Any], point: float) -> float:
    by_hand = method == "min_max" and inputs["min_quantity"] is not None
    high = inputs["max_quantity"]
    return point if by_hand or high is None else min(point, high)


def _up_to(method: str, inputs: Mapping[str, Any], point: float, quantity: float) -> tuple[str, float]:
    high = inputs["max_quantity"]
    if high is None:
        return "reorder point + order quantity", point + quantity
    if method == "min_max":
        return "max_quantity, set by the planner, not below the reorder point", max(
            high, _capped_point(method, inputs, point)
        )
    return "min(reorder point + order quantity, max_quantity)", min(point + quantity, high)
