"""Changing draft orders, purchases and transfers alike: other quantities and dates, lines taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import TransferOrder
from inventory.services import changes, draft_rows, drafts, transfers
from inventory.services.draft_rows import DRAFT, OrderTables
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.errors import Conflict, FieldErrors, NotAllowed
from stocksense.core.saving import Problems


@dataclass(frozen=True)
class ScheduleEdit:
    """Another quantity (stock units) or requested date of a schedule row; None leaves it."""

    schedule_id: int
    quantity: Decimal | None = None
    requested_on: date | None = None


def edit_transfer(
    *, order: TransferOrder, schedules: Sequence[ScheduleEdit], removed_lines: Sequence[int], actor: User
) -> TransferOrder:
    """Change a draft transfer, which the caller has locked; one left empty is cancelled.

    Raises NotAllowed, Conflict where it is no draft any more, FieldErrors for rows that are not its own.
    """
    if not actor.has_perm("inventory.change_transferorder"):
        raise NotAllowed("You may not change transfer orders.")
    with transaction.atomic():
        items = edit(drafts.TABLES, order, schedules=schedules, removed_lines=removed_lines, actor=actor)
        transfers.refresh_supply([order.pk])
        changes.count_changes((item, end) for item in items for end in (order.origin_id, order.destination_id))
        if not order.lines.exists():
            transfers.close_empty(order, actor=actor)
    return order


def edit(
    tables: OrderTables, order: Any, *, schedules: Sequence[ScheduleEdit], removed_lines: Sequence[int], actor: User
) -> set[int]:
    """Change schedule rows and take lines off, inside the caller's transaction; returns the items touched.

    The caller brings supply, counters and prices up to date. Errors as `edit_transfer`.
    """
    if order.state != DRAFT:
        raise Conflict(f"{order.number} is {order.state}; only drafts can be changed.", state=order.state)
    if order.created_by_id != actor.pk and company.settings().separate_approver:
        raise NotAllowed(f"{order.number} is somebody else's draft: whoever changed it could also approve it.")
    locked = order.lines.select_related("item").select_for_update(of=("self",)).order_by("pk")
    lines: dict[int, Any] = {line.pk: line for line in locked}
    found: Any = tables.schedule._default_manager.filter(line__in=lines).order_by("pk")
    rows: dict[int, Any] = {row.pk: row for row in found}
    removed = set(removed_lines)
    if problems := _problems(rows, lines, schedules, removed):
        raise FieldErrors(problems)
    touched = {lines[line].item_id for line in removed}
    for change in schedules:
        row = rows[change.schedule_id]
        _apply(row, change)
        touched.add(lines[row.line_id].item_id)
    if removed:
        gone = [
            draft_rows.DraftedRow(order.pk, row.pk, row.quantity) for row in rows.values() if row.line_id in removed
        ]
        draft_rows.remove_rows(tables, gone)
        tables.line._default_manager.filter(pk__in=removed).delete()
    order.save(update_fields=["updated_at"])
    return touched


def _problems(
    rows: dict[int, Any], lines: dict[int, Any], schedules: Sequence[ScheduleEdit], removed: set[int]
) -> Problems:
    problems: Problems = {}
    if strange := sorted(removed - lines.keys()):
        problems["removed_lines"] = [f"The order has no line with the id {strange[0]}."]
    seen: set[int] = set()
    for change in schedules:
        row = rows.get(change.schedule_id)
        if row is None or row.line_id in removed:
            problem = f"The order has no schedule row with the id {change.schedule_id}."
        elif change.schedule_id in seen:
            problem = f"Schedule row {change.schedule_id} stands there twice."
        else:
            problem = _quantity_problem(lines[row.line_id].item, change.quantity) or _date_problem(
                row, change.requested_on
            )
        seen.add(change.schedule_id)
        if problem:
            problems.setdefault("schedules", []).append(problem)
    return problems


def _quantity_problem(item: Any, quantity: Decimal | None) -> str:
    if quantity is None:
        return ""
    if quantity <= 0:
        return "A quantity must be above zero; take the line off instead."
    if quantity != round(quantity, item.uom_decimals):
        return f"{item.sku} is counted with {item.uom_decimals} decimals."
    return ""


def _date_problem(row: Any, requested_on: date | None) -> str:
    try:
        _release_on(row, requested_on)
    except OverflowError:
        return f"It cannot be released as long before {requested_on} as it was: no calendar reaches as far."
    return ""


def _release_on(row: Any, requested_on: date | None) -> date | None:
    """The day on which the row is released if it is requested on this day: as long before it as now."""
    released: date | None = row.release_on
    if released is None or row.requested_on is None or requested_on is None:
        return released
    moved: date = released + (requested_on - row.requested_on)
    return moved


def _apply(row: Any, change: ScheduleEdit) -> None:
    if change.quantity is not None:
        row.quantity = change.quantity
    if change.requested_on is not None:
        row.release_on, row.requested_on = _release_on(row, change.requested_on), change.requested_on
    row.save(update_fields=["quantity", "requested_on", "release_on"])
