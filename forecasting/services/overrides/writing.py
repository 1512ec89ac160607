"""Overrides are written here: checked, one at a time, by people who may; a trigger keeps who changed what."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from forecasting.models import ForecastOverride, OverrideMode, OverrideReason
from forecasting.services.overrides.preview import current_forecast_run, preview_override
from forecasting.services.overrides.reach import subtrees
from inventory.models import ItemLocation
from stocksense.company import services as company
from stocksense.core import clock, saving
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.core.saving import Problems

LARGEST_FACTOR = Decimal(20)
SPAN_FIELDS = frozenset({"item", "category", "location", "start_date", "end_date", "mode", "value"})
"""What an override says of demand; the others say why."""

DEFAULT_REASONS = {
    "promotion": "Promotion",
    "price": "Price change",
    "customer_won": "New customer or contract",
    "customer_lost": "Lost customer or contract",
    "project": "Project or one-off order",
    "launch": "Launch or new range",
    "phase_out": "Phase-out",
    "competitor": "Competitor",
    "weather": "Weather",
    "data_error": "Error in the data",
    "judgement": "Judgement",
}


def ensure_reasons(using: str) -> None:
    """Give a company without any reasons the usual ones; what it changes or retires stays as it is."""
    if not OverrideReason.objects.using(using).exists():
        OverrideReason.objects.using(using).bulk_create(
            OverrideReason(code=code, name=name) for code, name in DEFAULT_REASONS.items()
        )


def create_override(*, actor: Any, **values: Any) -> ForecastOverride:
    """A new override by `actor`, in force from the next run on. Raises NotAllowed, FieldErrors, AlreadyThere."""
    _require(actor, "add")
    return saving.save(ForecastOverride(author=actor, **values), check=problems_of)


def change_override(*, override: ForecastOverride, actor: Any, **values: Any) -> ForecastOverride:
    """Other values of an override that the caller has locked; who changes it becomes its author.

    Raises NotAllowed, FieldErrors, AlreadyThere, and Conflict where it was withdrawn.
    """
    _require(actor, "change")
    if override.withdrawn_at is not None:
        raise Conflict("This override was withdrawn. Reinstate it before you change it.")
    changed = saving.assign(override, values)
    if not changed:
        return override
    if changed & SPAN_FIELDS and override.author_id != actor.pk:
        override.author = actor
        changed.add("author")
    check = problems_of if changed & (SPAN_FIELDS | {"reason", "expires_on"}) else None
    return saving.save(override, check=check, changed=changed)


def withdraw_override(*, override: ForecastOverride, actor: Any) -> ForecastOverride:
    """Leave an override out of runs from the next one on; it stays on record and can be reinstated.

    Raises NotAllowed, and Conflict where it was withdrawn already.
    """
    _require(actor, "change")
    if override.withdrawn_at is not None:
        raise Conflict("This override was withdrawn already.")
    override.withdrawn_at = clock.now()
    return saving.save(override, changed={"withdrawn_at"})


def reinstate_override(*, override: ForecastOverride, actor: Any) -> ForecastOverride:
    """Put a withdrawn override in force again. Raises NotAllowed, Conflict, and FieldErrors where its time is over."""
    _require(actor, "change")
    if override.withdrawn_at is None:
        raise Conflict("This override is in force.")
    override.withdrawn_at = None
    return saving.save(override, check=problems_of, changed={"withdrawn_at"})


@contextmanager
def locked_override(override_id: int, *, version: str) -> Iterator[ForecastOverride]:
    """The override, locked, if it still is as somebody read it: `version` is its `updated_at` in ISO form.

    Raises InvalidInput where there is none, Conflict where it was changed since.
    """
    with transaction.atomic():
        found = ForecastOverride.objects.select_for_update(of=("self",)).filter(pk=override_id).first()
        if found is None:
            raise InvalidInput("This override does not exist any more.")
        if version != version_of(found):
            raise Conflict("Somebody changed this override meanwhile. Look at it again before you change it.")
        yield found


def version_of(override: ForecastOverride) -> str:
    """What `locked_override` compares."""
    stamp: datetime = override.updated_at
    return stamp.isoformat()


def reference_day() -> date:
    """The day that spans are compared with: the one from which the current plan begins."""
    run = current_forecast_run()
    return run.as_of if run else company.today()


def problems_of(override: ForecastOverride) -> Problems:
    """What is wrong with an override's values together."""
    found = {**_level(override), **_value(override), **_times(override)}
    if not override.reason_id or not override.reason.is_active:
        found["reason"] = ["Choose a reason from the company's list."]
    if not found.keys() - {"reason"} and current_forecast_run() is not None:
        found |= _effect(override)
    return found


def _level(override: ForecastOverride) -> Problems:
    if override.item_id and override.category_id:
        return {"category": ["Name an item or a category, not both: an item has its category already."]}
    named = {"item": override.item_id, "location": override.location_id}
    places = ItemLocation.objects.filter(**{name: value for name, value in named.items() if value})
    if override.category_id:
        places = places.filter(item__category__in=subtrees([override.category_id])[override.category_id])
    if not places.exists():
        return {"location" if override.location_id else "item": ["Nothing is planned there: there is no such series."]}
    return {}


def _value(override: ForecastOverride) -> Problems:
    value = override.value
    if value is None or override.mode == OverrideMode.ADD:
        return {}
    if value < 0:
        what = "A factor" if override.mode == OverrideMode.SCALE else "A forecast"
        return {"value": [f"{what} cannot be below zero."]}
    if override.mode == OverrideMode.SCALE and value > LARGEST_FACTOR:
        return {"value": [f"A factor of {value.normalize():f} is above {LARGEST_FACTOR}. For 20 % more write 1.2."]}
    return {}


def _times(override: ForecastOverride) -> Problems:
    start, end, day = override.start_date, override.end_date, reference_day()
    if start is None or end is None:
        return {}
    if end < start:
        return {"end_date": ["The last day lies before the first."]}
    if end < day:
        return {"end_date": [f"The span lies in the past: the plan begins on {day:%-d %b %Y}."]}
    if override.expires_on is not None and override.expires_on < day:
        return {"expires_on": [f"It would have expired before the plan begins on {day:%-d %b %Y}."]}
    return {}


def _effect(override: ForecastOverride) -> Problems:
    """Less than nothing would be left of what the current forecast shows."""
    if override.mode != OverrideMode.ADD or override.value >= 0:
        return {}
    seen = preview_override(draft=override)
    if seen.reached and seen.expected + seen.units < -1e-6:
        return {
            "value": [f"Only {seen.expected:,.0f} are expected there: {seen.units:,.0f} would leave less than nothing."]
        }
    return {}


def _require(actor: Any, verb: str) -> None:
    if not actor.has_perm(f"forecasting.{verb}_forecastoverride"):
        raise NotAllowed(f"You may not {verb} forecast overrides.")
