"""One POST to another system: to an address that was checked, within a deadline, reading little, following nothing."""

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from stocksense.core.errors import DomainError
from stocksense.messaging.webhooks import addresses
from stocksense.messaging.webhooks.addresses import AddressRefused, Resolver, Rules

DEADLINE_SECONDS = 10.0
"""For everything: name, connection, TLS, request and answer. A receiver that drips bytes gets no more."""
MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read before the connection is closed; what they say is not kept."""
MOST_ADDRESSES = 3
"""Addresses of a host that are tried."""
LONGEST_ERROR = 300


@dataclass(frozen=True)
class Answer:
    """How a POST ended: `status` of the answer (None: there was none), what went wrong (blank: nothing), how long."""

    status: int | None
    error: str
    seconds: float
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took the message."""
        return not self.error


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, asked: float | None, late: type[Exception]) -> float:
        """Seconds that one step may take. Raises `late` where none are left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise late("the deadline has passed")
        return left if asked is None else min(asked, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to the very address that was checked: the name is looked up once, here.

    TLS and the Host header keep the name: httpcore takes them from the URL.
    """

    def __init__(self, allowed: Rules, resolver: Resolver, deadline: _Deadline) -> None:
        self._allowed, self._resolver, self._deadline = allowed, resolver, deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = addresses.checked_addresses(host, port, self._allowed, self._resolver)
        except (OSError, UnicodeError, ValueError) as error:
            raise httpcore.ConnectError(f"the name {host} leads to no address") from error
        problem: Exception | None = None
        for address in found[:MOST_ADDRESSES]:
            seconds = self._deadline.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._network.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
                continue
            return _Stream(stream, self._deadline)
        raise problem or httpcore.ConnectError(f"{host} cannot be reached")


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    allowed: Rules,
    resolver: Resolver = addresses.resolve,
    certificates: ssl.SSLContext | None = None,
    seconds: float = DEADLINE_SECONDS,
) -> Answer:
    """Send `body` to `url` and say how it went; never raises for what the other side does."""
    started = time.monotonic()
    status, retry_after, error = None, None, ""
    try:
        parsed = addresses.checked_url(url, allowed)
        network = _CheckedNetwork(allowed, resolver, _Deadline(seconds))
        with httpcore.ConnectionPool(
            ssl_context=certificates or _certificates(), network_backend=network, max_connections=1, retries=0
        ) as pool:
            status, retry_after = _exchange(pool, parsed, body, headers, seconds)
        error = "" if 200 <= status < 300 else _refusal(status)
    except AddressRefused as refused:
        error = refused.message
    except httpcore.TimeoutException:
        error = f"No whole answer within {seconds:g} seconds."
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError) as failed:
        error = f"{type(failed).__name__}: {failed}"
    except DomainError as failed:
        error = failed.message
    return Answer(status, error[:LONGEST_ERROR], time.monotonic() - started, retry_after)


def _exchange(
    pool: httpcore.ConnectionPool, url: httpx.URL, body: bytes, headers: dict[str, str], seconds: float
) -> tuple[int, float | None]:
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    steps = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    named = [("Host", url.netloc.decode("ascii")), *headers.items()]
    with pool.stream("POST", target, headers=named, content=body, extensions={"timeout": steps}) as answer:
        read = 0
        for chunk in answer.iter_stream():
            read += len(chunk)
            if read > MOST_ANSWER:
                break
        return answer.status, _retry_after(answer.headers)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"Answered {status}: redirects are not followed. Give the address itself."
    return f"Answered {status}."


def _retry_after(headers: list[tuple[bytes, bytes]]) -> float | None:
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) < 7:
            return float(value)
    return None
