"""Exceptions that a person has dealt with: dismissed, snoozed or done, until they grow.

`exception_settles` and `settled_exceptions` are one rule, in Python and in SQL.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DecimalField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from planning.models import (
    BatchVerb,
    DecisionBatch,
    DecisionEntry,
    ExceptionDecision,
    ExceptionWord,
    PlanException,
    PlanRun,
)
from planning.services.decisions import locking
from planning.services.decisions.proposals import require_end
from planning.services.decisions.recording import (
    Act,
    DecisionResult,
    field_names,
    known_batch,
    open_batch,
    result_of,
    state_of,
)
from stocksense.accounts.models import User
from stocksense.core.errors import InvalidInput
from stocksense.messaging import services as messaging

ExceptionKey = tuple[int, int, str, str]

GROWN = Decimal("1.2")
"""An exception is news again when its cost or quantity is above this many times what it was."""

MEASURES = ("quantity", "units", "remainder", "quantity_needed", "units_saved")
"""Where an exception's details say how much it is about, the first that is there."""

VERBS = {
    ExceptionWord.DISMISSED: BatchVerb.DISMISS,
    ExceptionWord.SNOOZED: BatchVerb.SNOOZE,
    ExceptionWord.DONE: BatchVerb.DONE,
}
EXCEPTION_STATE = (
    "decision", "snoozed_until", "until_change", "cost", "quantity", "reason", "run_id", "decided_by_id",
    "decided_at", "batch_id",
)  # fmt: skip


def decide_exceptions(
    *,
    exception_ids: Sequence[int],
    run_id: int,
    decision: ExceptionWord,
    actor: User,
    until: date | None = None,
    until_change: bool = False,
    reason: str = "",
    token: UUID | None = None,
) -> DecisionResult:
    """Dismiss exceptions (with a reason), snooze them until a day or a change, or mark them done.

    They come back when the day has come, or when cost or quantity has grown by more than a fifth. Nothing is written
    when it raises NotAllowed, RunSuperseded or InvalidInput (not of that run, no reason, no end).
    """
    locking.require(actor, "planning.decide", "You may not decide on exceptions.")
    word = ExceptionWord(decision)
    act = Act(VERBS[word], actor, reason, token, until=until, until_change=until_change)
    with transaction.atomic():
        if batch := known_batch(token, actor):
            return result_of(batch)
        run = locking.lock_current_run(run_id)
        if batch := known_batch(token, actor):
            return result_of(batch)
        _require_sense(word, act, run)
        rows = list(
            PlanException.objects.filter(run_id=run.pk, run_date=run.run_date, pk__in=set(exception_ids)).order_by("pk")
        )
        if not exception_ids or len(rows) != len(set(exception_ids)):
            raise InvalidInput("Some of these exceptions are not in the current plan.", run=run.pk)
        batch = _record(run, act, word, rows)
        payload = {"run_id": run.pk, "batch_id": batch.pk, "decision": word.value, "actor_id": actor.pk}
        messaging.publish(topic="exceptions.decided", payload=payload)
    return DecisionResult(batch=batch, exceptions=rows)


def exception_settles(decision: ExceptionDecision, run: PlanRun, exception: PlanException) -> bool:
    """Whether the exception of `run` with the decision's key has been dealt with and has not grown since."""
    if decision.snoozed_until is not None and run.as_of >= decision.snoozed_until:
        return False
    if exception.cost_of_inaction > decision.cost * GROWN:
        return False
    now = measure(exception)
    return now is None or decision.quantity is None or now <= decision.quantity * GROWN


def settled_exceptions(run: PlanRun) -> "QuerySet[ExceptionDecision]":
    """Decisions that settle the exception of the outer query on PlanException: `exception_settles`, in SQL.

    Annotate the outer query with `measured=measured()`.
    """
    money: Any = DecimalField(max_digits=20, decimal_places=8)
    return (
        ExceptionDecision.objects.annotate(
            worst=ExpressionWrapper(F("cost") * GROWN, output_field=money),
            most=ExpressionWrapper(F("quantity") * GROWN, output_field=money),
        )
        .filter(
            Q(snoozed_until__isnull=True) | Q(snoozed_until__gt=run.as_of),
            Q(quantity__isnull=True) | Q(most__gte=Coalesce(OuterRef("measured"), Value(Decimal(0)))),
            scenario=run.scenario_id,
            item=OuterRef("item"),
            location=OuterRef("location"),
            kind=OuterRef("kind"),
            subject=OuterRef("subject"),
            worst__gte=OuterRef("cost_of_inaction"),
        )
        .order_by()
    )


def measured() -> Any:
    """Annotation of PlanException: how much it is about, stock units; null where its details name no quantity."""
    decimal: Any = DecimalField(max_digits=15, decimal_places=3)
    return Coalesce(*(Cast(KeyTextTransform(name, "details"), decimal) for name in MEASURES))


def measure(exception: PlanException) -> Decimal | None:
    """The same in Python."""
    for name in MEASURES:
        if (value := exception.details.get(name)) is not None:
            try:
                return Decimal(str(value)).quantize(Decimal("0.001"), ROUND_HALF_UP)
            except InvalidOperation:
                return None
    return None


def exception_key(row: PlanException | ExceptionDecision) -> ExceptionKey:
    """(item, location, kind, subject): what a decision on an exception is about, in any run."""
    return row.item_id, row.location_id, row.kind, row.subject


def write_exception_words(rows: Iterable[ExceptionDecision]) -> None:
    """Make each of these the one word on its exception."""
    ExceptionDecision.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["scenario", "item", "location", "kind", "subject"],
        update_fields=field_names(EXCEPTION_STATE),
    )


def _require_sense(word: ExceptionWord, act: Act, run: PlanRun) -> None:
    if word == ExceptionWord.SNOOZED:
        require_end(act, run)
    elif act.until is not None or act.until_change:
        raise InvalidInput("Only a snooze has an end.", until=str(act.until))
    if word == ExceptionWord.DISMISSED and not act.reason.strip():
        raise InvalidInput("Say why it needs nothing: others will wonder.", reason="")


def _record(run: PlanRun, act: Act, word: ExceptionWord, rows: Sequence[PlanException]) -> DecisionBatch:
    items = {row.item_id for row in rows}
    words = ExceptionDecision.objects.filter(scenario=run.scenario_id, item_id__in=items)
    before = {exception_key(row): row for row in words}
    cost = sum((row.cost_of_inaction for row in rows), Decimal(0))
    batch = open_batch(run, act, lines=len(rows), value=cost)
    DecisionEntry.objects.bulk_create(
        DecisionEntry(
            batch=batch,
            exception_id=row.pk,
            item_id=row.item_id,
            destination_id=row.location_id,
            exception_kind=row.kind,
            subject=row.subject,
            decision=word,
            value=row.cost_of_inaction,
            snoozed_until=act.until,
            until_change=act.until_change,
            reason=act.reason[:300],
            previous=state_of(before.get(exception_key(row)), EXCEPTION_STATE),
        )
        for row in rows
    )
    by_key = {exception_key(row): row for row in rows}
    write_exception_words(_word(run, batch, act, word, row) for row in by_key.values())
    return batch


def _word(run: PlanRun, batch: DecisionBatch, act: Act, word: ExceptionWord, row: PlanException) -> ExceptionDecision:
    return ExceptionDecision(
        scenario_id=run.scenario_id,
        item_id=row.item_id,
        location_id=row.location_id,
        kind=row.kind,
        subject=row.subject,
        decision=word,
        snoozed_until=act.until,
        until_change=act.until_change,
        cost=row.cost_of_inaction,
        quantity=measure(row),
        reason=act.reason[:300],
        run_id=run.pk,
        decided_by=act.actor,
        decided_at=batch.created_at,
        batch=batch,
    )
