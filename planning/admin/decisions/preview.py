"""What a decision on several lines would do: lines, value and drafts per source, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from planning.admin import places
from planning.admin.decisions import forms
from planning.admin.decisions.forms import Form
from planning.models import PlannedOrder
from planning.services import decisions
from planning.services.reads import CurrentPlan
from stocksense.core.admin import formats

LINES_SHOWN = 25
"""Lines of one draft that a preview lists; the rest are counted."""

SAYS = {
    "approve": "Approving makes {drafts}, or adds to those that are open. Drafts count as supply at once. "
    "It can be undone until they are sent.",
    "reject": "Rejected proposals make no order. Coming plans that propose the same need know it. It can be undone.",
    "snooze": "Snoozed lines leave the list and come back by themselves. It can be undone.",
}


@dataclass(frozen=True)
class Draft:
    """An order that an approval would make."""

    source: str
    destination: str
    value: str
    held: str
    above_limit: str
    lines: list[dict[str, str]]
    more: int


def page(
    request: HttpRequest, verb: str, plan: CurrentPlan, form: Form, chosen: Sequence[PlannedOrder]
) -> HttpResponse:
    """Lines and value, by the drafts they would make; the confirmation carries exactly these lines."""
    standing = decisions.standings(plan.run, chosen)
    amounts = {row.pk: standing[row.pk].quantity for row in chosen}
    limit = decisions.limit_of(request.user) if verb == "approve" else None
    held = decisions.held_values(request.user, chosen) if verb == "approve" else {}
    drafts = _drafts(plan, chosen, amounts, held, limit)
    total = sum((_value(row, amounts[row.pk]) for row in chosen), Decimal(0))
    lines = formats.count(len(chosen), "line")
    return places.render(
        request,
        "planning/decision_preview.html",
        title=f"{verb.capitalize()} planned orders",
        verb=verb,
        run_id=plan.run.pk,
        orders=",".join(str(row.pk) for row in chosen),
        seen=forms.seen_text(amounts) if verb == "approve" else "",
        drafts=drafts,
        line_count=lines,
        says=SAYS[verb].format(drafts=formats.count(len(drafts), "draft order")),
        total=formats.money(total, plan.company.currency),
        limit=formats.money(limit, plan.company.currency) if limit is not None else "",
        above_limit=any(draft.above_limit for draft in drafts),
        needs_reason=verb == "reject",
        token=uuid4(),
        back=form.back,
        action_url=reverse(f"admin:planning_{verb}"),
        **snooze_days(plan),
    )


def snooze_days(plan: CurrentPlan) -> dict[str, Any]:
    """The days that a snooze form offers, as a date field writes them."""
    first = plan.run.as_of + timedelta(days=1)
    return {"first_day": first.isoformat(), "next_week": (plan.run.as_of + timedelta(days=7)).isoformat()}


def _value(row: PlannedOrder, quantity: Decimal) -> Decimal:
    return row.value if quantity == row.quantity else round(quantity * (row.unit_price or Decimal(0)), 4)


def _drafts(
    plan: CurrentPlan,
    chosen: Sequence[PlannedOrder],
    amounts: dict[int, Decimal],
    held: Mapping[Any, Decimal],
    limit: Decimal | None,
) -> list[Draft]:
    def ends(row: PlannedOrder) -> tuple[str, str]:
        return str(row.supplier or row.origin), str(row.location)

    currency = plan.company.currency
    drafts = []
    for (source, destination), found in groupby(sorted(chosen, key=ends), key=ends):
        rows = list(found)
        value = sum((_value(row, amounts[row.pk]) for row in rows), Decimal(0))
        before = held.get(decisions.ends_of(rows[0]), Decimal(0))
        drafts.append(
            Draft(
                source=source,
                destination=destination,
                value=formats.money(value, currency),
                held=formats.money(before, currency) if before else "",
                above_limit=_above_limit(before + value, limit, currency),
                lines=[_line(row, amounts[row.pk], currency) for row in rows[:LINES_SHOWN]],
                more=max(len(rows) - LINES_SHOWN, 0),
            )
        )
    return drafts


def _above_limit(value: Decimal, limit: Decimal | None, currency: str) -> str:
    """What keeps this person from approving the whole draft, and who may; blank where nothing does."""
    if limit is None or value <= limit:
        return ""
    return f"{formats.money(value, currency)} in all. {decisions.ask_for(decisions.who_may(value))}"


def _line(row: PlannedOrder, quantity: Decimal, currency: str) -> dict[str, str]:
    unit, decimals = row.item.uom, row.item.uom_decimals
    edited = quantity != row.quantity
    return {
        "item": row.item.name or row.item.sku,
        "sku": row.item.sku,
        "quantity": formats.quantity(quantity, unit, decimals),
        "planned": formats.quantity(row.quantity, unit, decimals) if edited else "",
        "arrives": formats.short_day(row.due_on),
        "value": formats.money(_value(row, quantity), currency),
    }
