"""A receiver on this machine, and endpoints that lead to it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import override_settings

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.messaging.models import News
from stocksense.messaging.webhooks import endpoints


@dataclass
class Receiver:
    """What came in, and how it is answered: `status` and `headers`, or whatever `behave` does with the handler."""

    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    behave: Any = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes everything."""
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known.requests.append((self.path, dict(self.headers.items()), body))
            if known.behave is not None:
                known.behave(self)
                return
            self.send_response(known.status)
            for name, value in known.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    known.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    with override_settings(
        WEBHOOK_ALLOWED_NETWORKS=["127.0.0.0/8"], WEBHOOK_PORTS=[known.port, 443], WEBHOOK_PLAIN_HTTP=True
    ):
        yield known
    server.shutdown()
    server.server_close()


@pytest.fixture
def admin(db):
    """Somebody who may set up webhooks."""
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def made(receiver, admin) -> endpoints.WithSecret:
    """An endpoint for the receiver, with its secret."""
    return endpoints.create_endpoint(url=receiver.url, topics=[News.PLAN_PUBLISHED, News.JOB_FINISHED], actor=admin)
