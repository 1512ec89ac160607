"""Statements that are run again and again: planned once by the database, and the plan kept with the connection."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any], *, using: str = "default") -> list[tuple[Any, ...]]:
    """What the statement returns; nothing where it returns no rows.

    Parameters are bound on the server: one whose type its place does not tell (None or text in a SELECT list) needs a
    cast. With DATABASE_PREPARE=false, for poolers that know no prepared statements, it is planned each time.
    """
    connection: Any = connections[using]
    return connection.prepared_rows(sql, parameters)  # type: ignore[no-any-return]
