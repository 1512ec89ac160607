"""Upload, preview, import: pages that work without JavaScript; state changes by POST only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from stocksense.core import clock
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError
from stocksense.ingestion import uploads
from stocksense.ingestion.models import DataFeed, ImportBatch, ImportState
from stocksense.jobs.models import ENDED

PER_PAGE = 20
COUNTS = ("new", "changed", "same", "gone", "rejected")


@dataclass(frozen=True)
class FileLine:
    """What came, or would come, of one file."""

    kind: str
    name: str
    rows: str
    counts: list[tuple[str, str]]
    warnings: list[str]
    changes: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    more_rejects: int
    download: str
    is_snapshot: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The upload form, how old the data is, and the imports so far."""
    rows = ImportBatch.objects.select_related("created_by", "job").defer("report")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return _render(
        request,
        "ingestion/imports.html",
        title="Imports",
        page=shown,
        kinds=uploads.importable(),
        feeds=_feeds(),
        most_megabytes=uploads.MOST_MEGABYTES,
        can_import=request.user.has_perm("ingestion.import_data"),
    )


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep the chosen files and preview them."""
    try:
        batch = uploads.upload(files=request.FILES.getlist("files"), actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:ingestion_imports"))
    return _to_page(batch.pk)


@require_safe
def page(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One import: its progress, its preview, its result."""
    batch = get_object_or_404(ImportBatch.objects.select_related("job", "created_by"), pk=batch_id)
    report, job = batch.report, batch.job
    context = {
        "batch": batch,
        "job": job,
        "steps": list(job.steps.order_by("position")) if job else [],
        "ended": job is None or job.state in ENDED,
        "state": job.get_state_display() if job else batch.get_state_display(),
        "options": job.parameters if job else {},
        "report": report,
        "files": _file_lines(batch),
        "count_names": COUNTS,
        "feeds": _feeds() if batch.state == ImportState.IMPORTED else [],
        "is_upload": bool(batch.folder),
        "can_import": request.user.has_perm("ingestion.import_data"),
    }
    return _render(request, "ingestion/import.html", title=f"Import {batch.pk}", **context)


@require_POST
def preview(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Preview again with the limits that the form gives."""
    return _start(request, batch_id, uploads.preview)


@require_POST
def run(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Import for real."""
    return _start(request, batch_id, uploads.import_batch)


@require_safe
def rejected(request: HttpRequest, batch_id: int, kind: str) -> HttpResponse:
    """The rejected rows of a kind as a file to mend."""
    batch = get_object_or_404(ImportBatch, pk=batch_id)
    path = uploads.rejected_file(batch, kind) if batch.folder else None
    if path is None:
        raise Http404(f"Import {batch_id} has no rejected rows of {kind}.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{kind}.csv", content_type="text/csv")


def _start(request: HttpRequest, batch_id: int, act: Callable[..., ImportBatch]) -> HttpResponse:
    options = {name: request.POST.get(name) == "yes" for name in ("strict", "allow_shrink")}
    try:
        act(batch_id=batch_id, actor=request.user, **options)
    except DomainError as error:
        messages.error(request, error.message)
    return _to_page(batch_id)


def _to_page(batch_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:ingestion_import", args=[batch_id]))


def _file_lines(batch: ImportBatch) -> list[FileLine]:
    files = batch.report.get("files", []) if isinstance(batch.report, dict) else []
    return [_file_line(batch, file) for file in files]


def _file_line(batch: ImportBatch, file: dict[str, Any]) -> FileLine:
    kind, found = file["kind"], file.get("rejected", 0)
    has_file = bool(found and batch.folder and uploads.rejected_file(batch, kind))
    return FileLine(
        kind=kind,
        name=file.get("file") or kind,
        rows=f"{file.get('rows', 0):,}",
        counts=[(name, f"{file.get(name, 0):,}") for name in COUNTS],
        warnings=file.get("warnings", []),
        changes=file.get("changes", []),
        rejects=file.get("rejects", []),
        more_rejects=found - len(file.get("rejects", [])),
        download=reverse("admin:ingestion_rejected", args=[batch.pk, kind]) if has_file else "",
        is_snapshot=any(importer.kind == kind and importer.snapshot for importer in uploads.importable()),
    )


def _feeds() -> list[dict[str, str]]:
    now = clock.now()
    return [
        {
            "name": feed.kind.replace("_", " "),
            "age": formats.age(feed.loaded_at, now),
            "as_of": formats.day(feed.as_of) if feed.as_of else "",
            "rows": formats.count(feed.rows, "row"),
        }
        for feed in DataFeed.objects.order_by("kind")
    ]


def _render(request: HttpRequest, template: str, *, title: str, **context: Any) -> HttpResponse:
    shell = admin.site.page_context(request, title=title, **context)  # type: ignore[attr-defined]
    return TemplateResponse(request, template, shell)
