"""Exceptions as rows: what the engine's numbers stand for, and the sentence that says it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from planning.engine.exceptions import PlanException
from planning.engine.inputs import TOLERANCE
from planning.services import messages
from planning.services.missing_sources import MissingSource, missing_sources

if TYPE_CHECKING:
    from planning.services.run_rows import PlanResult

_MONEY = frozenset({"value", "shortfall", "min_value"})
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
    """Values of EXCEPTION_COLUMNS: one row per item, location, kind and subject, the dearest where several share it.

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
    return _rows(result, unsourced)


def _rows(result: "PlanResult", unsourced: Mapping[tuple[int, int], MissingSource]) -> Iterator[Sequence[Any]]:
    unit, decimals = result.nodes["uom"].to_list(), result.nodes["uom_decimals"].to_list()
    said: set[tuple[int, str, str]] = set()
    for one in result.plan.exceptions:
        subject = _subject(result, one)
        if (one.node, one.kind, subject) in said:
            continue
        said.add((one.node, one.kind, subject))
        details, source = _details(result, one, decimals[one.node], unsourced)
        day = result.run.as_of + timedelta(days=one.day)
        text = messages.sentence(one.kind, details, day=day, as_of=result.run.as_of, unit=unit[one.node], source=source)
        yield (
            *result.keys(one.node), one.kind, subject, day, round(one.cost_of_inaction, 4), text,
            orjson.dumps({**details, "source": source, "unit": unit[one.node]}).decode(),
        )  # fmt: skip


def _subject(result: "PlanResult", one: PlanException) -> str:
    if one.receipt >= 0:
        return result.tables.receipt_numbers[one.receipt]
    return result.tables.lot_codes[one.lot] if one.lot >= 0 else ""


def _details(
    result: "PlanResult", one: PlanException, decimals: int, unsourced: Mapping[tuple[int, int], MissingSource]
) -> tuple[dict[str, Any], str]:
    """All numbers that the message shows, and the code of the source it speaks of."""
    details = countable(one.parameters, decimals)
    if "receipt" in details:
        details["order_number"] = result.tables.receipt_numbers[details.pop("receipt")]
    if one.lot >= 0:
        details["lot"] = result.tables.lot_codes[one.lot]
    origin = details.pop("source_node", None)
    codes = result.nodes["location_code"]
    source = str(codes[int(origin)]) if origin is not None else (result.sources["source_code"][one.node] or "")
    missing = unsourced.get((result.item[one.node], result.location[one.node]))
    if details.get("reason") == "no_source" and missing is not None:
        details["reason"], source = missing.reason, missing.source
    if details.get("reason") in FIX_PAGES:
        details["fix"] = FIX_PAGES[details["reason"]]
    return details, source


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
