"""The database knows who acts, whatever commits, rolls back or is copied in."""

import threading

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from inventory.models import Category
from stocksense.accounts.models import User
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import context
from stocksense.core.context import Channel
from stocksense.core.database.backend import direct
from stocksense.core.database.copy import copy_rows

SETTINGS = ("actor_id", "actor", "request_id", "channel", "reason")


def told() -> dict[str, str]:
    """What the database holds now, without blanks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('stocksense.{name}', true)" for name in SETTINGS))
        return {name: value for name, value in zip(SETTINGS, cursor.fetchone(), strict=True) if value}


def write(path: str) -> None:
    Category.objects.create(path=path, name=path)


transactional = pytest.mark.django_db(transaction=True)


@transactional
def test_a_write_tells_who_acts_and_the_end_of_the_transaction_forgets_it():
    ada = UserFactory(name="Ada", email="ada@example.com")
    with context.acting(actor=ada, channel=Channel.ADMIN, request_id="r-1", reason="new season"), transaction.atomic():
        assert told() == {}
        write("tea")
        assert told() == {
            "actor_id": str(ada.pk), "actor": "Ada <ada@example.com>", "request_id": "r-1",
            "channel": "admin", "reason": "new season",
        }  # fmt: skip
    assert told() == {}


@transactional
def test_it_is_told_once_per_transaction(monkeypatch):
    statements = []

    usual = direct.Statements.rows

    def noted(self, sql, *given):
        statements.append(sql)
        return usual(self, sql, *given)

    monkeypatch.setattr(direct.Statements, "rows", noted)
    with context.acting(request_id="r-2"), transaction.atomic():
        write("a")
        write("b")
        with transaction.atomic():
            write("c")
    assert len(statements) == 1


@transactional
def test_a_connection_that_is_gone_when_it_is_told_is_djangos_error():
    with context.acting(request_id="r-3"), transaction.atomic():
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        other.close()
        with pytest.raises(OperationalError):
            write("a")
        transaction.set_rollback(True)
    assert not Category.objects.exists()


@transactional
@pytest.mark.parametrize(
    ("name", "label"),
    [("Ada", "Ada <ada@example.com>"), ("", "ada@example.com"), (" Ada\t", "Ada\t <ada@example.com>")],
)
def test_a_user_of_whom_neither_name_nor_address_was_read_is_named_by_the_database(name, label):
    request = RequestFactory().get("/api/v1/items")
    request.user = User.objects.only("pk").get(pk=UserFactory(name=name, email="ada@example.com").pk)
    with (
        context.using(context.Origin(request=request)),
        transaction.atomic(),
        CaptureQueriesContext(connection) as asked,
    ):
        write("tea")
        assert told() == {"actor_id": str(request.user.pk), "actor": label}
    assert not [query for query in asked.captured_queries if "accounts_user" in query["sql"]]
    assert {"name", "email"} <= request.user.get_deferred_fields()
    assert context.label_of(request.user) == label


@transactional
def test_after_a_rolled_back_savepoint_it_is_told_again():
    with context.acting(request_id="r-3"), transaction.atomic():
        savepoint = transaction.savepoint()
        write("lost")
        transaction.savepoint_rollback(savepoint)
        assert told() == {}
        write("kept")
        assert told() == {"request_id": "r-3"}


@transactional
def test_a_raw_rollback_deceives_nobody():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT mine")
            with context.acting(request_id="inner"):
                write("lost")
            cursor.execute("ROLLBACK TO SAVEPOINT mine")
        with context.acting(request_id="outer"):
            write("kept")
            assert told() == {"request_id": "outer"}


@transactional
def test_each_actor_of_a_transaction_is_told_and_nobody_as_well():
    with transaction.atomic():
        for name in ("first", "second"):
            with context.acting(request_id=name):
                write(name)
                assert told() == {"request_id": name}
        write("third")
        assert told() == {}


@transactional
def test_a_write_outside_of_a_transaction_gets_one_of_its_own():
    with context.acting(request_id="r-5"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_category (path, name, created_at, updated_at)"
            " VALUES ('x', 'x', now(), now()) RETURNING current_setting('stocksense.request_id')"
        )
        assert cursor.fetchone() == ("r-5",)
    assert told() == {}
    assert not connection.in_atomic_block


@transactional
def test_rows_copied_in_are_attributed():
    with context.acting(request_id="r-6"), transaction.atomic():
        copy_rows(Category, ["path", "name", "created_at", "updated_at"], [("c", "c", "2026-11-23", "2026-11-23")])
        assert told() == {"request_id": "r-6"}


@transactional
def test_reading_tells_nothing():
    with context.acting(request_id="r-7"), transaction.atomic():
        list(Category.objects.all())
        assert told() == {}


@pytest.mark.django_db
def test_the_actor_of_a_request_is_whoever_it_is_signed_in_as_when_it_writes():
    request = RequestFactory().get("/api/v1/items/")
    request.user = AnonymousUser()
    with context.using(context.Origin(request_id="r-8", channel=Channel.API, request=request)):
        write("before")
        assert told() == {"request_id": "r-8", "channel": "api"}
        request.user = UserFactory(name="", email="bo@example.com")
        write("after")
        assert told()["actor"] == "bo@example.com"


@pytest.mark.django_db
def test_hostile_text_is_told_as_text():
    reason = "'); DROP TABLE inventory_category; -- \\ % %s \x00é" + "x" * 1000
    with context.acting(reason=reason):
        write("quoted")
        assert told()["reason"] == reason.replace("\x00", "")[:500]


def test_a_thread_does_not_act_for_whoever_started_it():
    seen = []
    with context.acting(request_id="r-9"):
        thread = threading.Thread(target=lambda: seen.append(context.current()))
        thread.start()
        thread.join()
    assert seen == [context.NOBODY]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123_x.Y", True), ("a" * 64, True), ("a" * 65, False), ("", False), (None, False),
        ("two words", False), ("new\nline", False), ("trailing\n", False), ("é", False), ('"}', False),
    ],
)  # fmt: skip
def test_a_request_id_is_taken_over_where_it_is_well_formed(given, kept):
    accepted = context.accepted_request_id(given)
    assert (accepted == given) is kept
    assert kept or len(accepted) == 32


def test_an_origin_survives_a_message():
    origin = context.Origin(request_id="r", channel="admin", reason="why", actor_id=7, actor="Ada")
    assert context.from_header(context.to_header(origin)) == origin
