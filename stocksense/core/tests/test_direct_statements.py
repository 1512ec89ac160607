"""Statements that are run often: they return and raise what cursors return and raise, and stay prepared."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from stocksense.core.database import prepared
from stocksense.core.database.backend import direct

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (id int PRIMARY KEY, a int)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kept")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, ""), (70_000, ""), (2**40, ""), (-1, ""), (2**70, ""), (Decimal("1.50"), ""), (1.5, ""), (True, ""),
        ("text", "::text"), ("", "::text"), ("50 % of 'it'", "::text"), (b"\x00\xff", "::bytea"), (None, "::int"),
        (date(2026, 7, 14), ""), (datetime(2026, 7, 14, 22, 30, tzinfo=UTC), ""), (UUID(int=7), ""),
        ([1, 2], "::int[]"), (["a", None], "::text[]"), ([], "::int[]"),
    ],
)  # fmt: skip
def test_values_come_and_go_as_by_a_cursor(value, kind):
    sql = f"SELECT %s{kind}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [value])
        wanted = cursor.fetchall()
    assert prepared.rows(sql, [value]) == wanted
    assert prepared.rows(sql.replace("%s", "%(it)s"), {"it": value, "more": 1}) == wanted
    with CaptureQueriesContext(connection) as queries:
        assert prepared.rows(sql, [value]) == wanted
    assert [query["sql"] for query in queries] == [sql]


def test_places_have_numbers_and_percent_signs_stay():
    sql = "SELECT 100 %% 7, %(b)s::int, %(a)s::int, %(b)s::int"
    assert prepared.rows(sql, {"a": 1, "b": 2}) == [(2, 2, 1, 2)]
    assert prepared.rows("SELECT %s::int, %s::int", [3, 4]) == [(3, 4)]


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT %s::int", []), ("SELECT %s::int", [1, 2]), ("SELECT %(a)s::int", [1, 2]), ("SELECT %s::int", {"a": 1}),
        ("SELECT %(a)s::int, %s::int", {"a": 1}),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_refused(sql, parameters):
    with pytest.raises(ProgrammingError, match="places"):
        prepared.rows(sql, parameters)


def test_what_returns_no_rows_returns_none(table):
    assert prepared.rows("INSERT INTO kept VALUES (%s, %s)", [1, 2]) == []
    assert prepared.rows("SELECT a FROM kept WHERE id = %s", [9]) == []


def test_statements_stay_prepared_when_a_transaction_is_rolled_back(table):
    sql = "SELECT a + %s FROM kept"
    prepared.rows(sql, [1])
    before = names()
    with transaction.atomic():
        prepared.rows("INSERT INTO kept VALUES (%s, %s)", [1, 2])
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kept ADD b int")
    with transaction.atomic():
        assert prepared.rows(sql, [1]) == []
    assert before <= names()


def test_a_plan_that_no_longer_fits_and_a_statement_that_is_gone_are_prepared_anew(table):
    sql = "SELECT * FROM kept"
    assert prepared.rows(sql, []) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kept ADD b int DEFAULT 5")
        cursor.execute("INSERT INTO kept VALUES (1, 2)")
    assert prepared.rows(sql, []) == [(1, 2, 5)]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert prepared.rows(sql, []) == [(1, 2, 5)]
    assert len(names()) == 1


@pytest.mark.parametrize(
    ("change", "kind"), [("ALTER TABLE kept ADD b int", NotSupportedError), ("DEALLOCATE ALL", ProgrammingError)]
)
def test_a_statement_that_no_longer_fits_costs_one_transaction(table, change, kind):
    before = names()
    with transaction.atomic():
        prepared.rows("SELECT * FROM kept", [])
    with connection.cursor() as cursor:
        cursor.execute(change)
    with pytest.raises(kind), transaction.atomic():
        prepared.rows("SELECT * FROM kept", [])
    with transaction.atomic():
        assert prepared.rows("SELECT * FROM kept", []) == []
    assert prepared.rows("SELECT 1", []) == [(1,)]
    assert len(names() - before) == 2


def test_a_connection_keeps_only_so_many(monkeypatch):
    monkeypatch.setattr(direct, "MOST_PREPARED", 3)
    connection.close()
    for number in (0, 1, 2, 0, 3, 0, 4):
        assert prepared.rows(f"SELECT {number} + %s::int", [1]) == [(number + 1,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
        kept = [sql for (sql,) in cursor.fetchall()]
    assert kept == ["SELECT 0 + $1::int", "SELECT 3 + $1::int", "SELECT 4 + $1::int"]
    connection.close()


def test_making_room_ends_no_transaction(monkeypatch):
    monkeypatch.setattr(direct, "MOST_PREPARED", 1)
    connection.close()
    assert prepared.rows("SELECT 1", []) == [(1,)]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with transaction.atomic():
        assert [prepared.rows(f"SELECT {number}", []) for number in (2, 3)] == [[(2,)], [(3,)]]
    assert prepared.rows("SELECT 3", []) == [(3,)]
    assert names() == {"stocksense_3"}
    connection.close()


def test_what_is_under_way_on_the_connection_is_not_cut_off():
    with transaction.atomic(), connection.cursor() as cursor:
        rows = cursor.cursor.stream("SELECT generate_series(1, 3)")
        assert next(rows) == (1,)
        for ask in (lambda: prepared.rows("SELECT 1", []), connection._commit):
            with pytest.raises(OperationalError, match="in progress"):
                ask()
        assert list(rows) == [(2,), (3,)]


def test_wrappers_see_djangos_errors():
    seen = []

    def note(execute, *asked):
        try:
            return execute(*asked)
        except DatabaseError as error:
            seen.append(error)
            raise

    with connection.execute_wrapper(note), pytest.raises(DataError) as caught:
        prepared.rows("SELECT 1 / %s::int", [0])
    assert seen == [caught.value]


def test_errors_are_djangos_and_end_the_transaction(table):
    insert = "INSERT INTO kept VALUES (%s, 1)"
    prepared.rows(insert, [1])
    with pytest.raises(IntegrityError) as caught:
        prepared.rows(insert, [1])
    assert caught.value.__cause__.sqlstate == "23505"
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            prepared.rows(insert, [1])
        prepared.rows(insert, [2])
    assert prepared.rows("SELECT id FROM kept ORDER BY id", []) == [(1,), (2,)]
    with transaction.atomic():
        with pytest.raises(DatabaseError):
            prepared.rows("SELECT 1 / %s::int", [0])
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            prepared.rows("SELECT 1", [])


def test_a_connection_that_ends_under_way_is_an_operational_error_and_is_replaced():
    (before,) = prepared.rows("SELECT pg_backend_pid()", [])[0]
    with pytest.raises(OperationalError):
        prepared.rows("SELECT pg_terminate_backend(%s::int)", [before])
    with pytest.raises(OperationalError):
        prepared.rows("SELECT 1", [])
    connection.close_if_unusable_or_obsolete()
    assert prepared.rows("SELECT pg_backend_pid()", []) != [(before,)]


@pytest.mark.parametrize(
    ("done", "kind"),
    [
        ("RAISE unique_violation", IntegrityError),
        ("PERFORM pg_terminate_backend(pg_backend_pid())", OperationalError),
    ],
)
def test_what_fails_when_it_is_committed_is_told_and_nothing_follows_it(done, kind):
    followed: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {done}; RETURN NULL; END$$;
            CREATE TEMP TABLE refused (id int);
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON refused DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()""")

    @transaction.atomic
    def run(sql: str, number: int) -> None:
        transaction.on_commit(lambda: followed.append(number))
        prepared.rows(sql, [number])

    with pytest.raises(kind):
        run("INSERT INTO refused VALUES (%s)", 1)
    run("SELECT %s::int", 2)
    assert followed == [2]
    connection.close()


def test_behind_a_pooler_nothing_is_prepared(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepare_threshold", None)
    assert prepared.rows("SELECT %s::int + 1", [1]) == [(2,)]
    assert names() == set()
    connection.close()


def test_a_transaction_begins_as_its_connection_was_told_to():
    connection.ensure_connection()
    connection.connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    try:
        with transaction.atomic():
            assert prepared.rows("SHOW transaction_isolation", []) == [("serializable",)]
    finally:
        connection.connection.isolation_level = None
    with transaction.atomic():
        assert prepared.rows("SHOW transaction_isolation", []) == [("read committed",)]


def test_committed_is_committed_and_rolled_back_is_not():
    insert = """INSERT INTO messaging_idempotencykey (principal, key, fingerprint, status, body, headers, created_at)
        VALUES ('a', %s, '', 0, '', '{}', now())"""
    with transaction.atomic():
        prepared.rows(insert, ["1"])
    with transaction.atomic():
        prepared.rows(insert, ["2"])
        transaction.set_rollback(True)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT key FROM messaging_idempotencykey")
        assert cursor.fetchall() == [("1",)]
    other.close()
