"""Two runs side by side: what changed since the run before, by money, and why."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from planning.admin import places
from planning.models import PlanRun
from planning.services import compare
from planning.services.compare import CAUSE_NAMES, CauseTotal, Comparison, KindChange, Mover, Pair, Part, WarningChange
from stocksense.company import services as company
from stocksense.core.admin import formats
from stocksense.core.errors import InvalidInput

STATES = {"new": "new", "gone": "gone", "more": "more", "less": "less", "moved": "other days or price"}
LONGEST_ID = 18


def page(request: HttpRequest) -> HttpResponse:
    """The comparison that the address asks for; without a choice the current run and the one before it."""
    runs, settings = compare.comparable_runs(), company.settings()
    if not runs:
        return places.render(request, "planning/no_plan.html", title="Compare runs")
    shared: dict[str, Any] = {
        "title": "Compare runs",
        "choices": [(run.pk, _run_name(run)) for run in runs],
        "before_id": _number(request, "before"),
        "after_id": _number(request, "after"),
    }
    try:
        pair = compare.choose_runs(runs, settings, before=shared["before_id"], after=shared["after_id"])
    except InvalidInput as error:
        return places.render(request, "planning/compare.html", refused=error.message, **shared)
    shared |= {"before_id": pair.before.pk, "after_id": pair.after.pk}
    return places.render(request, "planning/compare.html", **shared, **_compared(request, pair))


def _compared(request: HttpRequest, pair: Pair) -> dict[str, Any]:
    found, currency = compare.compare_runs(pair), pair.company.currency
    cause, term = request.GET.get("cause", ""), request.GET.get("q", "").strip()
    movers = [mover for mover in found.movers if _fits(mover, cause, term)]
    shown = places.one_page(request, movers)
    return {
        "pair": pair,
        "headline": _headline(found, currency),
        "decided": ", ".join(
            f"{count:,} {decision.label.lower()}" for decision, count in sorted(pair.decided().items())
        ),
        "window_ends": formats.short_day(pair.window_ends),
        "causes": [_cause(total, currency) for total in found.causes if total.count],
        "cause": cause if cause in CAUSE_NAMES else "",
        "cause_choices": list(CAUSE_NAMES.items()),
        "term": term,
        "is_filtered": bool(cause or term),
        "reset_url": f"?{urlencode({'before': pair.before.pk, 'after': pair.after.pk})}",
        "rows": [_mover(mover, currency) for mover in shown],
        "page": shown,
        "page_query": places.query_without(request, "page"),
        "mover_count": formats.count(len(found.movers), "item-location"),
        "kinds": [_kind(change, currency) for change in compare.compare_warnings(pair)],
        "warnings": [_warning(change, currency) for change in compare.warning_changes(pair)],
    }


def _fits(mover: Mover, cause: str, term: str) -> bool:
    if cause in CAUSE_NAMES and mover.cause != cause:
        return False
    wanted = term.casefold()
    return not wanted or wanted in f"{mover.sku} {mover.item} {mover.code} {mover.location}".casefold()


def _run_name(run: PlanRun) -> str:
    made = formats.moment(run.finished_at) if run.finished_at else ""
    return f"Run {run.pk}, plan of {formats.short_day(run.as_of)}, made {made}"


def _headline(found: Comparison, currency: str) -> dict[str, str]:
    return {
        "before": formats.money(found.value_before, currency),
        "after": formats.money(found.value_after, currency),
        "change": signed_money(found.value_after - found.value_before, currency),
        "unchanged": formats.count(found.unchanged, "proposal"),
    }


def _cause(total: CauseTotal, currency: str) -> dict[str, str]:
    return {
        "key": total.cause,
        "name": CAUSE_NAMES[total.cause],
        "count": f"{total.count:,}",
        "more": signed_money(total.more, currency),
        "less": signed_money(total.less, currency),
        "net": signed_money(total.net, currency),
    }


def _mover(mover: Mover, currency: str) -> dict[str, Any]:
    return {
        "item": mover.item or mover.sku,
        "sku": mover.sku,
        "at": mover.location or mover.code,
        "url": places.item_location_url(mover.item_id, mover.location_id),
        "state": STATES[mover.state],
        "tone": {"new": "warn", "gone": "good"}.get(mover.state, ""),
        "before": _quantity(mover.quantity_before, mover),
        "after": _quantity(mover.quantity_after, mover),
        "change": signed_money(mover.change, currency),
        "cause": CAUSE_NAMES[mover.cause],
        "why": _why(mover),
        "parts": [_part(part, mover) for part in mover.parts],
    }


def _quantity(value: float, mover: Mover) -> str:
    return formats.quantity(value, mover.unit, mover.decimals) if value else formats.NONE


def _why(mover: Mover) -> list[str]:
    """The effect of each cause in units, then the parameters that differ."""
    effects = [
        f"{CAUSE_NAMES[cause]}: {signed(value, mover)}"
        for cause, value in mover.effects.items()
        if round(abs(value), mover.decimals) > 0
    ]
    return [*effects, *(note.capitalize() for note in mover.notes)]


def _part(part: Part, mover: Mover) -> str:
    before, after = (
        f"{_quantity(quantity, mover)}, release {formats.short_day(release)}, arrives {formats.short_day(due)}"
        if quantity is not None
        else "nothing"
        for quantity, release, due in (
            (part.quantity_before, part.release_before, part.due_before),
            (part.quantity_after, part.release_after, part.due_after),
        )
    )
    return f"Need of {formats.short_day(part.need_on)}: {before} → {after}"


def _kind(change: KindChange, currency: str) -> dict[str, Any]:
    return {
        "name": change.kind.label,
        "group": change.kind.value,
        "before": f"{change.before:,}",
        "after": f"{change.after:,}",
        "new": f"{change.new:,}",
        "gone": f"{change.gone:,}",
        "cost": signed_money(change.cost_after - change.cost_before, currency),
    }


def _warning(change: WarningChange, currency: str) -> dict[str, Any]:
    return {
        "what": f"{change.item} @ {change.location}",
        "url": places.item_location_url(change.item_id, change.location_id),
        "kind": change.kind.label,
        "group": change.kind.value,
        "is_new": change.is_new,
        "message": change.message,
        "cost": formats.money(change.cost, currency),
    }


def signed_money(value: Any, currency: str) -> str:
    """'+€ 120', '−€ 80', '€ 0'."""
    if not value:
        return formats.money(0, currency)
    return f"{'+' if value > 0 else '−'}{formats.money(abs(value), currency)}"


def signed(value: float, mover: Mover) -> str:
    """'+12 pcs', '−3 pcs'."""
    amount = formats.quantity(abs(value), mover.unit, mover.decimals)
    return f"{'+' if value > 0 else '−'}{amount}"


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= LONGEST_ID else None
