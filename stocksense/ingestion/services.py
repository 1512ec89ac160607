"""Data in: a folder of files becomes rows, all of them in one transaction or none."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from stocksense.company import services as company
from stocksense.core import clock, context
from stocksense.core.context import Channel
from stocksense.core.errors import InvalidInput
from stocksense.ingestion import importers, sources
from stocksense.ingestion.dialect import Dialect, NumberStyle
from stocksense.ingestion.errors import FileRefused, ImportRunning, NothingToImport, RejectedRow, RowsRejected
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.models import DataFeed, ImportBatch, ImportState
from stocksense.ingestion.rejects import Rejects, write_errors
from stocksense.ingestion.report import MOST_REJECTS, Counts, Feed, FileReport, ImportReport
from stocksense.ingestion.rows import PreparedFile, Progress, prepare_file, stage_file
from stocksense.ingestion.sources import Source
from stocksense.ingestion.stage import Stage

MOST_GONE = 0.20
LONGEST_WAIT = "5s"
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('stocksense import'))"


class _RolledBack(Exception):
    """Leaves the transaction of a dry run or a refused import."""


def import_folder(
    *,
    folder: Path,
    actor: Any,
    dry_run: bool = False,
    strict: bool = False,
    allow_shrink: bool = False,
    only: Collection[str] | None = None,
    errors_to: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    batch: ImportBatch | None = None,
) -> ImportReport:
    """Import every known file of `folder` in one transaction and say what came of it.

    Nothing is written where the report says `refused`: a file that cannot be read, more than 5 % rejected
    rows of a file (any with `strict`), or a snapshot that would end more than 20 % of what it replaces
    (unless `allow_shrink`). `progress` is told (kind, rows done, rows of the file). `batch` is the upload that
    this import belongs to; without it one is made. Raises NothingToImport and ImportRunning.
    """
    started = time.monotonic()
    run = _Import(folder, actor, dry_run, strict, allow_shrink, progress)
    located = run.locate(only)
    if batch is None:
        batch = ImportBatch.objects.create(source=str(folder)[:500], created_by=actor)
    refusals = run.prepare(located)
    if not refusals:
        told = context.acting(channel=Channel.IMPORT, actor=actor, reason=f"import {batch.pk}")
        try:
            with told, transaction.atomic():
                refusals = run.write(batch)
                if refusals or dry_run:
                    raise _RolledBack
        except _RolledBack:
            pass
    report = run.report(batch, refusals, round(time.monotonic() - started, 3))
    if errors_to is not None:
        write_errors(errors_to, run.rejects, {file.importer.kind: file.source for file in run.files})
    _finish_batch(batch, report)
    return report


def _finish_batch(batch: ImportBatch, report: ImportReport) -> None:
    done = ImportState.PREVIEWED if report.dry_run else ImportState.IMPORTED
    batch.state = ImportState.REFUSED if report.refused else done
    batch.report = report.as_dict()
    batch.finished_at = clock.now()
    batch.save(update_fields=["state", "report", "finished_at"])


def import_rows(*, kind: str, rows: Sequence[Mapping[str, Any]], actor: Any) -> Counts:
    """Merge rows that a program sends, as a file of this kind would be merged: all of them or none.

    `rows` hold values by column name, numbers and dates as Python's or as text in plain notation. Waits a moment for
    an import that is running. Raises RowsRejected with what is wrong, and ImportRunning.
    """
    run = _Import(Path(), actor, dry_run=False, strict=True, allow_shrink=False, progress=None)
    run.context.quiet = True
    importer = importers.importer_of(kind)
    source = sources.RowsSource(kind, rows, importer.names)
    positions = {name: f"c{index}" for index, name in enumerate(source.header)}
    run.files = [PreparedFile(importer, source, positions, Dialect(NumberStyle.PLAIN), len(rows))]
    run.rejects = {kind: Rejects(source.name)}
    with transaction.atomic():
        _wait_for_imports()
        run.write(None)
        if found := run.rejects[kind].by_line().rows():
            raise RowsRejected([RejectedRow(line, column, reason) for line, column, _, reason in found])
    return run.context.counts[kind]


def _wait_for_imports() -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('stocksense import'))")
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        raise ImportRunning("An import is running. Send the rows again when it has finished.") from error


class _Import:
    """One run: the files, what was found in them and what was written."""

    def __init__(
        self, folder: Path, actor: Any, dry_run: bool, strict: bool, allow_shrink: bool, progress: Progress | None
    ) -> None:
        self.folder, self.dry_run, self.strict, self.allow_shrink = folder, dry_run, strict, allow_shrink
        self.progress = progress
        self.context = ImportContext(actor=actor, today=company.today(), dry_run=dry_run)
        self.files: list[PreparedFile] = []
        self.rejects: dict[str, Rejects] = {}
        self.repeated: dict[str, int] = {}
        self.feeds: list[Feed] = []

    def locate(self, only: Collection[str] | None) -> list[tuple[Importer, Path]]:
        """The files to import, in the order of their dependencies."""
        known = {importer.kind: importer for importer in importers.all_importers()}
        if unknown := sorted(set(only or ()) - known.keys()):
            raise InvalidInput(f"There is no kind {', '.join(unknown)}. Known kinds: {', '.join(known)}.")
        if not self.folder.is_dir():
            raise NothingToImport(f"There is no folder {self.folder}.")
        found, warnings = sources.locate(self.folder, known)
        self.context.warnings.extend(warnings)
        chosen = [
            (importer, found[kind]) for kind, importer in known.items() if kind in found and kind in (only or found)
        ]
        if not chosen:
            raise NothingToImport(
                f"{self.folder} holds nothing to import. Files are named after what they hold: "
                f"{', '.join(f'{kind}.csv' for kind in known)}; .csv.gz and .xlsx are read as well."
            )
        return chosen

    def prepare(self, located: list[tuple[Importer, Path]]) -> list[str]:
        """Open each file and look through it; returns why files are refused."""
        refusals = []
        for importer, path in located:
            try:
                source: Source = sources.open_source(importer.kind, path, importer.names)
                prepared = prepare_file(importer, source)
            except FileRefused as refused:
                refusals.append(refused.message)
                continue
            self.files.append(prepared)
            self.rejects[importer.kind] = Rejects(source.name)
        return refusals

    def write(self, batch: ImportBatch | None) -> list[str]:
        """Merge all files inside the caller's transaction; returns why the import is refused after all."""
        self.context.kinds = tuple(file.importer.kind for file in self.files)
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
            if not cursor.fetchone()[0]:
                raise ImportRunning("Another import is running. Wait until it has finished, then try again.")
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute("SET LOCAL jit = off")
            for file in self.files:
                self._write_file(file, cursor)
            for finisher in importers.finishers():
                finisher(self.context, cursor)
            self._write_feeds(batch)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return [sentence for file in self.files for sentence in self._refusals(file)]

    def _write_file(self, file: PreparedFile, cursor: CursorWrapper) -> None:
        importer = file.importer
        importer.prepare(self.context)
        more = dict(importer.extra_stage_columns)
        stage = Stage(cursor, importer.kind, importer.columns, more, self.rejects[importer.kind])
        stage_file(file, stage, self.context, self.progress)
        names = ", ".join(column.name for column in importer.key)
        self.repeated[importer.kind] = stage.settle_repeated(importer.key_columns(), names)
        importer.check(stage, self.context)
        self.context.counts[importer.kind] = importer.merge(stage, self.context)
        self._remember_rejected_codes(stage, importer)
        stage.drop()
        self.context.forget_known()

    def _remember_rejected_codes(self, stage: Stage, importer: Importer) -> None:
        if len(importer.key) == 1:
            rows = stage.rows(f"SELECT {importer.key[0].name} FROM {stage.table} WHERE rejected")
            self.context.rejected_codes.setdefault(importer.kind, set()).update(str(code) for (code,) in rows if code)

    def _refusals(self, file: PreparedFile) -> list[str]:
        kind, name = file.importer.kind, file.source.name
        rejected, counts = len(self.rejects[kind]), self.context.counts[kind]
        found = []
        if rejected and (self.strict or rejected > MOST_REJECTS * file.rows):
            limit = "no row may be rejected (strict)" if self.strict else "the limit is 5 %"
            found.append(f"{name}: {rejected} of {file.rows} rows were rejected; {limit}.")
        if counts.gone > MOST_GONE * counts.present and not self.allow_shrink:
            found.append(
                f"{name}: {counts.gone} of {counts.present} rows known until now are absent "
                f"({file.importer.gone_help}). "
                "More than 20 % must be allowed explicitly (allow shrink), in case the file is incomplete."
            )
        return found

    def _write_feeds(self, batch: ImportBatch | None) -> None:
        now = clock.now()
        for file in self.files:
            kind = file.importer.kind
            known = DataFeed.objects.filter(kind=kind).values_list("as_of", flat=True).first()
            as_of = max(filter(None, [known, self.context.as_of.get(kind)]), default=None)
            rows = file.rows - len(self.rejects[kind])
            values = {"loaded_at": now, "as_of": as_of, "rows": rows, "batch": batch}
            DataFeed.objects.update_or_create(kind=kind, defaults=values)
            self.feeds.append(Feed(kind, rows, _iso(as_of)))

    def report(self, batch: ImportBatch, refusals: list[str], seconds: float) -> ImportReport:
        """What came of it."""
        return ImportReport(
            files=tuple(self._file_report(file) for file in self.files),
            warnings=tuple(self.context.warnings),
            feeds=() if refusals or self.dry_run else tuple(self.feeds),
            refused=bool(refusals),
            reason=" ".join(refusals),
            dry_run=self.dry_run,
            batch_id=batch.pk,
            seconds=seconds,
        )

    def _file_report(self, file: PreparedFile) -> FileReport:
        kind = file.importer.kind
        rejects, counts = self.rejects[kind], self.context.counts.get(kind, Counts())
        repeated = self.repeated.get(kind, 0)
        warnings = [*file.source.warnings, *self.context.file_warnings.get(kind, ())]
        if repeated:
            warnings.append(f"{repeated} rows repeat an earlier row exactly and were counted once.")
        return FileReport(
            kind, file.source.name, file.rows, counts.new, counts.changed, counts.same, counts.gone, repeated,
            len(rejects), tuple(warnings), rejects.shown(), tuple(counts.changes),
        )  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
