"""Uploaded files: kept below the data folder, previewed by a dry run and imported, each by a job."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from stocksense.accounts.models import User
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.ingestion.models import ImportBatch, ImportState
from stocksense.jobs import registry, worker
from stocksense.jobs import services as jobs
from stocksense.jobs.models import ENDED, Job, JobState
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    from stocksense.ingestion.importers import Importer

KIND: Final = "import"
MOST_MEGABYTES: Final = 300
"""Largest size of one upload, all of its files together."""

KEPT: Final = timedelta(days=30)
"""How long the files of an upload stay."""

LAST_STEP: Final = "finish"
ERRORS: Final = "errors"

registry.register(KIND, "stocksense.ingestion.tasks.import_uploaded")


def upload(*, files: Sequence["UploadedFile[Any]"], actor: User) -> ImportBatch:
    """Keep the files and have a worker preview them. Their names say what they hold: items.csv, demand.csv.gz.

    Raises NotAllowed, and InvalidInput where a file is of no known kind, two are of the same, none was chosen or
    they are too large; nothing is kept then.
    """
    _require(actor)
    named = _named(files)
    folder: Path | None = None
    try:
        with transaction.atomic():
            source = ", ".join(str(file.name) for file in named.values())
            batch = ImportBatch.objects.create(source=source[:500], created_by=actor)
            batch.folder = f"imports/{batch.pk}"
            folder = folder_of(batch)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, file in named.items():
                _keep(file, folder / name)
            _start(batch, actor, dry_run=True, strict=False, allow_shrink=False)
    except BaseException:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return batch


def preview(*, batch_id: int, actor: User, strict: bool = False, allow_shrink: bool = False) -> ImportBatch:
    """Preview kept files again, with other limits. Raises NotAllowed, InvalidInput and Conflict (imported, or busy)."""
    return _start_again(batch_id, actor, dry_run=True, strict=strict, allow_shrink=allow_shrink)


def import_batch(*, batch_id: int, actor: User, strict: bool = False, allow_shrink: bool = False) -> ImportBatch:
    """Have a worker import previewed files. Asked twice, it imports once.

    Raises NotAllowed, InvalidInput (no such upload) and Conflict (not previewed well, imported already, or busy).
    """
    return _start_again(batch_id, actor, dry_run=False, strict=strict, allow_shrink=allow_shrink)


def run_job(job_id: int) -> JobState | None:
    """Carry out a recorded preview or import; None where it has ended or another worker holds it."""
    return worker.run_job(job_id, _work)


def remove_old() -> int:
    """Remove the files of uploads older than `KEPT`; their reports stay. Returns how many uploads lost their files."""
    old = ImportBatch.objects.exclude(folder="").filter(created_at__lt=clock.now() - KEPT)
    idle = old.exclude(job__state__in=[JobState.QUEUED, JobState.RUNNING])
    for batch in idle:
        shutil.rmtree(folder_of(batch), ignore_errors=True)
        batch.folder = ""
        batch.save(update_fields=["folder"])
    return len(idle)


def folder_of(batch: ImportBatch) -> Path:
    """Where the files of an upload wait. Raises InvalidInput for an import that was no upload."""
    if not batch.folder:
        raise InvalidInput(f"Import {batch.pk} was no upload; its files are in {batch.source}.")
    return Path(settings.MEDIA_ROOT) / batch.folder


def rejected_file(batch: ImportBatch, kind: str) -> Path | None:
    """The rejected rows of a kind, ready to be mended and uploaded; None where there are none."""
    if kind not in _kinds():
        return None
    path = folder_of(batch) / ERRORS / f"{kind}.csv"
    return path if path.is_file() else None


def is_busy(batch: ImportBatch) -> bool:
    """Whether a job of the upload waits or runs."""
    return batch.job is not None and batch.job.state not in ENDED


def _require(actor: User) -> None:
    if not actor.has_perm("ingestion.import_data"):
        raise NotAllowed("You may not import data.")


def importable() -> "list[Importer]":
    """The kinds of files that can be uploaded."""
    from stocksense.ingestion import importers

    return importers.all_importers()


def _kinds() -> list[str]:
    return [importer.kind for importer in importable()]


def _named(files: Sequence["UploadedFile[Any]"]) -> dict[str, "UploadedFile[Any]"]:
    """Files by the safe name they are kept under: a known kind and a known ending."""
    if not files:
        raise InvalidInput("Choose at least one file.")
    if sum(file.size or 0 for file in files) > MOST_MEGABYTES * 1024**2:
        raise InvalidInput(
            f"The files are larger than {MOST_MEGABYTES} MB together. Pack them (.csv.gz), or use import_data."
        )
    from stocksense.ingestion.sources import SUFFIXES

    kinds = _kinds()
    named: dict[str, UploadedFile[Any]] = {}
    taken: dict[str, str] = {}
    for file in files:
        shown = str(file.name)
        suffix = next((end for end in SUFFIXES if shown.lower().endswith(end)), "")
        kind = shown[: -len(suffix)].lower() if suffix else ""
        if kind not in kinds:
            raise InvalidInput(
                f"{shown} is none of the known files. Name each after what it holds, such as items.csv, stock.xlsx or "
                f"demand.csv.gz. Known kinds: {', '.join(kinds)}."
            )
        if kind in taken:
            raise InvalidInput(f"{taken[kind]} and {shown} are of the same kind. Keep one.")
        taken[kind] = shown
        named[f"{kind}{suffix}"] = file
    return named


def _keep(file: "UploadedFile[Any]", path: Path) -> None:
    with path.open("wb") as stream:
        for chunk in file.chunks():
            stream.write(chunk)


def _start_again(batch_id: int, actor: User, *, dry_run: bool, strict: bool, allow_shrink: bool) -> ImportBatch:
    _require(actor)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id).first()
        if batch is None:
            raise InvalidInput(f"There is no import {batch_id}.")
        folder_of(batch)
        if batch.state == ImportState.IMPORTED:
            raise Conflict("These files have been imported already.")
        if not dry_run and batch.state != ImportState.PREVIEWED and not is_busy(batch):
            raise Conflict("These files cannot be imported as they are. Look at the preview first.")
        _start(batch, actor, dry_run=dry_run, strict=strict, allow_shrink=allow_shrink)
    return batch


def _start(batch: ImportBatch, actor: User, *, dry_run: bool, strict: bool, allow_shrink: bool) -> None:
    kept = {path.name.split(".")[0] for path in folder_of(batch).iterdir() if path.is_file()}
    job = jobs.create_job(
        kind=KIND,
        title=f"{'Preview' if dry_run else 'Import'} of upload {batch.pk}",
        steps=[*(kind for kind in _kinds() if kind in kept), LAST_STEP],
        parameters={"batch": batch.pk, "dry_run": dry_run, "strict": strict, "allow_shrink": allow_shrink},
        actor=actor,
        single_key=f"import of upload {batch.pk}",
    )
    batch.job = job
    batch.save(update_fields=["job", "folder"])
    jobs.dispatch(job)


def _work(lease: Lease, progress: Progress) -> dict[str, Any]:
    from stocksense.ingestion import error_files, services

    job = Job.objects.select_related("created_by").get(pk=lease.job_id)
    given = job.parameters
    batch = ImportBatch.objects.get(pk=given["batch"])
    if batch.state == ImportState.IMPORTED:
        return {"upload": batch.pk}
    folder = folder_of(batch)
    errors = folder / ERRORS
    shutil.rmtree(errors, ignore_errors=True)
    errors.mkdir()
    report = services.import_folder(
        folder=folder,
        actor=job.created_by,
        dry_run=given["dry_run"],
        strict=given["strict"],
        allow_shrink=given["allow_shrink"],
        errors_to=errors / "all.csv",
        progress=lambda kind, done, rows: progress(kind, done, rows, "rows"),
        batch=batch,
    )
    for file in report.files:
        progress(file.kind, file.rows, file.rows, "rows")
    error_files.split_errors(errors / "all.csv", {file.file: file.kind for file in report.files if file.rejected})
    progress(LAST_STEP, 1, 1)
    return {"upload": batch.pk, "refused": report.refused, "rejected_rows": report.rejected, "seconds": report.seconds}
