"""The override's form on the page of a series: what it offers, and what was sent with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_date

from forecasting.models import ForecastOverride, OverrideMode, OverrideReason
from forecasting.services import overrides
from forecasting.services.workbench import SeriesFacts
from inventory.models import Item, Location
from stocksense.company import services as company

SERIES, ITEM, CATEGORY, CATEGORY_HERE, LOCATION, ALL = "series", "item", "category", "category_here", "location", "all"
WEEKS = 2
LONGEST_COMMENT = 2000


@dataclass(frozen=True)
class Form:
    """The form's texts, and what was wrong with them. `override_id` is 0 for a new one."""

    override_id: int = 0
    version: str = ""
    level: str = SERIES
    mode: str = OverrideMode.ADD.value
    value: str = ""
    start: str = ""
    end: str = ""
    reason: str = ""
    comment: str = ""
    expires: str = ""
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def all_problems(self) -> list[str]:
        """Every sentence."""
        return [sentence for sentences in self.problems.values() for sentence in sentences]

    def refused(self, problems: Mapping[str, list[str]]) -> "Form":
        """The same with what is wrong."""
        return replace(self, problems=problems)


def blank(request: HttpRequest, facts: SeriesFacts) -> Form:
    """An empty form for the next two weeks, or an override's own values where the address asks to edit one."""
    wanted = request.GET.get("edit", "")
    for one in facts.overrides:
        if wanted == str(one.pk) and one.withdrawn_at is None:
            return of(one)
    start = facts.run.as_of if facts.run else company.today()
    return Form(start=start.isoformat(), end=(start + timedelta(weeks=WEEKS, days=-1)).isoformat())


def of(one: ForecastOverride) -> Form:
    """The form of an override that is to be changed."""
    return Form(
        override_id=one.pk,
        version=overrides.version_of(one),
        level=level_of(one),
        mode=one.mode,
        value=f"{one.value.normalize():f}",
        start=one.start_date.isoformat(),
        end=one.end_date.isoformat(),
        reason=str(one.reason_id),
        comment=one.comment,
        expires=one.expires_on.isoformat() if one.expires_on else "",
    )


def read(sent: QueryDict) -> Form:
    """What was sent, as it was written."""

    def text(name: str, longest: int = 64) -> str:
        return sent.get(name, "").replace("\x00", "").strip()[:longest]

    number = text("override", 18)
    return Form(
        override_id=int(number) if number.isascii() and number.isdecimal() else 0,
        version=text("version"),
        level=text("level"),
        mode=text("mode"),
        value=text("value"),
        start=text("start"),
        end=text("end"),
        reason=text("reason", 18),
        comment=text("comment", LONGEST_COMMENT),
        expires=text("expires"),
    )


def values_of(form: Form, item: Item, location: Location) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The form as values of an override, and what could not be read of it."""
    problems: dict[str, list[str]] = {}
    start, end = _day(form.start, "start_date", problems), _day(form.end, "end_date", problems)
    expires = _day(form.expires, "expires_on", problems) if form.expires else None
    reason = OverrideReason.objects.filter(pk=int(form.reason)).first() if form.reason.isdecimal() else None
    if reason is None:
        problems["reason"] = ["Choose a reason."]
    if form.mode not in OverrideMode.values:
        problems["mode"] = ["Choose what the value does."]
    about = _about(form.level, item, location)
    if about is None:
        problems["level"] = ["Choose what it is about."]
    values: dict[str, Any] = {
        **(about or {}), "mode": form.mode, "value": _value(form.value, problems), "start_date": start,
        "end_date": end, "reason": reason, "comment": form.comment, "expires_on": expires,
    }  # fmt: skip
    return values, problems


def levels(facts: SeriesFacts) -> list[tuple[str, str]]:
    """What an override may be about, seen from a series."""
    item, place, category = facts.item.sku, facts.location.code, facts.item.category
    found = [(SERIES, f"{item} at {place}"), (ITEM, f"{item} everywhere")]
    if category is not None:
        found += [(CATEGORY_HERE, f"category {category.path} at {place}"), (CATEGORY, f"category {category.path}")]
    return [*found, (LOCATION, f"everything at {place}"), (ALL, "everything")]


def level_of(one: ForecastOverride) -> str:
    """The level of an override as the form names it."""
    if one.item_id:
        return SERIES if one.location_id else ITEM
    if one.category_id:
        return CATEGORY_HERE if one.location_id else CATEGORY
    return LOCATION if one.location_id else ALL


def version_of(one: ForecastOverride) -> str:
    """The state that a button on the page is about."""
    return overrides.version_of(one)


def _about(level: str, item: Item, location: Location) -> dict[str, Any] | None:
    category = item.category
    found: dict[str, dict[str, Any]] = {
        SERIES: {"item": item, "category": None, "location": location},
        ITEM: {"item": item, "category": None, "location": None},
        LOCATION: {"item": None, "category": None, "location": location},
        ALL: {"item": None, "category": None, "location": None},
    }
    if category is not None:
        found[CATEGORY] = {"item": None, "category": category, "location": None}
        found[CATEGORY_HERE] = {"item": None, "category": category, "location": location}
    return found.get(level)


def _day(text: str, name: str, problems: dict[str, list[str]]) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        problems[name] = ["Give a day."]
    return found


def _value(text: str, problems: dict[str, list[str]]) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", ".").replace("−", "-"))
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or abs(found) >= Decimal(10) ** 12:
        problems["value"] = ["Give a number."]
        return None
    return found.quantize(Decimal("0.001"))
