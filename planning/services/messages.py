"""The sentence of each exception: what happens, when, and what could be done."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from planning.models import ExceptionKind

Details = Mapping[str, Any]


def sentence(kind: str, details: Details, *, day: date, as_of: date, unit: str, source: str) -> str:
    """One or two sentences for a planner. `day` is the exception's day, `source` the origin's or supplier's code.

    Quantities in `details` are rounded by the caller to what the item's unit can be counted in.
    """
    writer = _WRITERS[ExceptionKind(kind)]
    return writer(details, day, as_of, unit, source) + _others(details, as_of, unit)


def quantity(value: float) -> str:
    """A quantity as people write it: no decimals where there are none."""
    return f"{value:,.0f}" if abs(value - round(value)) < 5e-4 else f"{value:,.2f}"


def _others(details: Details, as_of: date, unit: str) -> str:
    """The other deliveries of the same order that the same is true of."""
    if not (rows := details.get("deliveries")):
        return ""
    order = details.get("order_number") or "the order"
    listed = ", ".join(f"{quantity(row['quantity'])} {unit} of {_day(row['day'], as_of)}" for row in rows)
    return f" The same holds for other deliveries of {order}: {listed}."


MOST_ASKERS = 3
"""How many of the locations that ask a place for stock a sentence names."""


def _asked(details: Details, unit: str) -> str:
    """Who asks the place for stock, as a sentence with a space before it; blank where nobody does."""
    if not (rows := details.get("asked")):
        return ""
    total = quantity(sum(row["quantity"] for row in rows))
    named = [f"{quantity(row['quantity'])} by {row['location']}" for row in rows[:MOST_ASKERS]]
    rest = rows[MOST_ASKERS:]
    if rest:
        named.append(f"{quantity(sum(row['quantity'] for row in rest))} by {len(rest)} more")
    listed = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    held = quantity(max(details["available"], 0))
    return f" {held} {unit} are available and {total} are asked for: {listed}."


def _day(offset: Any, as_of: date) -> str:
    return f"{as_of + timedelta(days=int(offset)):%a %-d %b}"


def _arrives(details: Details, as_of: date) -> str:
    soonest = details.get("next_receipt_day")
    return (
        "no new order can arrive within the horizon"
        if soonest is None
        else f"a new order can arrive {_day(soonest, as_of)}"
    )


def why(details: Details, *, as_of: date, unit: str, source: str) -> str:
    """The reason of a shortage as half a sentence, to stand after "because"; blank where it is not known."""
    writer = _REASONS.get(str(details.get("reason", "")))
    return writer(details, as_of, unit, source) if writer else ""


def _because(details: Details, as_of: date, unit: str, source: str) -> str:
    reason = why(details, as_of=as_of, unit=unit, source=source)
    return f" because {reason}" if reason else ""


def _source_kind(details: Details) -> str:
    return "lane" if details.get("by_lane") else "supplier"


def _lead_time(details: Details, as_of: date, unit: str, source: str) -> str:
    stock, closed = details["days_of_stock"], details.get("closed_days")
    left = f"longer than the {stock} d of stock left" if stock else "still to pass"
    closures = f"; another {closed} d are closures" if closed else ""
    return f"the {_source_kind(details)}'s lead time of {details['lead_time_days']} d is {left}{closures}"


def _calendar(details: Details, as_of: date, unit: str, source: str) -> str:
    return f"closures add {details['closed_days']} d to the {details['lead_time_days']} d of lead time"


def _order_day(details: Details, as_of: date, unit: str, source: str) -> str:
    first = details.get("first_order_day")
    return (
        "there is no order day within the horizon" if first is None else f"the next order day is {_day(first, as_of)}"
    )


def _frozen(details: Details, as_of: date, unit: str, source: str) -> str:
    return f"no order may be released in the frozen period of {details['frozen_days']} d"


def _cut(details: Details, as_of: date, unit: str, source: str) -> str:
    covers = details.get("source_covers_on")
    until = "and cannot send them within the horizon" if covers is None else f"until {_day(covers, as_of)}"
    return f"{source} is {quantity(details['cut'])} {unit} short {until}"


def _no_stock(details: Details, as_of: date, unit: str, source: str) -> str:
    return f"{source} is {quantity(details['cut'])} {unit} short and no other location can spare any"


def _minimum(details: Details, as_of: date, unit: str, source: str) -> str:
    least = quantity(details["min_quantity"])
    return f"the {quantity(details['cut'])} {unit} missing from {source} are below its minimum of {least}"


def _supplier_late(details: Details, as_of: date, unit: str, source: str) -> str:
    order = details.get("order_number") or "an order"
    return f"{order} ({quantity(details['receipt_quantity'])} {unit}) is {details['receipt_days_late']} d overdue"


def _unforeseen(details: Details, as_of: date, unit: str, source: str) -> str:
    return f"customers have ordered {quantity(details['firm_units'])} {unit} more than forecast"


def _levels(details: Details, as_of: date, unit: str, source: str) -> str:
    return "the reorder point does not cover the demand until the next order arrives"


_REASONS = {
    "lead_time": _lead_time, "calendar": _calendar, "order_day": _order_day, "frozen": _frozen, "source_short": _cut,
    "no_stock_in_network": _no_stock, "minimum_quantity": _minimum, "supplier_late": _supplier_late,
    "demand_above_forecast": _unforeseen, "reorder_point": _levels,
}  # fmt: skip


def _advice(details: Details, unit: str) -> str:
    """What can really be done besides ordering: nothing is expedited where nothing is open."""
    if details.get("reason") == "supplier_late":
        return "Ask the supplier for a date."
    if details.get("open_orders"):
        return "Expedite an open order."
    if elsewhere := details.get("elsewhere"):
        return f"Other locations can spare {quantity(elsewhere)} {unit}: move some here."
    return "Find another source, or accept the shortage."


def _stock_out(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    owed = -details["available"]
    held = f"{quantity(owed)} {unit} are owed" if owed > 0 else "Nothing is available"
    short = f"{held}{_because(details, as_of, unit, source)}; {_arrives(details, as_of)}."
    return f"{short}{_asked(details, unit)} {_advice(details, unit)}"


def _late_order(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    late = details.get("days_late")
    behind = f", {late} d too late" if late else ""
    reason = _because(details, as_of, unit, source)
    short = f"Short from {day:%a %-d %b}{reason}; {_arrives(details, as_of)}{behind}."
    return f"{short}{_asked(details, unit)} {_advice(details, unit)}"


def _risk(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    available = quantity(max(details["available"], 0))
    reason = _because(details, as_of, unit, source)
    lasts = f"{available} {unit} available may not last beyond {day:%a %-d %b}{reason}; {_arrives(details, as_of)}."
    return f"{lasts}{_asked(details, unit)}"


def _excess(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    left, cover = quantity(details["units"]), details["max_cover_days"]
    lasts = details.get("days_of_cover")
    until = "beyond the horizon" if lasts is None else f"until {_day(lasts, as_of)}"
    return (
        f"{left} {unit} of the stock are left after {cover} days of demand; it lasts {until}. "
        "Move it to where it sells, or sell it off."
    )


def _cannot_plan(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    reason = details.get("reason", "no_source")
    if reason == "ended":
        return (
            f"The item has ended here, but {quantity(details['quantity'])} {unit} are still on order "
            f"({details.get('order_number') or 'open orders'}). Cancel what is open, or extend the item's life."
        )
    cause, cure = _NO_SOURCE[reason]
    needed = f"{quantity(details['quantity_needed'])} {unit} are needed from {day:%a %-d %b}, but "
    return needed + cause.format(source=source or "its source") + cure.format(source=source or "the source")


_NO_SOURCE = {
    "no_source": ("there is no source. ", "Add a lane or a supplier's terms."),
    "source_inactive": (
        "{source}, its source, does not plan the item. ",
        "Activate it there, or choose another source.",
    ),
    "origin_does_not_carry": ("{source} does not carry the item. ", "Add the item to {source}, or a supplier's terms."),
    "supplier_inactive": ("the supplier {source} is not active. ", "Activate it, or add another source."),
    "terms_ended": ("the terms of {source} are not valid today. ", "Add terms that are valid, or another source."),
}


def _horizon(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    return (
        f"Orders take up to {details['days_needed']} days to come through, but only {details['days']} are planned. "
        "Lengthen the planning horizon in the company settings."
    )


def _overdue(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    order, late = details.get("order_number", "an open order"), -details["stated_day"]
    overdue = f"{quantity(details['quantity'])} {unit} of {order} are {late} d overdue"
    return f"{overdue}; the plan expects them {day:%a %-d %b}. Ask for a date."


def _source_short(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    if "promised" in details:
        return _short_promise(details, day, as_of, unit, source)
    ships = details.get("remainder_ship_day")
    rest = "cannot follow within the horizon" if ships is None else f"can leave by {_day(ships, as_of)}"
    short = quantity(details["expected_units_short"])
    return (
        f"{source} can send {quantity(details['granted'])} of {quantity(details['requested'])} {unit} "
        f"from {day:%a %-d %b} on; the remaining {quantity(details['remainder'])} {rest}, and about {short} will be "
        f"short until then. {_advice(details, unit)}"
    )


def _short_promise(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    ships, arrives = details.get("remainder_ship_day"), details.get("remainder_due_day")
    rest = "cannot leave within the horizon" if ships is None else f"can leave on {_day(ships, as_of)}"
    arrival = "" if arrives is None else f" and arrive {_day(arrives, as_of)}"
    units = quantity(details["expected_units_short"])
    short = "" if units == "0" else f"; about {units} will be short until then"
    held = f"only {quantity(details['covered'])}" if details["covered"] else "none"
    return (
        f"{source} has {held} of the {quantity(details['promised'])} {unit} that {details['order_number']} is to bring "
        f"{day:%a %-d %b}; the rest {rest}{arrival}{short}. The plan still counts on all of it: change the transfer, "
        "or find the rest elsewhere."
    )


def _order(details: Details, unit: str) -> str:
    """The open order that an exception is about, with its quantity."""
    return f"{details.get('order_number') or 'An order'} ({quantity(details['quantity'])} {unit})"


def _expedite(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    whom = "carrier" if details.get("shipped") else "origin" if details.get("transfer") else "supplier"
    return (
        f"{_order(details, unit)} arrives {_day(details['arrival_day'], as_of)}, but stock runs out {day:%a %-d %b}. "
        f"Ask the {whom} for it by {_day(details['wanted_day'], as_of)}: that saves about "
        f"{quantity(details['units_saved'])} {unit}."
    )


def _past_due_release(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    arrives = details.get("arrival_day")
    sent = "beyond the horizon" if arrives is None else _day(arrives, as_of)
    if not details.get("order_number"):
        return (
            f"The order day {_day(details['release_day'], as_of)} passed without a decision on "
            f"{quantity(details['quantity'])} {unit}. Ordered today they arrive {sent}."
        )
    return (
        f"{_order(details, unit)} should have been sent {_day(details['release_day'], as_of)}. "
        f"Sent today it arrives {sent}; the plan still expects it {_day(details['stated_day'], as_of)}."
    )


def _defer(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    return (
        f"{_order(details, unit)} arrives {_day(details['arrival_day'], as_of)} and is not needed before "
        f"{_day(details['wanted_day'], as_of)}. Ask the supplier to deliver later."
    )


def _cancel(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    return (
        f"{quantity(details['units'])} of the {quantity(details['quantity'])} {unit} of "
        f"{details.get('order_number') or 'an order'} last longer than {details['max_cover_days']} days after they "
        f"arrive {_day(details['arrival_day'], as_of)}. Reduce or cancel the order."
    )


def _expiring(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    lot = f"lot {details['lot']}" if details.get("lot") else "stock without a lot"
    if day <= as_of:
        return f"{quantity(details['units'])} {unit} of {lot} have expired. Write them off."
    return (
        f"{quantity(details['units'])} of the {quantity(details['quantity'])} {unit} of {lot} will not be used before "
        f"they expire {day:%a %-d %b}. Sell them off or move them to where they sell."
    )


def _below_minimum(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    if details.get("reason") == "order_value":
        return (
            f"The lines due at {source} on {day:%a %-d %b} are worth {quantity(details['value'])}, "
            f"{quantity(details['shortfall'])} less than its minimum order. Add lines, wait, or ask for an exception."
        )
    limit = "before they expire" if details["limit"] == "shelf_life" else f"in {details['limit_days']} days"
    return (
        f"{source} sells no less than {quantity(details['min_quantity'])} {unit}: "
        f"{quantity(details['units'])} more than can be used {limit}. Ask for a smaller order or another source."
    )


_WRITERS = {
    ExceptionKind.STOCK_OUT: _stock_out,
    ExceptionKind.LATE_ORDER: _late_order,
    ExceptionKind.STOCK_OUT_RISK: _risk,
    ExceptionKind.EXCESS: _excess,
    ExceptionKind.CANNOT_PLAN: _cannot_plan,
    ExceptionKind.HORIZON_TOO_SHORT: _horizon,
    ExceptionKind.OVERDUE_RECEIPT: _overdue,
    ExceptionKind.SOURCE_SHORT: _source_short,
    ExceptionKind.EXPEDITE: _expedite,
    ExceptionKind.PAST_DUE_RELEASE: _past_due_release,
    ExceptionKind.DEFER: _defer,
    ExceptionKind.CANCEL: _cancel,
    ExceptionKind.EXPIRING: _expiring,
    ExceptionKind.BELOW_MINIMUM: _below_minimum,
}
