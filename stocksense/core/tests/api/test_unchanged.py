"""Lists that the caller has already: answered without reading them, and never when anything in them has changed."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Item
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.conftest import Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.models import TableChange
from stocksense.audit.services import changes
from stocksense.core.database.copy import copy_rows

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS = "items?ordering=sku"
UNREAD, READ = (304, False), (200, True)


@pytest.fixture
def program() -> Program:
    program = Program()
    program.user = UserFactory(role=Role.PLANNER)
    program.login(program.user)
    tea = Category.objects.create(path="tea", name="Tea")
    Item.objects.bulk_create(Item(sku=sku, name=sku, category=tea) for sku in ("A", "B"))
    return program


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def ask(program: Program, etag: str, path: str = ITEMS) -> tuple[int, bool]:
    """(status, whether items were read) where the list is asked for by somebody who has it with this ETag."""
    with CaptureQueriesContext(connection) as asked:
        answer = program.get(path, **{"If-None-Match": etag})
    return answer.status_code, any('FROM "inventory_item"' in query["sql"] for query in asked.captured_queries)


def known(program: Program, path: str = ITEMS) -> str:
    """The list's ETag, after the server was asked about it once."""
    etag = program.get(path)["ETag"]
    assert ask(program, etag, path)[0] == 304
    return etag


def copied() -> None:
    with transaction.atomic():
        rows = [("C", "C", "piece", 0, "active", "2026-01-01T00:00Z", "2026-01-01T00:00Z")]
        copy_rows(Item, ("sku", "name", "uom", "uom_decimals", "status", "created_at", "updated_at"), rows)


CHANGES = {
    "a saved row": lambda: Item.objects.get(sku="A").save(),
    "rows in bulk": lambda: Item.objects.update(name="x"),
    "SQL": lambda: sql("UPDATE inventory_item SET name = 'y' WHERE sku = 'B'"),
    "SQL that moves nothing but a time": lambda: sql("UPDATE inventory_item SET updated_at = now()"),
    "COPY": copied,
    "MERGE": lambda: sql(
        "MERGE INTO inventory_item USING (SELECT 'A' AS sku) AS new ON new.sku = inventory_item.sku"
        " WHEN MATCHED THEN UPDATE SET name = 'merged'"
    ),
    "the category that rows show": lambda: Category.objects.update(path="coffee"),
    "a deleted row": lambda: Item.objects.get(sku="B").delete(),
}


def test_an_unchanged_list_is_not_read_and_a_changed_one_always_is(program):
    for change in CHANGES.values():
        etag = known(program)
        assert ask(program, etag) == UNREAD
        change()
        assert ask(program, etag) == READ, change
    assert [row["name"] for row in program.get(ITEMS).json()["results"]] == ["merged", "C"]


def test_what_is_not_committed_changes_nothing_and_the_order_of_commits_does_not_matter(program):
    etag = known(program)
    with transaction.atomic():
        Item.objects.update(name="never")
        transaction.set_rollback(True)
    assert ask(program, etag) == UNREAD
    began, end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            Item.objects.filter(sku="A").update(name="begun first")
            began.set()
            end.wait(timeout=30)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(timeout=30)
    assert ask(program, etag) == UNREAD
    Item.objects.filter(sku="B").update(name="ended first")
    assert ask(program, etag) == READ
    between = known(program)
    end.set()
    thread.join()
    assert ask(program, between) == READ
    assert [row["name"] for row in program.get(ITEMS).json()["results"]] == ["begun first", "ended first"]


def test_a_savepoint_that_is_rolled_back_hides_no_change_of_its_transaction(program):
    etag = known(program)
    with transaction.atomic():
        point = transaction.savepoint()
        Item.objects.update(name="lost")
        transaction.savepoint_rollback(point)
        Item.objects.update(name="kept")
    assert ask(program, etag) == READ


def test_rows_that_tell_of_changes_are_combined_without_a_change_of_state(program):
    tables = frozenset({"inventory_item", "inventory_category"})
    for _ in range(changes.MOST_ROWS + 1):
        Item.objects.update(name="x")
    etag = known(program)  # (the state is read first, and then the rows are combined)
    assert TableChange.objects.filter(table__in=tables).count() == 2
    assert ask(program, etag) == UNREAD
    before = changes.state_of(tables)
    changes.combine(tables)
    assert changes.state_of(tables) == before
    Item.objects.update(name="y")
    assert changes.state_of(tables) != before


def test_each_address_has_an_answer_of_its_own(program):
    etag = known(program)
    other = known(program, f"{ITEMS}&sku=A")
    assert ask(program, etag, f"{ITEMS}&sku=A") == READ
    assert ask(program, other, f"{ITEMS}&sku=A") == UNREAD
    assert program.get(f"{ITEMS}&format=csv", **{"If-None-Match": etag})["Content-Type"].startswith("text/csv")
    children = "categories?ordering=path"
    assert ask(program, known_category := program.get(children)["ETag"], children)[0] == 304
    Item.objects.update(name="not shown there")
    assert ask(program, known_category, children)[0] == 304


def test_nobody_learns_from_it_what_they_may_not_see(program):
    etag = known(program)
    supplier = Program()
    supplier.login(UserFactory(role=Role.SUPPLIER))
    assert supplier.get(ITEMS, **{"If-None-Match": etag}).status_code == 403
    assert Program().get(ITEMS, **{"If-None-Match": etag}).status_code == 401
    assign_role(user=program.user, role=Role.SUPPLIER)
    assert ask(program, etag) == (401, False)


def test_lists_of_tables_that_are_not_watched_are_read(program):
    path = "stock-balances"
    etag = program.get(path)["ETag"]
    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            assert program.get(path, **{"If-None-Match": etag}).status_code == 304
        assert any('FROM "inventory_stockbalance"' in query["sql"] for query in asked.captured_queries)


def test_in_a_transaction_of_its_own_nobody_relies_on_states(program):
    tables = frozenset({"inventory_item"})
    assert changes.state_of(tables) is not None
    with transaction.atomic():
        assert changes.state_of(tables) is None
    assert changes.state_of(frozenset({"inventory_stockbalance"})) is None


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_trigger_fires_for_whoever_writes_and_cannot_be_left_out(program):
    before = changes.state_of(frozenset({"inventory_item"}))
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE inventory_item SET name = 'by the owner'")
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = %s AND tgenabled = 'A'",
            [changes.TRIGGER],
        )
        assert {name for (name,) in cursor.fetchall()} == changes.watched_tables()
    assert changes.state_of(frozenset({"inventory_item"})) != before
