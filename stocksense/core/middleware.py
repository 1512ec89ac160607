"""What every request passes before its view."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from stocksense.core import context
from stocksense.core.addresses import is_from_proxy

_ZERO = "%00"
REQUEST_ID_HEADER = "X-Request-ID"

Answer = Callable[[HttpRequest], HttpResponse]
_FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


def request_origin(get_response: Answer) -> Answer:
    """Gives the request its `request_id` (the sender's where well-formed) and says who acts while it is answered.

    The id is sent back in `X-Request-ID`. `X-Change-Reason` becomes the reason in the history of what changes.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.request_id = context.accepted_request_id(request.META.get("HTTP_X_REQUEST_ID"))  # type: ignore[attr-defined]
        with context.using(context.of_request(request)):
            response = get_response(request)
        response[REQUEST_ID_HEADER] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def refuse_zero_bytes(get_response: Answer) -> Answer:
    """Answers 400 where the address holds a zero byte: PostgreSQL cannot compare text with it, nobody types it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _ZERO in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            raise BadRequest("The address holds a zero byte.")
        return get_response(request)

    return middleware


def believe_proxies_only(get_response: Answer) -> Answer:
    """Takes `X-Forwarded-Proto`, `-Host` and `-Port` off requests that do not come from one of TRUSTED_PROXIES.

    Anybody can write them: believed, they would pass plain HTTP off as TLS.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_from_proxy(request.META):
            for name in _FORWARDED:
                request.META.pop(name, None)
        return get_response(request)

    return middleware


def browser_headers(get_response: Answer) -> Answer:
    """Says what pages may use of the browser, and that other sites may not embed what is served here."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
