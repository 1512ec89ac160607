"""Why an order has its quantity, in sentences, from what the plan and the policy wrote down."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from planning.engine.inputs import TOLERANCE
from planning.models import PlannedOrder
from planning.services import explain_buying as buying
from planning.services.wording import amount as _amount
from planning.services.wording import mapping as _mapping
from planning.services.wording import number as _number
from policies.models import Policy

_LEAD_TIME_FROM = {"terms": "the source's own", "company default": "the company's default"}


def explain_order(
    order: PlannedOrder, policy: Policy | None = None, *, as_of: date | None = None, currency: str = ""
) -> list[str]:
    """Sentences from position to quantity. `order` carries its item and source; parts the trace lacks are left out.

    currency: the company's, for amounts.
    """
    trace, unit, source = _mapping(order.trace), order.item.uom, order.supplier or order.origin
    if move := _mapping(trace.get("rebalance")):
        return [
            *_position(_mapping(trace.get("position")), _mapping(trace.get("stock")), unit, order.need_on),
            *_move(move, order, unit, currency),
            *_timing(order, _mapping(trace.get("source"))),
        ]
    missed = buying.missed_day(trace, order.need_on)
    asked_on = order.release_on if missed else order.need_on
    sentences = [
        *missed,
        *_position(_mapping(trace.get("position")), _mapping(trace.get("stock")), unit, asked_on),
        *_levels(_mapping(trace.get("levels")), _mapping(trace.get("position")), unit, policy),
        *buying.usable_part(trace, unit),
        *buying.own_part(trace, source, unit),
        *_rounding(trace, order, unit),
        *buying.cut_to_limit(trace, unit),
        *buying.price_break(trace),
        *buying.order_minimum(trace, source, unit),
        *_allocation(trace, order, unit),
        *_timing(order, _mapping(trace.get("source"))),
        *_policy(policy),
    ]
    if as_of and order.release_on < as_of:
        sentences.append(f"It should have been released on {order.release_on:%-d %b}: it is late already.")
    return sentences


def explain_policy(policy: Policy) -> list[str]:
    """Sentences on how the levels came about: the trace's own steps, else the levels themselves."""
    steps = _mapping(policy.trace).get("steps")
    lines = [*_policy(policy), *_origins(policy)]
    if not isinstance(steps, list):
        return lines
    for step in steps:
        part = _mapping(step)
        value = _number(part.get("value"))
        if value is not None and "name" in part:
            lines.append(f"{str(part['name']).capitalize()}: {_amount(value)}. {_formula(part.get('formula'))}".strip())
    return lines


def _position(position: Mapping[str, Any], stock: Mapping[str, Any], unit: str, day: date) -> list[str]:
    net, on_order, owed = (_number(position.get(key)) for key in ("net_stock", "on_order", "owed"))
    if net is None:
        return []
    parts = [f"{_amount(net)} available"]
    if on_order:
        parts.append(f"+ {_amount(on_order)} on order")
    if owed:
        parts.append(f"− {_amount(owed)} owed to other locations")
    total = net + (on_order or 0.0) - (owed or 0.0)
    expected = f"On the order day {day:%-d %b} the position is {_amount(total)} {unit} = {' '.join(parts)}."
    return [expected, *_stock(stock, unit)]


def _stock(stock: Mapping[str, Any], unit: str) -> list[str]:
    on_hand, allocated, backorders = (_number(stock.get(key)) for key in ("on_hand", "allocated", "backorders"))
    if on_hand is None or not (allocated or backorders):
        return []
    taken = [f"{_amount(allocated)} allocated"] if allocated else []
    taken += [f"{_amount(backorders)} owed to customers"] if backorders else []
    return [f"On the plan's day {_amount(on_hand)} {unit} were on hand, {' and '.join(taken)}."]


def _levels(levels: Mapping[str, Any], position: Mapping[str, Any], unit: str, policy: Policy | None) -> list[str]:
    point, up_to = _number(levels.get("reorder_point")), _number(levels.get("order_up_to"))
    if point is None or up_to is None:
        if policy is None:
            return []
        return [
            f"Reorder point {_amount(policy.reorder_point)}, order-up-to level {_amount(policy.order_up_to)} {unit}."
        ]
    firm, expiring = (_number(levels.get(key)) or 0.0 for key in ("firm_excess", "expiring"))
    net = _number(position.get("net_stock"))
    sentences = []
    if firm > 0:
        sentences.append(f"Customer orders above the forecast add {_amount(firm)} to both levels.")
    if expiring > 0:
        sentences.append(
            f"{_amount(expiring)} {unit} of the stock will expire before the next order could arrive: "
            f"they are added to both levels."
        )
    if net is None:
        sentences.append(f"Reorder point {_amount(point)}, order-up-to level {_amount(up_to)} {unit}.")
        return sentences
    total = net + (_number(position.get("on_order")) or 0.0) - (_number(position.get("owed")) or 0.0)
    target, trigger = up_to + firm + expiring, point + firm + expiring
    if total > trigger + TOLERANCE or target - total <= TOLERANCE:
        sentences.append(
            f"By itself it needs nothing: {_amount(total)} against the reorder point {_amount(trigger)} and the "
            f"order-up-to level {_amount(target)}."
        )
        return sentences
    sentences.append(
        f"{_amount(total)} is at or below the reorder point {_amount(trigger)}, so order up to {_amount(target)}: "
        f"{_amount(max(target - total, 0.0))} {unit}."
    )
    return sentences


def _rounding(trace: Mapping[str, Any], order: PlannedOrder, unit: str) -> list[str]:
    rounding = _mapping(trace.get("rounding"))
    raw, final = _number(rounding.get("raw")), _number(rounding.get("after_multiple"))
    if raw is None or final is None:
        return [f"Suggested: {_amount(float(order.quantity))} {unit}."]
    start = buying.before_rounding(trace, raw)
    minimum, multiple = _number(rounding.get("min_quantity")), _number(rounding.get("multiple"))
    after_minimum = _number(rounding.get("after_minimum"))
    steps = []
    if minimum and after_minimum is not None and after_minimum > start + TOLERANCE:
        steps.append(f"raised to the minimum of {_amount(minimum)}")
    if multiple and multiple != 1 and after_minimum is not None and final > after_minimum + TOLERANCE:
        steps.append(f"rounded up to packs of {_amount(multiple)}")
    return [f"{_amount(start)} {', '.join(steps)}: {_amount(final)} {unit}."] if steps else []


def _move(move: Mapping[str, Any], order: PlannedOrder, unit: str, currency: str) -> list[str]:
    shortage, surplus, avoided, saved, cost = (
        _number(move.get(key)) or 0.0
        for key in ("shortage", "surplus", "shortage_avoided", "holding_saved", "lane_cost")
    )
    what = "lost margin" if move.get("lost_sales") else "waiting customers"
    savings = [f"{_money(avoided, currency)} of {what}"]
    savings += [f"{_money(saved, currency)} of holding"] if saved else []
    return [
        f"Without it {_amount(shortage)} {unit} would be short before a regular order could arrive.",
        f"Moves {_amount(float(order.quantity))} from {order.origin}, which has {_amount(surplus)} more than it needs: "
        f"avoids {' and '.join(savings)} for {_money(cost, currency)} of transport.",
    ]


def _money(value: float, currency: str) -> str:
    decimals = 2 if abs(value) < 100 and value != int(value) else 0
    return f"{currency} {value:,.{decimals}f}".strip()


def _allocation(trace: Mapping[str, Any], order: PlannedOrder, unit: str) -> list[str]:
    sentences = []
    earlier = trace.get("earlier_parts")
    if isinstance(earlier, list) and earlier:
        shipped = " and ".join(_amount(float(part)) for part in earlier)
        sentences.append(f"This is what was left after {shipped} {unit} shipped earlier.")
    allocation = _mapping(trace.get("allocation"))
    available, claims = _number(allocation.get("available")), allocation.get("claims")
    if available is not None and isinstance(claims, list):
        claimed, urgent, weight = (
            sum(_number(_mapping(claim).get(key)) or 0.0 for claim in claims) for key in ("claimed", "urgent", "weight")
        )
        places = len({_mapping(claim).get("location", row) for row, claim in enumerate(claims)})
        sentences.append(
            f"{order.origin or 'The origin'} had {_amount(available)} {unit} for {_amount(claimed)} asked by "
            f"{places} location{'s' if places != 1 else ''}: {_rule_of_share(urgent, weight)}."
        )
    return sentences


def _rule_of_share(urgent: float, weight: float) -> str:
    if urgent <= 0:
        return "the same part of what each asked"
    return f"first what avoids shortages{', by what they cost' if weight > 0 else ''}, then by need"


def _timing(order: PlannedOrder, trace_source: Mapping[str, Any]) -> list[str]:
    source = order.supplier or order.origin
    days = (order.due_on - order.release_on).days
    verb = "Ordered from" if order.supplier else "Sent from"
    sentences = [
        f"{verb} {source} on {order.release_on:%-d %b}, it arrives on {order.due_on:%-d %b} ({days} d) "
        f"for the review of {order.need_on:%-d %b}."
    ]
    lead, known_from = _number(trace_source.get("lead_time_days")), trace_source.get("lead_time_from")
    if lead is not None and isinstance(known_from, str) and known_from:
        sentences.append(f"The lead time of {_amount(lead)} d is {_LEAD_TIME_FROM.get(known_from, known_from)}.")
    return sentences


def _policy(policy: Policy | None) -> list[str]:
    if policy is None:
        return []
    target = f"{policy.service_target * 100:g} %"
    return [
        f"Levels hold for lead time {policy.lead_time_days:g} d + review {policy.review_days:g} d, at a service target "
        f"of {target} (class {policy.abc}{policy.xyz}, {policy.demand_class or 'unclassified'} demand)."
    ]


def _origins(policy: Policy) -> list[str]:
    sources = _mapping(_mapping(policy.trace).get("sources"))
    names = {
        "method": "method",
        "service_level": "service target",
        "review_days": "review",
        "lead_time_days": "lead time",
    }
    found = [
        f"{name} by {sources[key]}" for key, name in names.items() if isinstance(sources.get(key), str) and sources[key]
    ]
    forecast = _mapping(sources.get("forecast"))
    if forecast.get("cutoff"):
        found.append(f"forecast run {forecast.get('run')} from demand until {forecast['cutoff']}")
    if forecast.get("fallback"):
        found.append(f"simple forecast, because: {forecast['fallback']}")
    return [f"Set: {'; '.join(found)}."] if found else []


def _formula(formula: object) -> str:
    return f"= {formula}" if isinstance(formula, str) and formula else ""
