"""A day that is sealed cannot be changed without it showing which row was."""

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from inventory.models import Category, Item
from stocksense.audit.models import AccessEntry, Seal, SealedHistory
from stocksense.audit.services import access, sealing, verifying
from stocksense.audit.services.changes import TRIGGER
from stocksense.core.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
EVENTS, LOG = "inventory_categoryevent", "audit_accessentry"


def as_owner(statement: str, *parameters) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters)


def event_on(day, name: str) -> int:
    """An event of that day; returns its number."""
    row = Category.objects.create(path=f"{name}-{day}", name=name)
    event = Category.pgh_event_model.objects.get(id=row.pk)
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    as_owner(f"UPDATE {EVENTS} SET pgh_created_at = %s WHERE pgh_id = %s", at, event.pgh_id)
    return event.pgh_id


def entry_on(day) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT stocksense_ensure_partitions(%s, ARRAY[%s::date])", [LOG, day])
    values = {"at": datetime.now(UTC), "request_id": "r", "method": "GET", "status": 200, "duration_ms": 1.25}
    return AccessEntry.objects.create(recorded_on=day, **values).pk


@pytest.fixture(autouse=True)
def only_these():
    """The events that setting up the company left are of today, and no finding."""
    return


def findings(**given) -> list[str]:
    return [str(finding) for finding in verifying.verify(**given).findings]


def test_a_sealed_day_that_nobody_touched_is_sound():
    event_on(YESTERDAY, "tea")
    entry_on(YESTERDAY)
    ((day, closing),) = sealing.seal_past_days()
    assert day == YESTERDAY
    assert [(seal.table, seal.rows) for seal in Seal.objects.all()] == [(EVENTS, 1), (LOG, 1), ("*", 2)]
    result = verifying.verify(expect=closing)
    assert (result.findings, result.seals, result.rows, result.newest) == ([], 3, 2, closing)
    assert sealing.seal_past_days() == []


def test_each_day_is_sealed_once_and_today_is_left_open():
    for day in (TODAY - timedelta(days=3), YESTERDAY, TODAY):
        event_on(day, "tea")
    assert [day for day, _ in sealing.seal_past_days()] == [TODAY - timedelta(days=back) for back in (3, 2, 1)]
    assert findings() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE inventory_categoryevent SET pgh_actor = 'nobody' WHERE pgh_id = {second}", "row changed: {second}"),
        ("DELETE FROM inventory_categoryevent WHERE pgh_id = {first}", "row deleted: {first}"),
        (
            "INSERT INTO inventory_categoryevent SELECT (jsonb_populate_record(e, '{{\"pgh_id\": 999999}}')).*"
            " FROM inventory_categoryevent e WHERE pgh_id = {first}",
            "row inserted: 999999",
        ),
        (
            "UPDATE inventory_categoryevent SET pgh_created_at = pgh_created_at - interval '2 days'"
            " WHERE pgh_id = {second}",
            "row deleted: {second}",
        ),
        ("DELETE FROM inventory_categoryevent", "rows deleted: {first}, {second}"),
        ("TRUNCATE inventory_categoryevent", "rows deleted: {first}, {second}"),
    ],
)
def test_what_the_owner_changes_shows(statement, said):
    numbers = {"first": event_on(YESTERDAY, "tea"), "second": event_on(YESTERDAY, "coffee")}
    sealing.seal_past_days()
    as_owner(statement.format(**numbers))
    assert findings()[0] == f"{YESTERDAY} {EVENTS}: {said.format(**numbers)}"


def test_a_row_put_into_a_day_without_any_shows():
    event_on(TODAY - timedelta(days=2), "tea")
    sealing.seal_past_days()
    number = event_on(YESTERDAY, "late")
    assert findings() == [f"{YESTERDAY} {EVENTS}: 1 row inserted after the day was sealed: {number}"]


def test_a_changed_line_of_the_access_log_shows():
    first, second = entry_on(YESTERDAY), entry_on(YESTERDAY)
    sealing.seal_past_days()
    as_owner(f"UPDATE {LOG} SET user_id = 7 WHERE id = %s", second)
    as_owner(f"DELETE FROM {LOG} WHERE id = %s", first)
    assert findings() == [f"{YESTERDAY} {LOG}: row changed: {second}; row deleted: {first}"]


def test_a_deleted_day_of_the_log_shows_and_a_retired_one_does_not():
    old = TODAY - timedelta(days=33)
    entry_on(old)
    entry_on(YESTERDAY)
    sealing.seal_past_days()
    assert access.drop_old() == 1
    result = verifying.verify()
    assert (result.findings, result.retired) == ([], 1)
    as_owner(f"DROP TABLE {LOG}_{YESTERDAY:%Y%m%d}")
    assert findings() == [f"{YESTERDAY} {LOG}: the whole day (1 rows) was deleted"]


def test_a_changed_or_missing_seal_shows():
    event_on(TODAY - timedelta(days=2), "tea")
    event_on(YESTERDAY, "tea")
    sealing.seal_past_days()
    assert Seal.objects.count() == 4
    as_owner("UPDATE audit_seal SET rows = 7 WHERE number = 1")
    assert findings()[0] == f"{TODAY - timedelta(days=2)} audit_seal: seal 1 ({EVENTS}) was changed"
    as_owner("DELETE FROM audit_seal WHERE number = 2")
    assert any("seals 2 to 2 were deleted" in finding for finding in findings())


def test_a_chain_that_was_made_anew_lacks_the_hash_that_was_told():
    event_on(YESTERDAY, "tea")
    ((_, told),) = sealing.seal_past_days()
    as_owner(f"UPDATE {EVENTS} SET name = 'other'")
    as_owner("DELETE FROM audit_seal")
    as_owner("DELETE FROM audit_sealedhistory")
    sealing.seal_past_days()
    assert findings() == []
    assert findings(expect=told) == ["audit_seal: no seal has the expected hash: the chain was made anew or cut short"]


def test_a_forged_list_of_rows_names_nobody_wrongly():
    event_on(YESTERDAY, "tea")
    sealing.seal_past_days()
    as_owner(f"UPDATE {EVENTS} SET name = 'other'")
    as_owner("UPDATE audit_sealedhistory SET digests = '\\x0000000000000000'")
    assert findings() == [
        f"{YESTERDAY} {EVENTS}: the rows (1, sealed 1) and the list of sealed rows were changed"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "undo", "said"),
    [
        ("DISABLE TRIGGER USER", f"ENABLE TRIGGER USER, ENABLE ALWAYS TRIGGER {TRIGGER}", "is switched off"),
        (None, None, "is missing"),
    ],
)
def test_a_trigger_that_does_not_fire_shows(statement, undo, said):
    with connections["owner"].cursor() as cursor:
        if statement:
            cursor.execute(f"ALTER TABLE inventory_category {statement}")
            found = findings()
            cursor.execute(f"ALTER TABLE inventory_category {undo}")
        else:
            with transaction.atomic(using="owner"):
                name = Category._meta.triggers[0].get_pgid(Category)
                cursor.execute(f"ALTER TRIGGER {name} ON inventory_category RENAME TO elsewhere")
            found = findings()
            cursor.execute(f"ALTER TRIGGER elsewhere ON inventory_category RENAME TO {name}")
    assert found[0] == f"inventory_category: the trigger history_insert {said}"
    assert findings() == []


def test_a_new_column_breaks_no_seal_and_a_lost_one_is_told():
    event_on(YESTERDAY, "tea")
    sealing.seal_past_days()
    as_owner(f"ALTER TABLE {EVENTS} ADD COLUMN colour text DEFAULT 'green'")
    assert findings() == []
    as_owner(f"ALTER TABLE {EVENTS} DROP COLUMN colour")
    as_owner(f"ALTER TABLE {EVENTS} RENAME COLUMN name TO title")
    try:
        assert findings()[0] == f"{YESTERDAY} {EVENTS}: cannot be checked without the column name"
    finally:
        as_owner(f"ALTER TABLE {EVENTS} RENAME COLUMN title TO name")


def test_two_sealers_make_one_chain():
    for back in (3, 2, 1):
        event_on(TODAY - timedelta(days=back), "tea")
    failures: list[BaseException] = []

    def seal() -> None:
        try:
            sealing.seal_past_days()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Seal.objects.filter(table="*").count() == 3
    assert findings() == []


def test_a_transaction_open_over_midnight_is_waited_for(monkeypatch):
    event_on(YESTERDAY, "tea")
    monkeypatch.setattr(sealing, "PATIENCE_SECONDS", 0.5)
    started, end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            Item.objects.create(sku="LATE")
            started.set()
            end.wait(20)
        connection.close()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    started.wait(10)
    try:
        with pytest.raises(Conflict, match="still under way"):
            sealing.seal_past_days()
        assert Seal.objects.count() == 0
    finally:
        end.set()
        thread.join()
    assert len(sealing.seal_past_days()) == 1


def test_a_day_is_not_sealed_from_inside_a_transaction():
    event_on(YESTERDAY, "tea")
    with pytest.raises(RuntimeError, match="outside of a transaction"), transaction.atomic():
        sealing.seal_past_days()


@pytest.mark.parametrize("table", ["audit_seal", "audit_sealedhistory"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_serving_role_cannot_change_seals(table, statement):
    event_on(YESTERDAY, "tea")
    sealing.seal_past_days()
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert SealedHistory.objects.count() == 1


def test_many_rows_are_named_as_far_as_anybody_reads(monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK", 7)
    numbers = [event_on(YESTERDAY, f"tea{n}") for n in range(30)]
    sealing.seal_past_days()
    assert SealedHistory.objects.count() == 5
    assert findings() == []
    as_owner(f"DELETE FROM {EVENTS} WHERE pgh_id <> %s", numbers[3])
    shown = ", ".join(str(number) for number in [*numbers[:3], *numbers[4:21]])
    assert findings() == [f"{YESTERDAY} {EVENTS}: rows deleted: {shown} and 9 more"]


def test_the_command_says_what_is_wrong_and_fails():
    number = event_on(YESTERDAY, "tea")
    sealing.seal_past_days()
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().startswith("2 seals, 1 rows checked. Newest: ")
    as_owner(f"UPDATE {EVENTS} SET name = 'other'")
    with pytest.raises(CommandError, match="1 problem found") as ended:
        call_command("verify_audit", stdout=out)
    assert ended.value.returncode == 1
    assert f"{YESTERDAY} {EVENTS}: row changed: {number}" in out.getvalue()
