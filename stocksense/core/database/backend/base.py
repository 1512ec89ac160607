"""Django's PostgreSQL backend, with a health check that seldom asks the server, and reads that go straight to JSON."""

import select
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from stocksense.core.database.backend import loaders

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

    def json_rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement that is run often: prepared, its values as JSON shows them (`loaders`)."""
        with self._often_used(JsonCursor) as cursor:
            cursor.execute(sql, parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def prepared_rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement that is run often, prepared, as `cursor.execute` and `fetchall` give them.

        Parameters are bound on the server: what has no type of its own there (None, text to select) needs a cast.
        """
        with self._often_used(PreparedCursor) as cursor:
            cursor.execute(sql, parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        return found

    def _often_used(self, kind: "type[PreparedCursor]") -> Any:
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(kind(self.connection))  # type: ignore[attr-defined]


class PreparedCursor(psycopg.Cursor[Any]):
    """Binds on the server, so that a statement is planned once for many runs."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> "PreparedCursor":
        """Prepare and run. A table that was altered meanwhile makes plans invalid: then all are made anew."""
        try:
            return super().execute(query, params, prepare=True)
        except psycopg.errors.FeatureNotSupported:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params, prepare=True)

    def _convert_query(self, *given: Any, **options: Any) -> Any:
        self._query = super()._convert_query(*given, **options)  # what Django's query log shows
        return self._query


class JsonCursor(PreparedCursor):
    """Loads values in the form that JSON gives them."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._adapters = loaders.of(connection)


def _is_silent(connection: Any) -> bool:
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
