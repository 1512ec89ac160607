"""Django's PostgreSQL backend with a health check that asks the server only where there is reason to doubt it."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base

CHECKED_SECONDS = 10.0
"""How long a connection is believed that the server has not spoken on: a restart closes it, which is seen at once."""


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """Django asks `SELECT 1` before the first query of each request; here it looks at the socket first.

    A server that stops, restarts or ends a connection says so on it, which needs no question to be seen. What only a
    question finds (a network that swallows packets) is found within `CHECKED_SECONDS`.
    """

    _checked_at = 0.0

    def init_connection_state(self) -> None:
        """A new connection is a good one."""
        super().init_connection_state()
        self._checked_at = time.monotonic()

    def is_usable(self) -> bool:
        """Whether the connection serves. Asks the server after an error, where it has spoken, and now and then."""
        now = time.monotonic()
        if not self.errors_occurred and now - self._checked_at < CHECKED_SECONDS and _is_silent(self.connection):
            return True
        usable = bool(super().is_usable())
        if usable:
            self._checked_at = now
        return usable


def _is_silent(connection: Any) -> bool:
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
