"""The life of a request, the same for every resource: read, allowed, carried out once, answered or explained."""

from typing import Any, ClassVar, NoReturn

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stocksense.core.api import commands, idempotency, problems
from stocksense.core.api.bodies import LengthRequired
from stocksense.core.api.problems import PreconditionRequired


class Handled(APIView):
    """Base of the API's views: problem documents for whatever goes wrong, OPTIONS, Idempotency-Key, caching headers."""

    without_idempotency_key: ClassVar[tuple[str, ...]] = ()
    """Actions whose POST records something even when it is refused, and so is no single transaction (a sign-in)."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer; never an exception."""
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = self.initialize_request(request, *args, **kwargs)
        answer: Any
        try:
            if request.method == "OPTIONS":
                answer = HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})
            else:
                self.initial(self.request, *args, **kwargs)
                answer = self._carried_out(self.request)
        except Exception as error:
            answer = self.handle_exception(error)
        self.response = self.finalize_response(self.request, answer, *args, **kwargs)
        patch_vary_headers(self.response, ("Accept", "Authorization", "Cookie"))
        # Caches between us must not keep what one caller may see; the caller's own asks each time: an ETag is cheap.
        self.response.setdefault("Cache-Control", "private, no-cache")
        self._let_go()
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Sign-in, permission and limits; then what can be said of the request before it is read."""
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        found = commands.of(self, getattr(self, "action", None))
        if found and found.if_match and "HTTP_IF_MATCH" not in request.META:
            raise PreconditionRequired

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON, or a file where the list has it and that is what is accepted. Raises NotAcceptable for neither."""
        header = request.META.get("HTTP_ACCEPT", "")
        renderer = self.renderer_classes[0]()
        if force or header in {"", "*/*", "application/json"}:
            return renderer, "application/json"
        files = getattr(self, "export_types", ()) if getattr(self, "action", None) == "list" else ()
        found = request._request.get_preferred_type(["application/json", *files, problems.CONTENT_TYPE])
        if found is None:
            raise NotAcceptable
        return renderer, "application/json" if found == problems.CONTENT_TYPE else found

    def handle_exception(self, exc: Exception) -> Response:
        """The problem document; faults are logged and told to Django (and so to tests), and tell the caller nothing."""
        try:
            return super().handle_exception(exc)
        except Exception as error:
            if error is not exc:
                raise
            got_request_exception.send(sender=type(self), request=self.request._request)
            return problems.fault(self.request, error)

    def raise_uncaught_exception(self, exc: Exception) -> NoReturn:
        """Raise it: `handle_exception` answers."""
        raise exc

    def _let_go(self) -> None:
        """Cut what refers back to itself: then a request's objects go with it, and the collector need not find them."""
        self.request.parser_context = {}
        for method in getattr(self, "action_map", ()):
            vars(self).pop(method, None)  # the view's own bound methods, which `as_view` put there

    def _carried_out(self, request: Request) -> HttpResponseBase:
        handler = getattr(self, (request.method or "").lower(), self.http_method_not_allowed)
        key = request.META.get("HTTP_IDEMPOTENCY_KEY") if request.method == "POST" else None
        if (
            key is None
            or not request.user.is_authenticated
            or getattr(self, "action", None) in self.without_idempotency_key
        ):
            return handler(request, *self.args, **self.kwargs)
        return idempotency.once(request, key, lambda: handler(request, *self.args, **self.kwargs))
