"""What every request passes before its view, as far as it depends on the company."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from stocksense.company.models import CompanySettings


def company_time(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Pages and forms show and read times in the company's time zone; `request.second_factor_roles` is its setting.

    Both are read once per request rather than cached: it is one small row, and a process may serve companies in
    several zones. Where it cannot be read, times are UTC, the roles are None, and the view says what is wrong.
    Programs write times with their offset: for the API the row is read when a time without one asks for the zone.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            with timezone.override(CompanyZone()):
                return get_response(request)
        name, roles = _settings()
        request.second_factor_roles = roles  # type: ignore[attr-defined]
        with timezone.override(ZoneInfo(name) if name else None):
            return get_response(request)

    return middleware


class CompanyZone(tzinfo):
    """The company's time zone, read when it is first asked for anything."""

    @cached_property
    def zone(self) -> tzinfo:
        """The zone itself; Django's default where none can be read."""
        name = _settings()[0]
        return ZoneInfo(name) if name else timezone.get_default_timezone()

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """As the zone says."""
        return self.zone.utcoffset(at)

    def dst(self, at: datetime | None) -> timedelta | None:
        """As the zone says."""
        return self.zone.dst(at)

    def tzname(self, at: datetime | None) -> str | None:
        """As the zone says."""
        return self.zone.tzname(at)

    def fromutc(self, at: datetime) -> datetime:
        """As the zone says."""
        return self.zone.fromutc(at.replace(tzinfo=self.zone))

    def __str__(self) -> str:
        return str(self.zone)


def _settings() -> tuple[str, list[str] | None]:
    try:
        rows = CompanySettings.objects.filter(pk=1).values_list("time_zone", "second_factor_roles")
        return rows.first() or ("", [])
    except Error:
        return "", None
