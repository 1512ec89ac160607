"""Rules that approve proposals without asking, and what they would have done on past runs."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from inventory.models import TransferOrderSchedule, TransferState
from planning.models import (
    AutoApproveRule,
    Decision,
    DecisionBatch,
    DecisionEntry,
    OrderKind,
    PlannedOrder,
    PlanRun,
)
from planning.services import decisions
from policies.models import Policy
from stocksense.company.models import RunState
from stocksense.core.errors import DomainError
from vendors.models import PurchaseOrderSchedule, PurchaseState

logger = logging.getLogger(__name__)

Source = tuple[str, int | None, int]

PAST_RUNS = 10


@dataclass(frozen=True)
class RuleOutcome:
    """What one rule approved, and what kept it from approving more."""

    rule: AutoApproveRule
    lines: int = 0
    value: Decimal = Decimal(0)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """What a rule would have approved in one run, and what people did with those lines then.

    `people` counts lines by approved (as proposed), changed (approved with another quantity or edited), rejected,
    snoozed and undecided.
    """

    run: PlanRun
    orders: list[PlannedOrder] = field(default_factory=list)
    people: Counter[str] = field(default_factory=Counter)

    @property
    def value(self) -> Decimal:
        """Company currency."""
        return sum((order.value for order in self.orders), Decimal(0))

    @property
    def agreement(self) -> float | None:
        """Part of the decided lines that people approved as proposed; None where they decided none."""
        decided = sum(self.people.values()) - self.people["undecided"]
        return self.people["approved"] / decided if decided else None


def apply_rules(*, run: PlanRun) -> list[RuleOutcome]:
    """Let the active rules approve what a published run of the baseline releases today or earlier.

    Each rule acts in its author's name and within the author's limit, a source at a time. What is refused or goes
    wrong is left to people and comes back as a problem; the plan stands whatever happens here. Lines with an open
    edit or snooze of a person are left alone.
    """
    if not run.scenario.is_baseline:
        return []
    rules = AutoApproveRule.objects.filter(is_active=True).select_related("author", "category")
    return [_apply_safely(rule, run) for rule in rules]


def apply_and_note(run: PlanRun) -> dict[str, Any]:
    """Apply the rules and write into the run's summary what came of it; returns what was written.

    Lines and value are those of every attempt of the job, read from the acts: a killed one may have approved some.
    """
    outcomes = apply_rules(run=run)
    acts = DecisionBatch.objects.filter(run_id=run.pk, rule__isnull=False, undone_at__isnull=True)
    done = acts.aggregate(lines=Sum("lines", default=0), value=Sum("value", default=Decimal(0)))
    noted: dict[str, Any] = {
        "lines": done["lines"],
        "value": str(done["value"]),
        "problems": [f"{outcome.rule.name}: {problem}" for outcome in outcomes for problem in outcome.problems],
    }
    run.summary = {**run.summary, "auto_approved": noted}
    run.save(update_fields=["summary"])
    return noted


def dry_run(*, rule: AutoApproveRule, runs: int = PAST_RUNS) -> list[DryRun]:
    """What the rule would have approved in the newest `runs` plans of the baseline, newest first. Writes nothing."""
    past = PlanRun.objects.filter(scenario__is_baseline=True, state=RunState.FINISHED).select_related("scenario")
    found = []
    for run in past.order_by("-pk")[:runs]:
        orders = [order for group in _groups(rule, run, _matching(rule, run)) for order in group]
        found.append(DryRun(run, orders, Counter(_said(run, orders).values())))
    return found


def _apply_safely(rule: AutoApproveRule, run: PlanRun) -> RuleOutcome:
    try:
        return _apply(rule, run)
    except Exception as error:  # the plan is published: a fault here is told, and fails neither it nor the job
        logger.exception("auto-approve rule %s stopped at run %s", rule.pk, run.pk)
        problem = f"stopped by an unexpected {type(error).__name__}. The log has the details."
        return RuleOutcome(rule, problems=(problem,))


def _apply(rule: AutoApproveRule, run: PlanRun) -> RuleOutcome:
    if not rule.author.is_active:
        return RuleOutcome(rule, problems=(f"{rule.author} is no longer active.",))
    orders = _untouched(run, list(_matching(rule, run).filter(~Exists(decisions.settled(run)))))
    lines, value, problems = 0, Decimal(0), []
    for group in _groups(rule, run, orders):
        try:
            result = decisions.approve_planned_orders(
                planned_order_ids=[order.pk for order in group],
                run_id=run.pk,
                actor=rule.author,
                reason=f"rule: {rule.name}",
                rule=rule,
            )
        except DomainError as error:
            problems.append(error.message)
            continue
        if result.batch is not None:
            lines += result.batch.lines
            value += result.batch.value
    return RuleOutcome(rule, lines, value, tuple(problems))


def _untouched(run: PlanRun, orders: Sequence[PlannedOrder]) -> list[PlannedOrder]:
    """Without those that a person edited or put aside before."""
    standing = decisions.standings(run, orders)
    words = ((order, standing[order.pk].decision) for order in orders)
    return [order for order, word in words if word is None or word.decision == Decision.APPROVED]


def _matching(rule: AutoApproveRule, run: PlanRun) -> "QuerySet[PlannedOrder]":
    """Proposals of the run that are due and meet every condition on a single line but the change of quantity."""
    rows = PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date, release_on__lte=run.as_of).defer("trace")
    conditions = Q()
    if rule.kind:
        conditions &= Q(kind=rule.kind)
    if rule.supplier_id:
        conditions &= Q(supplier_id=rule.supplier_id)
    if rule.location_id:
        conditions &= Q(location_id=rule.location_id)
    if rule.category is not None:
        below = rule.category.path + "/"
        conditions &= Q(item__category=rule.category) | Q(item__category__path__startswith=below)
    if rule.only_regular:
        conditions &= Q(exception_kind="")
    if rule.max_line_value is not None:
        conditions &= Q(value__lte=rule.max_line_value)
    rows = rows.filter(conditions)
    if rule.abc:
        policy_run = run.policy_run
        policies = Policy.objects.filter(
            run_id=policy_run.pk,
            run_date=policy_run.run_date,
            item=OuterRef("item"),
            location=OuterRef("location"),
            abc=rule.abc,
        )
        rows = rows.filter(Exists(policies))
    return rows.select_related("item", "location", "supplier", "origin").order_by("pk")


def _groups(rule: AutoApproveRule, run: PlanRun, orders: Iterable[PlannedOrder]) -> list[list[PlannedOrder]]:
    """The orders by source and destination, without those that change too much and sources above the rule's value."""
    kept = list(orders)
    if rule.max_change_percent is not None:
        last = _last_quantities(run, kept)
        part = Decimal(rule.max_change_percent) / 100
        kept = [order for order in kept if _is_near(order, last.get(_place(order)), part)]
    groups = [list(found) for _, found in groupby(sorted(kept, key=_source_key), key=_source_key)]
    most = rule.max_order_value
    return [group for group in groups if most is None or sum(order.value for order in group) <= most]


def _source_key(order: PlannedOrder) -> tuple[str, int, int]:
    return order.kind, order.supplier_id or order.origin_id or 0, order.location_id


def _place(order: PlannedOrder) -> tuple[str, int, int, int]:
    return *_source_key(order), order.item_id


def _is_near(order: PlannedOrder, last: Decimal | None, part: Decimal) -> bool:
    return last is not None and abs(order.quantity - last) <= last * part


def _last_quantities(run: PlanRun, orders: Sequence[PlannedOrder]) -> dict[tuple[str, int, int, int], Decimal]:
    """The newest quantity ordered before the run began, by kind, source, destination and item."""
    items = {order.item_id for order in orders}
    found: dict[tuple[str, int, int, int], Decimal] = {}
    tables: list[tuple[OrderKind, Any, str, str]] = [
        (OrderKind.PURCHASE, PurchaseOrderSchedule, "line__order__supplier_id", PurchaseState.CANCELLED),
        (OrderKind.TRANSFER, TransferOrderSchedule, "line__order__origin_id", TransferState.CANCELLED),
    ]
    for kind, model, source, cancelled in tables:
        key = (source, "line__order__destination_id", "line__item_id")
        rows = (
            model.objects.filter(line__item_id__in=items, line__order__created_at__lt=run.started_at)
            .exclude(line__order__state=cancelled)
            .order_by(*key, "-line__order__created_at", "-pk")
            .distinct(*key)
            .values_list(*key, "quantity")
        )
        found |= {(kind.value, end, destination, item): quantity for end, destination, item, quantity in rows}
    return found


def _said(run: PlanRun, orders: Sequence[PlannedOrder]) -> dict[int, str]:
    """What people did with these proposals while the run was current, by planned order id; the last word counts.

    A rejection given to an earlier run holds, as it held then.
    """
    items = {order.item_id for order in orders}
    human = DecisionEntry.objects.filter(
        batch__scenario=run.scenario_id, batch__undone_at__isnull=True, batch__rule__isnull=True, item_id__in=items
    )
    ended = (run.finished_at or run.started_at) + timedelta(days=1)
    before = human.filter(batch__run_id__lt=run.pk, planned_order_id__isnull=False, batch__created_at__lt=ended)
    standing: dict[tuple[Any, ...], str] = {}
    for entry in before.order_by("pk"):
        standing[entry.item_id, entry.destination_id, entry.origin_id, entry.supplier_id, entry.need_on] = (
            entry.decision
        )
    said = {
        order.pk: "rejected" if standing.get(decisions.decision_key(order)) == Decision.REJECTED else "undecided"
        for order in orders
    }
    for entry in human.filter(batch__run_id=run.pk, planned_order_id__in=said).order_by("pk"):
        said[entry.planned_order_id or 0] = _word(entry)
    return said


def _word(entry: DecisionEntry) -> str:
    if entry.decision == "edited" or (entry.decision == "approved" and entry.quantity is not None):
        return "changed"
    return "undecided" if entry.decision == "reopened" else entry.decision
