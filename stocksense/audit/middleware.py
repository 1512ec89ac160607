"""Which requests the access log tells of: all to the API, and attempts to sign in."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from stocksense.audit.services import access
from stocksense.core import clock, context
from stocksense.core.addresses import client_address

SIGN_IN = ("/account/", "/admin/login/")

Answer = Callable[[HttpRequest], HttpResponse]


def access_log(get_response: Answer) -> Answer:
    """Notes who asked for which route, the answer's status and how long it took; never bodies or queries."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_logged(request):
            return get_response(request)
        started = time.perf_counter()
        at = clock.now()
        response = get_response(request)
        match = request.resolver_match
        user, proof = context.loaded_user(request), getattr(request, "credential", None)
        user_id = getattr(user, "pk", None)
        access.log.add(
            access.row(
                at=at,
                started=started,
                request_id=getattr(request, "request_id", ""),
                channel=str(context.current().channel),
                user_id=user_id,
                credential=str(getattr(proof, "kind", "session" if user_id else "")),
                credential_id=str(getattr(proof, "id", "")),
                route=match.view_name if match else "",
                method=request.method or "",
                status=response.status_code,
                address=client_address(request.META),
            )
        )
        return response

    return middleware


def is_logged(request: HttpRequest) -> bool:
    """Whether a request has a row in the access log."""
    path = request.path_info
    return path.startswith("/api/") or (request.method == "POST" and path.startswith(SIGN_IN))
