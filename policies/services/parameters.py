"""Which method, service target and review each item-location gets, and which word set it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from inventory.models import Category, PolicyMethod
from policies.models import PolicyRule
from stocksense.company.models import CompanySettings
from stocksense.core.numeric import FloatArray

if TYPE_CHECKING:
    import polars

DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Segments:
    """Classes of n nodes."""

    abc: Sequence[str]
    xyz: Sequence[str]
    demand_class: Sequence[str]


@dataclass(frozen=True)
class Parameters:
    """Parameters of n nodes; `*_from` names what set each one, for the trace."""

    method: list[str]
    method_from: list[str]
    service_target: FloatArray
    service_from: list[str]
    review_days: FloatArray
    review_from: list[str]


def resolve_parameters(nodes: "polars.DataFrame", segments: Segments, settings: CompanySettings) -> Parameters:
    """The planner's own setting, else the first rule that fits and says it, else the company's default."""
    rules = list(PolicyRule.objects.filter(is_active=True).select_related("category"))
    paths = _category_paths(rules)
    found = Parameters([], [], np.empty(len(nodes)), [], np.empty(len(nodes)), [])
    own = nodes.select("method", "service_target", "review_days", "order_weekdays", "category_id", "location_kind")
    for node, row in enumerate(own.iter_rows(named=True)):
        fitting = [rule for rule in rules if _fits(rule, row, segments, node, paths)]
        method, method_from = _first(row["method"], fitting, "method", PolicyMethod.PERIODIC)
        target, service_from = _first(row["service_target"], fitting, "service_target", settings.default_service_target)
        if row["order_weekdays"]:
            review: float = longest_gap([int(day) for day in row["order_weekdays"].split()])
            review_from = "item-location's order weekdays"
        else:
            review, review_from = _first(row["review_days"], fitting, "review_days", settings.default_review_days)
        found.method.append(str(method))
        found.method_from.append(method_from)
        found.service_target[node] = float(target)
        found.service_from.append(service_from)
        found.review_days[node] = float(review)
        found.review_from.append(review_from)
    return found


def longest_gap(weekdays: Sequence[int]) -> int:
    """Most days from one order weekday to the next."""
    ordered = sorted(weekdays)
    nexts = [*ordered[1:], ordered[0] + DAYS_OF_WEEK]
    return max(later - earlier for earlier, later in zip(ordered, nexts, strict=True))


def _first(own: Any, rules: Sequence[PolicyRule], field: str, default: Any) -> tuple[Any, str]:
    if own not in (None, ""):
        return own, "item-location"
    for rule in rules:
        value = getattr(rule, field)
        if value not in (None, ""):
            return value, f"rule {rule.name}"
    return default, "company default"


def _category_paths(rules: Sequence[PolicyRule]) -> dict[int, set[int]]:
    """Per rule with a category: the ids of that category and everything below it."""
    return {
        rule.pk: set(Category.objects.filter(path__startswith=f"{rule.category.path}/").values_list("pk", flat=True))
        | {rule.category.pk}
        for rule in rules
        if rule.category is not None
    }


def _fits(rule: PolicyRule, row: dict[str, object], segments: Segments, node: int, paths: dict[int, set[int]]) -> bool:
    return (
        (not rule.abc or segments.abc[node] in rule.abc)
        and (not rule.xyz or segments.xyz[node] in rule.xyz)
        and (not rule.demand_class or segments.demand_class[node] == rule.demand_class)
        and (not rule.location_kind or row["location_kind"] == rule.location_kind)
        and (rule.pk not in paths or row["category_id"] in paths[rule.pk])
    )
