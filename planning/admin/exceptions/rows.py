"""Exceptions as rows: what is wrong, what it costs to wait, what fixes it, and what was done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from planning.admin import places
from planning.admin.decisions import forms
from planning.admin.exceptions.columns import TABLE, Seen, order_number
from planning.admin.fixes import Link, carriers, links
from planning.admin.worklist.table import LineCell
from planning.models import ExceptionDecision, ExceptionKind, ExceptionWord, PlanException, PlannedOrder
from planning.services import reads
from planning.services.decisions.standing import Standing, standings
from planning.services.reads import CurrentPlan
from policies.models import Policy
from stocksense.core.admin import formats

SHORTAGES = {ExceptionKind.STOCK_OUT, ExceptionKind.STOCK_OUT_RISK, ExceptionKind.LATE_ORDER, ExceptionKind.EXPEDITE}


@dataclass(frozen=True)
class Answer:
    """The proposal that would answer the exception, with what approving it orders; `seen` says so to the form."""

    id: int
    seen: str
    says: str
    url: str


@dataclass(frozen=True)
class Row:
    """An exception as the table shows it."""

    id: int
    kind: str
    kind_text: str
    item: str
    sku: str
    at: str
    url: str
    message: str
    cost: str
    value: str
    cells: list[LineCell] = field(default_factory=list)
    fixes: list[Link] = field(default_factory=list)
    answer: Answer | None = None
    handled: str = ""
    handled_detail: str = ""

    @property
    def name(self) -> str:
        """How a sentence calls the row."""
        return f"{self.kind_text}: {self.item} at {self.at}"


def rows_of(
    request: HttpRequest, plan: CurrentPlan, shown: Sequence[PlanException], columns: Sequence[str] = TABLE.usual
) -> list[Row]:
    """The rows of a page, in a fixed number of queries."""
    words, answers = reads.exception_words(plan, shown), reads.answers_to(plan, shown)
    standing = standings(plan.run, answers.values())
    orders = places.order_urls({number for row in shown if (number := order_number(row))})
    locations = carriers(shown)
    keys = {(row.item_id, row.location_id) for row in shown} if {"class", "service"} & set(columns) else set()
    policies = reads.policies_of(plan, keys) if keys else {}
    return [
        _row(
            request, plan, row, words.get(row.pk), _answer(row, answers, standing), orders, locations, columns,
            policies.get((row.item_id, row.location_id)),
        )
        for row in shown
    ]  # fmt: skip


def _row(
    request: HttpRequest,
    plan: CurrentPlan,
    row: PlanException,
    word: ExceptionDecision | None,
    answer: Answer | None,
    orders: Mapping[str, str],
    locations: Mapping[str, int],
    columns: Sequence[str],
    policy: Policy | None,
) -> Row:
    return Row(
        id=row.pk,
        kind=row.kind,
        kind_text=row.get_kind_display(),
        item=row.item.name or row.item.sku,
        sku=row.item.sku,
        at=row.location.name or row.location.code,
        url=places.item_location_url(row.item_id, row.location_id),
        message=row.message,
        cost=formats.money(row.cost_of_inaction, plan.company.currency) if row.cost_of_inaction else formats.NONE,
        cells=TABLE.cells(columns, Seen(row, policy, plan.company.currency)),
        value=f"{row.cost_of_inaction:.2f}",
        fixes=_fixes(request, row, orders, locations),
        answer=answer,
        handled=_handled(word) if word else "",
        handled_detail=_by(word) if word else "",
    )


def _fixes(
    request: HttpRequest, row: PlanException, orders: Mapping[str, str], locations: Mapping[str, int]
) -> list[Link]:
    number = order_number(row)
    if number in orders:
        return [Link(f"Open {number}", orders[number])]
    if row.kind in {ExceptionKind.CANNOT_PLAN, ExceptionKind.HORIZON_TOO_SHORT}:
        return links(request, row, locations)
    if row.kind == ExceptionKind.BELOW_MINIMUM:
        terms = reverse("admin:vendors_supplieritem_changelist")
        return [Link("Look at the terms", f"{terms}?{urlencode({'q': row.item.sku})}")]
    return []


def _answer(
    row: PlanException, answers: Mapping[reads.Key, PlannedOrder], standing: Mapping[int, Standing]
) -> Answer | None:
    order = answers.get((row.item_id, row.location_id))
    if order is None or row.kind not in SHORTAGES:
        return None
    ordered = standing[order.pk].quantity
    quantity = formats.quantity(ordered, row.item.uom, row.item.uom_decimals)
    worklist = reverse("admin:planning_worklist")
    named = urlencode({"tab": "all", "skus": row.item.sku, "location": row.location.code, "horizon": "all"})
    seen = forms.seen_text({order.pk: ordered})
    return Answer(order.pk, seen, f"{quantity}, arrives {formats.short_day(order.due_on)}", f"{worklist}?{named}")


def _handled(word: ExceptionDecision) -> str:
    if word.decision == ExceptionWord.SNOOZED:
        until = formats.short_day(word.snoozed_until) if word.snoozed_until else "it changes"
        return f"snoozed until {until}"
    return word.get_decision_display().lower()


def _by(word: ExceptionDecision) -> str:
    return ", ".join(part for part in (f"by {word.decided_by}" if word.decided_by else "", word.reason) if part)
