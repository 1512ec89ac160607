"""Limits on API calls, counted by the one limiter; what is left is said in the answers' headers.

Each call counts against its user, its key (where it has one) and its scope (where the view names one in
`throttle_scope`), in one step: a call that one of them refuses counts against none.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from stocksense.accounts import limits
from stocksense.accounts.errors import TooManyAttempts
from stocksense.accounts.limits import Limit, Standing, Taken
from stocksense.core.addresses import client_address, network_of
from stocksense.core.api.credentials import Credential

COUNTED_IN = "stocksense.counted"
"""Where a request's environment says what calls like it are counted against (a `Counted`), for `revalidation`."""


class ApiThrottle(BaseThrottle):
    """The throttle of all API views; rates are in `API_LIMITS`."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """True where the call is within its limits. Raises TooManyAttempts (429 with Retry-After) where not."""
        wanted = wanted_limits(request, getattr(view, "throttle_scope", None))
        if not wanted:
            return True
        taken: Taken | None = getattr(request._request, "counted_call", None)
        if taken is None or [standing.limit for standing in taken.standings] != wanted:
            taken = limits.take(wanted)
        request._request.rate_limits = taken  # type: ignore[attr-defined]
        request.META[COUNTED_IN] = _counted(getattr(view, "throttle_scope", None))
        if not taken.allowed:
            raise TooManyAttempts(taken.retry_after)
        return True


def counted_by(request: Request) -> Callable[[int, Credential | None], Sequence[Limit]] | None:
    """What a call by token or key counts against, for counting it while that is looked at; None: count later."""
    view = (request.parser_context or {}).get("view")
    if view is None or ApiThrottle not in view.throttle_classes:
        return None
    return _counted(getattr(view, "throttle_scope", None))


@lru_cache(maxsize=64)
def _counted(scope: str | None) -> Callable[[int, Credential | None], Sequence[Limit]]:
    return lambda user_id, key: [*_of_user(user_id, key), *_of_scope(scope, "user", user_id)]


def wanted_limits(request: Request, scope: str | None) -> list[Limit]:
    """The limits that a call counts against."""
    who, found = _who(request)
    return [*found, *_of_scope(scope, *who)]


def _of_scope(scope: str | None, *who: object) -> list[Limit]:
    if not scope:
        return []
    return [_limit("scope", settings.API_SCOPE_LIMITS[scope], scope, *who, policy=scope)]


def _who(request: Request) -> tuple[tuple[object, ...], list[Limit]]:
    user, credential = request.user, request.auth
    if not (user and user.is_authenticated):
        network = network_of(client_address(request.META))
        return ("address", network), [_limit("anonymous", settings.API_LIMITS["anonymous"], network)]
    return ("user", user.pk), _of_user(user.pk, credential)


def _of_user(user_id: int, credential: Any) -> list[Limit]:
    found = [_limit("user", settings.API_LIMITS["user"], user_id)]
    if isinstance(credential, Credential) and credential.kind == "api_key":
        own = credential.requests_per_minute
        found.append(_limit("key", f"{own}/min" if own else settings.API_LIMITS["key"], credential.id))
    return found


@lru_cache(maxsize=8192)
def _limit(kind: str, rate: str, *about: object, policy: str = "") -> Limit:
    calls, seconds = limits.parse_rate(rate)
    return Limit(limits.bucket(f"api-{kind}-{seconds}", *about), calls, seconds, policy or kind)


class RateLimitMiddleware:
    """Says the limits that a call counted against and how they stand; answers pages that one refuses with 429.

    The fields of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "user";q=600;w=60` and
    `RateLimit: "user";r=599;t=60`, the seconds being those until one more call is free.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with the fields where something was counted."""
        response = self._get_response(request)
        taken: Taken | None = getattr(request, "rate_limits", None)
        if taken is not None:
            response["RateLimit-Policy"], response["RateLimit"] = written(taken.standings)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for people who tried too often; None for anything else."""
        if not isinstance(exception, TooManyAttempts):
            return None
        wait = str(exception.fields["retry_after"])
        answer = render_page(request, "429.html", {"text": exception.message}, status=429)
        answer["Retry-After"] = wait
        return answer


def written(standings: Sequence[Standing]) -> tuple[str, str]:
    """(RateLimit-Policy, RateLimit) of limits, as structured fields."""
    policies = ", ".join(f'"{s.limit.policy}";q={s.limit.calls};w={s.limit.seconds}' for s in standings)
    states = ", ".join(f'"{s.limit.policy}";r={s.remaining};t={-int(-s.reset_seconds // 1)}' for s in standings)
    return policies, states
