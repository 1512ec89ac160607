"""Sentences on what is bought: shelf life, shared suppliers, price breaks, minimum order values, missed order days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from planning.engine.inputs import TOLERANCE
from planning.services.wording import amount, mapping, number, price

Trace = Mapping[str, Any]


def missed_day(trace: Trace, need_on: date) -> list[str]:
    """That the order day passed without a decision."""
    need_day = number(mapping(trace.get("order")).get("need_day"))
    if need_day is None or need_day >= 0:
        return []
    return [f"The order day {need_on:%-d %b} passed without a decision, so it is due now."]


def usable_part(trace: Trace, unit: str) -> list[str]:
    """How much of the need can be used before it expires."""
    limit, raw = mapping(trace.get("limit")), number(mapping(trace.get("rounding")).get("raw"))
    need = number(limit.get("need"))
    if raw is None or need is None or need >= raw - TOLERANCE:
        return []
    return [f"Only {amount(need)} {unit} of it can be used before it expires{_expiry(trace)}."]


def own_part(trace: Trace, supplier: object, unit: str) -> list[str]:
    """Which part of the need goes to this supplier."""
    split = mapping(trace.get("split"))
    wanted, need = number(split.get("wanted")), number(split.get("need"))
    if wanted is None or need is None:
        return []
    part, others = int(split["part"]), split["others"]
    share = float(split["own_share"] if part < 0 else others[part]["share"])
    left = "" if abs(share * need - wanted) <= TOLERANCE else ", what the suppliers before it leave of the need"
    return [f"{supplier} gets {amount(100 * share)} % of it: {amount(wanted)} {unit}{left}."]


def before_rounding(trace: Trace, raw: float) -> float:
    """What was rounded: the need, as far as it can be used, and of that this supplier's part."""
    for section, key in (("split", "wanted"), ("limit", "need")):
        value = number(mapping(trace.get(section)).get(key))
        if value is not None:
            return value
    return raw


def cut_to_limit(trace: Trace, unit: str) -> list[str]:
    """That rounding up would bring more than can be used, or that even the smallest order does."""
    limit, order = mapping(trace.get("limit")), mapping(trace.get("order"))
    quantity, beyond = number(limit.get("after_limit")), number(limit.get("beyond_limit"))
    rounded = number(mapping(trace.get("rounding")).get("after_multiple"))
    if quantity is None or rounded is None or order.get("split", -1) >= 0 or order.get("reason") == "top_up":
        return []
    if beyond:
        return [
            f"The smallest order, {amount(quantity)} {unit}, is {amount(beyond)} more than can be used before it "
            f"expires{_expiry(trace)}."
        ]
    if quantity < rounded - TOLERANCE:
        return [f"Cut to {amount(quantity)} {unit}: more would expire{_expiry(trace)} unused."]
    return []


def price_break(trace: Trace) -> list[str]:
    """Which price break was taken, or why the next one was not."""
    section = mapping(trace.get("price_break"))
    offers, breaks = section.get("offers"), section.get("breaks")
    if not offers or not breaks:
        return []
    need, taken = offers[0], offers[int(section["chosen"])]
    if taken is need:
        cheaper = [offer for offer in offers[1:] if offer["unit_cost"] < need["unit_cost"] - TOLERANCE]
        return [
            f"{amount(offer['quantity'])} would cost {price(offer['unit_cost'])} each instead of "
            f"{price(need['unit_cost'])}, but keeping them costs more than that saves."
            for offer in cheaper[:1]
        ]
    start = max(each["min_quantity"] for each in breaks if each["min_quantity"] <= taken["quantity"] + TOLERANCE)
    saved = 100 * (1 - taken["cost_per_unit"] / need["cost_per_unit"])
    return [
        f"{amount(taken['quantity'])} instead of {amount(need['quantity'])}: from {amount(start)} on the price is "
        f"{price(taken['unit_cost'])} instead of {price(need['unit_cost'])}, which saves {amount(saved)} % a unit with "
        f"ordering and holding counted."
    ]


def order_minimum(trace: Trace, supplier: object, unit: str) -> list[str]:
    """How the lines that go out together reached the supplier's minimum value, or that they could not."""
    section = mapping(trace.get("order_minimum"))
    value, least, after = (number(section.get(key)) for key in ("value", "min_value", "value_after"))
    if value is None or least is None or after is None:
        return []
    together = (
        f"The lines that go to {supplier} together are worth {amount(value)}, below the minimum of {amount(least)}"
    )
    if not section["reached"]:
        return [
            f"{together}, and what may be added without expiring or exceeding the maximum cover is not enough: "
            f"nothing was added."
        ]
    added, use = float(section["added"]), float(section["daily_use"])
    if added <= 0:
        return [f"{together}; other lines, with fewer days of cover, were filled up to reach {amount(after)}."]
    cover = (float(section["position"]) + added) / use
    return [
        f"{together}. Filled up where stock is used up soonest they reach {amount(after)}: {amount(added)} {unit} were "
        f"added here, which makes {amount(cover)} days of cover."
    ]


def _expiry(trace: Trace) -> str:
    """ " on 9 Mar (shelf life 5 d)", as far as the trace knows."""
    limit, as_of = mapping(trace.get("limit")), trace.get("as_of")
    day, keeps = number(limit.get("until_day")), number(limit.get("shelf_life_days"))
    text = f" (shelf life {amount(keeps)} d)" if keeps else ""
    if day is None or not isinstance(as_of, str):
        return text
    return f" on {date.fromisoformat(as_of) + timedelta(days=int(day)):%-d %b}{text}"
