"""What stands on a proposal: the word of a person, whether it settles it, and what approving would order.

A word is kept per need (item, source, destination, order day). A need may be met in parts: what a short origin
cannot ship at once is a proposal of its own. `settles` and `settled` are one rule, in Python and in SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs

from planning.models import Decision, DecisionEntry, PlanDecision, PlannedOrder, PlanRun

Key = tuple[int, int, int | None, int | None, date]

NOTABLE = Decimal("0.2")
"""A change by more than this part is a change that ends a snooze until a change."""


@dataclass(frozen=True)
class Standing:
    """What stands on one proposal. `quantity` is what approving it orders, stock units.

    `moved` says of an edited proposal that the plan has moved since by more than the edit itself.
    """

    decision: PlanDecision | None
    is_settled: bool
    quantity: Decimal
    is_edited: bool = False
    moved: bool = False


@dataclass(frozen=True)
class Proposed:
    """What a run proposes for one need: the parts, in order of their release."""

    parts: Sequence[PlannedOrder]

    @property
    def quantity(self) -> Decimal:
        """All parts together, stock units."""
        return sum((part.quantity for part in self.parts), Decimal(0))

    @property
    def due_on(self) -> date:
        """Arrival of the first part."""
        return min(part.due_on for part in self.parts)


def decision_key(row: PlannedOrder | PlanDecision) -> Key:
    """(item, destination, origin, supplier, need date): what a decision is about, in any run."""
    destination = row.location_id if isinstance(row, PlannedOrder) else row.destination_id
    return row.item_id, destination, row.origin_id, row.supplier_id, row.need_on


def entry_key(entry: DecisionEntry) -> Key:
    """The same of a proposal's entry in the history."""
    assert entry.need_on is not None  # noqa: S101 (recorded with every proposal)
    return entry.item_id, entry.destination_id, entry.origin_id, entry.supplier_id, entry.need_on


def settles(decision: PlanDecision, run: PlanRun, order: PlannedOrder, proposed: Proposed) -> bool:
    """Whether `order` of `run`, a part of what is `proposed` for the decision's need, is decided already.

    A rejection holds in every run. An approval holds for the parts it took, in its own run, and in runs that
    read their inputs before it was given and have not seen its order; a later run that proposes the same need again
    asks for more. A snooze holds until its date or, where a change ends it, until the plan proposes a quantity that
    differs by more than a fifth or another day of arrival. An edit settles nothing: the proposal waits with the new
    quantity.
    """
    if decision.decision == Decision.REJECTED:
        return True
    if decision.decision == Decision.APPROVED:
        if decision.run_id == run.pk:
            return not decision.planned_order_ids or order.pk in decision.planned_order_ids
        return decision.decided_at >= seen_at(run)
    return decision.decision == Decision.SNOOZED and _still_snoozed(decision, run, proposed)


def seen_at(run: PlanRun) -> datetime:
    """Approvals given before then are in the run's supply; those given later it has not seen."""
    return run.inputs_seen_at or run.started_at


def settled(run: PlanRun) -> "QuerySet[PlanDecision]":
    """Decisions that settle the proposal of the outer query on PlannedOrder: the rule of `settles`, in SQL."""
    taken = Func(F("planned_order_ids"), OuterRef("pk"), function="array_position", output_field=IntegerField())
    own_run = Q(run_id=run.pk) & (Q(planned_order_ids=[]) | Q(taken__isnull=False))
    approved = own_run | (~Q(run_id=run.pk) & Q(decided_at__gte=seen_at(run)))
    waits = Q(snoozed_until__isnull=True) | Q(snoozed_until__gt=run.as_of)
    unchanged = Q(until_change=False) | Q(
        now_differs__lte=F("proposed_quantity") * NOTABLE, now_due=F("proposed_due_on")
    )
    return (
        words(run)
        .annotate(taken=taken, **_proposed_now(run))
        .filter(
            Q(decision=Decision.REJECTED)
            | (Q(decision=Decision.APPROVED) & approved)
            | (Q(decision=Decision.SNOOZED) & waits & unchanged)
        )
        .order_by()
    )


def words(run: PlanRun) -> "QuerySet[PlanDecision]":
    """The word on the need of the outer query's PlannedOrder, whether it settles it or not."""
    return PlanDecision.objects.filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        scenario=run.scenario_id,
        item=OuterRef("item"),
        destination=OuterRef("location"),
        need_on=OuterRef("need_on"),
    ).order_by()


def standings(run: PlanRun, orders: Iterable[PlannedOrder]) -> dict[int, Standing]:
    """What stands on each of these proposals of `run`, by planned order id. Two queries, however many."""
    wanted = list(orders)
    items = {order.item_id for order in wanted}
    decided = PlanDecision.objects.filter(scenario=run.scenario_id, item_id__in=items).select_related("decided_by")
    by_key = {decision_key(row): row for row in decided}
    undecided = {
        order.pk: Standing(None, False, order.quantity) for order in wanted if decision_key(order) not in by_key
    }
    rest = [order for order in wanted if order.pk not in undecided]
    if not rest:
        return undecided
    proposed = proposed_by_key(run, rest)
    return undecided | {
        order.pk: _standing(by_key[decision_key(order)], run, order, proposed[decision_key(order)]) for order in rest
    }


def proposed_by_key(run: PlanRun, orders: Iterable[PlannedOrder]) -> dict[Key, Proposed]:
    """All parts that `run` proposes for the needs of these orders."""
    wanted = {decision_key(order) for order in orders}
    rows = PlannedOrder.objects.filter(
        run_id=run.pk,
        run_date=run.run_date,
        item_id__in={item for item, *_ in wanted},
        location_id__in={location for _, location, *_ in wanted},
        need_on__in={need_on for *_, need_on in wanted},
    )
    parts: dict[Key, list[PlannedOrder]] = {}
    for row in rows.defer("trace").order_by("release_on", "pk"):
        if (key := decision_key(row)) in wanted:
            parts.setdefault(key, []).append(row)
    return {key: Proposed(found) for key, found in parts.items()}


def _still_snoozed(decision: PlanDecision, run: PlanRun, proposed: Proposed) -> bool:
    if decision.snoozed_until is not None and run.as_of >= decision.snoozed_until:
        return False
    if not decision.until_change:
        return True
    differs = abs(proposed.quantity - decision.proposed_quantity) > decision.proposed_quantity * NOTABLE
    return not differs and proposed.due_on == decision.proposed_due_on


def _proposed_now(run: PlanRun) -> dict[str, Any]:
    """Annotations of a decision: how far the run's quantity for its need is from then, and its first arrival.

    Read for snoozes until a change only: the sums cost a look at the run's rows of the item.
    """
    same_need = PlannedOrder.objects.filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        run_id=run.pk,
        run_date=run.run_date,
        item=OuterRef("item"),
        location=OuterRef("destination"),
        need_on=OuterRef("need_on"),
    )
    total = same_need.order_by().values("item").annotate(total=Sum("quantity")).values("total")
    first = same_need.order_by().values("item").annotate(first=Min("due_on")).values("first")
    decimal: Any = DecimalField(max_digits=15, decimal_places=3)
    asked = When(decision=Decision.SNOOZED, until_change=True, then=Abs(Subquery(total) - F("proposed_quantity")))
    return {
        "now_differs": Case(asked, default=Value(Decimal(0)), output_field=decimal),
        "now_due": Case(When(decision=Decision.SNOOZED, until_change=True, then=Subquery(first)), default=None),
    }


def _standing(decision: PlanDecision, run: PlanRun, order: PlannedOrder, proposed: Proposed) -> Standing:
    is_settled = settles(decision, run, order, proposed)
    edited = decision.quantity
    if edited is None or decision.decision not in (Decision.EDITED, Decision.SNOOZED):
        return Standing(decision, is_settled, order.quantity)
    moved = abs(proposed.quantity - decision.proposed_quantity) > abs(edited - decision.proposed_quantity)
    return Standing(decision, is_settled, spread(edited, proposed.parts)[order.pk], is_edited=True, moved=moved)


def spread(quantity: Decimal, parts: Sequence[PlannedOrder]) -> Mapping[int, Decimal]:
    """`quantity` of a need over its parts: each takes what it proposes, in order of release, the last the rest."""
    left, shares = quantity, {}
    for part in parts[:-1]:
        shares[part.pk] = min(part.quantity, left)
        left -= shares[part.pk]
    shares[parts[-1].pk] = left
    return shares
