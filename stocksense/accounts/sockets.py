"""What every WebSocket passes after it is known whose it is."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async

from stocksense.accounts import second_factor

Application = Callable[..., Awaitable[Any]]
MUST_ENROL = 4403


class RequireSecondFactor:
    """Refuses people whose role must have a second factor and who have none: the handshake is answered with 403."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Hand on to the application, or close."""
        if await database_sync_to_async(second_factor.must_enrol)(scope["user"]):
            await send({"type": "websocket.close", "code": MUST_ENROL})
            return None
        return await self._inner(scope, receive, send)
