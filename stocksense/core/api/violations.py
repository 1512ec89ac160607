"""What the database refuses and no service foresaw, as the domain error that it means."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError
from django.db.models import Model, ProtectedError, RestrictedError

from stocksense.core import saving
from stocksense.core.errors import DomainError, FieldErrors, InvalidInput, StillReferenced

FOREIGN_KEY, NOT_NULL = "23503", "23502"


def domain_error(error: Exception) -> DomainError | None:
    """The refusal as a sentence on the fields that it is about; None for faults that are ours."""
    if isinstance(error, ProtectedError | RestrictedError):
        held: Any = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        kinds = sorted({str(one._meta.verbose_name_plural) for one in held})
        return StillReferenced(f"It is used by {', '.join(kinds)}.", used_by=kinds)
    if isinstance(error, DataError):
        return InvalidInput("A value does not fit its column: it is too long, or too large.")
    diagnosis = getattr(error.__cause__, "diag", None)
    if not isinstance(error, IntegrityError) or diagnosis is None:
        return None
    if diagnosis.sqlstate == FOREIGN_KEY and "still referenced" in (diagnosis.message_detail or ""):
        return StillReferenced("It is in use.")
    model = _models().get(diagnosis.table_name or "")
    if model is None:
        return None
    if diagnosis.sqlstate == NOT_NULL:
        names = [field.name for field in model._meta.concrete_fields if field.column == diagnosis.column_name]
        return FieldErrors({name: ["This must be given."] for name in names})
    found = saving.translated(model, error)
    return found if isinstance(found, DomainError) else None


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
