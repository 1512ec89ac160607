"""What every request passes before its view, as far as it depends on the company."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from stocksense.company.models import CompanySettings


def company_time(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Pages and forms show and read times in the company's time zone.

    The zone is read once per request rather than cached: it is one small row, and a process may serve companies in
    several zones. Where it cannot be read, times are UTC and the view says what is wrong.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone()):
            return get_response(request)

    return middleware


def _zone() -> ZoneInfo | None:
    try:
        name = CompanySettings.objects.filter(pk=1).values_list("time_zone", flat=True).first()
    except Error:
        return None
    return ZoneInfo(name) if name else None
