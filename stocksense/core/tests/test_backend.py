"""The database backend: connections that died are noticed, statements survive a changed table, values read as JSON."""

from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from django.db import connection
from django.db.backends.postgresql import base as django_base

from stocksense.core.api.renderers import dump
from stocksense.core.database import prepared
from stocksense.core.database.backend import base

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used():
    (before,) = prepared.rows("SELECT pg_backend_pid()", [])[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    other.close()
    connection.health_check_enabled, connection.health_check_done = True, False
    assert prepared.rows("SELECT 1", []) == [(1,)]
    assert prepared.rows("SELECT pg_backend_pid()", []) != [(before,)]


def test_a_connection_on_which_the_server_is_silent_is_asked_nothing_for_a_while(monkeypatch):
    connection.ensure_connection()
    asked = []
    monkeypatch.setattr(django_base.DatabaseWrapper, "is_usable", lambda self: asked.append(1) or True)
    connection._checked_at = base.time.monotonic()
    assert (connection.is_usable(), asked) == (True, [])
    connection._checked_at -= base.CHECKED_SECONDS
    assert (connection.is_usable(), asked) == (True, [1])
    assert (connection.is_usable(), asked) == (True, [1])
    connection.errors_occurred = True
    assert (connection.is_usable(), asked) == (True, [1, 1])
    connection.errors_occurred = False


def test_statements_survive_that_a_table_is_altered():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing (a int)")
        cursor.execute("INSERT INTO changing VALUES (1)")
        assert prepared.rows("SELECT a FROM changing", []) == [(1,)]
        cursor.execute("ALTER TABLE changing ALTER a TYPE text")
        assert prepared.rows("SELECT a FROM changing", []) == [("1",)]
        cursor.execute("DROP TABLE changing")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12.500::numeric", Decimal("12.500")),
        ("1000::numeric", Decimal(1000)),
        ("0.000::numeric(9,3)", Decimal("0.000")),
        ("-0.10::numeric", Decimal("-0.10")),
        ("123456789012345678901234.1::numeric", Decimal("123456789012345678901234.1")),
        ("ARRAY[1.50, 2]::numeric[]", [Decimal("1.50"), Decimal(2)]),
        ("'2026-07-14T22:30:00Z'::timestamptz", datetime(2026, 7, 14, 22, 30, tzinfo=UTC)),
        ("'2026-07-14T22:30:00.5Z'::timestamptz", datetime(2026, 7, 14, 22, 30, 0, 500000, tzinfo=UTC)),
        ("'0099-01-01T00:00:00.000001Z'::timestamptz", datetime(99, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        ("NULL::numeric", None),
        ("'2026-07-14'::date", datetime(2026, 7, 14).date()),  # noqa: DTZ001
        ("1.5::float8", 1.5),
    ],
)
def test_values_are_loaded_as_json_shows_them(written, value):
    ((found,),) = connection.json_rows(f"SELECT {written}", [])
    assert dump(found) == dump(value)
    assert connection.json_rows("SELECT %s::int", [1]) == [(1,)]
    assert orjson.loads(dump(found)) == orjson.loads(dump(value))
