"""Django's PostgreSQL backend, with a health check that seldom asks the server, and reads that go straight to JSON."""

import select
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper
from psycopg.adapt import AdaptersMap

from stocksense.core.database.backend import direct, loaders

CHECKED_SECONDS = 10.0
"""How long a connection is believed that the server has not spoken on: a restart closes it, which is seen at once."""


class DatabaseWrapper(base.DatabaseWrapper):
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

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection whose often used statements are kept by `direct`."""
        connection = super().get_new_connection(conn_params)
        direct.keep_statements(connection)
        return connection

    def json_rows(self, sql: str, parameters: direct.Parameters) -> list[tuple[Any, ...]]:
        """The rows of a statement that is run often: prepared, its values as JSON shows them (`loaders`)."""
        return self._often_used(sql, parameters, loaders.of)

    def prepared_rows(self, sql: str, parameters: direct.Parameters) -> list[tuple[Any, ...]]:
        """The rows of a statement that is run often, prepared, as `cursor.execute` and `fetchall` give them.

        Parameters are bound on the server: what has no type of its own there (None, text to select) needs a cast.
        """
        return self._often_used(sql, parameters, lambda connection: connection.adapters)

    def _often_used(
        self, sql: str, parameters: direct.Parameters, adapters_of: Callable[[Any], AdaptersMap]
    ) -> list[tuple[Any, ...]]:
        """What Django's cursors do around a statement, around one of `direct`."""

        def run(statement: str, values: direct.Parameters, *_: Any) -> list[tuple[Any, ...]]:
            self.validate_no_broken_transaction()
            with self.wrap_database_errors:
                return direct.of(self.connection).rows(statement, values, adapters_of(self.connection))

        self.close_if_health_check_failed()
        self.ensure_connection()
        self.validate_thread_sharing()
        for wrapper in reversed(self.execute_wrappers):
            run = partial(wrapper, run)
        logged = CursorDebugWrapper(None, self).debug_sql(sql, parameters) if self.queries_logged else nullcontext()
        with logged:
            return run(sql, parameters, False, {"connection": self, "cursor": None})

    def _commit(self) -> None:
        if self.connection is None or self.queries_logged:
            super()._commit()  # type: ignore[misc]
            return
        with self.wrap_database_errors:
            direct.of(self.connection).commit()


def _is_silent(connection: Any) -> bool:
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
