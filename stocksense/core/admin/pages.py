"""Work pages beside the models' own: drawn in the admin's shell, with the parts of an address that lists keep."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def render(request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """A work page in the admin's shell."""
    shell = admin.site.page_context(request, title=title, **context)  # type: ignore[attr-defined]
    return TemplateResponse(request, template, shell, status=status)


def query_without(request: HttpRequest, *names: str) -> str:
    """The request's query string without these parameters, ready to be added to."""
    kept = request.GET.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()
