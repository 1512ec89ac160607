"""Changing master data, by people and programs alike, with what plans must hear of it; one row is many of one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from stocksense.core import removing, saving
from stocksense.core.errors import FieldErrors, NotAllowed, RowsRefused

Row = TypeVar("Row", bound=Model)
Change = tuple[Row, Mapping[str, Any]]
_told_last: "ContextVar[list[tuple[Master[Any], Sequence[Any]]] | None]" = ContextVar("masters_told_last", default=None)


@contextmanager
def told_last() -> Iterator[None]:
    """What plans must hear of the changes inside is told at the end, of all rows together, in the same transaction.

    Telling locks (counters are rows): an act that told, locked what it changes next and told again could wait for
    another one that waits for it. So whoever changes many tells when it needs no other lock, and in turn.
    """
    token = _told_last.set([])
    try:
        yield
        told = _told_last.get() or []
    finally:
        _told_last.reset(token)
    together: dict[Master[Any], list[Any]] = {}
    for master, rows in told:
        together.setdefault(master, []).extend(rows)
    if together:
        _wait_for("telling of masters")
    for master, every in together.items():
        master.touched(every)


@dataclass(frozen=True)
class Master(Generic[Row]):
    """One kind of master data and its use cases: `create`, `change`, `remove`, and `save` behind a checked form.

    Each takes a fixed number of statements for one row and for a thousand. `touched` counts a change for whatever
    plans read the rows; fields in `unseen` are read by none. `check` names what is wrong with a row's values together;
    what asks the database is a `check_many`. `fixed` fields are the row's identity: set once. `author` is the field
    with whoever last made the row what it is. Rows of a `graph` are checked one batch after the other, so that two
    changes do not close a cycle together. `instead` says how a row that is in use is ended.
    """

    model: type[Row]
    touched: Callable[[Sequence[Any]], None] = lambda rows: None
    check: saving.Check | None = None
    check_many: saving.CheckMany | None = None
    fixed: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    author: str = ""
    graph: bool = False
    instead: str = "It cannot be deleted."

    def create(self, *, actor: Any, **values: Any) -> Row:
        """A new row. Raises NotAllowed, FieldErrors, AlreadyThere."""
        with saving.alone():
            return self.create_many(actor=actor, rows=[values])[0]

    def create_many(self, *, actor: Any, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """New rows with these values: all, or none where any is refused.

        Raises NotAllowed, RowsRefused, or AlreadyThere and FieldErrors where the database refuses one of them.
        """
        self._require(actor, "add")
        with transaction.atomic():
            self.queue()
            made = [self.new(**values, **self._signed(actor)) for values in rows]
            saving.check(made, self.problems_of)
            saving.insert(made)
            self.tell(made)
        return made

    def new(self, **values: Any) -> Row:
        """A row with these values, not written yet."""
        return self.model(**values)

    def change(self, *, row: Row, actor: Any, **values: Any) -> Row:
        """The row, which the caller has locked, with other values. Errors as `create`."""
        with saving.alone():
            self.change_many(actor=actor, changes=[(row, values)])
        return row

    def change_many(self, *, actor: Any, changes: Sequence[Change[Row]]) -> None:
        """Set other values of rows that the caller has locked: of all, or of none where any is refused.

        Errors as `create_many`; the rows are then not to be used any more.
        """
        self._require(actor, "change")
        stuck = {place: wrong for place, (row, values) in enumerate(changes) if (wrong := self._stuck(row, values))}
        if stuck:
            raise RowsRefused(stuck)
        before = [copy(row) for row, _ in changes]
        changed = [saving.assign(row, {**values, **self._signed(actor)}) for row, values in changes]
        places = [place for place, names in enumerate(changed) if names]
        rows = [changes[place][0] for place in places]
        with transaction.atomic():
            self.queue()
            saving.check(rows, self.problems_of, places=places)
            saving.update(rows, set().union(*changed))
            seen = [place for place in places if changed[place] - self.unseen]
            if seen:
                self.tell([*(before[place] for place in seen), *(changes[place][0] for place in seen)])

    def remove(self, *, row: Row, actor: Any) -> None:
        """Delete a row that nothing refers to. Raises NotAllowed, StillReferenced."""
        with saving.alone():
            self.remove_many(rows=[row], actor=actor)

    def remove_many(self, *, rows: Sequence[Row], actor: Any) -> None:
        """Delete rows that nothing refers to but others of them: all, or none.

        Raises NotAllowed, RowsRefused, or StillReferenced where the database knows of a use and not of which row.
        """
        self._require(actor, "delete")
        with transaction.atomic():
            removing.delete(rows, instead=self.instead, used=self.in_use)
            self.tell(rows)

    def in_use(self, rows: Sequence[Row]) -> Mapping[Any, list[str]]:
        """The ids of those rows that cannot be removed → what they are used by, in words."""
        return removing.in_use(rows)

    def known(self, rows: Sequence[Row]) -> "list[QuerySet[Any]]":
        """What keeps these rows besides foreign keys."""
        return []

    def save(self, row: Row) -> Row:
        """Write a row that a form has set and its permissions allowed. Raises FieldErrors, AlreadyThere."""
        with transaction.atomic(), saving.alone():
            self.queue()
            before = self.model._default_manager.filter(pk=row.pk).first() if row.pk else None
            if before is not None:
                self.tell([before])
            saving.check([row], self.problems_of)
            saving.save(row)
            self.tell([row])
        return row

    def problems_of(self, rows: Sequence[Row]) -> Mapping[int, saving.Problems]:
        """What is wrong with the rows' values together, by place. Raises FieldErrors where no place is at fault."""
        if self.check_many is not None:
            return self.check_many(rows)
        return saving.each(self.check)(rows) if self.check is not None else {}

    def queue(self) -> None:
        """Wait for others that change a graph; whoever locks rows of it as well does this first."""
        if self.graph:
            _wait_for(f"graph of {self.model._meta.db_table}")

    def tell(self, rows: Sequence[Row]) -> None:
        """Have plans hear that these rows changed: now, or when all else is done (see `told_last`)."""
        waiting = _told_last.get()
        if waiting is None:
            self.touched(rows)
        else:
            waiting.append((self, rows))

    def _signed(self, actor: Any) -> dict[str, Any]:
        return {self.author: actor} if self.author else {}

    def _stuck(self, row: Row, values: Mapping[str, Any]) -> FieldErrors | None:
        stuck = [name for name in values.keys() & self.fixed if saving.differs(row, name, values[name])]
        told = {name: [f"{name} cannot change: other systems know the row by it."] for name in stuck}
        return FieldErrors(told) if told else None

    def _require(self, actor: Any, verb: str) -> None:
        meta = self.model._meta
        if not actor.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"):
            raise NotAllowed(f"You may not {verb} {meta.verbose_name_plural}.")


def _wait_for(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
