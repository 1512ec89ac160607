"""Approving, rejecting, snoozing, editing and reopening proposals: each call one act, one transaction, one batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from inventory.services import changes
from planning.models import AutoApproveRule, BatchVerb, Decision, PlanDecision, PlannedOrder, PlanRun
from planning.services.decisions import limits, locking
from planning.services.decisions.drafting import draft
from planning.services.decisions.errors import QuantityChanged
from planning.services.decisions.recording import Act, DecisionResult, Line, known_batch, record, result_of
from planning.services.decisions.standing import proposed_by_key, standings
from stocksense.accounts.models import User
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.messaging import services as messaging

TOO_MUCH = Decimal(10**12)
"""Quantities of this size cannot be stored."""
LEAST = Decimal("0.001")
"""Nothing is counted in smaller parts."""
MOST_DECIMALS = 18
"""Decimals, zeros among them, that a typed quantity is read with."""


def approve_planned_orders(
    *,
    planned_order_ids: Sequence[int],
    run_id: int,
    actor: User,
    reason: str = "",
    quantities: Mapping[int, Decimal] | None = None,
    seen: Mapping[int, Decimal] | None = None,
    dates: Mapping[int, tuple[date, date]] | None = None,
    token: UUID | None = None,
    rule: AutoApproveRule | None = None,
) -> DecisionResult:
    """Turn proposals into drafts, added to those that are open: one per supplier or origin and destination.

    `quantities` (stock units, by planned order id) replace what the plan or an earlier edit says; `seen` are those that
    the person was shown; `dates` (release and arrival) replace the plan's: a later line that fills an order up goes
    out with it. Proposals decided before are left as they are and come back as `skipped`; a request sent twice with
    its `token` acts once and gets the first answer. Nothing is written when it raises NotAllowed
    (ApprovalLimitExceeded: a draft would be worth more than the actor may approve; SecondPersonNeeded: the actor set
    the quantity), RunSuperseded (`run_id` is not current), QuantityChanged (somebody edited a line since it was
    seen), Conflict (the act of `token` was undone) or InvalidInput (a scenario's plan, an order that is not of that
    run, a quantity that cannot be ordered).
    """
    locking.require(actor, "planning.approve", "You may not approve planned orders.")
    changed = _checked_quantities(quantities, planned_order_ids)
    act = Act(BatchVerb.APPROVE, actor, reason, token, rule=rule)
    with transaction.atomic(), changes.counted_last():
        run, known = _start(act, run_id, planned_order_ids)
        if known is not None:
            return known
        _require_baseline(run)
        lines, skipped = _undecided(run, planned_order_ids)
        _require_countable(lines, changed)
        _require_as_seen(lines, seen or {})
        limits.require_second_person(actor, lines, changed)
        moved = dates or {}
        lines = [
            replace(line, quantity=changed.get(line.order.pk, line.quantity), dates=moved.get(line.order.pk))
            for line in lines
        ]
        drafted = draft(run, lines, actor)
        limits.require_within_limit(
            actor, purchase_orders=drafted.purchase_orders, transfer_orders=drafted.transfer_orders
        )
        more = {
            "purchase_order_ids": [order.pk for order in drafted.purchase_orders],
            "transfer_order_ids": [order.pk for order in drafted.transfer_orders],
        }
        result = _finish(run, act, Decision.APPROVED, drafted.lines, skipped, more)
    return replace(result, purchase_orders=drafted.purchase_orders, transfer_orders=drafted.transfer_orders)


def reject_planned_orders(
    *, planned_order_ids: Sequence[int], run_id: int, actor: User, reason: str = "", token: UUID | None = None
) -> DecisionResult:
    """Say no to proposals; later plans that propose the same need know it. Errors as for approving."""
    return _say(Act(BatchVerb.REJECT, actor, reason, token), Decision.REJECTED, planned_order_ids, run_id)


def snooze_planned_orders(
    *,
    planned_order_ids: Sequence[int],
    run_id: int,
    actor: User,
    until: date | None = None,
    until_change: bool = False,
    reason: str = "",
    token: UUID | None = None,
) -> DecisionResult:
    """Put proposals aside until the plan of day `until`, until the plan proposes something else, or whichever is first.

    An edited quantity stays and counts again afterwards. Errors as for approving; InvalidInput without an end or
    with one that has passed.
    """
    act = Act(BatchVerb.SNOOZE, actor, reason, token, until=until, until_change=until_change)
    return _say(act, Decision.SNOOZED, planned_order_ids, run_id)


def edit_planned_order(
    *, planned_order_id: int, run_id: int, quantity: Decimal, actor: User, reason: str = "", token: UUID | None = None
) -> DecisionResult:
    """Set the quantity (stock units) that approving this proposal will order; it holds in later runs too.

    Where a need is met in parts, the other parts keep theirs. Errors as for approving; Conflict where the proposal
    has been decided.
    """
    locking.require(actor, "planning.decide", "You may not change planned orders.")
    changed = _checked_quantities({planned_order_id: quantity}, [planned_order_id])
    act = Act(BatchVerb.EDIT, actor, reason, token)
    with transaction.atomic():
        run, known = _start(act, run_id, [planned_order_id])
        if known is not None:
            return known
        lines, skipped = _undecided(run, [planned_order_id])
        if skipped:
            raise Conflict(
                f"This line was {skipped[0].get_decision_display().lower()} already.", decision=skipped[0].decision
            )
        _require_countable(lines, changed)
        whole = _whole_need(run, lines[0], quantity)
        return _finish(run, act, Decision.EDITED, [replace(lines[0], quantity=whole)], [])


def clear_edit(*, planned_order_id: int, run_id: int, actor: User, token: UUID | None = None) -> DecisionResult:
    """Give the plan's own quantity back to an edited proposal; nothing happens where it is not edited."""
    return _reopen([planned_order_id], run_id, Act(BatchVerb.REOPEN, actor, token=token), {Decision.EDITED})


def reopen_planned_orders(
    *, planned_order_ids: Sequence[int], run_id: int, actor: User, reason: str = "", token: UUID | None = None
) -> DecisionResult:
    """Take back rejections, snoozes and edits, whoever made them; approvals are undone or their orders cancelled."""
    act = Act(BatchVerb.REOPEN, actor, reason, token)
    return _reopen(planned_order_ids, run_id, act, {Decision.REJECTED, Decision.SNOOZED, Decision.EDITED})


def _say(act: Act, decision: Decision, ids: Sequence[int], run_id: int) -> DecisionResult:
    locking.require(act.actor, "planning.decide", f"You may not {act.verb.value} planned orders.")
    with transaction.atomic():
        run, known = _start(act, run_id, ids)
        if known is not None:
            return known
        if decision == Decision.SNOOZED:
            require_end(act, run)
        lines, skipped = _undecided(run, ids)
        return _finish(run, act, decision, lines, skipped)


def require_end(act: Act, run: PlanRun) -> None:
    """Raise InvalidInput where a snooze would never end, or has ended already."""
    if act.until is None and not act.until_change:
        raise InvalidInput("Say until when: a date, or until the plan changes.", until=None)
    if act.until is not None and act.until <= run.as_of:
        raise InvalidInput(f"Choose a day after {run.as_of:%-d %b %Y}, the day of this plan.", until=str(act.until))


def _reopen(ids: Sequence[int], run_id: int, act: Act, which: set[Decision]) -> DecisionResult:
    locking.require(act.actor, "planning.decide", "You may not reopen planned orders.")
    with transaction.atomic():
        run, known = _start(act, run_id, ids)
        if known is not None:
            return known
        lines = [
            line for line in _lines(run, ids) if line.standing.decision and line.standing.decision.decision in which
        ]
        return _finish(run, act, None, lines, [])


def _start(act: Act, run_id: int, ids: Sequence[int]) -> tuple[PlanRun, DecisionResult | None]:
    """The current run, locked, or what this form did already: it may have been sent again after a newer plan."""
    if batch := known_batch(act.token, act.actor):
        return PlanRun.objects.get(pk=batch.run_id), result_of(batch)
    run = locking.lock_current_run(run_id, ids)
    batch = known_batch(act.token, act.actor)
    return run, result_of(batch) if batch else None


def _finish(
    run: PlanRun,
    act: Act,
    decision: Decision | None,
    lines: Sequence[Line],
    skipped: list[PlanDecision],
    more: Mapping[str, Any] | None = None,
) -> DecisionResult:
    if not lines:
        return DecisionResult(skipped=skipped)
    orders = [line.order for line in lines]
    batch = record(run, act, decision, lines, proposed_by_key(run, orders))
    if decision in (Decision.REJECTED, None):
        # What nobody decided is proposed again: a plan that is being made must see the word, or that it is gone.
        changes.count_changes((order.item_id, order.location_id) for order in orders)
    payload = {
        "run_id": run.pk,
        "batch_id": batch.pk,
        "planned_order_ids": [order.pk for order in orders],
        "actor_id": act.actor.pk,
        "reason": act.reason,
        **(more or {}),
    }
    messaging.publish(topic=f"planned_orders.{batch.get_verb_display()}", payload=payload)
    return DecisionResult(decided=orders, skipped=skipped, batch=batch)


def _lines(run: PlanRun, ids: Sequence[int]) -> list[Line]:
    wanted = set(ids)
    rows = PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date, pk__in=wanted)
    orders = list(rows.select_related("item").order_by("pk"))
    if not wanted or len(orders) != len(wanted):
        raise InvalidInput("Some of these planned orders are not in the current plan.", run=run.pk)
    standing = standings(run, orders)
    return [Line(order, standing[order.pk], standing[order.pk].quantity) for order in orders]


def _undecided(run: PlanRun, ids: Sequence[int]) -> tuple[list[Line], list[PlanDecision]]:
    lines = _lines(run, ids)
    skipped = [line.standing.decision for line in lines if line.standing.is_settled and line.standing.decision]
    return [line for line in lines if not line.standing.is_settled], skipped


def _require_baseline(run: PlanRun) -> None:
    """Orders are real: what a scenario only tries out makes none."""
    if not run.scenario.is_baseline:
        raise InvalidInput(
            f"The scenario {run.scenario.name} is a trial. Approve in the plan of the baseline.", run=run.pk
        )


def _require_as_seen(lines: Iterable[Line], seen: Mapping[int, Decimal]) -> None:
    """Nobody approves a quantity that another person set while the page was open."""
    moved = [line.order.item.sku for line in lines if seen.get(line.order.pk, line.quantity) != line.quantity]
    if moved:
        raise QuantityChanged(
            f"The quantity of {', '.join(moved[:5])}{' …' if len(moved) > 5 else ''} was changed since you saw it. "
            "Nothing was approved: look again.",
            skus=moved,
        )


def _whole_need(run: PlanRun, line: Line, quantity: Decimal) -> Decimal:
    """What the whole need comes to where this part becomes `quantity` and the others stay."""
    (proposed,) = proposed_by_key(run, [line.order]).values()
    standing = standings(run, proposed.parts)
    others = (standing[part.pk].quantity for part in proposed.parts if part.pk != line.order.pk)
    return quantity + sum(others, Decimal(0))


def _checked_quantities(quantities: Mapping[int, Decimal] | None, ids: Iterable[int]) -> dict[int, Decimal]:
    changed, known = dict(quantities or {}), set(ids)
    for order_id, quantity in changed.items():
        if order_id not in known:
            raise InvalidInput("A changed quantity must belong to an order being decided.", order=order_id)
        if not is_quantity(quantity):
            too_much = quantity.is_finite() and quantity > 0
            raise InvalidInput(
                f"Type a quantity below {TOO_MUCH:,}."
                if too_much
                else "Type a quantity above zero. To order nothing, reject the line.",
                order=order_id,
            )
    return changed


def is_quantity(quantity: Decimal) -> bool:
    """Whether this is a number that an order can be of, and that can be said back without filling a page."""
    return quantity.is_finite() and LEAST <= quantity < TOO_MUCH and int(quantity.as_tuple().exponent) >= -MOST_DECIMALS


def _require_countable(lines: Iterable[Line], changed: Mapping[int, Decimal]) -> None:
    for line in lines:
        quantity, item = changed.get(line.order.pk), line.order.item
        if quantity is not None and quantity != round(quantity, item.uom_decimals):
            raise InvalidInput(
                f"{quantity:f} {item.uom} of {item.sku} cannot be ordered: "
                f"its quantities have {item.uom_decimals} decimals.",
                order=line.order.pk,
            )
        if quantity is not None and quantity * (line.order.unit_price or Decimal(0)) >= TOO_MUCH:
            raise InvalidInput(
                f"{quantity:f} {item.uom} of {item.sku} would cost more than can be kept.", order=line.order.pk
            )
