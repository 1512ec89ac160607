"""What requests of programs need not pass: all that is about sessions, cookies, languages and pages."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from csp.constants import HEADER as POLICY_HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.urls import Resolver404, ResolverMatch, get_resolver
from django.utils.module_loading import import_string

API = "/api/v1/"
SIGN_IN = "/api/v1/auth/"
_OBJECT = re.compile(rf"({API}[a-z-]+/)([1-9][0-9]{{0,17}})((?:/[a-z-]+)?)\Z")

Answer = Callable[[HttpRequest], HttpResponse]


def is_of_program(request: HttpRequest) -> bool:
    """Whether a request to the API comes without a session, and from no page: a browser says its origin.

    Signing in speaks to allauth, which is made for pages.
    """
    path, sent = request.path_info, request.META
    return (
        path.startswith(API)
        and not path.startswith(SIGN_IN)
        and "HTTP_ORIGIN" not in sent
        and ("HTTP_COOKIE" not in sent or settings.SESSION_COOKIE_NAME not in request.COOKIES)
    )


class ShortWay(BaseHandler):
    """From the middleware that stands where this one does straight to the view, through PROGRAM_MIDDLEWARE only.

    What the middleware left out does for any answer is done here: the host is checked, the answer has its length and
    the headers of PROGRAM_HEADERS, which are the same for all answers. Every other request takes the whole way.
    """

    def __init__(self, get_response: Answer) -> None:
        self._whole_way = get_response
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._short_way: Any = _chain(settings.PROGRAM_MIDDLEWARE, self._get_response)  # type: ignore[attr-defined]
        self._plain: Any = _chain(settings.PROGRAM_HEADERS, lambda _: HttpResponse())
        self._headers_by_tls: dict[bool, ResponseHeaders | None] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of the address, remembered: programs ask for the same lists again and again, and for any object."""
        request.resolver_match = _of_object(request.path_info) or _resolved(settings.ROOT_URLCONF, request.path_info)
        return request.resolver_match

    def __call__(self, request: HttpRequest) -> Any:
        """The answer, by one of the ways."""
        headers = self._headers(request) if is_of_program(request) and _host_is_ours(request) else None
        if headers is None:
            return self._whole_way(request)
        request.user = AnonymousUser()
        answer = self._short_way(request)
        answer.headers = _Headers(answer.headers, headers)
        answer.headers["Vary"] = _with_origin(answer.headers.get("Vary", ""))
        if not answer.streaming and "Content-Length" not in answer.headers:
            answer.headers["Content-Length"] = str(len(answer.content))
        return answer

    def _headers(self, request: HttpRequest) -> ResponseHeaders | None:
        """What PROGRAM_HEADERS give any answer; None where they may answer themselves (with the way to TLS)."""
        by_tls = request.is_secure()
        if settings.SECURE_SSL_REDIRECT and not by_tls:
            return None  # whether this address needs TLS is not asked once for all (SECURE_REDIRECT_EXEMPT)
        if by_tls not in self._headers_by_tls:
            plain = self._plain(request)
            del plain.headers["Content-Type"]
            self._headers_by_tls[by_tls] = plain.headers if plain.status_code == 200 else None
        return self._headers_by_tls[by_tls]


class _Headers(ResponseHeaders):
    """An answer's headers over those that all answers have; neither are looked at one by one."""

    def __init__(self, own: ResponseHeaders, of_all: ResponseHeaders) -> None:
        self._store: dict[str, tuple[str, str]] = {**of_all._store, **own._store}

    def items(self) -> Any:
        """(name, value) of each."""
        return self._store.values()


@lru_cache(maxsize=64)
def _with_origin(vary: str) -> str:
    """What an answer depends on, and where it is asked from: other sites are told more."""
    return vary if "origin" in vary.lower().split(", ") else ", ".join(filter(None, (vary, "origin")))


def _chain(paths: Sequence[str], innermost: Answer) -> Answer:
    handler: Any = convert_exception_to_response(innermost)
    for path in reversed(paths):
        handler = convert_exception_to_response(import_string(path)(handler))
    return handler  # type: ignore[no-any-return]


def _host_is_ours(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


@lru_cache(maxsize=1024)
def _resolved(urlconf: str, path: str) -> ResolverMatch:
    return get_resolver(urlconf).resolve(path)


def _of_object(path: str) -> ResolverMatch | None:
    """The view of an object's address, found as that of object 1: a route that takes one number takes any."""
    found = _OBJECT.match(path)
    if found is None:
        return None
    before, pk, after = found.groups()
    try:
        match: Any = _resolved(settings.ROOT_URLCONF, f"{before}1{after}")
    except Resolver404:
        return None
    if match.kwargs != {"pk": "1"}:
        return None
    return ResolverMatch(
        match.func, match.args, {"pk": pk}, match.url_name, match.app_names, match.namespaces, match.route,
        captured_kwargs={"pk": pk}, extra_kwargs=match.extra_kwargs,
    )  # fmt: skip


class ContentSecurity(CSPMiddleware):
    """django-csp's middleware; answers of the API, which hold no scripts, get the policy as it is, written once."""

    def __init__(self, get_response: Answer) -> None:
        super().__init__(get_response)
        self._policy = build_policy()

    def __call__(self, request: HttpRequest) -> Any:
        """The answer, with a policy unless its view gave it one."""
        if not request.path_info.startswith(API):
            return super().__call__(request)
        answer: Any = self.get_response(request)
        answer.headers.setdefault(POLICY_HEADER, self._policy)
        return answer
