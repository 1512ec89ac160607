"""Makes one row of any model, with the rows that it refers to: only what the database insists on."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

_numbers = itertools.count(1000)

NEEDED: dict[str, dict[str, Any]] = {
    "company.Scenario": {"is_baseline": False},
    "forecasting.ForecastOverride": {"start_date": date(2026, 11, 23), "end_date": date(2026, 11, 30)},
    "forecasting.DemandEvent": {"end_date": date(2036, 11, 30)},
}
"""Values of fields whose rules a made-up value would break."""


def make(model: type[models.Model], **given: Any) -> Any:
    """A saved row of `model`."""
    values = {**NEEDED.get(model._meta.label, {}), **given}
    if model._meta.label == "planning.PlanDecision":
        values["supplier"] = make(model._meta.get_field("supplier").related_model)
    for field in model._meta.concrete_fields:
        if field.name in values or isinstance(field, models.AutoField) or not _is_needed(field):
            continue
        values[field.name] = made_up(field)
    return model._base_manager.create(**values)


def _is_needed(field: "models.Field[Any, Any]") -> bool:
    blank_text = isinstance(field, models.CharField) and field.blank
    return not (field.null or field.has_default() or blank_text or getattr(field, "auto_now", False))


def made_up(field: "models.Field[Any, Any]") -> Any:
    """A value of the field's type that no other row has."""
    number = next(_numbers)
    if isinstance(field, ArrayField):
        return [made_up(field.base_field)]
    if isinstance(field, models.ForeignKey):
        return make(field.related_model)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.EmailField):
        return f"person{number}@example.com"
    if isinstance(field, models.CharField):
        return f"N{number}"[-(field.max_length or 9) :]
    if isinstance(field, models.DateTimeField):
        return timezone.now() + timedelta(days=number)
    if isinstance(field, models.DateField):
        return date(2026, 11, 23) + timedelta(days=number % 900)
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.DecimalField):
        return Decimal(1)
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.BinaryField):
        return b"1"
    if isinstance(field, models.UUIDField):
        import uuid

        return uuid.uuid4()
    return 1
