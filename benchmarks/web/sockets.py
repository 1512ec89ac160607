"""Many WebSockets at once: how long after an event the last of them hears of it."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.request import Request, urlopen

ROUNDS = 5
_PATH = "/ws/planning/"
_TEXT, _PING, _PONG = 1, 9, 10


class Listener(asyncio.Protocol):
    """One socket that signs in by ticket and notes when it hears something."""

    def __init__(self, ticket: str) -> None:
        self._ticket = ticket
        self._buffer = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {_PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """The handshake's answer first, then messages."""
        self._buffer += data
        if not self._open and b"\r\n\r\n" in self._buffer:
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(self._buffer[:200].decode("latin-1")))
                return
            self._open = True
            self._buffer = self._buffer.partition(b"\r\n\r\n")[2]
            self._send(_TEXT, json.dumps({"ticket": self._ticket}).encode())
        while self._open and (frame := self._next_frame()) is not None:
            self._hear(*frame)

    def _next_frame(self) -> tuple[int, bytes] | None:
        """(opcode, payload) of the next whole frame; a server's frames are not masked."""
        found, start = self._buffer, 2
        if len(found) < 2 or (found[1] == 126 and len(found) < 4):
            return None
        length = found[1]
        if length == 126:
            length, start = int.from_bytes(found[2:4], "big"), 4
        if len(found) < start + length:
            return None
        self._buffer = found[start + length :]
        return found[0] & 0x0F, found[start : start + length]

    def _hear(self, opcode: int, payload: bytes) -> None:
        """The first message counts; the server's question whether we are still there is answered, and is none."""
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _TEXT:
            self.heard_at = self.heard_at or time.perf_counter()
            if not self.ready.done():
                self.ready.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """A socket that was sent away never becomes ready."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before it was signed in"))

    def _send(self, opcode: int, text: bytes) -> None:
        length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + len(text).to_bytes(2, "big")
        if self.transport is not None:
            self.transport.write(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + text)


@dataclass(frozen=True)
class Heard:
    """Milliseconds from an event to each socket's message, over all rounds, sorted; and how often none came."""

    delays_ms: list[float]
    missed: int

    def percentile(self, share: float) -> float:
        """Within which `share` of the messages came; infinite where fewer came at all."""
        at = int(share * (len(self.delays_ms) + self.missed))
        return self.delays_ms[at] if at < len(self.delays_ms) else float("inf")


def fan_out(port: int, api_port: int, tokens: Sequence[str], sockets: int) -> Heard:
    """Open the sockets, publish some hints one after another, and note when each was heard."""
    tickets = [_ticket(api_port, tokens[number % len(tokens)]) for number in range(sockets)]
    delays, missed = asyncio.run(_listen(port, tickets))
    return Heard(sorted(1000 * delay for delay in delays), missed)


def _ticket(port: int, token: str) -> str:
    headers = {"Host": "localhost", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}"}
    request = Request(f"http://127.0.0.1:{port}/api/v1/auth/ticket", method="POST", headers=headers)
    with urlopen(request) as answer:  # noqa: S310
        return str(json.load(answer)["ticket"])


async def _listen(port: int, tickets: Sequence[str]) -> tuple[list[float], int]:
    from asgiref.sync import sync_to_async

    from stocksense.company import services as company
    from stocksense.realtime import hints

    loop = asyncio.get_running_loop()
    listeners = []
    for at in range(0, len(tickets), 50):  # people do not all come in the same instant
        some = [
            (await loop.create_connection(lambda t=ticket: Listener(t), "127.0.0.1", port))[1]
            for ticket in tickets[at : at + 50]
        ]
        await asyncio.gather(*(listener.ready for listener in some))
        listeners += some
    scenario = await sync_to_async(company.scenario_named)(None)
    delays: list[float] = []
    missed = 0
    for _ in range(ROUNDS):
        await asyncio.sleep(1)
        for listener in listeners:
            listener.heard_at = 0.0
        published = time.perf_counter()
        await sync_to_async(hints.publish_after_commit)(hints.planning_group(scenario.pk))
        await asyncio.sleep(3)
        for listener in listeners:
            if listener.heard_at:
                delays.append(listener.heard_at - published)
            else:
                missed += 1
    for listener in listeners:
        if listener.transport is not None:
            listener.transport.close()
    return delays, missed
