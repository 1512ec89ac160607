"""Errors as RFC 9457 problem documents: one shape for validation, domain errors, refusals and faults."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response

from stocksense.core.api import violations
from stocksense.core.api.renderers import dump
from stocksense.core.database.busy import is_busy
from stocksense.core.errors import DomainError, FieldErrors

CONTENT_TYPE = "application/problem+json"
FAULT = "Something went wrong on our side, and nothing was changed. Tell your administrator the request id."
logger = logging.getLogger(__name__)


class UnknownParameters(exceptions.ValidationError):
    """The query holds parameters, or values of them, that the endpoint does not have."""


class PreconditionFailed(exceptions.APIException):
    """The object changed since the caller read it."""

    status_code = 412
    default_code = "precondition_failed"
    default_detail = "The object has changed since you read it. Read it again, then repeat your change."


class PreconditionRequired(exceptions.APIException):
    """A change must say which state it is about."""

    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag of the object as you read it (or * to change whatever is there)."


class TooLarge(exceptions.APIException):
    """The request is larger than the server reads."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request's body is too large. Send it in parts, or as an import."


def problem(
    status: int,
    *,
    code: str,
    detail: str,
    request: Any,
    errors: list[dict[str, str]] | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The document: type, title, status, detail, request id, and the errors with their JSON pointers."""
    document: dict[str, Any] = {
        "type": f"/docs/errors#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
    }
    if errors:
        document["errors"] = errors
    return document | (extra or {})


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (and so Django's 500) for what nobody expected."""
    request = context["request"]
    if isinstance(error, IntegrityError | DataError | ProtectedError | RestrictedError):
        error = violations.domain_error(error) or error
    if isinstance(error, FieldErrors):
        listed = pointers({name or "non_field_errors": found for name, found in error.problems.items()})
        return _response(problem(error.status, code=error.code, detail=error.message, request=request, errors=listed))
    if isinstance(error, DomainError):
        return _response(
            problem(error.status, code=error.code, detail=error.message, request=request, extra=_fields(error)),
            _headers(error),
        )
    if found := unavailable(error):
        logger.warning("answered 503: %s", error, exc_info=error)
        code, detail, wait = found
        return _response(problem(503, code=code, detail=detail, request=request), {"Retry-After": str(wait)})
    error = _as_api_exception(error)
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.MethodNotAllowed) and (view := context.get("view")):
        headers["Allow"] = ", ".join(view.allowed_methods)
    if isinstance(error, exceptions.ValidationError):
        listed = pointers(error.detail)
        detail = listed[0]["detail"] if len(listed) == 1 else f"{len(listed)} things are wrong with the request."
        return _response(problem(error.status_code, code="invalid", detail=detail, request=request, errors=listed))
    return _response(
        problem(error.status_code, code=str(error.default_code), detail=str(error.detail), request=request), headers
    )


def fault(request: Any, error: Exception) -> Response:
    """The document of a fault of ours: logged with its trace, told without it."""
    logger.error("request %s failed: %s", getattr(request, "request_id", ""), request.path, exc_info=error)
    return _response(problem(500, code="fault", detail=FAULT, request=request))


def is_refusal(error: Exception) -> bool:
    """Whether the error says no to the caller (4xx), rather than that something of ours is broken or away."""
    if isinstance(error, IntegrityError | DataError | ProtectedError | RestrictedError):
        return violations.domain_error(error) is not None
    found = _as_api_exception(error)
    return isinstance(found, DomainError) or (isinstance(found, exceptions.APIException) and found.status_code < 500)


def _as_api_exception(error: Exception) -> Exception:
    """Django's refusals as DRF's; everything else as it is."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation | BadRequest | UnreadablePostError):
        return exceptions.ParseError("The request cannot be read.")
    return error


def unavailable(error: Exception) -> tuple[str, str, int] | None:
    """(code, detail, seconds to wait) where the database or Redis cannot answer now."""
    if isinstance(error, OperationalError | InterfaceError):
        if is_busy(error):
            return "busy", "Others are changing the same rows. Nothing was done; send the request again.", 1
        return "unavailable", "The database cannot be reached. Nothing was done; try again.", 5
    if isinstance(error, RedisError):
        return "unavailable", "A server that this needs cannot be reached. Try again.", 5
    return None


def pointers(detail: Any, at: str = "") -> list[dict[str, str]]:
    """A validation error's nested details as a flat list of (pointer, detail, code)."""
    if isinstance(detail, dict):
        return [
            entry
            for key, value in detail.items()
            for entry in pointers(value, at if key == "non_field_errors" else f"{at}/{_escaped(str(key))}")
        ]
    if isinstance(detail, list):
        nested = any(isinstance(value, dict | list) for value in detail)
        return [
            entry for index, value in enumerate(detail) for entry in pointers(value, f"{at}/{index}" if nested else at)
        ]
    return [{"pointer": at, "detail": str(detail), "code": str(getattr(detail, "code", "invalid"))}]


def plain(request: HttpRequest, status: int, *, code: str, detail: str) -> HttpResponse:
    """The same document from outside DRF's views (unknown addresses, faults)."""
    return HttpResponse(
        dump(problem(status, code=code, detail=detail, request=request)), status=status, content_type=CONTENT_TYPE
    )


def _fields(error: DomainError) -> dict[str, Any]:
    return {"fields": error.fields} if error.fields else {}


def _headers(error: DomainError) -> dict[str, str]:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if wait := error.fields.get("retry_after"):
        headers["Retry-After"] = str(wait)
    return headers


def _response(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(document, status=document["status"], headers=headers, content_type=CONTENT_TYPE)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
