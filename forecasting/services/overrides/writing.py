"""Overrides are written here: checked, one or many at a time, by people who may; a trigger keeps who changed what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from forecasting.models import ForecastOverride, OverrideMode, OverrideReason
from forecasting.services.overrides.preview import current_forecast_run, preview_override
from stocksense.company import services as company
from stocksense.core import clock, saving
from stocksense.core.errors import Conflict, FieldErrors, InvalidInput, NotAllowed, RowsRefused
from stocksense.core.saving import Problems

LARGEST_FACTOR = Decimal(20)
SPAN_FIELDS = frozenset({"item", "category", "location", "start_date", "end_date", "mode", "value"})
"""What an override says of demand; the others say why."""

_PLANNED = """
SELECT asked.place
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS asked (place, item_id, category_id, location_id)
WHERE CASE
    WHEN item_id IS NOT NULL AND location_id IS NOT NULL THEN EXISTS (
        SELECT FROM inventory_itemlocation il
        WHERE il.item_id = asked.item_id AND il.location_id = asked.location_id)
    WHEN item_id IS NOT NULL THEN EXISTS (SELECT FROM inventory_itemlocation il WHERE il.item_id = asked.item_id)
    WHEN category_id IS NOT NULL THEN EXISTS (
        SELECT FROM inventory_category named
        JOIN inventory_category own ON own.id = named.id OR starts_with(own.path, named.path || '/')
        JOIN inventory_item item ON item.category_id = own.id
        JOIN inventory_itemlocation il ON il.item_id = item.id
        WHERE named.id = asked.category_id AND (asked.location_id IS NULL OR il.location_id = asked.location_id))
    WHEN location_id IS NOT NULL THEN EXISTS (
        SELECT FROM inventory_itemlocation il WHERE il.location_id = asked.location_id)
    ELSE EXISTS (SELECT FROM inventory_itemlocation)
END
"""

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
    with saving.alone():
        return create_overrides(actor=actor, rows=[values])[0]


@transaction.atomic
def create_overrides(*, actor: Any, rows: Sequence[Mapping[str, Any]]) -> list[ForecastOverride]:
    """New overrides by `actor`: all, or none where any is refused, in a fixed number of statements.

    Those that take away (see `_effect`) are looked at one by one. Raises NotAllowed, RowsRefused, AlreadyThere.
    """
    _require(actor, "add")
    made = [ForecastOverride(author=actor, **values) for values in rows]
    saving.check(made, _problems_together)
    taking = _taking(made)
    saving.insert([one for place, one in enumerate(made) if place not in taking])
    _write_looked_at({place: made[place] for place in taking}, lambda one: saving.insert([one]))
    return made


def change_override(*, override: ForecastOverride, actor: Any, **values: Any) -> ForecastOverride:
    """Other values of an override that the caller has locked; who changes it becomes its author.

    Raises NotAllowed, FieldErrors, AlreadyThere, and Conflict where it was withdrawn.
    """
    with saving.alone():
        change_overrides(actor=actor, changes=[(override, values)])
    return override


@transaction.atomic
def change_overrides(*, actor: Any, changes: Sequence[tuple[ForecastOverride, Mapping[str, Any]]]) -> None:
    """The same for many: all, or none where any is refused. Errors as `create_overrides`."""
    _require(actor, "change")
    withdrawn = [place for place, (override, _) in enumerate(changes) if override.withdrawn_at is not None]
    if withdrawn:
        raise RowsRefused(
            {place: Conflict("This override was withdrawn. Reinstate it before you change it.") for place in withdrawn}
        )
    rows = [override for override, _ in changes]
    changed: dict[int, set[str]] = {}
    for place, (override, values) in enumerate(changes):
        names = saving.assign(override, values)
        if names & SPAN_FIELDS:
            names |= saving.assign(override, {"author": actor})
        if names:
            changed[place] = names
    asked = [place for place, names in changed.items() if names & (SPAN_FIELDS | {"reason", "expires_on"})]
    others = [place for place in changed if place not in asked]
    saving.check([rows[place] for place in others], places=others)
    saving.check([rows[place] for place in asked], _problems_together, places=asked)
    taking, written = _taking(rows).intersection(asked), set[str]().union(*changed.values())
    saving.update([rows[place] for place in changed if place not in taking], written)
    _write_looked_at({place: rows[place] for place in sorted(taking)}, lambda one: saving.update([one], written))


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
    found = _problems_together([override]).get(0, {})
    if not found.keys() - {"reason"} and current_forecast_run() is not None:
        found |= _effect(override)
    return found


def _problems_together(overrides: Sequence[ForecastOverride]) -> dict[int, Problems]:
    """What is wrong with overrides, by place, apart from their effect."""
    if not overrides:
        return {}
    prefetch_related_objects([one for one in overrides if one.reason_id], "reason")
    day, planned = reference_day(), _planned(overrides)
    problems = {}
    for place, override in enumerate(overrides):
        found = {**_level(override, planned=place in planned), **_value(override), **_times(override, day)}
        if not override.reason_id or not override.reason.is_active:
            found["reason"] = ["Choose a reason from the company's list."]
        if found:
            problems[place] = found
    return problems


def _planned(overrides: Sequence[ForecastOverride]) -> set[int]:
    """The places of those that are about any series at all."""
    rows = [(place, one.item_id, one.category_id, one.location_id) for place, one in enumerate(overrides)]
    with connection.cursor() as cursor:
        cursor.execute(_PLANNED, [list(column) for column in zip(*rows, strict=True)])
        return {place for (place,) in cursor.fetchall()}


def _level(override: ForecastOverride, *, planned: bool) -> Problems:
    if override.item_id and override.category_id:
        return {"category": ["Name an item or a category, not both: an item has its category already."]}
    if not planned:
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


def _times(override: ForecastOverride, day: date) -> Problems:
    start, end = override.start_date, override.end_date
    if start is None or end is None:
        return {}
    if end < start:
        return {"end_date": ["The last day lies before the first."]}
    if end < day:
        return {"end_date": [f"The span lies in the past: the plan begins on {day:%-d %b %Y}."]}
    if override.expires_on is not None and override.expires_on < day:
        return {"expires_on": [f"It would have expired before the plan begins on {day:%-d %b %Y}."]}
    return {}


def _taking(overrides: Sequence[ForecastOverride]) -> set[int]:
    """The places of those that may leave less than nothing of the current forecast."""
    taking = {place for place, one in enumerate(overrides) if one.mode == OverrideMode.ADD and one.value < 0}
    return taking if taking and current_forecast_run() is not None else set()


def _write_looked_at(taking: Mapping[int, ForecastOverride], write: Callable[[ForecastOverride], None]) -> None:
    """One after the other, for each is seen with those before it. Raises RowsRefused for those that take too much."""
    wrong = {}
    for place, override in taking.items():
        if found := _effect(override):
            wrong[place] = FieldErrors(found)
        else:
            write(override)
    if wrong:
        raise RowsRefused(wrong)


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
