"""What requests of programs need not pass: all that is about sessions, cookies, languages and pages."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from csp.constants import HEADER as POLICY_HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver
from django.utils.module_loading import import_string

API = "/api/v1/"
SIGN_IN = "/api/v1/auth/"

Answer = Callable[[HttpRequest], HttpResponse]


def is_of_program(request: HttpRequest) -> bool:
    """Whether a request to the API comes without a session. Signing in speaks to allauth, which is made for pages."""
    path = request.path_info
    return path.startswith(API) and not path.startswith(SIGN_IN) and settings.SESSION_COOKIE_NAME not in request.COOKIES


class ShortWay(BaseHandler):
    """From the middleware that stands where this one does straight to the view, through PROGRAM_MIDDLEWARE only.

    What the middleware left out does for any answer is done here: the host is checked, the answer has its length and
    may not be framed. A request with a session takes the whole way.
    """

    def __init__(self, get_response: Answer) -> None:
        self._whole_way = get_response
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            handler = convert_exception_to_response(import_string(path)(handler))
        self._short_way = handler

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of the address, remembered: programs ask for the same lists again and again."""
        request.resolver_match = _resolved(settings.ROOT_URLCONF, request.path_info)
        return request.resolver_match

    def __call__(self, request: HttpRequest) -> Any:
        """The answer, by one of the ways."""
        if not is_of_program(request):
            return self._whole_way(request)
        request.get_host()  # raises DisallowedHost, which is answered 400
        request.user = AnonymousUser()
        answer: Any = self._short_way(request)
        answer.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        if not answer.streaming and "Content-Length" not in answer.headers:
            answer.headers["Content-Length"] = str(len(answer.content))
        return answer


@lru_cache(maxsize=1024)
def _resolved(urlconf: str, path: str) -> ResolverMatch:
    return get_resolver(urlconf).resolve(path)


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
