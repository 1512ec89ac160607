"""The columns of the exceptions page: what can be shown, what can be sorted, and what each says of an exception."""

from collections.abc import Mapping
from dataclasses import dataclass

from planning.admin.worklist.table import Cell, Column, Table
from planning.models import ExceptionKind, PlanException
from planning.services import reads
from planning.services.decisions import measure
from policies.models import Policy
from stocksense.core.admin import formats

ABOUT_AN_ORDER = {
    ExceptionKind.EXPEDITE,
    ExceptionKind.OVERDUE_RECEIPT,
    ExceptionKind.PAST_DUE_RELEASE,
    ExceptionKind.DEFER,
    ExceptionKind.CANCEL,
}


@dataclass(frozen=True)
class Seen:
    """An exception with what its columns are made of."""

    exception: PlanException
    policy: Policy | None
    currency: str


def order_number(row: PlanException) -> str:
    """The open order that an exception is about; blank where it is about none."""
    return str(row.details.get("order_number") or (row.subject if row.kind in ABOUT_AN_ORDER else ""))


def _at(seen: Seen) -> Cell:
    location = seen.exception.location
    return Cell(location.name or location.code, hint=str(location))


def _class(seen: Seen) -> Cell:
    return Cell(f"{seen.policy.abc}{seen.policy.xyz}" if seen.policy else formats.NONE)


def _service(seen: Seen) -> Cell:
    return Cell(formats.share(seen.policy.service_target) if seen.policy else formats.NONE)


def _source(seen: Seen) -> Cell:
    return Cell(str(seen.exception.details.get("source") or formats.NONE))


def _order(seen: Seen) -> Cell:
    return Cell(order_number(seen.exception) or formats.NONE)


def _units(seen: Seen) -> Cell:
    units, item = measure(seen.exception), seen.exception.item
    if units is None:
        return Cell(formats.NONE)
    return Cell(formats.quantity(units, decimals=item.uom_decimals), item.uom, "How much the message is about")


def _due(seen: Seen) -> Cell:
    return Cell(formats.short_day(seen.exception.due_on))


def _waiting(seen: Seen) -> Cell:
    cost = seen.exception.cost_of_inaction
    return Cell(formats.money(cost, seen.currency) if cost else formats.NONE)


COLUMNS: Mapping[str, Column] = {
    "at": Column("At", _at, number=False, rising=True),
    "what": Column("What", lambda seen: Cell(seen.exception.get_kind_display()), number=False, rising=True),
    "class": Column("Class", _class, number=False, usual=False),
    "service": Column("Service", _service, usual=False),
    "source": Column("Source", _source, number=False, usual=False),
    "order": Column("Order", _order, number=False, usual=False, rising=True),
    "message": Column("Message", lambda seen: Cell(seen.exception.message), number=False, fixed=True),
    "units": Column("Units", _units, usual=False),
    "due": Column("Due", _due, rising=True),
    "waiting": Column("Waiting costs", _waiting),
}
TABLE = Table(COLUMNS, sorts=reads.EXCEPTION_SORTS, first=reads.DEAREST_FIRST)
