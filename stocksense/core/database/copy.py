"""Bulk rows in by COPY, bulk arrays out: the only way rows that grow with items x locations cross the ORM line."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models
from psycopg import sql



def copy_rows(
    table: str | type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, using: str = "default"
) -> int:
    """COPY `rows` into `columns` of a table inside the caller's transaction; returns the number of rows."""
    name = table if isinstance(table, str) else table._meta.db_table
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    )
    count = 0
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
