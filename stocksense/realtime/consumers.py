"""The base of every WebSocket: signed in, allowed, and closed as soon as it is no longer either."""

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

from autobahn.exception import Disconnected
from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from stocksense.accounts.credentials import SignedIn
from stocksense.accounts.errors import CredentialRefused
from stocksense.accounts.models import User
from stocksense.accounts.tokens import sockets, tickets
from stocksense.core.api.credentials import Credential
from stocksense.realtime.authentication import PROTOCOL, ticket_of

REFUSED = 4401
"""Close code: not signed in, or not any more. Signing in again helps."""
FORBIDDEN = 4403
"""Close code: signed in, but not allowed."""
MALFORMED = 4400
SECONDS_TO_SIGN_IN = 10.0
SECONDS_BETWEEN_CHECKS = 60.0
LONGEST_MESSAGE = 4096


class SignedInConsumer(AsyncJsonWebsocketConsumer):
    """Signs in by session or ticket, then calls `opened`; `send_news` survives a page that was just closed.

    Whoever ends access tells the socket at once. That message may be lost, so the socket also looks for itself every
    minute whether its credential is good.
    """

    permission: ClassVar[str]
    """What a person needs to listen."""
    signed_in: SignedIn | None = None
    _session_key: str = ""
    _watch: "asyncio.Task[None] | None" = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand the message to its method.

        Channels would first have a thread close old connections, for each message and socket: most of what an event
        costs that a thousand sockets hear. Here `database_sync_to_async` does so wherever the database is read.
        """
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"no method for messages of type {message['type']}")
        await handler(message)

    async def opened(self) -> None:
        """Called once who listens is known and allowed. Join groups with `join`, send a first state."""

    async def received(self, content: Any) -> None:
        """A message of somebody who is signed in; ignored unless overridden."""

    async def connect(self) -> None:
        """Accept, then sign in by what came with the handshake, or wait a moment for a ticket."""
        self.joined: list[str] = []
        offered = self.scope.get("subprotocols") or ()
        await self.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        if (ticket := ticket_of(self.scope)) is not None:
            await self._sign_in_by_ticket(ticket)
        elif self.scope["user"].is_authenticated:
            await self._sign_in_by_session()
        elif self.scope.get("waits_for_ticket"):
            self._watch = asyncio.create_task(self._send_away_later())
        else:
            await self.close(code=FORBIDDEN)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """A ticket from those who are not signed in, a message from those who are."""
        try:
            if text_data is None or len(text_data) > LONGEST_MESSAGE:
                raise ValueError("not a message of ours")
            content = await self.decode_json(text_data)
            if self.signed_in is None:
                await self._sign_in_by_ticket(str(content["ticket"]))
            else:
                await self.received(content)
        except (ValueError, KeyError, TypeError, RecursionError):
            await self.close(code=MALFORMED)

    async def disconnect(self, code: int) -> None:
        """Leave all groups."""
        self._stop_watching()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def join(self, group: str) -> None:
        """Hear what is told to `group` until the socket closes."""
        self.joined.append(group)
        await self.channel_layer.group_add(group, self.channel_name)

    async def send_news(self, content: Any) -> None:
        """Send, unless the page was closed meanwhile."""
        with suppress(Disconnected):
            await self.send_json(content)

    async def send_text(self, text: str) -> None:
        """The same with JSON that was made once for many."""
        with suppress(Disconnected):
            await self.send(text_data=text)

    async def access_ended(self, event: dict[str, Any]) -> None:
        """Access was ended: close."""
        await self.close(code=REFUSED)

    async def access_check(self, event: dict[str, Any]) -> None:
        """Something about the user changed: close unless the credential is still good and the person allowed."""
        if not await self._is_good():
            await self.close(code=REFUSED)

    async def _sign_in_by_ticket(self, ticket: str) -> None:
        try:
            found = await database_sync_to_async(tickets.redeem)(ticket)
        except CredentialRefused:
            await self.close(code=REFUSED)
            return
        await self._open(found)

    async def _sign_in_by_session(self) -> None:
        user = self.scope["user"]
        self._session_key = self.scope["session"].session_key or ""
        identity = sockets.session_identity(self._session_key)
        await self._open(SignedIn(user, Credential(kind="session", id=identity), user.token_version))

    async def _open(self, found: SignedIn) -> None:
        self._stop_watching()
        self.signed_in = found
        await self.join(sockets.user_group(found.user.pk))
        await self.join(sockets.credential_group(found.credential.kind, found.credential.id))
        if not await database_sync_to_async(_allows)(found, self.permission):
            await self.close(code=FORBIDDEN)
        elif not await self._is_good():  # after joining: what was ended before was told to others only
            await self.close(code=REFUSED)
        else:
            self._watch = asyncio.create_task(self._look_again())
            await self.opened()

    async def _is_good(self) -> bool:
        found = self.signed_in
        return found is not None and await database_sync_to_async(_still_good)(
            found, self.permission, self._session_key
        )

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_CHECKS)
            if not await self._is_good():
                self._watch = None
                await self.close(code=REFUSED)
                return

    async def _send_away_later(self) -> None:
        await asyncio.sleep(SECONDS_TO_SIGN_IN)
        self._watch = None
        await self.close(code=REFUSED)

    def _stop_watching(self) -> None:
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()
        self._watch = None


def _allows(found: SignedIn, permission: str) -> bool:
    return bool(found.user.is_active and found.user.has_perm(permission))


def _still_good(found: SignedIn, permission: str, session_key: str) -> bool:
    if found.credential.kind == "session":
        user = User.objects.filter(pk=found.user.pk, is_active=True, token_version=found.token_version).first()
        return user is not None and _session_good(user, session_key) and user.has_perm(permission)
    try:
        now = tickets.recheck(
            user_id=found.user.pk,
            kind=found.credential.kind,
            identity=found.credential.id,
            token_version=found.token_version,
        )
    except CredentialRefused:
        return False
    return _allows(now, permission)


def _session_good(user: User, session_key: str) -> bool:
    store: SessionBase = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    said = store.get("_auth_user_hash", "")
    return str(store.get("_auth_user_id", "")) == str(user.pk) and constant_time_compare(
        said, user.get_session_auth_hash()
    )
