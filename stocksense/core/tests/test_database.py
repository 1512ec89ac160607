"""What the database itself guarantees: partitions, and what each role may do."""

from datetime import date, timedelta

import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from inventory.models import Demand, StockMovement
from planning.models import PlannedOrder
from stocksense.core.database.partitions import analyze_partition, drop_partitions, ensure_partitions

pytestmark = pytest.mark.django_db


def partitions_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [table]
        )
        return [name for (name,) in cursor.fetchall()]


def test_the_suite_serves_as_the_web_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("stocksense_web",)


def test_a_partition_is_made_once_per_step():
    today = date.today()  # noqa: DTZ011
    first, again = date(today.year, 3, 1), date(today.year, 9, 30)
    assert ensure_partitions(Demand, [first, again]) == 1
    assert ensure_partitions(Demand, [again]) == 0
    assert partitions_of("inventory_demand") == [f"inventory_demand_{today.year}0101"]


def test_a_date_beyond_the_span_is_refused_and_makes_nothing():
    far = date.today() + timedelta(days=4 * 366)  # noqa: DTZ011
    with pytest.raises(DataError, match="too far back or more than 3 years ahead"), transaction.atomic():
        ensure_partitions(Demand, [far])
    assert partitions_of("inventory_demand") == []


def test_run_outputs_age_out_by_partition_and_kept_days_stay():
    today = date.today()  # noqa: DTZ011
    days = [today - timedelta(days=back) for back in (40, 35, 1)]
    ensure_partitions(PlannedOrder, days)
    assert drop_partitions(PlannedOrder, before=today - timedelta(days=30), keep=[days[1]]) == 1
    assert partitions_of("planning_plannedorder") == [
        f"planning_plannedorder_{day:%Y%m%d}" for day in (days[1], days[2])
    ]


def test_what_a_partition_holds_is_learned_at_once():
    day = date(2026, 3, 2)
    ensure_partitions(Demand, [day])
    Demand.objects.create(item_id=1, location_id=1, date=day, bucket_days=1, quantity=4)
    analyze_partition(Demand, day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'inventory_demand_20260101'")
        assert cursor.fetchone() == (1,)


def test_a_partition_that_was_not_made_cannot_be_learned():
    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
        analyze_partition(Demand, date(2020, 1, 1))


def test_the_ledger_is_never_dropped_by_partition():
    with pytest.raises(ProgrammingError, match="are kept"), transaction.atomic():
        drop_partitions(StockMovement, before=date.today() - timedelta(days=30), keep=[])  # noqa: DTZ011


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET lot = 'x'", "TRUNCATE {}", "DROP TABLE {}"])
def test_the_web_role_cannot_rewrite_the_ledger(statement):
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("inventory_stockmovement"))
