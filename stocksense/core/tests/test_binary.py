"""Arrays cross to the database and back in its binary format: the same values, and a plain refusal of what differs."""

from datetime import date

import numpy as np
import polars
import pytest
from django.db import connection

from stocksense.core.database.binary import copy_arrays, read_arrays
from stocksense.core.database.copy import copy_frame

pytestmark = pytest.mark.django_db


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE kept (id bigint, day date, share float8, path float8[], grid float8[], said jsonb)"
            " ON COMMIT DROP"
        )
    return "kept"


def columns(count=3):
    return {
        "id": np.arange(count, dtype=np.int64) + 2**40,
        "day": np.array(["2026-11-16", "1999-12-31", "2000-01-01"][:count], dtype="datetime64[D]"),
        "share": np.array([0.1, -1e300, 0.0][:count]),
        "path": np.array([[1.25, 2.0], [-3.5, 1e-9], [0.0, 7.0]][:count]),
        "grid": np.arange(6.0 * count).reshape(count, 2, 3) / 10,
    }


def test_every_type_arrives_as_it_left(table):
    assert copy_arrays(table, columns(), {"said": [b'{"a": 1}', b"[]", '"é"'.encode()]}) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, day, share, path, grid, said::text FROM kept ORDER BY id")
        rows = cursor.fetchall()
    assert rows == [
        (2**40, date(2026, 11, 16), 0.1, [1.25, 2.0], [[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]], '{"a": 1}'),
        (2**40 + 1, date(1999, 12, 31), -1e300, [-3.5, 1e-9], [[0.6, 0.7, 0.8], [0.9, 1.0, 1.1]], "[]"),
        (2**40 + 2, date(2000, 1, 1), 0.0, [0.0, 7.0], [[1.2, 1.3, 1.4], [1.5, 1.6, 1.7]], '"é"'),
    ]


def test_texts_arrive_as_they_left_beside_documents(table):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kept ADD COLUMN code varchar(8), ADD COLUMN word text")
    words = {"code": ["", "é\t1", "A"], "word": ["\\N", "a\nb", "x" * 3000]}
    assert copy_arrays(table, columns(), {"said": [b"{}", b"1", b"[2]"]}, texts=words) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, word, said::text FROM kept ORDER BY id")
        assert cursor.fetchall() == [("", "\\N", "{}"), ("é\t1", "a\nb", "1"), ("A", "x" * 3000, "[2]")]


def test_what_was_written_is_read_back_with_a_row_in_front_of_each_shape(table):
    given = columns()
    copy_arrays(table, given, {"said": [b"{}"] * 3})
    found = read_arrays("SELECT id, share, path, grid FROM kept WHERE id > %(least)s ORDER BY id", {"least": 2**40})
    assert {name: values.tolist() for name, values in found.items()} == {
        name: given[name][1:].tolist() for name in ("id", "share", "path", "grid")
    }
    assert found["id"].dtype == np.int64
    assert found["grid"].dtype == np.float64
    assert found["grid"].flags.writeable


def test_more_rows_than_go_at_once_all_arrive(table):
    count = 4_321
    numbers = np.arange(count, dtype=np.int64)
    copy_arrays(table, {"id": numbers, "path": np.tile(numbers[:, None] / 4, 5)}, {})
    found = read_arrays("SELECT id, path FROM kept ORDER BY id")
    assert found["id"].tolist() == numbers.tolist()
    assert found["path"][:, 4].tolist() == (numbers / 4).tolist()


def test_no_rows_are_no_rows_both_ways(table):
    nothing = {name: values[:0] for name, values in columns().items()}
    assert copy_arrays(table, nothing, {"said": []}) == 0
    assert {name: len(values) for name, values in read_arrays("SELECT id, path FROM kept").items()} == {
        "id": 0,
        "path": 0,
    }


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT * FROM (VALUES ('{1,2}'::float8[]), ('{1}'), ('{1,2,3}')) AS path (path)", "shape"),
        ("SELECT * FROM (VALUES ('{1,2}'::float8[]), ('{1,NULL}')) AS path (path)", "shape"),
        ("SELECT * FROM (VALUES ('{{1,2},{3,4}}'::float8[]), ('{1,2,3,4}')) AS path (path)", "shape"),
        ("SELECT * FROM (VALUES (1::bigint), (NULL)) AS number (number)", "shape|null"),
        ("SELECT NULL::bigint AS number", "cannot be read"),
        ("SELECT 'x'::text AS word", "cannot be read"),
        ("SELECT 1::int AS small", "cannot be read"),
    ],
)
def test_rows_that_are_not_alike_are_refused(query, says):
    with pytest.raises(ValueError, match=says):
        read_arrays(query)


def test_columns_of_different_lengths_are_refused_and_nothing_is_written(table):
    with pytest.raises(ValueError, match="different lengths"):
        copy_arrays(table, {"id": np.arange(2), "share": np.zeros(3)}, {})
    assert len(read_arrays("SELECT id FROM kept")["id"]) == 0


def test_a_type_without_counterpart_is_refused(table):
    with pytest.raises(ValueError, match="no counterpart"):
        copy_arrays(table, {"id": np.array(["a", "b"])}, {})


def test_a_frame_keeps_nulls_empty_texts_quotes_and_lines(table):
    frame = polars.DataFrame(
        {
            "id": [1, 2, None],
            "day": [date(2026, 1, 2), None, date(2026, 1, 3)],
            "share": [0.1, 1e17, None],
            "said": ['{"text": "a \\"b\\", c\\nd"}', '""', None],
        }
    )
    assert copy_frame(table, frame) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, day, share, said ->> 'text', said::text FROM kept ORDER BY id")
        rows = cursor.fetchall()
    assert [row[:4] for row in rows] == [
        (1, date(2026, 1, 2), 0.1, 'a "b", c\nd'),
        (2, None, 1e17, None),
        (None, date(2026, 1, 3), None, None),
    ]
    assert rows[1][4] == '""'
