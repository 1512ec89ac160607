"""Who asked what of the API: a row per request, written in batches, never in the way of an answer."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from django.utils import timezone

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.models import AccessEntry
from stocksense.audit.services import access
from stocksense.audit.services.access import AccessLog

pytestmark = pytest.mark.django_db
CANARY = "k4n4ry-Zw3r9Qx7Lm2"


@pytest.fixture(autouse=True)
def log(monkeypatch) -> AccessLog:
    fresh = AccessLog(most=50)
    monkeypatch.setattr(access, "log", fresh)
    return fresh


def row(**given):
    values = dict.fromkeys(access.COLUMNS, "")
    values |= {"at": timezone.now(), "method": "GET", "status": 200, "duration_ms": 1.5}
    values |= {"user_id": None, "address": None}
    return tuple({**values, **given}[name] for name in access.COLUMNS)


def entries():
    return AccessEntry.objects.order_by("id")


def test_a_request_to_the_api_is_one_row(client, log):
    ada = UserFactory(role=Role.VIEWER)
    client.force_login(ada)
    answer = client.get(f"/api/v1/items?q={CANARY}", HTTP_X_REQUEST_ID="r-7", REMOTE_ADDR="203.0.113.9")
    assert AccessEntry.objects.count() == 0
    assert log.flush() == 1
    entry = entries().get()
    assert (entry.request_id, entry.user_id, entry.method, entry.status, entry.address, entry.channel) == (
        "r-7", ada.pk, "GET", answer.status_code, "203.0.113.9", "api"
    )  # fmt: skip
    assert entry.route
    assert 0 < entry.duration_ms < 60_000
    assert entry.recorded_on == timezone.now().date()


def test_a_refused_request_and_one_that_leads_nowhere_are_rows_as_well(client, log):
    assert client.get("/api/v1/items").status_code in {401, 403}
    assert client.get("/api/v1/nowhere").status_code in {401, 403, 404}
    log.flush()
    assert [(entry.user_id, entry.status >= 400) for entry in entries()] == [(None, True), (None, True)]


def test_an_attempt_to_sign_in_is_a_row_without_what_was_typed(client, log):
    client.post("/account/sign-in/", {"login": "ada@example.com", "password": CANARY})
    log.flush()
    entry = entries().get()
    assert (entry.route, entry.method, entry.user_id) == ("account_login", "POST", None)
    everything = json.dumps(list(AccessEntry.objects.values()), default=str)
    assert CANARY not in everything
    assert "ada@example.com" not in everything


def test_pages_are_no_rows(client, log):
    client.get("/healthz")
    client.get("/admin/")
    client.get("/account/sign-in/")
    assert log.waiting() == 0


def test_noting_a_request_asks_nothing_of_the_database(log, django_assert_num_queries):
    with django_assert_num_queries(0):
        for _ in range(50):
            log.add(row())


def test_what_does_not_fit_is_counted_and_nobody_waits(log):
    for number in range(53):
        log.add(row(request_id=str(number)))
    assert (log.waiting(), log.dropped) == (50, 3)
    assert log.flush() == 50
    assert [entry.request_id for entry in entries()] == [str(number) for number in range(50)]


def test_rows_stay_in_order_where_the_database_is_away(log, monkeypatch):
    for number in range(5):
        log.add(row(request_id=str(number)))
    written = log._write
    monkeypatch.setattr(log, "_write", lambda batch: (_ for _ in ()).throw(OperationalError("away")))
    for _ in range(2):
        with pytest.raises(OperationalError):
            log.flush()
    assert (log.waiting(), log.dropped) == (5, 0)
    monkeypatch.setattr(log, "_write", written)
    assert log.flush() == 5
    assert [entry.request_id for entry in entries()] == ["0", "1", "2", "3", "4"]


def test_what_was_lost_is_told_once(log, caplog):
    for _ in range(52):
        log.add(row())
    log._tell()
    log._tell()
    assert [record.message for record in caplog.records] == [
        "the access log lacks 2 rows: there was no room for them"
    ]  # fmt: skip


def test_batches_are_written_by_many_threads_once_each(log):
    big = AccessLog(most=10_000)
    threads = [threading.Thread(target=lambda: [big.add(row()) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert big.flush() == 4000
    assert AccessEntry.objects.count() == 4000


@pytest.mark.parametrize("statement", ["UPDATE audit_accessentry SET status = 200", "DELETE FROM audit_accessentry"])
def test_the_serving_role_cannot_change_the_log(log, statement):
    log.add(row(status=403))
    log.flush()
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert entries().get().status == 403


@pytest.mark.parametrize("table", ["audit_accessentry", "audit_sealedaccess"])
def test_the_serving_role_cannot_drop_a_young_day(log, table):
    log.add(row())
    log.flush()
    refused = pytest.raises(DatabaseError, match="younger than 30 days are kept")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT stocksense_drop_partitions(%s, current_date - 29, '{}')", [table])
    assert AccessEntry.objects.count() == 1


def test_days_older_than_thirty_are_dropped(log):
    today = timezone.now().date()
    with connection.cursor() as cursor:
        for days in (29, 30, 31, 40):
            day = today - timedelta(days=days)
            cursor.execute("SELECT stocksense_ensure_partitions('audit_accessentry', ARRAY[%s::date])", [day])
            AccessEntry.objects.create(
                recorded_on=day, at=timezone.now(), method="GET", status=200, duration_ms=1, request_id=str(days)
            )
    assert access.drop_old() == 2
    assert [entry.request_id for entry in entries()] == ["29", "30"]


def test_run_outputs_age_out_by_their_own_rule(log):
    from stocksense.company import retention

    assert "audit_accessentry" not in retention.drop_old_runs()


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_by_itself(settings, log):
    settings.ACCESS_LOG_THREAD = True
    log.add(row(request_id="by thread"))
    for _ in range(100):
        if AccessEntry.objects.exists():
            break
        threading.Event().wait(0.1)
    assert entries().get().request_id == "by thread"
    with log._flushing:
        log._waiting.clear()
