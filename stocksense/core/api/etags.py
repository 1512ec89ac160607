"""Weak ETags: unchanged answers cost no bytes, and changes say which state they are about."""

from hashlib import blake2b

from rest_framework.request import Request

from stocksense.core.api.problems import PreconditionFailed, PreconditionRequired


def of(body: bytes) -> str:
    """The weak ETag of an answer's bytes."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def known(request: Request, etag: str) -> bool:
    """Whether the caller already has this state (If-None-Match)."""
    return _matches(request.headers.get("If-None-Match", ""), etag)


def require(request: Request, etag: str) -> None:
    """Raises PreconditionRequired without If-Match, PreconditionFailed where it names another state."""
    given = request.headers.get("If-Match", "")
    if not given:
        raise PreconditionRequired
    if not _matches(given, etag):
        raise PreconditionFailed


def _matches(header: str, etag: str) -> bool:
    if header.strip() == "*":
        return True
    return etag.removeprefix("W/") in {tag.strip().removeprefix("W/") for tag in header.split(",")}
