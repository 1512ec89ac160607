"""Errors outside of any view: below `/api/` a problem document, elsewhere Django's pages."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template import loader
from django.views import defaults

from stocksense.core.api import problems

UNKNOWN = "There is nothing at this address. Addresses have no slash at their end; /api/schema/ lists them."


def _programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400."""
    if not _programs(request):
        return defaults.bad_request(request, exception)
    return problems.plain(request, 400, code="parse_error", detail="The request cannot be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403."""
    if not _programs(request):
        return defaults.permission_denied(request, exception)
    return problems.plain(request, 403, code="permission_denied", detail="You may not do this.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if not _programs(request):
        return defaults.page_not_found(request, exception)
    return problems.plain(request, 404, code="not_found", detail=UNKNOWN)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500; 503 where the database or Redis did not answer."""
    error: Any = sys.exc_info()[1]
    if not _programs(request):
        return _page(request, error)
    if isinstance(error, Exception) and (unavailable := problems.unavailable(error)):
        code, detail, wait = unavailable
        answer = problems.plain(request, 503, code=code, detail=detail)
        answer["Retry-After"] = str(wait)
        return answer
    return problems.plain(request, 500, code="fault", detail=problems.FAULT)


def _page(request: HttpRequest, error: Any) -> HttpResponseBase:
    """A page, or for a script of ours its JSON; what is held up for a moment is told from what is broken."""
    busy = problems.unavailable(error) if isinstance(error, Exception) else None
    if busy is None:
        return defaults.server_error(request)
    code, detail, wait = busy
    if request.META.get("HTTP_ACCEPT", "") == "application/json":
        answer: HttpResponseBase = JsonResponse({"message": detail, "field": "", "code": code}, status=503)
    else:
        answer = HttpResponse(loader.get_template("503.html").render({"detail": detail}), status=503)
    answer["Retry-After"] = str(wait)
    return answer
