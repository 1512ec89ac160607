"""The stock ledger: each event once, balances the sum of movements, never rewritten."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Sum

from inventory.models import (
    Item,
    ItemLocationState,
    Location,
    MovementKey,
    MovementKind,
    StockBalance,
    StockMovement,
    StockStatus,
)
from inventory.services import ledger
from stocksense.core.errors import InvalidInput


@pytest.fixture
def place(db):
    item = Item.objects.create(sku="A")
    location = Location.objects.create(code="S1", time_zone="Asia/Tokyo")
    return {"item": item.pk, "location": location.pk}


def record(place, quantity, key, **more):
    values = {"kind": MovementKind.RECEIPT, "source": "dock", "actor": None} | more
    return ledger.record_movement(**place, quantity=Decimal(quantity), key=key, **values)


def test_a_movement_changes_the_balance_and_counts_a_change(place):
    assert record(place, "5", "1").balance == 5
    assert record(place, "-2", "2", kind=MovementKind.SALE).balance == 3
    assert list(StockMovement.objects.order_by("id").values_list("quantity", "balance_after")) == [(5, 5), (-2, 3)]
    assert ItemLocationState.objects.get().change_counter == 2


def test_an_event_delivered_twice_counts_once(place):
    first, second = record(place, "5", "1"), record(place, "5", "1")
    assert (first.is_new, second.is_new, second.balance) == (True, False, 5)
    assert StockMovement.objects.count() == MovementKey.objects.count() == 1
    assert ledger.is_recorded(source="dock", key="1")
    assert record(place, "5", "1", source="till").balance == 10


def test_lots_and_status_have_balances_of_their_own(place):
    record(place, "5", "1", lot="L1")
    record(place, "2", "2", lot="L1", status=StockStatus.BLOCKED)
    assert set(StockBalance.objects.values_list("lot", "status", "quantity")) == {
        ("L1", "available", 5), ("L1", "blocked", 2),
    }  # fmt: skip


def test_a_movement_s_day_is_the_location_s(place):
    record(place, "5", "1", moved_at=datetime(2026, 3, 1, 20, 0, tzinfo=UTC))
    assert str(StockMovement.objects.get().moved_on) == "2026-03-02"


@pytest.mark.parametrize(("quantity", "key", "year"), [("0", "1", 2026), ("1", "", 2026), ("1", "1", 1950)])
def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(place, quantity, key, year):
    with pytest.raises(InvalidInput):
        record(place, quantity, key, moved_at=datetime(year, 3, 1, tzinfo=UTC))
    assert not StockMovement.objects.exists()
    assert not MovementKey.objects.exists()
    assert not StockBalance.objects.exists()


@pytest.mark.parametrize("table", ["inventory_stockmovement", "inventory_movementkey"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET moved_on = moved_on", "DELETE FROM {}"])
def test_the_serving_role_cannot_rewrite_it(place, table, statement):
    record(place, "5", "1")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    assert StockMovement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_movements_at_the_same_time_add_up_and_repeats_count_once(place):
    """Eight writers, each the same ten events: ten movements, one balance."""
    failures = []

    def write():
        try:
            for number in range(10):
                record(place, str(number + 1), str(number))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert StockMovement.objects.count() == 10
    assert StockBalance.objects.get().quantity == 55 == StockMovement.objects.aggregate(sum=Sum("quantity"))["sum"]
    assert sorted(StockMovement.objects.values_list("balance_after", flat=True))[-1] == 55


def test_the_database_plans_a_movement_once_and_not_each_time(place):
    """A plan that is made anew for each movement costs as much as the movement."""
    for number in range(8):
        record(place, "1", str(number))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%INSERT INTO inventory_movementkey%"],
        )
        generic, custom = cursor.fetchone()
    assert custom <= 5 < generic + custom
