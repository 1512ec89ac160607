"""What every request passes before its view."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_ZERO = "%00"


def refuse_zero_bytes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers 400 where the address holds a zero byte: PostgreSQL cannot compare text with it, nobody types it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _ZERO in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            raise BadRequest("The address holds a zero byte.")
        return get_response(request)

    return middleware
