"""Abstract bases shared by every app, and what a model tells the database about who may change it."""

import enum
from typing import Any

from django.db import models


class DatabaseAccess(enum.Enum):
    """What the serving role may do with a table. A model says so in `database_access` (default FULL)."""

    FULL = "full"
    APPEND_ONLY = "append_only"
    READ_ONLY = "read_only"


class TimeStamped(models.Model):
    """Rows that people and imports change: when they came and when they last changed."""

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


def quantity_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A stock quantity: item's stock unit, up to 10^12, three decimals."""
    return models.DecimalField(max_digits=15, decimal_places=3, **options)


def money_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """An amount of money or a price: four decimals, its currency said beside it."""
    return models.DecimalField(max_digits=16, decimal_places=4, **options)


def lead_time_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """Days, fractions allowed, two decimals."""
    return models.DecimalField(max_digits=6, decimal_places=2, **options)


def not_negative(table: str, *fields: str) -> list[models.BaseConstraint]:
    """One check per field that it is unknown or at least zero, named `<table>_<field>_not_negative`."""
    return [
        models.CheckConstraint(condition=models.Q(**{f"{field}__gte": 0}), name=f"{table}_{field}_not_negative")
        for field in fields
    ]


def positive(table: str, *fields: str) -> list[models.BaseConstraint]:
    """One check per field that it is unknown or above zero, named `<table>_<field>_positive`."""
    return [
        models.CheckConstraint(condition=models.Q(**{f"{field}__gt": 0}), name=f"{table}_{field}_positive")
        for field in fields
    ]


def one_of(table: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The field holds one of the choices, also when written by COPY or raw SQL."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=f"{table}_{field}_known")
