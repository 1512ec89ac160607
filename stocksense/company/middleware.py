"""What every request passes before its view, as far as it depends on the company."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from stocksense.company.models import CompanySettings


def company_time(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Pages and forms show and read times in the company's time zone; `request.second_factor_roles` is its setting.

    Both are read once per request rather than cached: it is one small row, and a process may serve companies in
    several zones. Where it cannot be read, times are UTC, the roles are None, and the view says what is wrong.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        name, roles = _settings()
        request.second_factor_roles = roles  # type: ignore[attr-defined]
        with timezone.override(ZoneInfo(name) if name else None):
            return get_response(request)

    return middleware


def _settings() -> tuple[str, list[str] | None]:
    try:
        rows = CompanySettings.objects.filter(pk=1).values_list("time_zone", "second_factor_roles")
        return rows.first() or ("", [])
    except Error:
        return "", None
