"""What an app says about a kind of file, and the list of all kinds.

Each app registers its importers in `AppConfig.ready()`. An import runs them in the order of their
dependencies, in one transaction, and then the finishers.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from stocksense.ingestion import rooms
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.columns import Column, Reference
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage


@dataclass
class ImportContext:
    """What importers of one import share. `counts` holds the kinds that are merged already.

    `quiet`: nobody reads warnings about the data as a whole.
    """

    actor: Any
    today: date
    dry_run: bool = False
    quiet: bool = False
    counts: dict[str, Counts] = field(default_factory=dict)
    rejected_codes: dict[str, set[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    file_warnings: dict[str, list[str]] = field(default_factory=dict)
    as_of: dict[str, date] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    tally: Counter[str] = field(default_factory=Counter)
    options: dict[str, Any] = field(default_factory=dict)
    _known: dict[str, pl.DataFrame] = field(default_factory=dict)

    def warn(self, kind: str, sentence: str) -> None:
        """Add a warning to the report of a file."""
        self.file_warnings.setdefault(kind, []).append(sentence)

    def known(self, reference: Reference) -> pl.DataFrame:
        """Codes and ids of the rows that a reference may name: columns code and id."""
        if reference.table not in self._known:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {reference.code}, id FROM {reference.table}")
                rows = cursor.fetchall()
            self._known[reference.table] = pl.DataFrame(rows, schema={"code": pl.String, "id": pl.Int64}, orient="row")
        return self._known[reference.table]

    def forget_known(self) -> None:
        """Read references afresh: rows were merged."""
        self._known.clear()


class Importer:
    """One kind of file. Subclasses state `kind`, `columns` and so on, and merge what was staged."""

    kind: ClassVar[str]
    help: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]]
    snapshot: ClassVar[bool] = False
    gone_help: ClassVar[str] = ""
    after: ClassVar[tuple[str, ...]] = ()
    extra_stage_columns: ClassVar[Mapping[str, str]] = {}
    export_sql: ClassVar[str] = ""
    """SELECT of all rows with the file's columns in their order, for exports; no parameters."""

    @property
    def key(self) -> tuple[Column, ...]:
        """The columns that tell rows apart."""
        return tuple(column for column in self.columns if column.key)

    @property
    def depends_on(self) -> set[str]:
        """Kinds that are merged before this one."""
        named = {column.reference.kind for column in self.columns if column.reference}
        return (named | set(self.after)) - {self.kind}

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the file."""
        return tuple(column.name for column in self.columns)

    def key_columns(self) -> Sequence[str]:
        """Staging columns by which duplicates are found."""
        return [column.staged for column in self.key]

    def prepare(self, context: ImportContext) -> None:
        """Called before the first batch."""

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        """Fill defaults and extra staging columns, and check what takes several columns of a row."""
        return frame, []

    def check(self, stage: Stage, context: ImportContext) -> None:
        """Reject staged rows that the database shows to be wrong."""

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        """Write the staged rows that are not rejected."""
        raise NotImplementedError


Finisher = Callable[[ImportContext, CursorWrapper], None]

_importers: dict[str, Importer] = {}
_finishers: list[Finisher] = []


def register(*importers: Importer) -> None:
    """Make kinds of files known. A kind registered twice replaces the first."""
    for importer in importers:
        _importers[importer.kind] = importer


def register_finisher(finisher: Finisher) -> None:
    """Call this after all files are merged, inside the transaction."""
    if finisher not in _finishers:
        _finishers.append(finisher)


def all_importers() -> list[Importer]:
    """Every kind, those that others depend on first."""
    rooms.load()
    ordered: list[Importer] = []
    waiting = dict(_importers)
    while waiting:
        ready = [kind for kind, importer in waiting.items() if not importer.depends_on & waiting.keys()]
        if not ready:
            raise RuntimeError(f"importers depend on each other: {sorted(waiting)}")
        ordered.append(waiting.pop(ready[0]))
    return ordered


def importer_of(kind: str) -> Importer:
    """The importer of a kind. Raises KeyError for an unknown one."""
    rooms.load()
    return _importers[kind]


def finishers() -> list[Finisher]:
    """What runs after all files."""
    rooms.load()
    return list(_finishers)
