"""Telling what came of a decision: as JSON to the list that is open, else as a message on the way back."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from planning.admin import places
from planning.admin.decisions.forms import Form
from planning.admin.worklist.columns import TABLE
from planning.admin.worklist.lines import lines_of
from planning.models import DecisionBatch
from planning.services import decisions, reads
from planning.services.decisions import DecisionResult, RunSuperseded
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError


def wants_json(request: HttpRequest) -> bool:
    """Whether the open list asks, which shows the answer without leaving."""
    return request.headers.get("Accept", "") == "application/json"


def done(request: HttpRequest, form: Form, said: str, rows: dict[int, str], *, drafts: dict[str, str]) -> HttpResponse:
    """The act was carried out: say so, with the orders it made."""
    if wants_json(request):
        links = [{"number": number, "url": url} for number, url in drafts.items()]
        answer = {"message": said, "drafts": links, "rows": rows, "undo": undo_offer(request)}
        return JsonResponse(answer)
    links = format_html_join(", ", '<a class="ss-link" href="{}">{}</a>', ((url, no) for no, url in drafts.items()))
    messages.success(request, format_html("{} Drafts: {}", said, links) if drafts else said)
    return HttpResponseRedirect(form.back)


def refused(request: HttpRequest, back: str, error: DomainError, *, field: str = "") -> HttpResponse:
    """The act was refused and changed nothing: say why, beside the field it is about where there is one."""
    said = f"{error.message} {_new_quantities(error)}".strip() if isinstance(error, RunSuperseded) else error.message
    if wants_json(request):
        return JsonResponse({"message": said, "field": field, "code": error.code}, status=error.status)
    messages.error(request, said)
    return HttpResponseRedirect(back)


def nothing_to_do(request: HttpRequest, back: str, said: str) -> HttpResponse:
    """Nothing was chosen, or nothing is left to decide."""
    if wants_json(request):
        return JsonResponse({"message": said, "field": "", "code": "nothing"}, status=422)
    messages.warning(request, said)
    return HttpResponseRedirect(back)


def undo_offer(request: HttpRequest) -> dict[str, Any] | None:
    """The newest act of this person that can be undone: '8 approved 10:42'."""
    batch = decisions.last_batch(request.user)
    return {"id": batch.pk, "says": says(batch)} if batch else None


def says(batch: DecisionBatch) -> str:
    """A batch in three words; with the day where it was not made today."""
    at = timezone.localtime(batch.created_at)
    when = f"{at:%H:%M}" if at.date() == timezone.localdate() else f"{formats.short_day(at.date())} {at:%H:%M}"
    return f"{batch.lines:,} {batch.get_verb_display()} {when}"


def rows_of(request: HttpRequest, view: QueryDict, ids: Collection[int]) -> dict[int, str]:
    """The lines with these ids as the list shows them now, by id."""
    plan = reads.current_plan()
    if plan is None or not ids:
        return {}
    shown = reads.whole(plan, list(ids))
    lines = lines_of(plan, shown, TABLE.shown(TABLE.read_columns(view)))
    abilities = places.abilities(request)
    return {
        line.id: render_to_string("planning/worklist_line.html", {"line": line, **abilities}, request) for line in lines
    }


def skipped(request: HttpRequest, result: DecisionResult) -> str:
    """What is added for lines that had been decided before."""
    return f" {formats.count(len(result.skipped), 'line')} had been decided already." if result.skipped else ""


def _new_quantities(error: RunSuperseded) -> str:
    quantities = error.fields.get("quantities", {})
    found = [formats.quantity(value, decimals=3) if value else "nothing" for value in quantities.values()]
    return f"The new plan suggests {', '.join(found[:5])}{' …' if len(found) > 5 else ''}." if found else ""
