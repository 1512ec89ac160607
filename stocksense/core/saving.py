"""Saving rows that a person or a program wrote: checked by the model, held by the database, errors per field.

The database has the last word: what breaks a named constraint becomes a domain error on the fields that it is about.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, ForeignKey, Model, UniqueConstraint

from stocksense.core.errors import AlreadyThere, FieldErrors, RowsRefused

Row = TypeVar("Row", bound=Model)
Problems = dict[str, list[str]]
Check = Callable[[Any], Problems]
CheckMany = Callable[[Sequence[Any]], Mapping[int, Problems]]
"""What is wrong with rows, seen beside each other, by their place; raises FieldErrors where no place is at fault."""

_DETAIL = re.compile(r"Key \((?P<columns>[^)]*)\)=")
_SENTENCES = (
    ("_not_negative", "{} may not be below zero."),
    ("_positive", "{} must be above zero."),
    ("_in_range", "{} lies outside of what is possible."),
    ("_span_ordered", "{} are in the wrong order: the first lies after the second."),
    ("_max_above_min", "{} are in the wrong order."),
    ("_known", "{} is none of the known values."),
)
_UPDATE = """
UPDATE {table} AS kept SET {set}
FROM json_populate_recordset(NULL::{table}, %s) AS given WHERE kept.{key} = given.{key}
"""


def assign(row: Model, values: Mapping[str, Any]) -> set[str]:
    """Set these fields; returns the names of those that differ from before."""
    changed = {name for name, value in values.items() if differs(row, name, value)}
    for name in changed:
        setattr(row, name, values[name])
    return changed


def differs(row: Model, name: str, value: Any) -> bool:
    """Whether the row's field has another value; other rows are told apart by their ids, unread."""
    field = row._meta.get_field(name)
    if isinstance(field, ForeignKey):
        return bool(getattr(row, field.attname) != (None if value is None else value.pk))
    return bool(getattr(row, name) != value)


@transaction.atomic
def save(row: Row, *, check: Check | None = None, changed: set[str] | None = None) -> Row:
    """Check the row's fields, ask `check` what they mean together, and write it (only `changed` where given).

    Raises FieldErrors, or AlreadyThere where another row has its key.
    """
    problems = _cleaned(row)
    if check is not None:
        problems = check(row) | problems
    if problems:
        raise FieldErrors(problems)
    with violations(type(row)):
        if changed is None:
            row.save()
        else:
            stamped = (
                {"updated_at"} if any(field.name == "updated_at" for field in row._meta.concrete_fields) else set()
            )
            row.save(update_fields=changed | stamped)
    return row


def insert(rows: Sequence[Row]) -> None:
    """Write rows that are all new, and checked, in one statement. Raises as `save`, for one of them."""
    if rows:
        model = type(rows[0])
        with violations(model):
            model._default_manager.bulk_create(rows)


def update(rows: Sequence[Model], fields: Collection[str]) -> None:
    """Write these fields of rows that are locked, and checked, in one statement. Raises as `save`, for one of them.

    Fields that keep themselves (`updated_at`) are written as well.
    """
    if not rows:
        return
    model, meta = type(rows[0]), rows[0]._meta
    key = str(meta.pk.column)
    written = [field for field in meta.concrete_fields if field.name in fields or getattr(field, "auto_now", False)]
    given = [
        {key: row.pk}
        | {str(field.column): field.get_db_prep_save(field.pre_save(row, False), connection) for field in written}
        for row in rows
    ]
    quote = connection.ops.quote_name
    statement = _UPDATE.format(
        table=quote(meta.db_table),
        key=quote(key),
        set=", ".join(f"{quote(column)} = given.{quote(column)}" for column in given[0] if column != key),
    )
    with violations(model), connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(given, default=_as_text)])


def check(rows: Sequence[Model], together: CheckMany | None = None, *, places: Sequence[int] | None = None) -> None:
    """Check the fields of each row, and what `together` says of them.

    Raises RowsRefused with FieldErrors, by the places that are given where these are some of the caller's rows.
    """
    wrong = {place: problems for place, row in enumerate(rows) if (problems := _cleaned(row))}
    found = together(rows) if together is not None else {}
    both = {place: {**found.get(place, {}), **wrong.get(place, {})} for place in sorted({*wrong, *found})}
    if both:
        named = range(len(rows)) if places is None else places
        raise RowsRefused({named[place]: FieldErrors(problems) for place, problems in both.items()})


def each(one: Check) -> CheckMany:
    """A check that looks at rows one by one, for many."""
    return lambda rows: {place: problems for place, row in enumerate(rows) if (problems := one(row))}


@contextmanager
def alone() -> Iterator[None]:
    """For use cases of many rows that are called with one: what is wrong with it is raised as it is."""
    try:
        yield
    except RowsRefused as error:
        raise error.refusals[0] from error


@contextmanager
def violations(model: type[Model]) -> Iterator[None]:
    """Turns what the database refuses into FieldErrors or AlreadyThere; the transaction around it goes on."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise translated(model, error) from error


def _cleaned(row: Model) -> Problems:
    fields = row._meta.concrete_fields  # (relations were looked up by the caller, and are held by the database)
    try:
        row.clean_fields(exclude={field.name for field in fields if field.is_relation or field.primary_key})
        row.clean()
    except ValidationError as error:
        return problems_of(error)
    return {}


def _as_text(value: Any) -> str:
    if isinstance(value, Decimal | date | time):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no text that the database would read.")


def problems_of(error: ValidationError) -> Problems:
    """A model's validation error as field → sentences."""
    if not hasattr(error, "error_dict"):
        return {"": list(error.messages)}
    found = error.message_dict
    return {("" if name == NON_FIELD_ERRORS else name): list(sentences) for name, sentences in found.items()}


def translated(model: type[Model], error: IntegrityError) -> Exception:
    """FieldErrors or AlreadyThere for a broken constraint of the model; the error itself where none is known."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    for constraint in model._meta.constraints:
        if constraint.name != name:
            continue
        if isinstance(constraint, UniqueConstraint):
            return _taken(model, list(constraint.fields))
        if isinstance(constraint, CheckConstraint):
            return _broken(name, sorted(constraint.condition.referenced_base_fields))  # type: ignore[union-attr]
    found = _DETAIL.match(getattr(diagnosis, "message_detail", None) or "")
    columns = found["columns"].split(", ") if found else []
    fields = [field.name for field in model._meta.concrete_fields if field.column in columns] or [
        field.name  # (the database tells no key of tables with row-level security)
        for field in model._meta.concrete_fields
        if field.unique and name.startswith(f"{model._meta.db_table}_{field.column}_")
    ]
    if fields and getattr(diagnosis, "sqlstate", "") == "23505":
        return _taken(model, fields)
    if fields and getattr(diagnosis, "sqlstate", "") == "23503":
        return FieldErrors({fields[0]: ["What it names is gone."]})
    return error


def _taken(model: type[Model], fields: list[str]) -> AlreadyThere:
    named = " and ".join(_name(model, field) for field in fields)
    return AlreadyThere({fields[0]: [f"There is another {model._meta.verbose_name} with this {named}."]})


def _broken(name: str, fields: list[str]) -> FieldErrors:
    sentence = next((text for end, text in _SENTENCES if name.endswith(end)), "{} do not fit together.")
    first = next((field for field in fields if field in name), fields[0] if fields else "")
    return FieldErrors({first: [sentence.format(" and ".join(fields) or name)]})


def _name(model: type[Model], field: str) -> str:
    try:
        return str(getattr(model._meta.get_field(field), "verbose_name", field))
    except FieldDoesNotExist:
        return field
