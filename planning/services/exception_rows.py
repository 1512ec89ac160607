"""Exceptions as rows: what the engine's numbers stand for, and the sentence that says it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from inventory.models import Location
from planning.engine.exceptions import PlanException
from planning.engine.inputs import TOLERANCE
from planning.services import messages
from planning.services.missing_sources import MissingSource, missing_sources
from vendors.models import Supplier

if TYPE_CHECKING:
    from planning.services.run_rows import PlanResult

_MONEY = frozenset({"value", "shortfall", "min_value"})
SHORTAGES = frozenset({"stock_out", "late_order", "stock_out_risk"})
"""Kinds that say who asks the place for stock."""

_ROUNDED_DOWN = frozenset({"elsewhere", "covered"})

FIX_PAGES = {
    "no_source": "source",
    "source_inactive": "item_location",
    "origin_does_not_carry": "item_location",
    "supplier_inactive": "supplier",
    "terms_ended": "terms",
    "ended": "orders",
}
"""Which page mends what keeps an item-location from being planned, as `details["fix"]` names it."""


def exception_rows(result: "PlanResult") -> Iterator[Sequence[Any]]:
    """Values of EXCEPTION_COLUMNS: one row per item, location, kind and subject. Several deliveries of one order are
    one row: it speaks of the dearest, names the others, and costs what they cost one by one.

    Reads at once and not when the rows are taken: a connection that copies them cannot be asked anything.
    """
    unsourced = missing_sources(
        [
            (result.item[one.node], result.location[one.node])
            for one in result.plan.exceptions
            if one.parameters.get("reason") == "no_source"
        ],
        as_of=result.run.as_of,
    )
    return _rows(result, unsourced, Names())


class Names:
    """What locations and suppliers are called, by their codes, as headings call them. Two queries."""

    def __init__(self) -> None:
        self.locations = {code: name or code for code, name in Location.objects.values_list("code", "name")}
        self.suppliers = {code: name or code for code, name in Supplier.objects.values_list("code", "name")}

    def source(self, code: str, *, is_location: bool) -> str:
        """The name of an origin or supplier."""
        return (self.locations if is_location else self.suppliers).get(code, code)


def _rows(
    result: "PlanResult", unsourced: Mapping[tuple[int, int], MissingSource], names: Names
) -> Iterator[Sequence[Any]]:
    unit, decimals = result.nodes["uom"].to_list(), result.nodes["uom_decimals"].to_list()
    said: dict[tuple[int, str, str], list[PlanException]] = {}
    for one in result.plan.exceptions:
        said.setdefault((one.node, one.kind, _subject(result, one)), []).append(one)
    for (node, kind, subject), (one, *others) in said.items():
        details, source, called = _details(result, one, decimals[node], unsourced, names)
        if asked := _asked(result, one, decimals[node], names):
            details["asked"] = asked
        if others and one.receipt >= 0:
            details["deliveries"] = [_delivery(result, other) for other in sorted(others, key=_receipt_day(result))]
        day = result.run.as_of + timedelta(days=one.day)
        text = messages.sentence(kind, details, day=day, as_of=result.run.as_of, unit=unit[node], source=called)
        cost = one.cost_of_inaction + sum(other.cost_of_inaction for other in others if other.receipt >= 0)
        yield (
            *result.keys(node), kind, subject, day, round(cost, 4), text,
            orjson.dumps({**details, "source": source, "unit": unit[node]}).decode(),
        )  # fmt: skip


def _receipt_day(result: "PlanResult") -> Callable[[PlanException], tuple[int, int]]:
    return lambda one: (int(result.tables.plan_input.receipts.day[one.receipt]), one.receipt)


def _delivery(result: "PlanResult", one: PlanException) -> dict[str, Any]:
    """Another delivery of the same order that the same is said of: how much, and its stated day."""
    receipts = result.tables.plan_input.receipts
    return {"quantity": float(receipts.quantity[one.receipt]), "day": int(receipts.day[one.receipt])}


def _asked(result: "PlanResult", one: PlanException, decimals: int, names: Names) -> list[dict[str, Any]]:
    """Who asks a place that runs short for stock until it does: locations and quantities, the most first."""
    if one.kind not in SHORTAGES:
        return []
    requests = result.plan.requests
    until = max(int(one.parameters.get("first_day_short") or 0), 0)
    rows = np.flatnonzero((requests.source_node == one.node) & (requests.ship_day <= until))
    asked: dict[int, float] = {}
    for node, units in zip(requests.node[rows].tolist(), requests.quantity[rows].tolist(), strict=True):
        asked[node] = asked.get(node, 0.0) + units
    codes = result.nodes["location_code"]
    ranked = sorted(asked.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"location": names.locations[codes[node]], "quantity": round(units, decimals)} for node, units in ranked]


def _subject(result: "PlanResult", one: PlanException) -> str:
    if one.receipt >= 0:
        return result.tables.receipt_numbers[one.receipt]
    return result.tables.lot_codes[one.lot] if one.lot >= 0 else ""


def _details(
    result: "PlanResult",
    one: PlanException,
    decimals: int,
    unsourced: Mapping[tuple[int, int], MissingSource],
    names: Names,
) -> tuple[dict[str, Any], str, str]:
    """All numbers that the message shows, and the code and the name of the source it speaks of."""
    details = countable(one.parameters, decimals)
    if "receipt" in details:
        details["order_number"] = result.tables.receipt_numbers[details.pop("receipt")]
    if one.lot >= 0:
        details["lot"] = result.tables.lot_codes[one.lot]
    origin = details.pop("source_node", None)
    codes = result.nodes["location_code"]
    source = str(codes[int(origin)]) if origin is not None else (result.sources["source_code"][one.node] or "")
    is_location = origin is not None or result.sources["supplier_id"][one.node] is None
    missing = unsourced.get((result.item[one.node], result.location[one.node]))
    if details.get("reason") == "no_source" and missing is not None:
        details["reason"], source = missing.reason, missing.source
        is_location = missing.reason in ("source_inactive", "origin_does_not_carry")
    if details.get("reason") in FIX_PAGES:
        details["fix"] = FIX_PAGES[details["reason"]]
    return details, source, names.source(source, is_location=is_location)


def countable(parameters: Mapping[str, Any], decimals: int) -> dict[str, Any]:
    """Parameters with every quantity rounded up to the unit's decimals: nobody is short of half a piece. Money is
    rounded to cents, and what others hold is rounded down.
    """
    step = 10.0**decimals

    def rounded(name: str, value: Any) -> Any:
        if not isinstance(value, float):
            return value
        if name in _MONEY:
            return round(value, 2)
        if name in _ROUNDED_DOWN:
            return math.floor(value * step + TOLERANCE) / step
        return math.ceil(value * step - TOLERANCE) / step

    return {name: rounded(name, value) for name, value in parameters.items()}
