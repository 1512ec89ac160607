"""Tells the database who acts: row history triggers read it from settings of the transaction.

The settings are made with the first write of a transaction and end with it. Whether a connection carries the right
ones is read from `application_name`, set together with them: PostgreSQL reports its every change, also when a rollback
takes it back. So no cache can be wrong, and `pg_stat_activity` shows which transactions belong together.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

from stocksense.core import context
from stocksense.core.database.backend import direct

_WRITES = re.compile(r"\s*(?:insert|update|delete|merge|with|copy|truncate|call|do)\b", re.IGNORECASE)


def attribute_writes() -> None:
    """Have every connection of this process tell who acts. Called once, while apps load."""
    connection_created.connect(_install, dispatch_uid="stocksense.core.database.attribution")


def attribute(using: str = "default") -> None:
    """Tell the running transaction of `using` who acts, for statements that no wrapper sees (COPY).

    Outside of a transaction this does nothing: the settings would end at once.
    """
    connection = connections[using]
    connection.ensure_connection()
    if _in_transaction(connection):
        _tell(connection, context.stamp(context.current()))


def telling(using: str = "default") -> tuple[str, list[Any]]:
    """(columns for a SELECT that tell the running transaction who acts, their parameters); ('', []) where it knows.

    For a statement that a transaction begins with before it writes: the first write then need not tell, which would
    be one more question to the database.
    """
    connection = connections[using]
    connection.ensure_connection()
    wanted = context.stamp(context.current())
    if not _in_transaction(connection) or _knows(connection, wanted):
        return "", []
    return _calls(wanted)


def _install(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql" and _wrapper not in connection.execute_wrappers:
        connection.execute_wrappers.append(_wrapper)


def _wrapper(
    execute: Callable[..., Any], statement: Any, parameters: Any, many: bool, execution: dict[str, Any]
) -> Any:
    connection: BaseDatabaseWrapper = execution["connection"]
    if not _is_write(statement) or connection.needs_rollback:
        return execute(statement, parameters, many, execution)
    wanted = context.stamp(context.current())
    if _in_transaction(connection):
        _tell(connection, wanted)
    elif wanted is not context.UNSTAMPED:
        with transaction.atomic(using=connection.alias):
            _tell(connection, wanted)
            return execute(statement, parameters, many, execution)
    return execute(statement, parameters, many, execution)


def _is_write(statement: Any) -> bool:
    if isinstance(statement, bytes):
        statement = statement[:64].decode(errors="replace")
    return not isinstance(statement, str) or _WRITES.match(statement) is not None


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    return connection.in_atomic_block or not connection.get_autocommit()


def _tell(connection: BaseDatabaseWrapper, wanted: context.Stamp) -> None:
    server: Any = connection.connection
    if _knows(connection, wanted):
        return
    if server.info.transaction_status == TransactionStatus.INERROR:
        return  # whatever follows is refused anyway
    calls, values = _calls(wanted)
    with connection.wrap_database_errors:
        direct.of(server).rows(f"SELECT {calls}", values, server.adapters)


def _knows(connection: BaseDatabaseWrapper, wanted: context.Stamp) -> bool:
    server: Any = connection.connection
    return bool(server.info.parameter_status("application_name") == wanted.name)


def _calls(wanted: context.Stamp) -> tuple[str, list[Any]]:
    settings = {**wanted.settings, "application_name": wanted.name}
    values = dict.fromkeys(settings, "%s")
    if wanted.unread is not None:
        settings[context.ACTOR], values[context.ACTOR] = wanted.unread, _label()  # type: ignore[assignment]
    calls = ", ".join(f"set_config('{name}', {value}, true)" for name, value in values.items())
    return calls, list(settings.values())


@cache
def _label() -> str:
    """SQL for `context.label_of` of the user with an id."""
    both, either = "name || ' <' || email || '>'", "coalesce(nullif(name, ''), email)"
    label = f"CASE WHEN name <> '' AND email <> '' THEN {both} ELSE {either} END"
    table = get_user_model()._meta.db_table
    label = f"left(btrim({label}, E' \\t\\n\\r'), {context.LONGEST_LABEL})"
    return f"coalesce((SELECT {label} FROM {table} WHERE id = %s::bigint), '')"
