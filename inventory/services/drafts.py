"""Draft transfers that a plan makes: collected per origin and destination until somebody approves them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db.models import DecimalField, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from inventory.models import ReceiptKind, TransferOrder, TransferOrderLine, TransferOrderSchedule, TransferState
from inventory.services import changes, draft_rows, transfers
from inventory.services.draft_rows import DraftedRow, OrderTables
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.database.sequences import next_numbers

Ends = tuple[int, int]

TABLES = OrderTables(ReceiptKind.TRANSFER, TransferOrder, TransferOrderLine, TransferOrderSchedule)


@dataclass(frozen=True)
class DraftLine:
    """What to move: `quantity` in stock units. `reference` tells the caller's lines apart."""

    reference: int
    origin_id: int
    destination_id: int
    item_id: int
    quantity: Decimal
    release_on: date
    requested_on: date

    @property
    def ends(self) -> Ends:
        """What the lines of one transfer have in common."""
        return self.origin_id, self.destination_id


@dataclass(frozen=True)
class Drafts:
    """Draft transfers made or added to, and the schedule row of each line by its reference."""

    orders: list[TransferOrder]
    rows: dict[int, DraftedRow]


def create_drafts(*, lines: Sequence[DraftLine], plan_run_id: int, actor: User) -> Drafts:
    """Add to the newest draft that a plan made from the same origin to the same destination, or make one.

    One line per item, one schedule row per date and call. Call inside a transaction. They count at once as
    supply at the destination and as promised at the origin.
    """
    if not lines:
        return Drafts([], {})
    ranked = sorted(lines, key=lambda line: (line.ends, line.item_id, line.requested_on, line.reference))
    groups = {ends: list(found) for ends, found in groupby(ranked, key=lambda line: line.ends)}
    orders = _open_drafts(groups, actor)
    missing = [ends for ends in groups if ends not in orders]
    for ends, number in zip(missing, next_numbers(transfers.NUMBERS, len(missing)), strict=True):
        orders[ends] = TransferOrder.objects.create(
            number=f"TO-{number}",
            origin_id=ends[0],
            destination_id=ends[1],
            plan_run_id=plan_run_id,
            created_by=actor,
        )
    rows: dict[int, DraftedRow] = {}
    for ends, found in groups.items():
        rows |= _add_lines(orders[ends], found)
    transfers.refresh_supply([order.pk for order in orders.values()])
    changes.count_changes((line.item_id, end) for line in lines for end in line.ends)
    return Drafts([orders[ends] for ends in groups], rows)


def take_back(*, rows: Sequence[DraftedRow], actor: User) -> list[TransferOrder]:
    """Take these rows off their drafts; a draft left empty is cancelled. Call inside a transaction.

    Raises Conflict, with the numbers, where a transfer is no longer the draft that the rows were added to.
    """
    orders: list[TransferOrder] = draft_rows.lock_untouched(TABLES, rows)
    schedules = TransferOrderSchedule.objects.filter(pk__in={row.schedule_id for row in rows})
    touched = set(schedules.values_list("line__item_id", "line__order__origin_id", "line__order__destination_id"))
    draft_rows.remove_rows(TABLES, rows)
    changes.count_changes((item, end) for item, *ends in touched for end in ends)
    for order in orders:
        if not order.lines.exists():
            transfers.close_empty(order, actor=actor)
    return orders


def collecting(actor: User | None) -> "QuerySet[TransferOrder]":
    """Drafts that lines are added to: those a plan made and no other system knows.

    Where the approver must be another person than the author, only the actor's own: a draft has one author.
    """
    rows = TransferOrder.objects.filter(
        state=TransferState.DRAFT, source_system="", external_number="", plan_run_id__isnull=False
    )
    return rows.filter(created_by=actor) if company.settings().separate_approver else rows


def values_of(order_ids: Collection[int]) -> dict[int, Decimal]:
    """What the goods of these transfers cost, company currency."""
    decimal: DecimalField[Decimal, Decimal] = DecimalField(max_digits=20, decimal_places=4)
    worth = Sum(F("quantity") * Coalesce(F("line__item__unit_cost"), Decimal(0)), output_field=decimal)
    rows = TransferOrderSchedule.objects.filter(line__order__in=order_ids, is_closed=False).order_by()
    return dict(rows.values_list("line__order_id").annotate(worth=worth))


def _open_drafts(wanted: Collection[Ends], actor: User) -> dict[Ends, TransferOrder]:
    """The newest draft per pair of ends, locked."""
    rows = collecting(actor).filter(
        origin_id__in={origin for origin, _ in wanted},
        destination_id__in={destination for _, destination in wanted},
    )
    found = {(row.origin_id, row.destination_id): row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    return {ends: order for ends, order in found.items() if ends in wanted}


def _add_lines(order: TransferOrder, lines: Sequence[DraftLine]) -> dict[int, DraftedRow]:
    known = {line.item_id: line for line in order.lines.all()}
    number = draft_rows.next_number(line.number for line in known.values())
    rows: dict[int, DraftedRow] = {}
    for item_id, found in groupby(lines, key=lambda line: line.item_id):
        if item_id not in known:
            known[item_id] = TransferOrderLine.objects.create(order=order, number=str(number), item_id=item_id)
            number += 1
        rows |= draft_rows.add_schedules(TABLES, known[item_id], list(found))
    return rows
