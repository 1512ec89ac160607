"""Bulk rows in by COPY, bulk arrays out: the only way rows that grow with items x locations cross the ORM line."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from psycopg import sql

from stocksense.core.database import attribution

if TYPE_CHECKING:
    import numpy
    import polars


def copy_rows(
    table: str | type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, using: str = "default"
) -> int:
    """COPY `rows` into `columns` of a table inside the caller's transaction; returns the number of rows."""
    name = table if isinstance(table, str) else table._meta.db_table
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    )
    count = 0
    attribution.attribute(using)
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_frame(table: str | type[models.Model], frame: "polars.DataFrame", *, using: str = "default") -> int:
    """COPY the columns of a frame, named as the table's, inside the caller's transaction; returns the number of rows.

    Many times quicker than a row at a time. Nulls stay nulls and empty texts empty.
    """
    name = table if isinstance(table, str) else table._meta.db_table
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(column) for column in frame.columns)
    )
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for part in frame.iter_slices(_ROWS_AT_ONCE):
            copy.write(part.write_csv(include_header=False, quote_style="non_numeric"))
    return len(frame)


_ROWS_AT_ONCE = 20_000


def read_frame(query: str, parameters: dict[str, Any] | None = None, *, using: str = "default") -> "polars.DataFrame":
    """The rows of a SELECT as a polars frame with the query's own column types, read by COPY.

    Many times quicker than row objects. Numerics arrive as floats.
    """
    import polars

    buffer = io.BytesIO()
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}) AS described LIMIT 0", parameters)
        types = {column.name: _KINDS.get(column.type_code, "text") for column in cursor.description}
        # Of psycopg's own cursor: the one that Django wraps around it in debug mode takes no parameters.
        with cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as copy:
            for block in copy:
                buffer.write(block)
    readable = {
        "integer": polars.Int64(), "float": polars.Float64(), "date": polars.Date(),
        "boolean": polars.String(), "text": polars.String(),
    }  # fmt: skip
    schema = {name: readable[kind] for name, kind in types.items()}
    if not buffer.tell():
        frame = polars.DataFrame(schema=schema)
    else:
        buffer.seek(0)
        frame = polars.read_csv(buffer, has_header=False, schema=schema)
    return frame.with_columns(
        (polars.col(name) == "t").alias(name) for name, kind in types.items() if kind == "boolean"
    )


_KINDS = {
    16: "boolean", 20: "integer", 21: "integer", 23: "integer", 700: "float", 701: "float", 1082: "date", 1700: "float",
}  # fmt: skip
"""PostgreSQL's type oids by how a frame holds them; everything else is text."""


def array_text(values: "numpy.ndarray[Any, Any]", *, decimals: int = 4) -> str:
    """A numpy array of one or two dimensions as PostgreSQL writes it, rounded: for array columns of `copy_rows`."""
    import numpy
    import orjson

    rounded = numpy.ascontiguousarray(numpy.round(values, decimals))
    return orjson.dumps(rounded, option=orjson.OPT_SERIALIZE_NUMPY).decode().translate(_TO_BRACES)


def parse_array(text: str) -> "numpy.ndarray[Any, Any]":
    """One PostgreSQL array text of numbers as a numpy array."""
    import numpy
    import orjson

    return numpy.array(orjson.loads(text.translate(_TO_BRACKETS)))


def parse_arrays(texts: Iterable[str]) -> "numpy.ndarray[Any, Any]":
    """PostgreSQL array texts of equal shape as one numpy array with a row per text."""
    import numpy

    return numpy.stack([parse_array(text) for text in texts]).astype(numpy.float64, copy=False)


_TO_BRACES = str.maketrans("[]", "{}")
_TO_BRACKETS = str.maketrans("{}", "[]")
