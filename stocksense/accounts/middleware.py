"""What every request of a signed-in person passes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django_redis.exceptions import ConnectionInterrupted

from stocksense.accounts import second_factor
from stocksense.core import redis

GetResponse = Callable[[HttpRequest], HttpResponse]

ENROLMENT_PAGES = frozenset(
    {
        "health",
        "account_logout",
        "admin:logout",
        "account_reauthenticate",
        "account_enrol",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
    }
)
SECOND_FACTOR_NEEDED = "Your role needs two-factor sign-in. Set up an authenticator app or a passkey first."
ACTIVITY_SECONDS = 300


class SecondFactorMiddleware:
    """People whose role must have a second factor and who have none reach the enrolment pages and sign-out only.

    Where the request stands for a session, everything else is refused before its view runs: pages lead to the
    enrolment, htmx requests lead the whole page there, programs get a problem document.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do before the view is known."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The refusal, or None where the request may go on."""
        match = request.resolver_match
        if match is not None and match.view_name in ENROLMENT_PAGES:
            return None
        roles = getattr(request, "second_factor_roles", None)
        if not second_factor.must_enrol(request.user, roles):
            return None
        return _refusal(request)


def _refusal(request: HttpRequest) -> HttpResponse:
    enrolment = reverse("account_enrol")
    if request.headers.get("HX-Request"):
        return HttpResponse(SECOND_FACTOR_NEEDED, status=403, headers={"HX-Redirect": enrolment})
    if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", "text/html"):
        problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "code": "second_factor_required"}
        return JsonResponse(
            {**problem, "detail": SECOND_FACTOR_NEEDED}, status=403, content_type="application/problem+json"
        )
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(f"{enrolment}?{urlencode({'next': request.get_full_path()})}")
    return render(request, "account/second_factor_needed.html", {"enrolment": enrolment}, status=403)


def session_activity(get_response: GetResponse) -> GetResponse:
    """Note every few minutes when and from where a session was last seen, for the list its owner sees."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # Asked last: reading the session of a page that did not would make its answer vary by cookie.
        if request.session.accessed and AUTHENTICATION_METHODS_SESSION_KEY in request.session:
            _note(request)
        return response

    return middleware


def _note(request: HttpRequest) -> None:
    key = request.session.session_key
    user = getattr(request, "user", None)
    if key and user is not None and user.is_authenticated and _is_due(key):
        UserSession.objects.create_from_request(request)


def _is_due(key: str) -> bool:
    try:
        return bool(cache.add(f"session-seen:{key}", 1, ACTIVITY_SECONDS))
    except (ConnectionInterrupted, *redis.UNREACHABLE):
        return False  # the list is a little older then; the page is answered
