"""An open-loop client: requests start when they are due, whether or not earlier ones were answered.

Latency counts from the instant a request was due, so that a server that stalls cannot hide it by slowing the client.
It runs beside the server on the same processors, so it is a plain loop over sockets: what the client takes, nobody else
has.
"""

import random
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_LENGTH, _ETAG = b"\r\ncontent-length: ", b"\r\netag: "
_MOST_READ = 1 << 18
UNANSWERED_SECONDS = 10.0
"""How long is waited for the last answers."""


@dataclass
class Result:
    """Seconds from due to answered, in no order, and how often each status came (0: connection lost)."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """What the client itself took."""

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


class Connection:
    """One keep-alive HTTP/1.1 connection; requests queue behind the one that is under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.due = 0.0
        self.request = b""
        """What is under way; empty: nothing."""
        self._heard = b""

    def send(self, due: float, request: bytes) -> None:
        """Send at once, or when the earlier ones are answered. Requests are small: a socket takes one whole."""
        if self.request:
            self.waiting.append((due, request))
            return
        self.due, self.request = due, request
        self.socket.sendall(request)

    def answer(self) -> tuple[int, bytes] | None:
        """(status, head) of the answer once it is whole. Raises ConnectionError where the server hung up."""
        data = self.socket.recv(_MOST_READ)
        if not data:
            raise ConnectionResetError
        heard = self._heard = self._heard + data if self._heard else data
        end = heard.find(_HEAD_END)
        if end < 0:
            return None
        status, head = int(heard[9:12]), heard[: end + 2]
        length = 0 if status == 304 else int(_field(head, _LENGTH) or 0)
        if len(heard) < end + 4 + length:
            return None
        self._heard = b""
        return status, head

    def next(self) -> None:
        """The answered one is done; send what waited behind it."""
        self.request = b""
        if self.waiting:
            self.send(*self.waiting.popleft())


class _Lanes:
    """Connections, and what came of their requests. `answered(lane, request, head)` is called after each answer."""

    def __init__(self, port: int, count: int, answered: Callable[[int, bytes, bytes], None]) -> None:
        self.result = Result()
        self._answered = answered
        self._poll = select.epoll()
        self._lanes = [Connection(port) for _ in range(count)]
        self._number = {lane.socket.fileno(): number for number, lane in enumerate(self._lanes)}
        for descriptor in self._number:
            self._poll.register(descriptor, select.EPOLLIN)

    def send(self, lane: int, due: float, request: bytes) -> None:
        """Send on a lane."""
        try:
            self._lanes[lane].send(due, request)
        except OSError:
            self._lost(self._lanes[lane])

    def listen(self, seconds: float) -> None:
        """Take in what is answered; wait at most so long for the first of it."""
        for descriptor, _ in self._poll.poll(max(seconds, 0.0)):
            number = self._number[descriptor]
            lane = self._lanes[number]
            try:
                found = lane.answer()
                if found is None:
                    continue
                self.result.latencies.append(time.perf_counter() - lane.due)
                self.result.statuses[found[0]] += 1
                request = lane.request
                lane.next()
            except OSError:
                self._poll.unregister(descriptor)
                self._lost(lane)
            else:
                self._answered(number, request, found[1])

    def _lost(self, lane: Connection) -> None:
        if lost := len(lane.waiting) + bool(lane.request):
            self.result.statuses[0] += lost
        lane.waiting.clear()
        lane.request = b""

    def finish(self, seconds: float) -> None:
        """Wait for what is under way; what has no answer after `seconds` is an error. Hang up."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and any(lane.request for lane in self._lanes):
            self.listen(min(left, 0.1))
        for lane in self._lanes:
            self._lost(lane)
            lane.socket.close()
        self._poll.close()


def open_loop(
    *,
    port: int,
    users: int,
    rate: float,
    seconds: float,
    request: Callable[[int], bytes],
    heard: Callable[[int, bytes, bytes], None],
    seed: int = 1,
) -> Result:
    """Poisson arrivals at `rate` per second spread over `users` connections, each request made by `request(user)`.

    `heard(user, request, etag)` is told the ETag of each answer that has one.
    """

    def answered(user: int, request: bytes, head: bytes) -> None:
        if etag := _field(head, _ETAG):
            heard(user, request, etag)

    chance = random.Random(seed)  # noqa: S311  (arrivals, the same each time)
    lanes, cpu = _Lanes(port, users, answered), time.process_time()
    start = due = time.perf_counter()
    while True:
        due += chance.expovariate(rate)
        if due - start > seconds:
            break
        lanes.listen(due - time.perf_counter())
        while (wait := due - time.perf_counter()) > 0:
            lanes.listen(wait)
        user = chance.randrange(users)
        lanes.send(user, due, request(user))
    lanes.result.seconds = time.perf_counter() - start
    lanes.finish(UNANSWERED_SECONDS)
    lanes.result.cpu_seconds = time.process_time() - cpu
    return lanes.result


def closed_loop(*, port: int, connections: int, seconds: float, request: Callable[[int], bytes]) -> Result:
    """`connections` requests under way all the time: what the server carries at most."""

    def again(number: int, _: bytes, __: bytes) -> None:
        if (now := time.perf_counter()) < end:
            lanes.send(number, now, request(number))

    lanes, cpu = _Lanes(port, connections, again), time.process_time()
    end = time.perf_counter() + seconds
    for number in range(connections):
        lanes.send(number, time.perf_counter(), request(number))
    while (left := end - time.perf_counter()) > 0:
        lanes.listen(left)
    lanes.result.seconds = seconds
    lanes.finish(UNANSWERED_SECONDS)
    lanes.result.cpu_seconds = time.process_time() - cpu
    return lanes.result


def _field(head: bytes, name: bytes) -> bytes:
    """A field's value; `name` in small letters, with the line's end before it and the colon after it."""
    at = head.lower().find(name)
    return head[at + len(name) : head.index(b"\r\n", at + 2)] if at >= 0 else b""
