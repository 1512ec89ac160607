"""What one item-location would do with another service target, lead time, demand or review period. Nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from forecasting.models import ForecastScope
from forecasting.services import runs as forecasts
from planning.engine.inputs import PlanInput
from planning.engine.joined import joined
from planning.engine.outcome import Outcome, outcome
from planning.engine.plan import Plan, make_plan
from planning.services import reads
from planning.services.inputs import review_mask
from planning.services.item_plan import ItemPlan, read_item_plan, tied_items
from planning.services.reads import CurrentPlan
from policies.engine import METHODS, LevelInput, ReorderLevels, reorder_levels
from policies.models import Policy
from policies.services.item_levels import read_level_input
from policies.services.runs import LEVEL_DECIMALS
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import FloatArray, IntArray

MOST_TIED = 20
"""Items that are planned together for one that is tried: what answers within a second."""

LIMITS = {
    "service_target": (0.5, 0.999),
    "lead_time_days": (0.0, 365.0),
    "demand_factor": (0.1, 5.0),
    "review_days": (1.0, 91.0),
}


@dataclass(frozen=True)
class Parameters:
    """What can be tried. demand_factor multiplies the forecast, spread included, here and at all supplied from here."""

    service_target: float
    lead_time_days: float
    demand_factor: float
    review_days: float


@dataclass(frozen=True)
class TriedOrder:
    """An order of a plan, stock units."""

    release_on: date
    due_on: date
    quantity: float


@dataclass(frozen=True)
class Side:
    """Levels and plan of the item-location under one set of parameters.

    reorder_points, order_up_to_levels, stock, stock_low, stock_high [T]: per day from the plan's day, stock units.
    """

    parameters: Parameters
    reorder_point: float
    order_up_to: float
    safety_stock: float
    reorder_points: FloatArray
    order_up_to_levels: FloatArray
    stock: FloatArray
    stock_low: FloatArray
    stock_high: FloatArray
    orders: tuple[TriedOrder, ...]
    outcome: Outcome

    @property
    def first_order(self) -> TriedOrder | None:
        """The order to release first."""
        return self.orders[0] if self.orders else None


@dataclass(frozen=True)
class WhatIf:
    """The plan as it is, and as it would be. leaves_out_minimums: supplier minimums tie more items to this one than are
    planned again; what they added to its orders stays as it is on both sides.
    """

    plan: CurrentPlan
    before: Side
    after: Side
    leaves_out_minimums: bool

    @property
    def days(self) -> int:
        """Days that both look at."""
        return len(self.before.stock)


def what_if(
    *,
    item_id: int,
    location_id: int,
    service_target: float | None = None,
    lead_time_days: float | None = None,
    demand_factor: float = 1.0,
    review_days: float | None = None,
) -> WhatIf:
    """Set the item-location's levels from the current runs with these parameters (None: as they are) and plan again.

    The item's other locations keep their levels. The plan starts from what the published one knew of stock and
    supply, so that unchanged parameters give the published plan. Supplier order minimums are reached with the other
    items that they tie to this one, which are planned again too, up to MOST_TIED of them. Raises InvalidInput where
    nothing is planned here or a parameter is out of range.
    """
    current = reads.current_plan()
    if current is None:
        raise InvalidInput("There is no plan yet.")
    trial = _Trial(current, item_id, location_id)
    standard = trial.standard
    asked = Parameters(
        service_target=standard.service_target if service_target is None else service_target,
        lead_time_days=standard.lead_time_days if lead_time_days is None else lead_time_days,
        demand_factor=demand_factor,
        review_days=standard.review_days if review_days is None else review_days,
    )
    _require_within_limits(asked, standard)
    return WhatIf(
        current, before=trial.side(standard), after=trial.side(asked), leaves_out_minimums=trial.leaves_out_minimums
    )


def parameters_of(policy: Policy) -> Parameters:
    """The parameters that the levels were set with."""
    return Parameters(policy.service_target, policy.lead_time_days, 1.0, policy.review_days)


def parameters_in_use(*, item_id: int, location_id: int) -> Parameters:
    """The parameters of the item-location in the current plan. Raises InvalidInput where it has none."""
    current = reads.current_plan()
    found = reads.policies_of(current, [(item_id, location_id)]) if current else {}
    if (item_id, location_id) not in found:
        raise InvalidInput("Nothing is planned for this item at this location yet.", item=item_id, location=location_id)
    return parameters_of(found[item_id, location_id])


def _require_within_limits(asked: Parameters, standard: Parameters) -> None:
    """What is already in use is always allowed."""
    for name, (low, high) in LIMITS.items():
        value = getattr(asked, name)
        if value != getattr(standard, name) and not low <= value <= high:
            raise InvalidInput(f"{name.replace('_', ' ')} must lie between {low:g} and {high:g}.", **{name: value})


class _Trial:
    """One item's network with what its levels are made of."""

    def __init__(self, current: CurrentPlan, item_id: int, location_id: int) -> None:
        tied = tied_items(current.run, item_id, most=MOST_TIED)
        self.leaves_out_minimums = tied is None
        together = tied or [item_id]
        self.item: ItemPlan = read_item_plan(current.run, item_id, with_minimums=tied is not None)
        if location_id not in self.item.node_of:
            raise InvalidInput("This item is not planned at this location.", location=location_id)
        self.node = self.item.node_of[location_id]
        others = {
            one: read_item_plan(current.run, one, with_minimums=True).plan_input for one in together if one != item_id
        }
        self.before = [others[one] for one in together if one < item_id]
        self.behind = [others[one] for one in together if one > item_id]
        self.policy_run = current.run.policy_run
        self.levels_of_run = read_level_input(
            self.policy_run,
            item_id=item_id,
            location_ids=self.item.nodes["location_id"].to_list(),
            origin=self.item.plan_input.sourcing.node,
            forecasts=(self._forecasts(ForecastScope.OWN), self._forecasts(ForecastScope.NETWORK)),
        )
        if METHODS[int(self.levels_of_run.method[self.node])] == "none":
            raise InvalidInput("Nothing is planned here: the planning method of this item-location is none.")

    def _forecasts(self, scope: ForecastScope) -> forecasts.ForecastArrays:
        run = self.policy_run.forecast_run
        return forecasts.read_forecasts(run, self.item.nodes, scope, item_ids=[self.item.item_id])

    @cached_property
    def standard(self) -> Parameters:
        """The parameters of the run."""
        given, node = self.levels_of_run, self.node
        return Parameters(
            service_target=float(given.service_level[node]),
            lead_time_days=float(given.lead_time_days[node]),
            demand_factor=1.0,
            review_days=float(given.review_days[node]),
        )

    def side(self, asked: Parameters) -> Side:
        """Levels and plan with these parameters."""
        given = _level_input(self.levels_of_run, self.node, asked)
        skip = (self.item.run.as_of - self.policy_run.as_of).days
        levels = reorder_levels(given, self.policy_run.parameters["horizon_days"])
        plan = make_plan(joined([*self.before, self._plan_input(asked, levels, skip), *self.behind]))
        place = _Place(self.node, sum(one.size for one in self.before) + self.node)
        return _side(asked, plan, place, levels, self.item.run.as_of, float(given.interval_days[self.node]))

    def _plan_input(self, asked: Parameters, levels: ReorderLevels, skip: int) -> PlanInput:
        given, node, standard = self.item.plan_input, self.node, self.standard
        points, ups, review = (
            getattr(given.levels, name).copy() for name in ("reorder_point", "order_up_to", "review")
        )
        points[node], ups[node] = (
            _stored(path[node], skip, given.horizon) for path in (levels.reorder_point, levels.order_up_to)
        )
        if asked.review_days != standard.review_days:
            run = self.item.run
            review[node] = review_mask(
                [""], np.array([asked.review_days]), run.as_of, given.horizon, run.parameters["week_start"]
            )[0]
        changed = replace(given, levels=replace(given.levels, reorder_point=points, order_up_to=ups, review=review))
        if asked.lead_time_days != standard.lead_time_days:
            changed = self._with_lead_time(changed, asked.lead_time_days - standard.lead_time_days)
        if asked.demand_factor != 1.0:
            changed = _with_demand(changed, self._served(), asked.demand_factor)
        return changed

    def _with_lead_time(self, given: PlanInput, longer: float) -> PlanInput:
        """Every supplier of the node takes so many days longer (shorter), whole days rounded up."""
        stated = self.item.inputs[self.node]["source"]["lead_time_days"]
        days = given.sourcing.lead_time_days.copy()
        days[self.node] = _whole_days(stated + longer)
        split_days = given.splits.lead_time_days.copy()
        own = given.splits.node == self.node
        split_days[own] = [_whole_days(float(value) + longer) for value in split_days[own]]
        return replace(
            given,
            sourcing=replace(given.sourcing, lead_time_days=days),
            splits=replace(given.splits, lead_time_days=split_days),
        )

    def _served(self) -> IntArray:
        """The node and everything supplied from it."""
        origin, found = self.item.plan_input.sourcing.node, {self.node}
        while True:
            below = {int(node) for node in np.flatnonzero(np.isin(origin, list(found)))} - found
            if not below:
                return np.array(sorted(found))
            found |= below


def _whole_days(days: float) -> int:
    return int(np.ceil(max(days, 0.0)))


def _level_input(given: LevelInput, node: int, asked: Parameters) -> LevelInput:
    """The run's input with the node's parameters replaced."""
    columns = {
        "service_level": asked.service_target,
        "lead_time_days": asked.lead_time_days,
        "review_days": asked.review_days,
    }
    changed: dict[str, Any] = {}
    for name, value in columns.items():
        changed[name] = getattr(given, name).copy()
        changed[name][node] = value
    for name in ("mean", "cumulative_quantiles"):
        changed[name] = getattr(given, name).copy()
        changed[name][node] *= asked.demand_factor
    return replace(given, **changed)


def _with_demand(given: PlanInput, nodes: IntArray, factor: float) -> PlanInput:
    demand = {name: getattr(given.demand, name).copy() for name in ("mean", "cumulative_p10", "cumulative_p90")}
    for path in demand.values():
        path[nodes] *= factor
    return replace(given, demand=replace(given.demand, **demand))


def _stored(path: FloatArray, skip: int, horizon: int) -> FloatArray:
    """Levels as a run stores them and a plan reads them: rounded, from day `skip` on, the last one standing."""
    rounded = np.round(np.nan_to_num(path), LEVEL_DECIMALS)
    chosen: FloatArray = rounded[np.minimum(skip + np.arange(horizon), len(path) - 1)].astype(np.float64)
    return chosen


@dataclass(frozen=True)
class _Place:
    """The item-location among its item's nodes, and among those of the whole plan."""

    in_item: int
    in_plan: int


def _side(
    asked: Parameters, plan: Plan, place: _Place, levels: ReorderLevels, as_of: date, interval_days: float
) -> Side:
    given, projection, node = plan.plan_input, plan.projection, place.in_plan
    return Side(
        parameters=asked,
        reorder_point=float(levels.reorder_point[place.in_item, 0]),
        order_up_to=float(levels.order_up_to[place.in_item, 0]),
        safety_stock=float(levels.safety_stock[place.in_item]),
        reorder_points=given.levels.reorder_point[node],
        order_up_to_levels=given.levels.order_up_to[node],
        stock=projection.on_hand_mean[node],
        stock_low=projection.on_hand_p10[node],
        stock_high=projection.on_hand_p90[node],
        orders=tuple(_orders(plan, node, as_of)),
        outcome=outcome(plan, node, interval_days=interval_days),
    )


def _orders(plan: Plan, node: int, as_of: date) -> Sequence[TriedOrder]:
    orders = plan.orders
    return [
        TriedOrder(
            release_on=as_of + timedelta(days=int(orders.release_day[row])),
            due_on=as_of + timedelta(days=int(orders.due_day[row])),
            quantity=round(float(orders.quantity[row]), 3),
        )
        for row in np.flatnonzero(orders.node == node).tolist()
    ]
