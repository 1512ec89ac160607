"""As much of `websockets.sync.client` as the guide's example uses: text messages until the server closes."""

import base64
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

TEXT, CLOSE = 1, 8


@contextmanager
def connect(address: str, subprotocols: Sequence[str]) -> Iterator[Iterator[str]]:
    """The messages of a WebSocket. Raises ConnectionRefusedError where the handshake is refused."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=60) as line:
        lines = [
            f"GET {place.path} HTTP/1.1",
            f"Host: {place.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}",
        ]
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        stream = line.makefile("rb")
        if b" 101 " not in (first := stream.readline()):
            raise ConnectionRefusedError(first)
        while stream.readline().strip():
            pass
        yield _messages(stream)


def _messages(stream) -> Iterator[str]:
    while True:
        kind, length = stream.read(1)[0] & 15, stream.read(1)[0]
        if length >= 126:
            length = struct.unpack("!H" if length == 126 else "!Q", stream.read(2 if length == 126 else 8))[0]
        content = stream.read(length)
        if kind == CLOSE:
            assert content[:2] == (1000).to_bytes(2, "big"), content
            return
        if kind == TEXT:
            yield content.decode()
