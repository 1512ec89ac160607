"""Changing draft purchase orders: quantities, dates, lines, the note; prices follow the quantity."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum

from inventory.services import changes
from inventory.services import draft_edits as shared
from inventory.services.draft_edits import ScheduleEdit
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.errors import NotAllowed
from vendors.models import PurchaseOrder, PurchaseOrderLine, SupplierItem
from vendors.services import drafts, orders


def edit_order(
    *,
    order: PurchaseOrder,
    actor: User,
    schedules: Sequence[ScheduleEdit] = (),
    removed_lines: Sequence[int] = (),
    note: str | None = None,
) -> PurchaseOrder:
    """Change a purchase order, which the caller has locked: a draft's lines, and the note at any time.

    Lines of our own drafts are priced again by the terms in force. A draft left empty is cancelled. Raises
    NotAllowed, Conflict where lines of anything but a draft would change, FieldErrors for rows that are not its own.
    """
    if not actor.has_perm("vendors.change_purchaseorder"):
        raise NotAllowed("You may not change purchase orders.")
    with transaction.atomic():
        if note is not None and note != order.note:
            order.note = note
            order.save(update_fields=["note", "updated_at"])
        if schedules or removed_lines:
            _edit_lines(order, schedules, removed_lines, actor)
    return order


def _edit_lines(
    order: PurchaseOrder, schedules: Sequence[ScheduleEdit], removed_lines: Sequence[int], actor: User
) -> None:
    items = shared.edit(drafts.TABLES, order, schedules=schedules, removed_lines=removed_lines, actor=actor)
    if not order.source_system:
        _price_again(order, {change.schedule_id for change in schedules if change.quantity is not None})
    orders.refresh_supply([order.pk])
    changes.count_changes((item, order.destination_id) for item in items)
    if not order.lines.exists():
        orders.close_empty(order, actor=actor)


def _price_again(order: PurchaseOrder, schedule_ids: set[int]) -> None:
    lines = PurchaseOrderLine.objects.filter(order=order, schedules__in=schedule_ids).select_related("item").distinct()
    for line in lines.order_by("pk"):
        term = _term_of(order, line)
        if term is not None:
            line.unit_price = drafts.price_at(term, _total(line) / line.units_per_order_uom)
            line.save(update_fields=["unit_price"])


def _total(line: PurchaseOrderLine) -> Decimal:
    return line.schedules.aggregate(total=Sum("quantity"))["total"] or Decimal(0)


def _term_of(order: PurchaseOrder, line: PurchaseOrderLine) -> SupplierItem | None:
    """The term in force under which the line can be ordered: the destination's own before the general one."""
    unit = Q(order_uom=line.order_uom) | (Q(order_uom="") if line.order_uom == line.item.uom else Q(pk__in=[]))
    rows = SupplierItem.objects.valid_on(company.today()).filter(
        unit,
        Q(location_id=order.destination_id) | Q(location__isnull=True),
        supplier_id=order.supplier_id,
        item_id=line.item_id,
        units_per_order_uom=line.units_per_order_uom,
    )
    found = rows.order_by(F("location_id").asc(nulls_last=True), "-valid_from").values_list("pk", flat=True).first()
    return None if found is None else drafts.terms_with_breaks([found])[found]
