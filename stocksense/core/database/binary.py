"""Arrays to and from the database in PostgreSQL's own binary COPY format: no Python object and no text per number.

What a plan run writes and reads is mostly arrays of days. As text they took longer to write, to read and to compress
than to compute. Formats: PostgreSQL manual, COPY, "Binary Format", and `array_send` for arrays.
"""

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from psycopg import sql

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)
_FLOAT8, _INT8 = 701, 20
_EPOCH = "2000-01-01"
_ROWS_AT_ONCE = 2000
_JSONB_VERSION = b"\1"


def copy_arrays(
    table: str | type[models.Model],
    columns: "Mapping[str, Array]",
    documents: Mapping[str, Sequence[bytes]],
    *,
    texts: Mapping[str, Sequence[str]] | None = None,
    using: str = "default",
) -> int:
    """COPY columns of one length into a table inside the caller's transaction; returns the number of rows.

    columns by name: whole numbers for bigint (int32 for integer), datetime64[D] for date, floats for double precision;
    floats of more dimensions for arrays, a row of theirs for each row. documents by name: JSON texts for jsonb. texts
    by name, for text and varchar.
    Raises ValueError where lengths differ or a type has no counterpart.
    """
    name = table if isinstance(table, str) else table._meta.db_table
    words = texts or {}
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(column) for column in (*columns, *words, *documents))
    )
    lengths = {len(column) for column in (*columns.values(), *words.values(), *documents.values())}
    if len(lengths) != 1:
        raise ValueError(f"columns of {name} have different lengths: {sorted(lengths)}")
    count = lengths.pop()
    for column in columns.values():  # (before anything is sent: a COPY that breaks off ends the transaction)
        _layout(column)
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        for start in range(0, count, _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            tails = [
                *([_sized(text.encode()) for text in column[rows]] for column in words.values()),
                *([_sized(_JSONB_VERSION + text) for text in column[rows]] for column in documents.values()),
            ]
            copy.write(b"".join(_rows(list(columns.values()), tails, rows)))
        copy.write(_END)
    return count


def _sized(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _rows(columns: "Sequence[Array]", tails: Sequence[Sequence[bytes]], rows: slice) -> Iterator[bytes]:
    """What has the same layout in each row, then values of any length, which `tails` hold for these rows alone."""
    fixed = _fixed(columns, len(columns) + len(tails), rows)
    ends = zip(*tails, strict=True) if tails else iter([()] * len(fixed))
    for front, tail in zip(fixed, ends, strict=True):
        yield front.tobytes()
        yield from tail


def _fixed(columns: "Sequence[Array]", fields: int, rows: slice) -> "Array":
    """The parts of rows that have the same layout in each, with the count of all fields in front."""
    import numpy

    layouts = [_layout(column) for column in columns]
    count = len(columns[0][rows])
    made = numpy.zeros(count, dtype=[("fields", ">i2"), *((f"c{k}", layout) for k, layout in enumerate(layouts))])
    made["fields"] = fields
    for k, (column, layout) in enumerate(zip(columns, layouts, strict=True)):
        field = made[f"c{k}"]
        field["size"] = layout.itemsize - 4
        if column.ndim > 1:
            field["head"] = _array_head(column.shape[1:])
            field["values"]["size"] = 8
            field["values"]["value"] = column[rows].reshape(count, -1)
        elif column.dtype.kind == "M":
            field["value"] = (column[rows] - numpy.datetime64(_EPOCH)).astype("timedelta64[D]").astype(numpy.int64)
        else:
            field["value"] = column[rows]
    return made


def _layout(column: "Array") -> "numpy.dtype[Any]":
    import numpy

    kind = column.dtype.kind
    if column.ndim > 1 and kind == "f":
        cell = [("size", ">i4"), ("value", ">f8")]
        dimensions = column.ndim - 1
        count = int(numpy.prod(column.shape[1:]))
        return numpy.dtype([("size", ">i4"), ("head", ">i4", (3 + 2 * dimensions,)), ("values", cell, (count,))])
    if column.ndim == 1 and kind in "iufM":
        whole = ">i4" if column.dtype.itemsize == 4 else ">i8"
        value = {"i": whole, "u": ">i8", "f": ">f8", "M": ">i4"}[kind]
        return numpy.dtype([("size", ">i4"), ("value", value)])
    raise ValueError(f"a column of type {column.dtype} and {column.ndim} dimensions has no counterpart")


def _array_head(shape: Sequence[int]) -> list[int]:
    """Number of dimensions, no nulls, element type, then each dimension with its first index."""
    return [len(shape), 0, _FLOAT8, *(number for size in shape for number in (size, 1))]


def read_arrays(query: str, parameters: dict[str, Any] | None = None, *, using: str = "default") -> "dict[str, Array]":
    """The columns of a SELECT of bigint, double precision and double precision[] columns, as numpy arrays by name.

    The arrays of one column have one shape: an array column of n rows becomes an array with n in front of it. Raises
    ValueError where shapes differ, a value is null or a column has another type.
    """
    import numpy

    buffer = io.BytesIO()
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}) AS described LIMIT 0", parameters)
        names = [column.name for column in cursor.description]
        types = [column.type_code for column in cursor.description]
        # Of psycopg's own cursor: the one that Django wraps around it in debug mode takes no parameters.
        with cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", parameters) as copy:
            for block in copy:
                buffer.write(block)
    data = buffer.getbuffer()[len(_SIGNATURE) : -len(_END)]
    if not len(data):
        return {name: numpy.zeros(0) for name in names}
    shapes = list(_shapes(data, types))
    layout = numpy.dtype([("fields", ">i2"), *((f"c{k}", _read_layout(*one)) for k, one in enumerate(shapes))])
    if len(data) % layout.itemsize:
        raise ValueError("rows differ in their shape")
    rows = numpy.frombuffer(data, dtype=layout)
    return {name: _values(rows[f"c{k}"], shape) for k, (name, (_, shape)) in enumerate(zip(names, shapes, strict=True))}


def _shapes(data: memoryview, types: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Type and shape of each column, as the first row has them."""
    at = 2
    for type_code in types:
        (size,) = struct.unpack_from(">i", data, at)
        if type_code not in (_INT8, _FLOAT8, _FLOAT8_ARRAY) or size < 0:
            raise ValueError(f"a column of type {type_code} with a value of {size} bytes cannot be read as an array")
        shape: tuple[int, ...] = ()
        if type_code == _FLOAT8_ARRAY:
            (dimensions,) = struct.unpack_from(">i", data, at + 4)
            numbers = struct.unpack_from(f">{2 * dimensions}i", data, at + 16)
            shape = numbers[::2] or (0,)
        yield type_code, shape
        at += 4 + size


_FLOAT8_ARRAY = 1022


def _read_layout(type_code: int, shape: tuple[int, ...]) -> "numpy.dtype[Any]":
    import numpy

    if type_code == _FLOAT8_ARRAY:
        return _layout(numpy.zeros((0, *shape)))
    return numpy.dtype([("size", ">i4"), ("value", ">i8" if type_code == _INT8 else ">f8")])


def _values(field: "Array", shape: tuple[int, ...]) -> "Array":
    import numpy

    wrong = (field["size"] != field.dtype.itemsize - 4).any()
    if not shape:
        if wrong:
            raise ValueError("a value is null")
        return field["value"].astype(field["value"].dtype.newbyteorder("="))
    if wrong or (field["head"] != _array_head(shape)).any() or (field["values"]["size"] != 8).any():
        raise ValueError("arrays of a column differ in their shape, or hold nulls")
    return field["values"]["value"].astype(numpy.float64).reshape(len(field), *shape)
