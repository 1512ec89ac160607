"""Deleting rows that nothing refers to, many at once; what is in use is told with what uses it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CASCADE, PROTECT, Exists, Model, OuterRef, ProtectedError, RestrictedError
from django.db.models import prefetch_related_objects as prefetch
from django.db.models.deletion import get_candidate_relations_to_delete

from stocksense.core.errors import RowsRefused, StillReferenced

InUse = Callable[[Sequence[Any]], Mapping[Any, list[str]]]
"""The ids of those rows that cannot be deleted → what they are used by, in words."""


def in_use(rows: Sequence[Model]) -> dict[Any, list[str]]:
    """Of the rows those that others refer to (or refer to what would go with them): one query, however many."""
    model = type(rows[0])
    holders = list(_holders(model))
    held = {
        f"held_{place}": Exists(holder._base_manager.filter(**{path: OuterRef("pk")}))
        for place, (holder, path) in enumerate(holders)
    }
    if not held:
        return {}
    found = model._base_manager.filter(pk__in=[row.pk for row in rows]).order_by().annotate(**held)
    kinds = [str(holder._meta.verbose_name_plural) for holder, _ in holders]
    return {
        pk: sorted({kind for kind, flag in zip(kinds, flags, strict=True) if flag})
        for pk, *flags in found.values_list("pk", *held)
        if any(flags)
    }


@transaction.atomic
def delete(rows: Sequence[Model], *, instead: str, used: InUse = in_use) -> None:
    """Delete rows that the caller has locked, those first that others of them refer to last.

    Raises RowsRefused with StillReferenced, saying what can be done `instead`, or StillReferenced where the database
    knows of a use and not of which row; nothing is deleted then.
    """
    left = dict(enumerate(rows))
    while left:
        held = used(list(left.values()))
        free = [row for row in left.values() if row.pk not in held]
        if not free:
            raise RowsRefused(_refusals(left, held, instead))
        _delete(free, instead)
        left = {place: row for place, row in left.items() if row.pk in held}


def _delete(rows: Sequence[Model], instead: str) -> None:
    model = type(rows[0])
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=[row.pk for row in rows]).delete()
    except (IntegrityError, ProtectedError, RestrictedError) as error:
        named = rows[0] if len(rows) == 1 else f"One of these {model._meta.verbose_name_plural}"
        raise StillReferenced(f"{named} is in use. {instead}") from error


def _refusals(rows: Mapping[int, Model], used: Mapping[Any, list[str]], instead: str) -> dict[int, Any]:
    fields = next(iter(rows.values()))._meta.concrete_fields
    prefetch(list(rows.values()), *(field.name for field in fields if field.is_relation))  # (for their names)
    return {
        place: StillReferenced(f"{row} is used by {', '.join(used[row.pk])}. {instead}", used_by=used[row.pk])
        for place, row in rows.items()
    }


def _holders(model: type[Model], path: str = "", above: tuple[Any, ...] = ()) -> Iterator[tuple[type[Model], str]]:
    """(model, path from it) of all that keeps rows of `model` from being deleted, through what goes with them too."""
    relations: Iterable[Any] = get_candidate_relations_to_delete(model._meta)
    for relation in relations:
        field = relation.field
        onward = f"{field.name}__{path}" if path else field.name
        if field.remote_field.on_delete is PROTECT:
            yield relation.related_model, onward
        elif field.remote_field.on_delete is CASCADE and relation.related_model not in (*above, model):
            yield from _holders(relation.related_model, onward, (*above, model))
