"""The benchmarks' client counts every request it was to send, from the instant it was due."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.web import load

PAUSE = 0.15


class Answers(BaseHTTPRequestHandler):
    """/ok with an ETag, /unchanged, /fault, /slow; /gone hangs up."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The answer that the path names, its body in two pieces."""
        if self.path == "/gone":
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(PAUSE)
        status = {"/unchanged": 304, "/fault": 500}.get(self.path, 200)
        body = b"" if status == 304 else b"x" * 70_000
        self.send_response(status)
        self.send_header("ETag", 'W/"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:100])
        self.wfile.flush()
        self.wfile.write(body[100:])

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)


def asked(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def test_all_that_was_due_is_sent_and_counted(port):
    sent, heard = [], []

    def request(user: int) -> bytes:
        sent.append(user)
        return asked(("/ok", "/unchanged", "/fault")[len(sent) % 3])

    result = load.open_loop(
        port=port,
        users=5,
        rate=200,
        seconds=0.6,
        request=request,
        heard=lambda user, _, etag: heard.append((user, etag)),
    )
    assert len(result.latencies) == sum(result.statuses.values()) == len(sent) == len(heard) > 60
    assert set(result.statuses) == {200, 304, 500}
    assert result.errors == result.statuses[500]
    assert {etag for _, etag in heard} == {b'W/"1"'}
    assert sorted(user for user, _ in heard) == sorted(sent)


def test_what_waits_behind_a_slow_answer_counts_from_when_it_was_due(port):
    result = load.open_loop(
        port=port, users=1, rate=40, seconds=0.4, request=lambda _: asked("/slow"), heard=lambda *_: None
    )
    count = len(result.latencies)
    assert count > 6
    assert max(result.latencies) > (count - 2) * PAUSE - 0.4
    assert min(result.latencies) >= PAUSE * 0.99


def test_lost_connections_are_errors(port):
    result = load.open_loop(
        port=port, users=2, rate=50, seconds=0.3, request=lambda _: asked("/gone"), heard=lambda *_: None
    )
    assert result.latencies == []
    assert result.errors == result.statuses[0] > 0


def test_a_closed_loop_keeps_all_connections_busy(port):
    started = time.perf_counter()
    result = load.closed_loop(port=port, connections=4, seconds=0.5, request=lambda _: asked("/slow"))
    assert time.perf_counter() - started >= 0.5
    assert 4 <= len(result.latencies) <= 4 * (0.5 / PAUSE + 1)
    assert result.errors == 0
