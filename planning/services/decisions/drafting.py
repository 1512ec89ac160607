"""Approved lines become draft orders, and drafts are given back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from inventory.models import TransferOrder
from inventory.services import drafts as transfers
from inventory.services.draft_rows import DraftedRow
from planning.models import DecisionEntry, OrderKind, PlanRun
from planning.services.decisions.recording import Line
from stocksense.accounts.models import User
from vendors.models import PurchaseOrder
from vendors.services import drafts as purchases


@dataclass(frozen=True)
class Drafted:
    """Draft orders made or added to, and the lines with their order's number and schedule row."""

    purchase_orders: list[PurchaseOrder] = field(default_factory=list)
    transfer_orders: list[TransferOrder] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def draft(run: PlanRun, lines: Sequence[Line], actor: User) -> Drafted:
    """Order these lines: purchases per supplier and destination, transfers per origin and destination."""
    ordered = [line for line in lines if line.quantity > 0]
    bought = purchases.create_drafts(
        lines=[_purchase(line) for line in ordered if line.order.supplier_id], plan_run_id=run.pk, actor=actor
    )
    moved = transfers.create_drafts(
        lines=[_transfer(line) for line in ordered if line.order.origin_id], plan_run_id=run.pk, actor=actor
    )
    numbers: dict[tuple[str, int], str] = {
        **{(OrderKind.PURCHASE, order.pk): order.number for order in bought.orders},
        **{(OrderKind.TRANSFER, order.pk): order.number for order in moved.orders},
    }
    rows = bought.rows | moved.rows
    told = [_told(line, rows.get(line.order.pk), numbers) for line in lines]
    return Drafted(bought.orders, moved.orders, told)


def take_back(entries: Iterable[DecisionEntry], actor: User) -> None:
    """Take what an approval drafted off its drafts. Raises Conflict where an order went on since."""
    bought: list[DraftedRow] = []
    moved: list[DraftedRow] = []
    terms: dict[int, int] = {}
    for entry in entries:
        if (made := entry.drafted) is None:
            continue
        row = DraftedRow(made["order_id"], made["schedule_id"], Decimal(made["quantity"]))
        (bought if entry.supplier_id else moved).append(row)
        terms[row.schedule_id] = made["term_id"]
    purchases.take_back(rows=bought, terms=terms, actor=actor)
    transfers.take_back(rows=moved, actor=actor)


def _told(line: Line, row: DraftedRow | None, numbers: Mapping[tuple[str, int], str]) -> Line:
    if row is None:
        return line
    made: dict[str, Any] = {
        "order_id": row.order_id,
        "schedule_id": row.schedule_id,
        "quantity": str(row.quantity),
        "term_id": line.order.source_id,
    }
    return replace(line, order_number=numbers[line.order.kind, row.order_id], drafted=made)


def _purchase(line: Line) -> purchases.DraftLine:
    order = line.order
    assert order.supplier_id is not None  # noqa: S101 (the database holds it for purchases)
    return purchases.DraftLine(
        reference=order.pk,
        supplier_id=order.supplier_id,
        destination_id=order.location_id,
        item_id=order.item_id,
        term_id=order.source_id,
        quantity=line.quantity,
        release_on=line.release_on,
        requested_on=line.due_on,
    )


def _transfer(line: Line) -> transfers.DraftLine:
    order = line.order
    assert order.origin_id is not None  # noqa: S101 (the database holds it for transfers)
    return transfers.DraftLine(
        reference=order.pk,
        origin_id=order.origin_id,
        destination_id=order.location_id,
        item_id=order.item_id,
        quantity=line.quantity,
        release_on=line.release_on,
        requested_on=line.due_on,
    )
