"""What was decided on a proposal, and why it is open again, as pages say it."""

from planning.models import Decision, PlanDecision, PlannedOrder
from planning.services.decisions import Return, Standing
from stocksense.core.admin import formats


def settled_says(word: PlanDecision) -> str:
    """What a decision that holds says."""
    if word.decision == Decision.SNOOZED:
        return f"snoozed until {formats.short_day(word.snoozed_until) if word.snoozed_until else 'something changes'}"
    return word.get_decision_display().lower()


def reach_says(word: PlanDecision) -> str:
    """How long a rejection holds; blank where it is about one order day, or was no rejection."""
    if word.decision != Decision.REJECTED or word.spans_to is None:
        return ""
    return f"holds before {formats.short_day(word.spans_to)}, unless the need grows"


def back_says(standing: Standing, order: PlannedOrder, currency: str) -> str:
    """Why a line that was rejected or snoozed is open again; blank where it never was."""
    word, back = standing.decision, standing.back
    if word is None or back is None:
        return ""

    def amount(value: formats.Number) -> str:
        return formats.quantity(value, order.item.uom, order.item.uom_decimals)

    by = f" by {word.decided_by}" if word.decided_by else ""
    said = f"{word.get_decision_display().lower()} on {formats.short_day(word.decided_at.date())}{by}"
    if back.why == Return.DAY:
        return f"{said}, until {formats.short_day(word.snoozed_until)}"
    if back.why == Return.DEARER:
        return f"{said}; waiting costs {formats.money(back.cost, currency)} now"
    if back.why == Return.CHANGED and back.now == word.proposed_quantity:
        return f"{said}; it would arrive {formats.short_day(order.due_on)} now"
    expected = "" if back.expected == word.proposed_quantity else f" ({amount(back.expected)} were to be expected)"
    return f"{said} at {amount(word.proposed_quantity)}; {amount(back.now)} are asked now{expected}"
