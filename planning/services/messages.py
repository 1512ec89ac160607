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
    return writer(details, day, as_of, unit, source)


def quantity(value: float) -> str:
    """A quantity as people write it: no decimals where there are none."""
    return f"{value:,.0f}" if abs(value - round(value)) < 5e-4 else f"{value:,.2f}"


def _day(offset: Any, as_of: date) -> str:
    return f"{as_of + timedelta(days=int(offset)):%a %-d %b}"


def _arrives(details: Details, as_of: date) -> str:
    soonest = details.get("next_receipt_day")
    return (
        "no new order can arrive within the horizon"
        if soonest is None
        else f"a new order can arrive {_day(soonest, as_of)}"
    )


def _stock_out(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    owed = -details["available"]
    held = f"{quantity(owed)} {unit} are owed" if owed > 0 else "Nothing is available"
    return f"{held} and {_arrives(details, as_of)}."


def _late_order(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    late = details.get("days_late")
    behind = f", {late} d too late" if late else ""
    return (
        f"Runs out {day:%a %-d %b}; {_arrives(details, as_of)}{behind}. Expedite an open order or find another source."
    )


def _risk(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    available = quantity(max(details["available"], 0))
    return f"{available} {unit} available may not last beyond {day:%a %-d %b}; {_arrives(details, as_of)}."


def _excess(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    left, cover = quantity(details["units"]), details["max_cover_days"]
    return f"{left} {unit} are left after {cover} days of demand. Reduce or cancel open orders."


def _cannot_plan(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    needed = quantity(details["quantity_needed"])
    return f"{needed} {unit} are needed from {day:%a %-d %b}, but there is no source. Add a lane or a supplier's terms."


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
    ships = details.get("remainder_ship_day")
    rest = "cannot follow within the horizon" if ships is None else f"can leave {_day(ships, as_of)}"
    return (
        f"{source} can send {quantity(details['granted'])} of {quantity(details['requested'])} {unit} "
        f"on {day:%a %-d %b}; the remaining {quantity(details['remainder'])} {rest}."
    )


def _order(details: Details, unit: str) -> str:
    """The open order that an exception is about, with its quantity."""
    return f"{details.get('order_number') or 'An order'} ({quantity(details['quantity'])} {unit})"


def _expedite(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    saved = f"it saves {quantity(details['units_saved'])} {unit}"
    return (
        f"{_order(details, unit)} arrives {_day(details['arrival_day'], as_of)}, but stock runs out {day:%a %-d %b}. "
        f"Ask for it by {_day(details['wanted_day'], as_of)}: {saved}."
    )


def _past_due_release(details: Details, day: date, as_of: date, unit: str, source: str) -> str:
    arrives = details.get("arrival_day")
    sent = "beyond the horizon" if arrives is None else _day(arrives, as_of)
    return (
        f"{_order(details, unit)} should have been sent {_day(details['release_day'], as_of)}. "
        f"Sent today it arrives {sent}."
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
    return (
        f"{source} sells no less than {quantity(details['min_quantity'])} {unit}: "
        f"{quantity(details['units'])} more than can be used in {details['max_cover_days']} days. "
        "Ask for a smaller order or another source."
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
