"""Searching the history of everything, and the access log."""

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from stocksense.audit.admin import paging
from stocksense.audit.services import reads
from stocksense.audit.services.reads import Change, Query
from stocksense.core.formula import safe

_COLUMNS = (
    "at", "who", "user id", "channel", "kind", "object", "id", "change", "field", "before", "after", "reason",
    "request id", "database role",
)  # fmt: skip


class SearchForm(forms.Form):
    """What to look for; blank fits everything."""

    who = forms.IntegerField(required=False, min_value=1, label="User number")
    kind = forms.ChoiceField(required=False)
    row = forms.IntegerField(required=False, min_value=1, label="Object number")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    request = forms.RegexField(r"^[A-Za-z0-9._-]{1,64}$", required=False, label="Request id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "Everything"), *reads.kind_labels()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An object's number says nothing without its kind."""
        given = super().clean() or {}
        if given.get("row") and not given.get("kind"):
            self.add_error("kind", "Choose what kind of object has this number.")
        return given

    def query(self, before: "reads.Position | None" = None) -> Query:
        """The search that the form describes; dates are days of the company."""
        given = self.cleaned_data
        until = given["until"]
        return Query(
            kinds=[given["kind"]] if given["kind"] else (),
            rows=[(given["kind"], given["row"])] if given["row"] else (),
            actor_id=given["who"],
            request_id=given["request"],
            since=_start(given["since"]) if given["since"] else None,
            until=_start(until + timedelta(days=1)) if until else None,
            before=before,
        )


def _start(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def listing(request: HttpRequest) -> HttpResponse:
    """The newest changes that fit."""
    form = SearchForm(request.GET)
    found: list[Change] = []
    if form.is_valid():
        found = reads.changes(form.query(paging.position(request)), size=reads.PAGE + 1)
    export = request.GET.copy()
    export.pop("before", None)
    context = admin.site.page_context(  # type: ignore[attr-defined]
        request,
        title="Audit",
        form=form,
        changes=found[: reads.PAGE],
        next_query=paging.next_query(request, found),
        export_query=export.urlencode() if form.is_valid() and request.user.has_perm("audit.export_audit") else None,
        may_search=True,
        searched=any(request.GET.get(name) for name in form.fields),
    )
    return TemplateResponse(request, "audit/search.html", context)


def export(request: HttpRequest) -> HttpResponse:
    """Everything that fits as CSV, a line per changed field, read and sent page by page."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return HttpResponse("The search cannot be read.", status=400, content_type="text/plain")
    lines = _lines(form.query())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(query: Query) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(_COLUMNS)
    for change in reads.stream(query):
        for entry in change.fields or [None]:
            cells = [
                change.at.isoformat(), change.actor, change.actor_id or "", change.channel, change.kind,
                change.row_label, change.row, change.action, entry.name if entry else "",
                (entry.before if entry else None) or "", (entry.after if entry else None) or "", change.reason,
                change.request_id, change.role,
            ]  # fmt: skip
            yield writer.writerow([safe(str(cell)) for cell in cells])


class AccessForm(forms.Form):
    """What to look for in the access log."""

    who = forms.IntegerField(required=False, min_value=1, label="User number")
    request = forms.RegexField(r"^[A-Za-z0-9._-]{1,64}$", required=False, label="Request id")
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


def accesses(request: HttpRequest) -> HttpResponse:
    """Who asked what of the API, newest first."""
    form = AccessForm(request.GET)
    found: list[Any] = []
    if form.is_valid():
        given = form.cleaned_data
        found = reads.accesses(
            user_id=given["who"], request_id=given["request"], before=given["before"], size=reads.PAGE + 1
        )
    more = request.GET.copy()
    if len(found) > reads.PAGE:
        more["before"] = str(found[reads.PAGE - 1].pk)
    context = admin.site.page_context(  # type: ignore[attr-defined]
        request,
        title="Access log",
        form=form,
        entries=found[: reads.PAGE],
        next_query=more.urlencode() if len(found) > reads.PAGE else "",
        may_search=request.user.has_perm("audit.view_history"),
    )
    return TemplateResponse(request, "audit/access.html", context)
