"""Answers that are more than rows: explanations, pegging, baskets, trials, comparisons."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from planning.models import PlannedOrder
from planning.services.basket.overview import BasketSummary
from planning.services.compare import Comparison, KindChange, Mover
from planning.services.explain import explain_order
from planning.services.item_plan import read_item_plan
from planning.services.pegging import Supply, Use
from planning.services.reads import CurrentPlan, policies_of
from planning.services.what_if import Side, WhatIf
from stocksense.core.api.rows import Json
from stocksense.core.errors import InvalidInput


class ExplanationAnswer(serializers.Serializer[Any]):
    """Why a proposal has its quantity."""

    id = serializers.IntegerField()
    sentences = serializers.ListField(child=serializers.CharField())
    trace = serializers.JSONField(help_text="Inputs with their source, and each step; the quantity can be recomputed.")


def explanation(plan: CurrentPlan, order: PlannedOrder) -> Json:
    """Sentences and trace; of an order beyond the action window the item is planned again from what the run kept."""
    key = order.item_id, order.location_id
    order.trace = order.trace or _derived(plan, order)
    policy = policies_of(plan, [key]).get(key)
    said = explain_order(order, policy, as_of=plan.run.as_of, currency=plan.company.currency)
    return {"id": order.pk, "sentences": said, "trace": order.trace}


def _derived(plan: CurrentPlan, order: PlannedOrder) -> Any:
    try:
        return read_item_plan(plan.run, order.item_id).trace_of(order)
    except InvalidInput:
        return {}


def used(use: Use) -> Json:
    """A branch of what an order serves."""
    return {
        "location": use.location,
        "quantity": use.quantity,
        "need_from": use.need_from,
        "need_to": use.need_to,
        "planned_order": use.planned_order_id,
        "order_number": use.order_number,
        "uses": [used(one) for one in use.uses],
    }


def supplied(supply: Supply) -> Json:
    """A branch of where a day's units come from."""
    return {
        "kind": supply.kind,
        "location": supply.location,
        "quantity": supply.quantity,
        "need_from": supply.need_from,
        "need_to": supply.need_to,
        "arrives_on": supply.arrives_on,
        "planned_order": supply.planned_order_id,
        "order_number": supply.order_number,
        "source": supply.source,
        "sources": [supplied(one) for one in supply.sources],
    }


def basket_of(basket: BasketSummary) -> Json:
    """A basket's totals beside what its supplier wants."""
    totals, terms = basket.totals, basket.terms
    return {
        "supplier": basket.supplier.code,
        "location": basket.location.code,
        "lines": totals.lines,
        "value": totals.value,
        "volume_m3": totals.volume,
        "weight_kg": totals.weight,
        "lines_without_volume": totals.without_volume,
        "lines_without_weight": totals.without_weight,
        "cost_of_inaction": basket.waiting,
        "first_release_on": basket.first_release,
        "min_order_value": terms.min_order_value,
        "min_order_currency": terms.currency,
        "min_order_value_in_company_currency": terms.minimum,
    }


def tried(trial: WhatIf) -> Json:
    """Both sides of a trial."""
    return {
        "run": trial.plan.run.pk,
        "days": trial.days,
        "leaves_out_minimums": trial.leaves_out_minimums,
        "before": _side(trial.before),
        "after": _side(trial.after),
    }


def _side(side: Side) -> Json:
    paths = ("reorder_points", "order_up_to_levels", "stock", "stock_low", "stock_high")
    result = side.outcome
    return {
        "parameters": asdict(side.parameters),
        "reorder_point": side.reorder_point,
        "order_up_to": side.order_up_to,
        "safety_stock": side.safety_stock,
        **{name: [round(value, 4) for value in getattr(side, name).tolist()] for name in paths},
        "orders": [asdict(order) for order in side.orders],
        "outcome": {
            "orders": result.orders,
            "average_stock": result.average_stock,
            "short": result.short,
            "fill_rate": result.fill_rate,
            "holding_cost": result.holding_cost,
            "shortage_cost": result.shortage_cost,
            "order_cost": result.order_cost,
            "cost": result.cost,
        },
    }


def compared(found: Comparison, warnings: list[KindChange], *, most: int) -> Json:
    """Two plans: totals, causes and the largest movers, and exceptions by kind."""
    pair = found.pair
    return {
        "before": {"run": pair.before.pk, "as_of": pair.before.as_of, "value": found.value_before},
        "after": {"run": pair.after.pk, "as_of": pair.after.as_of, "value": found.value_after},
        "window_ends": pair.window_ends,
        "unchanged": found.unchanged,
        "changed": len(found.movers),
        "causes": [{**asdict(cause), "net": cause.net} for cause in found.causes],
        "movers": [_mover(mover) for mover in found.movers[:most]],
        "exceptions": [asdict(kind) for kind in warnings],
    }


def _mover(mover: Mover) -> Mapping[str, Any]:
    return {
        "item": mover.sku,
        "location": mover.code,
        "state": mover.state,
        "quantity_before": mover.quantity_before,
        "quantity_after": mover.quantity_after,
        "value_before": mover.value_before,
        "value_after": mover.value_after,
        "cause": mover.cause,
        "effects": mover.effects,
        "notes": mover.notes,
        "parts": [{**asdict(part), "what": part.what} for part in mover.parts],
    }
