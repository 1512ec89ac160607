"""Work pages beside the models' own: drawn in the admin's shell, with the parts of an address that lists keep."""

from functools import cache
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse


def render(request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """A work page in the admin's shell."""
    shell = admin.site.page_context(request, title=title, **context)  # type: ignore[attr-defined]
    return TemplateResponse(request, template, shell, status=status)


@cache
def numbered(name: str, numbers: int) -> str:
    """The address of a page, with `%d` for each number in it: made once, as hundreds of lines of a list need it."""
    places = range(10**9, 10**9 + numbers)
    address = reverse(name, args=places)
    for place in places:
        address = address.replace(str(place), "%d")
    return address


def query_without(request: HttpRequest, *names: str) -> str:
    """The request's query string without these parameters, ready to be added to."""
    kept = request.GET.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()
