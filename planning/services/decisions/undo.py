"""Undoing an act as a whole, until one of its orders has gone on or a later word stands."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from inventory.services import changes
from planning.models import BatchVerb, DecisionBatch, DecisionEntry, ExceptionDecision, PlanDecision
from planning.services.decisions import locking
from planning.services.decisions.drafting import take_back
from planning.services.decisions.exceptions import EXCEPTION_STATE, exception_key, write_exception_words
from planning.services.decisions.reach import Key
from planning.services.decisions.recording import STATE, write_words
from planning.services.decisions.standing import decision_key, entry_key
from stocksense.accounts.models import User
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.messaging import services as messaging
from stocksense.realtime import hints


def undo_batch(*, batch_id: int, actor: User) -> DecisionBatch:
    """Take an act back: its draft rows are gone, and the word of before stands again on every line of it.

    Undoing twice changes nothing the second time. Nothing is written when it raises NotAllowed, InvalidInput (there
    is no such act) or Conflict: an order was approved, sent, cancelled or changed since (`fields["orders"]`), or a
    later decision stands on a line (`fields["skus"]`).
    """
    with transaction.atomic(), changes.counted_last():
        scenario_batch = DecisionBatch.objects.select_related("scenario").filter(pk=batch_id).first()
        if scenario_batch is None:
            raise InvalidInput("There is no such decision to undo.", batch=batch_id)
        permission = "planning.approve" if scenario_batch.verb == BatchVerb.APPROVE else "planning.decide"
        locking.require(actor, permission, "You may not undo this decision.")
        locking.lock_pointer(scenario_batch.scenario)
        batch = DecisionBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        if batch.undone_at is not None:
            return batch
        entries = list(batch.entries.select_related("item"))
        # Orders are locked before change counters are, purchases before transfers, as by whatever else changes them.
        take_back(entries, actor)
        _restore_proposals(batch, [entry for entry in entries if entry.planned_order_id])
        _restore_exceptions(batch, [entry for entry in entries if entry.exception_id])
        batch.undone_at, batch.undone_by = clock.now(), actor
        batch.save(update_fields=["undone_at", "undone_by"])
        payload = {"batch_id": batch.pk, "run_id": batch.run_id, "verb": batch.verb, "actor_id": actor.pk}
        messaging.publish(topic="decisions.undone", payload=payload)
        hints.publish_after_commit(hints.planning_group(batch.scenario_id))
    return batch


def last_batch(actor: User) -> DecisionBatch | None:
    """The newest act of this person that stands; what a rule approved in their name is not theirs."""
    return DecisionBatch.objects.filter(actor=actor, undone_at__isnull=True, rule__isnull=True).first()


def _restore_proposals(batch: DecisionBatch, entries: Iterable[DecisionEntry]) -> None:
    by_key: dict[Key, DecisionEntry] = {}
    for entry in entries:
        by_key.setdefault(entry_key(entry), entry)
    changes.count_changes((entry.item_id, entry.destination_id) for entry in by_key.values())
    items = {entry.item_id for entry in by_key.values()}
    rows = PlanDecision.objects.filter(scenario=batch.scenario_id, item_id__in=items)
    standing = {decision_key(row): row for row in rows}
    _require_untouched(batch, [(entry, standing.get(key)) for key, entry in by_key.items()])
    gone = [standing[key].pk for key, entry in by_key.items() if entry.previous is None and key in standing]
    PlanDecision.objects.filter(pk__in=gone).delete()
    write_words(
        PlanDecision(
            scenario_id=batch.scenario_id,
            item_id=entry.item_id,
            destination_id=entry.destination_id,
            origin_id=entry.origin_id,
            supplier_id=entry.supplier_id,
            need_on=key[-1],
            **_values(PlanDecision, STATE, entry.previous),
        )
        for key, entry in by_key.items()
        if entry.previous is not None
    )


def _restore_exceptions(batch: DecisionBatch, entries: Iterable[DecisionEntry]) -> None:
    by_key = {(entry.item_id, entry.destination_id, entry.exception_kind, entry.subject): entry for entry in entries}
    items = {entry.item_id for entry in by_key.values()}
    rows = ExceptionDecision.objects.filter(scenario=batch.scenario_id, item_id__in=items)
    standing = {exception_key(row): row for row in rows}
    _require_untouched(batch, [(entry, standing.get(key)) for key, entry in by_key.items()])
    gone = [standing[key].pk for key, entry in by_key.items() if entry.previous is None and key in standing]
    ExceptionDecision.objects.filter(pk__in=gone).delete()
    write_exception_words(
        ExceptionDecision(
            scenario_id=batch.scenario_id,
            item_id=entry.item_id,
            location_id=entry.destination_id,
            kind=entry.exception_kind,
            subject=entry.subject,
            **_values(ExceptionDecision, EXCEPTION_STATE, entry.previous),
        )
        for entry in by_key.values()
        if entry.previous is not None
    )


def _require_untouched(
    batch: DecisionBatch, pairs: Iterable[tuple[DecisionEntry, PlanDecision | ExceptionDecision | None]]
) -> None:
    """The act's own word must still stand; where it removed one, nothing may have come in its place."""
    reopened = batch.verb == BatchVerb.REOPEN
    later = [
        entry.item.sku
        for entry, word in pairs
        if (word is not None if reopened else word is None or word.batch_id != batch.pk)
    ]
    if later:
        raise Conflict(
            f"{', '.join(later[:5])}{' …' if len(later) > 5 else ''} was decided again since. Nothing was undone.",
            skus=later,
        )


def _values(model: Any, names: Iterable[str], state: dict[str, Any]) -> dict[str, Any]:
    """The fields of a word from what the history keeps of it; an older history lacks fields that came later."""
    return {name: model._meta.get_field(name).to_python(state[name]) for name in names if name in state}
