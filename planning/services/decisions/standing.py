"""What stands on a proposal: the word of a person, whether it settles it, and what approving would order.

A word is kept per need (item, source, destination, order day). A need may be met in parts: what a short origin
cannot ship at once is a proposal of its own. `settles` and `settled` are one rule, in Python and in SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DecimalField,
    Exists,
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
from django.db.models.functions import Abs, Coalesce, Greatest

from planning.models import Decision, DecisionEntry, PlanDecision, PlannedOrder, PlanRun
from planning.services.decisions.reach import NOTABLE, REACHING, Back, Key, Proposed, back, governing


@dataclass(frozen=True)
class Standing:
    """What stands on one proposal. `quantity` is what approving it orders, stock units.

    `moved` says of an edited proposal that the plan has moved since by more than the edit itself. `carried`: the word
    was given on an earlier order day and reaches this one. `back`: why a rejection or snooze no longer holds.
    """

    decision: PlanDecision | None
    is_settled: bool
    quantity: Decimal
    is_edited: bool = False
    moved: bool = False
    carried: bool = False
    back: Back | None = None

    @property
    def own(self) -> PlanDecision | None:
        """The word on this very order day."""
        return None if self.carried else self.decision


def decision_key(row: PlannedOrder | PlanDecision) -> Key:
    """(item, destination, origin, supplier, need date): what a decision is about, in any run."""
    destination = row.location_id if isinstance(row, PlannedOrder) else row.destination_id
    return row.item_id, destination, row.origin_id, row.supplier_id, row.need_on


def entry_key(entry: DecisionEntry) -> Key:
    """The same of a proposal's entry in the history."""
    assert entry.need_on is not None  # noqa: S101 (recorded with every proposal)
    return entry.item_id, entry.destination_id, entry.origin_id, entry.supplier_id, entry.need_on


def settles(decision: PlanDecision, run: PlanRun, order: PlannedOrder, proposed: Proposed) -> bool:
    """Whether `order` of `run`, a part of what is `proposed` for a need that the decision governs, is decided already.

    A rejection holds, and a snooze until its day, until the need has grown by more than use explains, or waiting has
    become dearer, by over a fifth; a snooze until a change also until the plan proposes less or another day of
    arrival (`reach.back`). An approval holds for the parts it took, in its own run, and in runs that read their
    inputs before it was given and have not seen its order; a later run that proposes the same need again asks for
    more. An edit settles nothing: the proposal waits with the new quantity.
    """
    if decision.decision == Decision.APPROVED:
        if decision.run_id == run.pk:
            return not decision.planned_order_ids or order.pk in decision.planned_order_ids
        return decision.decided_at >= seen_at(run)
    return decision.decision in REACHING and back(decision, run, proposed) is None


def seen_at(run: PlanRun) -> datetime:
    """Approvals given before then are in the run's supply; those given later it has not seen."""
    return run.inputs_seen_at or run.started_at


def settled(run: PlanRun) -> "QuerySet[PlanDecision]":
    """Decisions that settle the proposal of the outer query on PlannedOrder: the rule of `settles`, in SQL."""
    taken = Func(F("planned_order_ids"), OuterRef("pk"), function="array_position", output_field=IntegerField())
    own_run = Q(run_id=run.pk) & (Q(planned_order_ids=[]) | Q(taken__isnull=False))
    approved = own_run | (~Q(run_id=run.pk) & Q(decided_at__gte=seen_at(run)))
    waits = Q(snoozed_until__isnull=True) | Q(snoozed_until__gt=run.as_of)
    unmoved = Q(elapsed__gt=0) | Q(now_due=F("proposed_due_on"))
    unchanged = Q(until_change=False) | (Q(differs__lte=F("allowed")) & unmoved)
    alike = Q(spans_to__isnull=True) | Q(run_id=run.pk, elapsed=0)
    holds = alike | (Q(beyond__lte=F("allowed")) & (Q(most_cost__isnull=True) | Q(now_cost__lte=F("most_cost"))))
    put_aside = Q(decision=Decision.REJECTED) | (Q(decision=Decision.SNOOZED) & waits & unchanged)
    return (
        words(run)
        .annotate(taken=taken, **_proposed_now(run))
        .filter((put_aside & holds) | (Q(decision=Decision.APPROVED, elapsed=0) & approved))
        .order_by()
    )


def settled_ids(run: PlanRun) -> list[int]:
    """Ids of the run's proposals that a decision settles: what `settled` says, weighing those only that a decision
    can be about.
    """
    within_reach = Func(
        F("pk"), ArraySubquery(_ids_within_reach(run)), template="(%(expressions)s))", arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )  # fmt: skip
    of_run = PlannedOrder.objects.filter(within_reach, run_id=run.pk, run_date=run.run_date)
    return list(of_run.filter(Exists(settled(run))).order_by().values_list("pk", flat=True))


def _ids_within_reach(run: PlanRun) -> "QuerySet[PlanDecision, int]":
    """Ids of the proposals on or after the order day of a word that can settle, and before the first day that it is
    not about. Asked of the words: each looks up its own item. Those that ended before the run's first need, as many
    as there were in years, are passed by.
    """
    ends = Greatest("spans_to", "snoozed_until", Func(F("need_on"), template="%(expressions)s + 1"))
    settling = PlanDecision.objects.filter(scenario=run.scenario_id).exclude(decision=Decision.EDITED)
    settling = settling.annotate(ends=ends).order_by()
    if run.first_need_on is not None:
        settling = settling.filter(ends__gt=run.first_need_on)
    orders = PlannedOrder.objects.filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        run_id=run.pk,
        run_date=run.run_date,
        item=OuterRef("item"),
        location=OuterRef("destination"),
        need_on__gte=OuterRef("need_on"),
        need_on__lt=OuterRef("ends"),
    )
    each = Func(ArraySubquery(orders.order_by().values("pk")), function="unnest", output_field=BigIntegerField())
    each.set_returning = True
    return settling.annotate(part=each).values_list("part", flat=True)


def words(run: PlanRun) -> "QuerySet[PlanDecision]":
    """The word on the need of the outer query's PlannedOrder, whether it settles it or not; `elapsed`: given so many
    days before the need's order day. The rule of `reach.governing`, in SQL.
    """
    same_source = Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin"))
    later = PlanDecision.objects.filter(
        same_source,
        scenario=run.scenario_id,
        item=OuterRef("item"),
        destination=OuterRef("destination"),
        need_on__gt=OuterRef("need_on"),
        need_on__lte=OuterRef(OuterRef("need_on")),
    )
    day: Any = OuterRef("need_on")
    reaches = Q(spans_to__gt=day) | Q(snoozed_until__gt=day)
    is_last = Q(need_on__lt=day, decision__in=REACHING) & reaches & ~Exists(later)
    return (
        PlanDecision.objects.filter(
            same_source, scenario=run.scenario_id, item=OuterRef("item"), destination=OuterRef("location")
        )
        .filter(Q(need_on=day) | is_last)
        .annotate(elapsed=_days(day, F("need_on")))
        .order_by()
    )


def standings(run: PlanRun, orders: Iterable[PlannedOrder]) -> dict[int, Standing]:
    """What stands on each of these proposals of `run`, by planned order id. Two queries, however many."""
    wanted = list(orders)
    items = {order.item_id for order in wanted}
    decided = PlanDecision.objects.filter(scenario=run.scenario_id, item_id__in=items).select_related("decided_by")
    of_line: dict[Any, list[PlanDecision]] = {}
    for row in decided.order_by("need_on"):
        of_line.setdefault(decision_key(row)[:4], []).append(row)
    found = {order.pk: governing(of_line.get(decision_key(order)[:4], []), order.need_on) for order in wanted}
    undecided = {order.pk: Standing(None, False, order.quantity) for order in wanted if found[order.pk] is None}
    rest = [(order, word) for order in wanted if (word := found[order.pk]) is not None]
    if not rest:
        return undecided
    proposed = proposed_by_key(run, [order for order, _ in rest])
    return undecided | {order.pk: _standing(word, run, order, proposed[decision_key(order)]) for order, word in rest}


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


def _proposed_now(run: PlanRun) -> dict[str, Any]:
    """Annotations of a decision: what the run proposes for the outer query's need against what was to be expected.

    Read for rejections and snoozes only, and not in the run they were given in: the sums cost a look at the run's
    rows of the item. As in `reach`, units are times the days that the word spans.
    """
    same_need = PlannedOrder.objects.filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        run_id=run.pk,
        run_date=run.run_date,
        item=OuterRef("item"),
        location=OuterRef("destination"),
        need_on=OuterRef(OuterRef("need_on")),
    )
    grouped = same_need.order_by().values("item")
    asked = Q(decision__in=REACHING) & (~Q(run_id=run.pk) | Q(until_change=True) | Q(elapsed__gt=0))
    decimal: Any = DecimalField(max_digits=30, decimal_places=6)
    span = Coalesce(_days(F("spans_to"), F("need_on")), Value(1))
    total, cost = grouped.annotate(total=Sum("quantity")), grouped.annotate(cost=Sum("cost_of_inaction"))
    grown = _decimal("*", _decimal("-", Subquery(total.values("total")), F("proposed_quantity")), span)
    used = _decimal("*", Coalesce(F("next_quantity"), Value(Decimal(0))), F("elapsed"))
    tolerance = Coalesce(F("tolerance"), F("proposed_quantity") * NOTABLE, output_field=decimal)
    first = grouped.annotate(first=Min("due_on")).values("first")
    return {
        "beyond": Case(When(asked, then=_decimal("-", grown, used)), default=Value(Decimal(0)), output_field=decimal),
        "differs": Abs(F("beyond"), output_field=decimal),
        "allowed": _decimal("*", tolerance, span),
        "now_cost": Case(When(asked, then=Subquery(cost.values("cost"))), default=Value(Decimal(0))),
        "now_due": Case(When(decision=Decision.SNOOZED, until_change=True, then=Subquery(first)), default=None),
    }


def _days(later: Any, earlier: Any) -> Func:
    """Whole days from one date to another: PostgreSQL's own difference, which Django makes an interval of."""
    return Func(later, earlier, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def _decimal(operator: str, left: Any, right: Any) -> Func:
    """A calculation with numbers of different kinds, exact."""
    output: Any = DecimalField(max_digits=30, decimal_places=6)
    return Func(left, right, template="(%(expressions)s)", arg_joiner=f" {operator} ", output_field=output)


def _standing(decision: PlanDecision, run: PlanRun, order: PlannedOrder, proposed: Proposed) -> Standing:
    is_settled, carried = settles(decision, run, order, proposed), decision.need_on != order.need_on
    why = back(decision, run, proposed) if decision.decision in REACHING else None
    edited = decision.quantity
    if edited is None or carried or decision.decision not in (Decision.EDITED, Decision.SNOOZED):
        return Standing(decision, is_settled, order.quantity, carried=carried, back=why)
    moved = abs(proposed.quantity - decision.proposed_quantity) > abs(edited - decision.proposed_quantity)
    quantity = spread(edited, proposed.parts)[order.pk]
    return Standing(decision, is_settled, quantity, is_edited=True, moved=moved, back=why)


def spread(quantity: Decimal, parts: Sequence[PlannedOrder]) -> Mapping[int, Decimal]:
    """`quantity` of a need over its parts: each takes what it proposes, in order of release, the last the rest."""
    left, shares = quantity, {}
    for part in parts[:-1]:
        shares[part.pk] = min(part.quantity, left)
        left -= shares[part.pk]
    shares[parts[-1].pk] = left
    return shares
