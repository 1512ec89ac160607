"""What planners decide on proposals: approvals that become draft orders, and rejections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from inventory.models import TransferOrder
from inventory.services import transfers
from planning.models import Decision, OrderKind, PlanDecision, PlannedOrder, PlanRun
from stocksense.accounts.models import User
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging import services as messaging
from vendors.models import PurchaseOrder
from vendors.services import orders as purchases

Key = tuple[int, int, int | None, int | None, object]

TOO_MUCH = Decimal(10**12)
"""Quantities of this size cannot be stored."""


class RunSuperseded(Conflict):
    """A newer plan is current. `fields["quantities"]` holds its quantity per order asked for, or None."""

    code = "run_superseded"


@dataclass(frozen=True)
class DecisionResult:
    """What came of a decision: the drafts made, the orders decided, and those that had been decided before."""

    purchase_orders: list[PurchaseOrder] = field(default_factory=list)
    transfer_orders: list[TransferOrder] = field(default_factory=list)
    decided: list[PlannedOrder] = field(default_factory=list)
    skipped: list[PlanDecision] = field(default_factory=list)


def approve_planned_orders(
    *,
    planned_order_ids: Sequence[int],
    run_id: int,
    actor: User,
    reason: str = "",
    quantities: Mapping[int, Decimal] | None = None,
) -> DecisionResult:
    """Turn proposals into drafts: purchase orders per supplier and destination, transfers per origin and destination.

    `quantities` (stock units, by planned order id) replace what the plan proposes. Proposals decided before are
    left as they are and come back as `skipped`, so sending a request twice makes one order. Nothing is written
    when it raises NotAllowed, RunSuperseded (`run_id` is not current) or InvalidInput (an order is not of that run).
    """
    _require(actor, "planning.approve", "You may not approve planned orders.")
    changed = _checked_quantities(quantities, planned_order_ids)
    with transaction.atomic():
        run = _current_run(run_id, planned_order_ids)
        open_orders, skipped = _undecided(run, planned_order_ids)
        _require_countable(open_orders, changed)
        amounts = {order.pk: changed.get(order.pk, order.quantity) for order in open_orders}
        bought, moved = _drafts(run, open_orders, amounts, actor)
        numbers = _draft_numbers(bought, moved)
        _record(run, Decision.APPROVED, actor, reason, open_orders, quantities=changed, numbers=numbers)
        if open_orders:
            payload = {
                "run_id": run.pk,
                "planned_order_ids": [order.pk for order in open_orders],
                "purchase_order_ids": [order.pk for order in bought],
                "transfer_order_ids": [order.pk for order in moved],
                "actor_id": actor.pk,
            }
            messaging.publish(topic="planned_orders.approved", payload=payload)
    return DecisionResult(bought, moved, open_orders, skipped)


def reject_planned_orders(
    *, planned_order_ids: Sequence[int], run_id: int, actor: User, reason: str = ""
) -> DecisionResult:
    """Say no to proposals; later plans that propose the same need know it. Errors as for approving."""
    _require(actor, "planning.decide", "You may not reject planned orders.")
    with transaction.atomic():
        run = _current_run(run_id, planned_order_ids)
        open_orders, skipped = _undecided(run, planned_order_ids)
        _record(run, Decision.REJECTED, actor, reason, open_orders)
        if open_orders:
            ids = [order.pk for order in open_orders]
            payload = {"run_id": run.pk, "planned_order_ids": ids, "actor_id": actor.pk, "reason": reason}
            messaging.publish(topic="planned_orders.rejected", payload=payload)
    return DecisionResult(decided=open_orders, skipped=skipped)


def decision_key(row: PlannedOrder | PlanDecision) -> Key:
    """(item, destination, origin, supplier, need date): what a decision is about, in any run."""
    destination = row.location_id if isinstance(row, PlannedOrder) else row.destination_id
    return row.item_id, destination, row.origin_id, row.supplier_id, row.need_on


def settles(decision: PlanDecision, run: PlanRun) -> bool:
    """Whether a proposal of `run` with the decision's key is decided already.

    A rejection holds in every run. An approval holds in its own run and in runs that began before it was given,
    which have not seen its order; a later run that proposes the same need again asks for more.
    """
    if decision.decision == Decision.REJECTED:
        return True
    if decision.decision != Decision.APPROVED:
        return False
    return decision.run_id == run.pk or decision.updated_at >= run.started_at


def _require(actor: User, permission: str, message: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(message)


def _checked_quantities(quantities: Mapping[int, Decimal] | None, ids: Iterable[int]) -> dict[int, Decimal]:
    changed, known = dict(quantities or {}), set(ids)
    for order_id, quantity in changed.items():
        if order_id not in known or not quantity.is_finite() or not 0 < quantity < TOO_MUCH:
            raise InvalidInput(
                f"A changed quantity must be above zero, below {TOO_MUCH:,} and belong to an order being approved.",
                order=order_id,
            )
    return changed


def _require_countable(orders: Iterable[PlannedOrder], changed: Mapping[int, Decimal]) -> None:
    for order in orders:
        quantity = changed.get(order.pk)
        if quantity is not None and quantity != round(quantity, order.item.uom_decimals):
            raise InvalidInput(
                f"{quantity:f} {order.item.uom} of {order.item.sku} cannot be ordered: "
                f"its quantities have {order.item.uom_decimals} decimals.",
                order=order.pk,
            )


def _current_run(run_id: int, ids: Sequence[int]) -> PlanRun:
    """The run, its pointer locked against publishing and other decisions until the transaction ends."""
    run = PlanRun.objects.select_related("scenario").filter(pk=run_id).first()
    if run is None:
        raise InvalidInput(f"There is no plan run {run_id}.", run=run_id)
    pointer = (
        CurrentRun.objects.select_for_update(of=("self",)).filter(scenario=run.scenario, kind=RunKind.PLAN).first()
    )
    if pointer is None or pointer.run_id != run.pk:
        raise RunSuperseded(
            "A newer plan has been made since this page was opened. Nothing was changed: look at the new quantities.",
            current_run=pointer.run_id if pointer else None,
            quantities=_new_quantities(run, pointer, ids) if pointer else {},
        )
    return run


def _new_quantities(run: PlanRun, pointer: CurrentRun, ids: Sequence[int]) -> dict[int, Decimal | None]:
    asked = list(PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date, pk__in=ids))
    items = {order.item_id for order in asked}
    now = PlannedOrder.objects.of_run(pointer).filter(item_id__in=items)
    proposed = {decision_key(order): order.quantity for order in now}
    return {order.pk: proposed.get(decision_key(order)) for order in asked}


def _undecided(run: PlanRun, ids: Sequence[int]) -> tuple[list[PlannedOrder], list[PlanDecision]]:
    wanted = set(ids)
    rows = PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date, pk__in=wanted)
    orders = list(rows.select_related("item").order_by("pk"))
    if not wanted or len(orders) != len(wanted):
        raise InvalidInput("Some of these planned orders are not in the current plan.", run=run.pk)
    same_items = PlanDecision.objects.filter(scenario=run.scenario, item_id__in={order.item_id for order in orders})
    settled = {decision_key(row): row for row in same_items if settles(row, run)}
    skipped = [settled[key] for key in map(decision_key, orders) if key in settled]
    return [order for order in orders if decision_key(order) not in settled], skipped


def _drafts(
    run: PlanRun, orders: Sequence[PlannedOrder], amounts: Mapping[int, Decimal], actor: User
) -> tuple[list[PurchaseOrder], list[TransferOrder]]:
    bought = [
        purchases.DraftLine(
            supplier_id=order.supplier_id,
            destination_id=order.location_id,
            item_id=order.item_id,
            term_id=order.source_id,
            quantity=amounts[order.pk],
            release_on=order.release_on,
            requested_on=order.due_on,
        )
        for order in orders
        if order.supplier_id is not None
    ]
    moved = [
        transfers.DraftLine(
            origin_id=order.origin_id,
            destination_id=order.location_id,
            item_id=order.item_id,
            quantity=amounts[order.pk],
            release_on=order.release_on,
            requested_on=order.due_on,
        )
        for order in orders
        if order.origin_id is not None
    ]
    return (
        purchases.create_drafts(lines=bought, plan_run_id=run.pk, actor=actor),
        transfers.create_drafts(lines=moved, plan_run_id=run.pk, actor=actor),
    )


def _draft_numbers(
    bought: Iterable[PurchaseOrder], moved: Iterable[TransferOrder]
) -> dict[tuple[str, int | None, int], str]:
    numbers: dict[tuple[str, int | None, int], str] = {}
    for purchase in bought:
        numbers[OrderKind.PURCHASE, purchase.supplier_id, purchase.destination_id] = purchase.number
    for transfer in moved:
        numbers[OrderKind.TRANSFER, transfer.origin_id, transfer.destination_id] = transfer.number
    return numbers


def _record(
    run: PlanRun,
    decision: Decision,
    actor: User,
    reason: str,
    orders: Sequence[PlannedOrder],
    *,
    quantities: Mapping[int, Decimal] | None = None,
    numbers: Mapping[tuple[str, int | None, int], str] | None = None,
) -> None:
    """One decision per key. Parts of one need (a remainder that a short origin ships later) share theirs."""
    rows: dict[Key, PlanDecision] = {}
    for order in orders:
        source = order.supplier_id or order.origin_id
        changed = (quantities or {}).get(order.pk)
        row = rows.setdefault(
            decision_key(order),
            PlanDecision(
                scenario=run.scenario,
                item_id=order.item_id,
                destination_id=order.location_id,
                origin_id=order.origin_id,
                supplier_id=order.supplier_id,
                need_on=order.need_on,
                decision=decision,
                proposed_quantity=Decimal(0),
                reason=reason[:300],
                run_id=run.pk,
                order_number=(numbers or {}).get((order.kind, source, order.location_id), ""),
                decided_by=actor,
            ),
        )
        row.proposed_quantity += order.quantity
        if changed is not None:
            row.quantity = (row.quantity or Decimal(0)) + changed
    PlanDecision.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["scenario", "item", "destination", "origin", "supplier", "need_on"],
        update_fields=[
            "decision",
            "proposed_quantity",
            "quantity",
            "snoozed_until",
            "reason",
            "run_id",
            "order_number",
            "decided_by",
            "updated_at",
        ],
    )
