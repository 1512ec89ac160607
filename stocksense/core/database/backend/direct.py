"""Statements that are run again and again, asked of libpq directly.

psycopg's cursors wait for an answer by polling, so that coroutines and Ctrl-C have their turn. A thread of a server,
which has nothing else to do, pays as much for that as for all the rest: a small prepared read takes 57 µs of its
processor time by a cursor and 28 µs here. Here libpq waits, by psycopg's own wrapper of it (`psycopg.pq`); values are
written and read by psycopg's adapters, and errors are psycopg's.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus

MOST_PREPARED = 256
"""Statements that a connection keeps; the one not used for longest goes first."""
_ATTRIBUTE = "stocksense_statements"
_PLACE = re.compile(r"%(?:(%)|s|\((\w+)\)s)")
_STALE = (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName)
"""A table was altered, so that the plan no longer fits; or somebody has deallocated it."""

Parameters = Sequence[Any] | Mapping[str, Any]
Statement = tuple[bytes, tuple[int, ...]]
"""SQL with numbered places, and the types of what is put there: a number's type depends on its size."""


class Statements:
    """What one connection has prepared."""

    def __init__(self, connection: "psycopg.Connection[Any]", *, prepares: bool) -> None:
        self._connection = connection
        self._prepares = prepares
        self._names: OrderedDict[Statement, bytes] = OrderedDict()
        self._forgotten: list[bytes] = []
        self._numbers = count(1)

    def rows(self, sql: str, parameters: Parameters, adapters: AdaptersMap) -> list[tuple[Any, ...]]:
        """What the statement returns; nothing where it returns no rows. Raises psycopg.Error."""
        query, names, places = _numbered(sql)
        values = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
        if len(values) != places:  # the database would pass over what is too much
            raise psycopg.ProgrammingError(f"the statement has {places} places for {len(values)} parameters")
        adapting = Transformer(_Adapting(adapters, self._connection))
        written = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        asked = (query, adapting.types or ()), written, adapting.formats
        self._begin()
        try:
            result = self._result(*asked)
        except _STALE:
            self._forget(asked[0])
            if self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
                raise  # this transaction is lost; the next one prepares it anew
            result = self._result(*asked)
        if result.status != ExecStatus.TUPLES_OK:
            return []
        adapting.set_pgresult(result)
        return adapting.load_rows(0, result.ntuples, tuple)

    def commit(self) -> None:
        """End the transaction, where there is one. Raises psycopg.Error."""
        if self._status() != TransactionStatus.IDLE:
            self._checked(self._connection.pgconn.exec_(b"COMMIT"))

    def _begin(self) -> None:
        connection = self._connection
        if self._status() != TransactionStatus.IDLE:
            return
        self._deallocate()
        if connection.autocommit:
            return
        if connection.isolation_level is None and connection.read_only is None:
            self._checked(connection.pgconn.exec_(b"BEGIN"))
        else:
            connection.execute("SELECT 1")  # psycopg begins as it was told to

    def _status(self) -> int:
        status = self._connection.pgconn.transaction_status
        # A COPY or a stream of rows is under way: libpq would drop the rest of it, and not say so.
        if status == TransactionStatus.ACTIVE:
            raise psycopg.OperationalError("another command is already in progress")
        return status

    def _result(self, statement: Statement, values: Any, formats: Any) -> Any:
        if not self._prepares:
            query, types = statement
            return self._checked(self._connection.pgconn.exec_params(query, values, types, formats))
        name = self._names.get(statement) or self._prepare(statement)
        self._names.move_to_end(statement)
        return self._checked(self._connection.pgconn.exec_prepared(name, values, formats))

    def _prepare(self, statement: Statement) -> bytes:
        name = b"stocksense_%d" % next(self._numbers)
        self._checked(self._connection.pgconn.prepare(name, *statement))
        self._names[statement] = name
        if len(self._names) > MOST_PREPARED:
            self._forget(next(iter(self._names)))
        self._deallocate()
        return name

    def _forget(self, statement: Statement) -> None:
        if name := self._names.pop(statement, b""):
            self._forgotten.append(name)

    def _deallocate(self) -> None:
        """Have the server drop what was forgotten. Not in a transaction: one that is gone already would end it."""
        while self._forgotten and self._connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self._connection.pgconn.exec_(b"DEALLOCATE " + self._forgotten.pop())

    def _checked(self, result: Any) -> Any:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return result
        if self._connection.pgconn.status == ConnStatus.BAD and not result.error_field(DiagnosticField.SQLSTATE):
            raise psycopg.OperationalError(result.get_error_message())
        raise psycopg.errors.error_from_result(result)


class _Adapting:
    """What a Transformer asks for: adapters, and the connection that they may depend on."""

    def __init__(self, adapters: AdaptersMap, connection: "psycopg.Connection[Any]") -> None:
        self.adapters, self.connection = adapters, connection


def keep_statements(connection: "psycopg.Connection[Any]") -> None:
    """Have a new connection keep prepared statements, unless it was opened to prepare none (`prepare_threshold`).

    psycopg itself prepares nothing on it: it drops all that a connection has prepared after any rollback.
    """
    setattr(connection, _ATTRIBUTE, Statements(connection, prepares=connection.prepare_threshold is not None))
    connection.prepare_threshold = None


def of(connection: "psycopg.Connection[Any]") -> Statements:
    """The connection's statements."""
    found: Statements = getattr(connection, _ATTRIBUTE)
    return found


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...], int]:
    """The statement with $1, $2 … for %s or %(name)s, as UTF-8, the names in this order, and how many places it has."""
    names: dict[str, int] = {}
    unnamed = 0

    def place(found: "re.Match[str]") -> str:
        nonlocal unnamed
        percent, name = found.groups()
        if percent:
            return "%"
        if name:
            return f"${names.setdefault(name, len(names) + 1)}"
        unnamed += 1
        return f"${unnamed}"

    query = _PLACE.sub(place, sql).encode()
    if names and unnamed:
        raise psycopg.ProgrammingError("the places of a statement have names, or none has")
    return query, tuple(names), len(names) or unnamed
