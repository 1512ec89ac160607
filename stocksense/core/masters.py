"""Changing master data: one row at a time, by people and programs alike, with what plans must hear of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from stocksense.core import saving
from stocksense.core.errors import FieldErrors, NotAllowed

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Master(Generic[Row]):
    """One kind of master data and its use cases: `create`, `change`, `remove`, and `save` behind a checked form.

    `touched` counts a change for whatever plans read the rows; fields in `unseen` are read by none. `check` names
    what is wrong with a row's values together; where it asks the database about new rows, `check_new` asks for many
    at once. `fixed` fields are the row's identity: set once. Rows of a `graph` are checked one after the other, so
    that two changes do not close a cycle together. `instead` says how a row that is in use is ended.
    """

    model: type[Row]
    touched: Callable[[Sequence[Any]], None] = lambda rows: None
    check: saving.Check | None = None
    check_new: saving.CheckMany | None = None
    fixed: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    graph: bool = False
    instead: str = "It cannot be deleted."

    def create(self, *, actor: Any, **values: Any) -> Row:
        """A new row. Raises NotAllowed, FieldErrors, AlreadyThere."""
        self._require(actor, "add")
        with transaction.atomic():
            self._queue()
            row = saving.save(self.new(actor=actor, **values), check=self.check)
            self.touched([row])
        return row

    def create_many(self, *, actor: Any, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """New rows with these values, in a fixed number of statements: all, or none where any is refused.

        Errors as `create`, of the first row at fault.
        """
        self._require(actor, "add")
        with transaction.atomic():
            self._queue()
            made = [self.new(actor=actor, **values) for values in rows]
            saving.insert(made, check=self._check_new)
            self.touched(made)
        return made

    def new(self, *, actor: Any, **values: Any) -> Row:
        """A row that `actor` makes with these values, not written yet."""
        return self.model(**values)

    def change(self, *, row: Row, actor: Any, **values: Any) -> Row:
        """The row, which the caller has locked, with other values. Errors as `create`."""
        self._require(actor, "change")
        stuck = [name for name in values.keys() & self.fixed if values[name] != getattr(row, name)]
        if stuck:
            raise FieldErrors({name: [f"{name} cannot change: other systems know the row by it."] for name in stuck})
        changed = saving.assign(row, values)
        if not changed:
            return row
        with transaction.atomic():
            self._queue()
            saving.save(row, check=self.check, changed=changed)
            if changed - self.unseen:
                self.touched([row])
        return row

    def remove(self, *, row: Row, actor: Any) -> None:
        """Delete a row that nothing refers to. Raises NotAllowed, StillReferenced."""
        self._require(actor, "delete")
        with transaction.atomic():
            self.touched([row])
            saving.delete(row, instead=self.instead)

    def known(self, rows: Sequence[Row]) -> "list[QuerySet[Any]]":
        """What keeps these rows besides foreign keys."""
        return []

    def save(self, row: Row) -> Row:
        """Write a row that a form has set and its permissions allowed. Raises FieldErrors, AlreadyThere."""
        with transaction.atomic():
            self._queue()
            before = self.model._default_manager.filter(pk=row.pk).first() if row.pk else None
            if before is not None:
                self.touched([before])
            saving.save(row, check=self.check)
            self.touched([row])
        return row

    def _check_new(self, rows: Sequence[Row]) -> saving.Problems:
        if self.check_new is not None:
            return self.check_new(rows)
        return saving.first_problems(self.check, rows) if self.check is not None else {}

    def _require(self, actor: Any, verb: str) -> None:
        meta = self.model._meta
        if not actor.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"):
            raise NotAllowed(f"You may not {verb} {meta.verbose_name_plural}.")

    def _queue(self) -> None:
        if self.graph:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"graph of {self.model._meta.db_table}"])
