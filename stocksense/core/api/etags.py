"""Weak ETags: unchanged answers cost no bytes, and changes say which state they are about."""

from hashlib import blake2b

from rest_framework.request import Request

from stocksense.core.api.problems import PreconditionFailed, PreconditionRequired


def of(body: bytes) -> str:
    """The weak ETag of an answer's bytes."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def with_view(state: str, body: bytes) -> str:
    """The ETag of an answer that shows more than the object's own state: the state, then what is shown."""
    return f'{state[:-1]}.{blake2b(body, digest_size=6).hexdigest()}"'


def known(request: Request, etag: str) -> bool:
    """Whether the caller already has this answer (If-None-Match)."""
    given = request.META.get("HTTP_IF_NONE_MATCH", "")
    return bool(given) and (given.strip() == "*" or _opaque(etag) in _listed(given))


def require_given(request: Request) -> None:
    """Raises PreconditionRequired without If-Match."""
    if not request.META.get("HTTP_IF_MATCH", ""):
        raise PreconditionRequired


def require(request: Request, etag: str) -> None:
    """Raises PreconditionRequired without If-Match, PreconditionFailed where it names another state.

    The ETag of any GET of the object will do: what follows a point in it says how the state was shown.
    """
    require_given(request)
    if not matches(request.META["HTTP_IF_MATCH"], etag):
        raise PreconditionFailed


def matches(given: str, etag: str) -> bool:
    """Whether an If-Match value names the state of `etag`."""
    return given.strip() == "*" or _opaque(etag) in {tag.partition(".")[0] for tag in _listed(given)}


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


def _listed(header: str) -> set[str]:
    return {_opaque(tag) for tag in header.split(",")}
