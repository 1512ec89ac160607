"""Schedule rows of draft orders, purchases and transfers alike: added line by line, and taken back whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Protocol

from django.db.models import Model

from inventory.models import ReceiptKind
from inventory.services import supply
from stocksense.core.errors import Conflict

DRAFT = "draft"


@dataclass(frozen=True)
class OrderTables:
    """Models of one kind of order."""

    kind: ReceiptKind
    order: type[Model]
    line: type[Model]
    schedule: type[Model]


@dataclass(frozen=True)
class DraftedRow:
    """The schedule row that a draft line became part of, with the row's quantity: enough to take it back."""

    order_id: int
    schedule_id: int
    quantity: Decimal


class Part(Protocol):
    """What a schedule row is made of. `reference` tells the caller's parts apart."""

    @property
    def reference(self) -> int: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def release_on(self) -> date: ...
    @property
    def requested_on(self) -> date: ...


def next_number(numbers: Iterable[str]) -> int:
    """The number after the largest of those that are numbers."""
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def add_schedules(tables: OrderTables, line: Any, parts: Sequence[Part]) -> dict[int, DraftedRow]:
    """Add a schedule row per requested date to a line; returns the row of each part by its reference."""
    first = next_number(line.schedules.values_list("number", flat=True))
    days = groupby(sorted(parts, key=lambda part: part.requested_on), key=lambda part: part.requested_on)
    rows: dict[int, DraftedRow] = {}
    for number, (requested_on, found) in enumerate(days, start=first):
        same_day = list(found)
        schedule: Any = tables.schedule._default_manager.create(
            line=line,
            number=str(number),
            quantity=sum((part.quantity for part in same_day), Decimal(0)),
            release_on=min(part.release_on for part in same_day),
            requested_on=requested_on,
        )
        row = DraftedRow(line.order_id, schedule.pk, schedule.quantity)
        rows |= {part.reference: row for part in same_day}
    return rows


def lock_untouched(tables: OrderTables, rows: Sequence[DraftedRow]) -> list[Any]:
    """The orders of these rows, locked; Conflict with their numbers where one is no longer the draft it was.

    An order that another system knows, that left the draft state, or whose row was changed has gone on.
    """
    manager: Any = tables.order._default_manager
    wanted = {row.order_id for row in rows}
    orders = list(manager.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"))
    schedules: Any = tables.schedule._default_manager.filter(pk__in={row.schedule_id for row in rows})
    found = {schedule.pk: schedule for schedule in schedules.select_related("line")}
    stale = [
        order.number
        for order in orders
        if order.state != DRAFT
        or order.external_number
        or not all(_is_as_made(found.get(row.schedule_id), row) for row in rows if row.order_id == order.pk)
    ]
    if stale:
        raise Conflict(
            f"{', '.join(stale)} went on since: approved, sent, cancelled or changed. Nothing was undone.", orders=stale
        )
    return orders


def remove_rows(tables: OrderTables, rows: Sequence[DraftedRow]) -> list[Any]:
    """Delete these schedule rows with their supply, and lines without any; returns the lines that are left."""
    ids = sorted({row.schedule_id for row in rows})
    lines: Any = tables.line._default_manager.filter(schedules__in=ids).distinct()
    touched = list(lines.order_by("pk"))
    supply.remove_receipts(kind=tables.kind, schedule_ids=ids)
    tables.schedule._default_manager.filter(pk__in=ids).delete()
    left = [line for line in touched if line.schedules.exists()]
    tables.line._default_manager.filter(pk__in=[line.pk for line in touched if line not in left]).delete()
    return left


def _is_as_made(schedule: Any, row: DraftedRow) -> bool:
    return (
        schedule is not None
        and schedule.line.order_id == row.order_id
        and schedule.quantity == row.quantity
        and not schedule.received_quantity
        and not schedule.shipped_quantity
        and not schedule.is_closed
        and schedule.promised_on is None
    )
