"""One quick question to each server over its socket: are you there, and ready?

Spoken in the servers' own protocols, because importing a client takes longer than the answer.
"""

from __future__ import annotations

import socket
import struct
from enum import Enum
from pathlib import Path

_PROTOCOL_3 = 196608
_CANNOT_CONNECT_NOW = "57P03"
_UNKNOWN_DATABASE_OR_ROLE = {"3D000", "28000"}


class Answer(Enum):
    ABSENT = "absent"  # nobody listens
    BUSY = "busy"  # starting, recovering, loading or shutting down
    UNKNOWN = "unknown"  # ready, but without the role or database asked for
    READY = "ready"


def ask_postgres(path: Path, *, user: str, database: str, timeout: float = 5) -> Answer:
    """Open a session and leave again."""
    words = b"\0".join([b"user", user.encode(), b"database", database.encode(), b"", b""])
    startup = struct.pack("!II", len(words) + 8, _PROTOCOL_3) + words
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(startup)
            return _session_outcome(connection)
    except TimeoutError:
        return Answer.BUSY
    except OSError:
        return Answer.ABSENT


def _session_outcome(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as stream:
        while True:
            header = stream.read(5)
            if len(header) < 5:
                return Answer.ABSENT
            kind, size = header[:1], struct.unpack("!I", header[1:])[0]
            body = stream.read(size - 4)
            if kind == b"Z":
                connection.sendall(b"X\0\0\0\4")
                return Answer.READY
            if kind == b"E":
                return _meaning_of(body)


def _meaning_of(error: bytes) -> Answer:
    fields = {field[:1]: field[1:].decode(errors="replace") for field in error.split(b"\0") if field}
    code = fields.get(b"C", "")
    if code == _CANNOT_CONNECT_NOW:
        return Answer.BUSY
    return Answer.UNKNOWN if code in _UNKNOWN_DATABASE_OR_ROLE else Answer.READY


def ask_valkey(path: Path, command: str = "PING", *, timeout: float = 5) -> Answer:
    """Send one command of one word."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(f"{command}\r\n".encode())
            reply = connection.recv(128)
    except TimeoutError:
        return Answer.BUSY
    except OSError:
        return Answer.ABSENT
    if not reply:
        return Answer.ABSENT
    return Answer.READY if reply.startswith(b"+") else Answer.BUSY
