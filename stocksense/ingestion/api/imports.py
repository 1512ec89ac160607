"""Imports over REST: files are uploaded and previewed by a job, then applied by another; rows go in no other way."""

import csv
from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api import pagination
from stocksense.core.api.bodies import JsonParser
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, TIME, refuse_unknown
from stocksense.core.api.masters import code, ident
from stocksense.core.api.problems import TooLarge, UnknownParameters
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed, Resource
from stocksense.ingestion import uploads
from stocksense.ingestion.models import ImportBatch

IMPORT = "ingestion.import_data"
VIEW = "ingestion.view_importbatch"
_META = {"line": "error_line", "column": "error_column", "value": "error_value", "reason": "error_reason"}


class ImportRow(Row):
    """One import: its files are previewed first, then imported in one transaction."""

    job_id = ident("Job that previews or imports it, or did last.", null=True)
    created_by = code("created_by.email", "Who asked for it.", null=True)
    only_when_asked = ("report",)

    class Meta:
        model = ImportBatch
        fields = ("id", "state", "source", "job_id", "created_by", "created_at", "finished_at", "report")


class UploadBody(serializers.Serializer[Any]):
    """Files, each named after what it holds: items.csv, demand.csv.gz, stock.xlsx."""

    files = serializers.ListField(child=serializers.FileField(), help_text="One or more files.")


class Limits(serializers.Serializer[Any]):
    """What an import puts up with."""

    strict = serializers.BooleanField(default=False, help_text="Refuse the import if any row is rejected (else 5 %).")
    allow_shrink = serializers.BooleanField(
        default=False, help_text="Let a snapshot end more than 20 % of what it replaces."
    )


class RejectedPage(serializers.Serializer[Any]):
    """Rejected rows of one file as they stood, with what is wrong with each."""

    results = serializers.ListField(child=serializers.DictField())
    next = serializers.CharField(allow_null=True)


class ImportView(Listed, Detailed):
    """Uploads of files. An upload is previewed (a dry run) by a job; `apply` imports what the preview showed."""

    resource, model, row = "imports", ImportBatch, ImportRow
    parser_classes = [JsonParser, MultiPartParser]
    permissions: ClassVar = {"list": VIEW, "retrieve": VIEW, "create": IMPORT}
    create_body, create_answer, create_statuses = UploadBody, ImportRow, (202,)
    filter_fields: ClassVar = {"state": CHOICE, "created_at": TIME}
    ordering_fields = ("id",)
    ordering = ("-id",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before it is read."""
        super().initial(request, *args, **kwargs)
        length = str(request.META.get("CONTENT_LENGTH") or 0)
        if not length.isdecimal() or int(length) > (uploads.MOST_MEGABYTES + 1) * 1024**2:
            raise TooLarge

    def create(self, request: Request) -> Response:
        """Upload files and have them previewed.

        The body is multipart/form-data, with the files in `files`; 202 with the job's address.
        """
        refuse_unknown(request.query_params, ())
        files = request.FILES.getlist("files")
        fields = request.data if isinstance(request.data, Mapping) else {}  # JSON may be a number
        if strange := sorted({*fields} - {"files"}):
            raise serializers.ValidationError({name: ["There is no such field."] for name in strange})
        batch = uploads.upload(files=files, actor=request.user)  # type: ignore[arg-type]
        return self._accepted(batch)

    @command(IMPORT, body=Limits, answer=ImportRow, status=202, if_match=False)
    def preview(self, request: Request, pk: str) -> Response:
        """Preview the files again, with other limits."""
        limits = self.valid()
        return self._accepted(uploads.preview(batch_id=self._upload(pk), actor=request.user, **limits))  # type: ignore[arg-type]

    @command(IMPORT, body=Limits, answer=ImportRow, status=202, if_match=False)
    def apply(self, request: Request, pk: str) -> Response:
        """Import the previewed files. Asked twice they are imported once; 409 where the preview was refused."""
        limits = self.valid()
        return self._accepted(uploads.import_batch(batch_id=self._upload(pk), actor=request.user, **limits))  # type: ignore[arg-type]

    @command(VIEW, answer=RejectedPage, methods=("get",))
    def rejects(self, request: Request, pk: str) -> Response:
        """List rejected rows of one kind.

        `kind=items` names it; each row says where it stood, what is wrong, and its cells.
        """
        refuse_unknown(request.query_params, ("kind", "cursor", "page_size"))
        start = request.query_params.get("cursor", "0")
        if not (start.isascii() and start.isdecimal() and len(start) < 10):
            raise UnknownParameters({"cursor": ["This cursor is not one of this list. Start again."]})
        size = pagination.page_size(request.query_params.get("page_size"))
        with self._rejected(pk).open(newline="", encoding="utf-8") as stream:
            found = list(islice(csv.DictReader(stream), int(start), int(start) + size + 1))
        following = self._address(cursor=str(int(start) + size)) if len(found) > size else None
        return Response({"results": [_reject(row) for row in found[:size]], "next": following})

    @command(VIEW, path="rejected-rows", methods=("get",))
    def rejected_rows(self, request: Request, pk: str) -> HttpResponseBase:
        """Get the rejected rows of one kind as a CSV file, to be mended and uploaded again."""
        refuse_unknown(request.query_params, ("kind",))
        path = self._rejected(pk)
        return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/csv")

    def _rejected(self, pk: str) -> Any:
        kind = self.request.query_params.get("kind", "")
        if kind not in {importer.kind for importer in uploads.importable()}:
            raise UnknownParameters({"kind": ["Name a kind of file, such as kind=items."]})
        batch = self._one(pk).first()
        path = uploads.rejected_file(batch, kind) if batch is not None and batch.folder else None
        if path is None:
            raise Http404
        return path

    def _upload(self, pk: str) -> int:
        found = self._one(pk).values_list("pk", flat=True).first()
        if found is None:
            raise Http404
        return int(found)

    def _accepted(self, batch: ImportBatch) -> Response:
        place = {"Location": f"/api/v1/jobs/{batch.job_id}", "Content-Location": f"/api/v1/imports/{batch.pk}"}
        return Response(self.represent(batch.pk), status=202, headers=place | {"Retry-After": "1"})


class FormatColumn(serializers.Serializer[Any]):
    """One column of a kind of file."""

    name = serializers.CharField()
    type = serializers.CharField()
    required = serializers.BooleanField()
    key = serializers.BooleanField(help_text="Part of what tells rows apart.")
    help = serializers.CharField()


class FormatRow(serializers.Serializer[Any]):
    """A kind of file."""

    kind = serializers.CharField()
    help = serializers.CharField()
    snapshot = serializers.BooleanField(help_text="What is absent from the file ends; else it stays.")
    columns = FormatColumn(many=True)


class FormatView(Resource):
    """The kinds of files that can be imported, and their columns."""

    resource, model, row = "import-formats", ImportBatch, ImportRow
    permissions: ClassVar = {"list": VIEW}
    list_answer = FormatRow

    def list(self, request: Request) -> HttpResponseBase:
        """List all kinds, those that others refer to first."""
        refuse_unknown(request.query_params, ())
        kinds = [
            {
                "kind": importer.kind,
                "help": importer.help,
                "snapshot": importer.snapshot,
                "columns": [
                    {
                        "name": column.name,
                        "type": str(column.type.value),
                        "required": column.required,
                        "key": column.key,
                        "help": column.help,
                    }
                    for column in importer.columns
                ],
            }
            for importer in uploads.importable()
        ]
        return self._answer({"results": kinds, "next": None})


def _reject(row: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: row[column] for name, column in _META.items()}
    shown["line"] = int(shown["line"])
    return shown | {"row": {name: cell for name, cell in row.items() if name and not name.startswith("error_")}}
