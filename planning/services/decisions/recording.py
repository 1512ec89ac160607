"""Writing decisions down: one batch per act, one entry per line, and the word that now stands on each need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from inventory.models import TransferOrder
from planning.models import (
    AutoApproveRule,
    BatchVerb,
    Decision,
    DecisionBatch,
    DecisionEntry,
    ExceptionDecision,
    PlanDecision,
    PlanException,
    PlannedOrder,
    PlanRun,
)
from planning.services.decisions.reach import REACHING, Key, Proposed, Reach, reaches
from planning.services.decisions.standing import Standing, decision_key
from stocksense.accounts.models import User
from stocksense.core import clock, context
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.realtime import hints
from vendors.models import PurchaseOrder

STATE = (
    "decision", "proposed_quantity", "proposed_due_on", "proposed_value", "quantity", "snoozed_until", "until_change",
    "reason", "run_id", "planned_order_ids", "order_number", "decided_by_id", "decided_at", "batch_id", "spans_to",
    "next_quantity", "tolerance", "most_cost",
)  # fmt: skip
"""What is kept of a word so that undo can put it back."""

UNIQUE = ["scenario", "item", "destination", "origin", "supplier", "need_on"]


@dataclass(frozen=True)
class Act:
    """Who does what, why, and for how long; shared by all lines of a batch."""

    verb: BatchVerb
    actor: User
    reason: str = ""
    token: UUID | None = None
    until: date | None = None
    until_change: bool = False
    rule: AutoApproveRule | None = None


@dataclass(frozen=True)
class DecisionResult:
    """What came of a decision: the drafts made or added to, what was decided, and what had been decided before.

    `batch` is None where nothing was left to decide.
    """

    purchase_orders: list[PurchaseOrder] = field(default_factory=list)
    transfer_orders: list[TransferOrder] = field(default_factory=list)
    decided: list[PlannedOrder] = field(default_factory=list)
    skipped: list[PlanDecision] = field(default_factory=list)
    batch: DecisionBatch | None = None
    exceptions: list[PlanException] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """One proposal with what stands on it, what it comes to, and where its goods were ordered."""

    order: PlannedOrder
    standing: Standing
    quantity: Decimal
    order_number: str = ""
    drafted: Mapping[str, Any] | None = None
    dates: tuple[date, date] | None = None

    @property
    def release_on(self) -> date:
        """When it is to be sent: as proposed, unless it goes out with other lines."""
        return self.dates[0] if self.dates else self.order.release_on

    @property
    def due_on(self) -> date:
        """When it is asked for: as proposed, unless it travels with other lines."""
        return self.dates[1] if self.dates else self.order.due_on

    @property
    def value(self) -> Decimal:
        """Company currency."""
        proposed: Decimal = self.order.value
        if self.quantity == self.order.quantity:
            return proposed
        return round(self.quantity * (self.order.unit_price or Decimal(0)), 4)


def open_batch(run: PlanRun, act: Act, *, lines: int, value: Decimal) -> DecisionBatch:
    """The row of the act itself. Open pages hear of it once it is committed."""
    hints.publish_after_commit(hints.planning_group(run.scenario_id))
    context.because(act.reason)
    return DecisionBatch.objects.create(
        scenario=run.scenario,
        run_id=run.pk,
        verb=act.verb,
        actor=act.actor,
        rule=act.rule,
        reason=act.reason[:300],
        lines=lines,
        value=value,
        token=act.token,
        created_at=clock.now(),
    )


def known_batch(token: UUID | None, actor: User) -> DecisionBatch | None:
    """The act that a form with this token did already.

    Raises InvalidInput where another person used the token, Conflict where the act was undone since: a page that is
    sent again from the browser's history must not be told that its orders stand.
    """
    batch = DecisionBatch.objects.filter(token=token).first() if token is not None else None
    if batch is not None and batch.actor_id != actor.pk:
        raise InvalidInput("This form belongs to another person. Open the page again.", token=str(token))
    if batch is not None and batch.undone_at is not None:
        raise Conflict("This was done and then undone. Open the page again to decide anew.", batch=batch.pk)
    return batch


def result_of(batch: DecisionBatch) -> DecisionResult:
    """What an act did, read back from its history."""
    entries = list(batch.entries.all())
    numbers = {entry.order_number for entry in entries if entry.order_number}
    run = PlanRun.objects.get(pk=batch.run_id)
    orders = PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date)
    exceptions = PlanException.objects.filter(run_id=run.pk, run_date=run.run_date)
    return DecisionResult(
        list(PurchaseOrder.objects.filter(number__in=numbers).order_by("pk")),
        list(TransferOrder.objects.filter(number__in=numbers).order_by("pk")),
        list(orders.filter(pk__in=[entry.planned_order_id for entry in entries]).order_by("pk")),
        [],
        batch,
        list(exceptions.filter(pk__in=[entry.exception_id for entry in entries]).order_by("pk")),
    )


def record(
    run: PlanRun, act: Act, decision: Decision | None, lines: Sequence[Line], proposed: Mapping[Key, Proposed]
) -> DecisionBatch:
    """The act with its history; from now on `decision` stands on the needs of `lines`, or nothing where it is None."""
    value = sum((line.value for line in lines), Decimal(0))
    batch = open_batch(run, act, lines=len(lines), value=value)
    DecisionEntry.objects.bulk_create([_entry(batch, act, line) for line in lines])
    if decision is None:
        PlanDecision.objects.filter(
            pk__in={line.standing.decision.pk for line in lines if line.standing.decision}
        ).delete()
        return batch
    rows: dict[Key, PlanDecision] = {}
    reach = reaches(run, proposed) if decision in REACHING else {}
    for line in lines:
        key = decision_key(line.order)
        if key not in rows:
            rows[key] = _word(run, batch, act, decision, line, proposed[key], reach.get(key))
        if decision == Decision.APPROVED:
            _take(rows[key], line)
        elif decision == Decision.EDITED:
            rows[key].quantity = line.quantity
    write_words(rows.values())
    return batch


def write_words(rows: Iterable[PlanDecision]) -> None:
    """Make each of these the one word on its need."""
    PlanDecision.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=UNIQUE,
        update_fields=field_names(STATE),
    )


def field_names(state: Sequence[str]) -> list[str]:
    """The fields that an upsert of a word replaces."""
    return [*(name if name == "run_id" else name.removesuffix("_id") for name in state), "updated_at"]


def state_of(decision: PlanDecision | ExceptionDecision | None, names: Sequence[str] = STATE) -> dict[str, Any] | None:
    """What undo needs to put a word back."""
    if decision is None:
        return None
    values = {name: getattr(decision, name) for name in names}
    return values | {"decided_at": decision.decided_at.isoformat()}


def _entry(batch: DecisionBatch, act: Act, line: Line) -> DecisionEntry:
    order = line.order
    # Reopening takes back the word that reaches the line, which may be one of an earlier order day.
    before = line.standing.decision if act.verb == BatchVerb.REOPEN else line.standing.own
    need_on = before.need_on if before else order.need_on
    return DecisionEntry(
        batch=batch,
        planned_order_id=order.pk,
        item_id=order.item_id,
        destination_id=order.location_id,
        origin_id=order.origin_id,
        supplier_id=order.supplier_id,
        need_on=need_on,
        decision=batch.get_verb_display(),
        proposed_quantity=order.quantity,
        quantity=line.quantity if line.quantity != order.quantity else None,
        value=line.value,
        snoozed_until=act.until,
        until_change=act.until_change,
        reason=act.reason[:300],
        order_number=line.order_number,
        drafted=line.drafted,
        previous=state_of(before),
    )


def _word(
    run: PlanRun,
    batch: DecisionBatch,
    act: Act,
    decision: Decision,
    line: Line,
    proposed: Proposed,
    reach: Reach | None,
) -> PlanDecision:
    order, before = line.order, line.standing.own
    fresh = PlanDecision(
        scenario_id=run.scenario_id,
        item_id=order.item_id,
        destination_id=order.location_id,
        origin_id=order.origin_id,
        supplier_id=order.supplier_id,
        need_on=order.need_on,
        decision=decision,
        proposed_quantity=proposed.quantity,
        proposed_due_on=proposed.due_on,
        proposed_value=sum((part.value for part in proposed.parts), Decimal(0)),
        snoozed_until=act.until,
        until_change=act.until_change,
        reason=act.reason[:300],
        run_id=run.pk,
        decided_by=act.actor,
        decided_at=batch.created_at,
        batch=batch,
        **(asdict(reach) if reach else {}),
    )
    if decision == Decision.SNOOZED and line.standing.is_edited and before is not None:
        fresh.quantity = before.quantity
    if decision == Decision.APPROVED:
        _go_on_from(fresh, before)
    return fresh


def _go_on_from(fresh: PlanDecision, before: PlanDecision | None) -> None:
    """An approval starts from nothing, or from the parts of the same need that were approved in the same run."""
    same_run = before is not None and before.decision == Decision.APPROVED and before.run_id == fresh.run_id
    fresh.proposed_quantity = before.proposed_quantity if same_run and before else Decimal(0)
    fresh.quantity = before.quantity if same_run and before else None
    fresh.planned_order_ids = list(before.planned_order_ids) if same_run and before else []
    fresh.order_number = before.order_number if same_run and before else ""


def _take(word: PlanDecision, line: Line) -> None:
    """Add a part to an approval: what was proposed, and what was ordered where it differs."""
    ordered = (word.proposed_quantity if word.quantity is None else word.quantity) + line.quantity
    word.proposed_quantity += line.order.quantity
    word.quantity = ordered if ordered != word.proposed_quantity else None
    word.planned_order_ids = [*word.planned_order_ids, line.order.pk]
    word.order_number = line.order_number or word.order_number
