"""An open-loop client: requests start when they are due, whether or not earlier ones were answered.

Latency counts from the instant a request was due, so that a server that stalls cannot hide it by slowing the client.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

_HEAD_END = b"\r\n\r\n"


@dataclass
class Result:
    """Seconds from due to answered, in no order, and how often each status came (0: connection lost)."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Seconds within which `share` of the requests were answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """Answers that are neither 2xx nor 304, and lost connections."""
        return sum(count for status, count in self.statuses.items() if not (200 <= status < 300 or status == 304))


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection; requests queue behind the one that is under way."""

    def __init__(
        self,
        result: Result,
        answered: "Callable[[Connection], None] | None" = None,
        heard: "Callable[[bytes, str], None] | None" = None,
    ) -> None:
        self._result = result
        self._answered = answered
        self._heard = heard
        self._request = b""
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._due: float | None = None
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Kept for writing."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, due: float, request: bytes) -> None:
        """Send at once, or when the earlier ones are answered."""
        self._waiting.append((due, request))
        if self._due is None:
            self._next()

    def _next(self) -> None:
        if self._waiting and self.transport is not None:
            self._due, self._request = self._waiting.popleft()
            self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count the answer once it is whole."""
        self._buffer += data
        while True:
            head = self._buffer.find(_HEAD_END)
            if head < 0:
                return
            fields, status = bytes(self._buffer[:head]), int(self._buffer[9:12])
            length = 0 if status == 304 else int(_field(fields, b"content-length") or 0)
            if len(self._buffer) < head + 4 + length:
                return
            if self._heard is not None and (etag := _field(fields, b"etag")):
                self._heard(self._request, etag)
            self._count(status)
            del self._buffer[: head + 4 + length]
            self._next()

    def _count(self, status: int) -> None:
        if self._due is not None:
            self._result.latencies.append(self._loop.time() - self._due)
            self._result.statuses[status] += 1
            self._due = None
            if self._answered is not None:
                self._answered(self)

    def connection_lost(self, error: Exception | None) -> None:
        """What was under way or waiting is an error."""
        self.transport = None
        lost = len(self._waiting) + (self._due is not None)
        if lost:
            self._result.statuses[0] += lost
            self._waiting.clear()
            self._due = None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._due is None and not self._waiting


def _field(head: bytes, wanted: bytes) -> str:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == wanted:
            return value.strip().decode("latin-1")
    return ""


async def open_loop(
    *,
    port: int,
    users: int,
    rate: float,
    seconds: float,
    request: Callable[[int], bytes],
    heard: Callable[[int, bytes, str], None],
    seed: int = 1,
) -> Result:
    """Poisson arrivals at `rate` per second spread over `users` connections, each request made by `request(user)`.

    `heard(user, request, etag)` is told the ETag of each answer that has one.
    """
    result, chance = Result(), random.Random(seed)  # noqa: S311  (arrivals, the same each time)
    loop = asyncio.get_running_loop()
    connections: Sequence[Connection] = [
        (await loop.create_connection(lambda u=user: Connection(result, heard=partial(heard, u)), "127.0.0.1", port))[1]
        for user in range(users)
    ]
    start = due = loop.time()
    while due - start < seconds:
        due += chance.expovariate(rate)
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        user = chance.randrange(users)
        connections[user].send(due, request(user))
    result.seconds = loop.time() - start
    for _ in range(1000):
        if all(connection.idle for connection in connections):
            break
        await asyncio.sleep(0.01)
    else:
        result.statuses[0] += sum(not connection.idle for connection in connections)
    for connection in connections:
        if connection.transport is not None:
            connection.transport.close()
    return result


async def closed_loop(*, port: int, connections: int, seconds: float, request: Callable[[int], bytes]) -> Result:
    """`connections` requests under way all the time: what the server carries at most."""
    result = Result()
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    lanes: list[Connection] = []
    for number in range(connections):

        def again(lane: Connection, number: int = number) -> None:
            if loop.time() < end:
                lane.send(loop.time(), request(number))

        lanes.append((await loop.create_connection(lambda a=again: Connection(result, a), "127.0.0.1", port))[1])
    for number, lane in enumerate(lanes):
        lane.send(loop.time(), request(number))
    await asyncio.sleep(seconds + 0.5)
    result.seconds = seconds
    for lane in lanes:
        if lane.transport is not None:
            lane.transport.close()
    return result
