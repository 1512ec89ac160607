"""Numbers handed out by the database: never twice, gaps allowed."""

from django.db import connection
from psycopg import sql


def next_numbers(sequence: str, count: int) -> list[int]:
    """The next `count` values of a PostgreSQL sequence, ascending."""
    statement = sql.SQL("SELECT nextval({}::regclass) FROM generate_series(1, %s)").format(sql.Literal(sequence))
    with connection.cursor() as cursor:
        cursor.execute(statement, [count])
        return [int(value) for (value,) in cursor.fetchall()]
