"""What every WebSocket passes before its consumer: where it comes from, and whether its session may count.

A browser names the page's origin. Our own pages sign in by their session. Other sites' pages that CORS_ALLOWED_ORIGINS
names, and programs (which name no origin), sign in by a ticket: a cookie that a browser sends by itself proves nothing
about them. A ticket comes as a subprotocol (`stocksense.v1, ticket.<ticket>`) or in the first message
(`{"ticket": "…"}`), never in the address, which is written to logs.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlparse

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

Application = Callable[..., Awaitable[Any]]
Scope = dict[str, Any]

PROTOCOL = "stocksense.v1"
TICKET = "ticket."
_IN_ADDRESS = ("ticket=", "token=", "key=", "ssk_", "jwt=", "authorization=")


class SocketOrigins:
    """Refuses (403) other sites and credentials in addresses; hands own pages to `pages`, all others to `programs`."""

    def __init__(self, *, pages: Application, programs: Application) -> None:
        self._pages, self._programs = pages, programs

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        """Hand on, or close before the handshake."""
        origin = _header(scope, b"origin")
        address = scope.get("query_string", b"").decode("latin-1").lower()
        if any(name in address for name in _IN_ADDRESS):
            return await send({"type": "websocket.close", "code": 4400})
        if origin is not None and _is_own(origin):
            return await self._pages(scope, receive, send)
        if origin is None or origin in getattr(settings, "CORS_ALLOWED_ORIGINS", ()):
            anonymous = {**scope, "user": AnonymousUser(), "waits_for_ticket": True}
            return await self._programs(anonymous, receive, send)
        return await send({"type": "websocket.close", "code": 4403})


def ticket_of(scope: Scope) -> str | None:
    """The ticket among the subprotocols; None where there is none."""
    offered = scope.get("subprotocols") or ()
    return next((name.removeprefix(TICKET) for name in offered if name.startswith(TICKET)), None)


def _is_own(origin: str) -> bool:
    hosts = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    return bool(OriginValidator(None, hosts).valid_origin(urlparse(origin)))


def _header(scope: Scope, wanted: bytes) -> str | None:
    found = [value for name, value in scope.get("headers", ()) if name.lower() == wanted]
    return found[0].decode("latin-1") if found else None
