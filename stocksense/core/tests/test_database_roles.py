"""What the web and portal roles may do with the tables: theirs to read and write, never to rebuild."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, connections, transaction

from inventory.models import Item, Location
from stocksense.core.database import roles
from vendors.models import (
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    SharedForecast,
    Supplier,
    SupplierItem,
)

REFUSED = r"permission denied|must be owner"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE inventory_item",
        "ALTER TABLE inventory_item ADD COLUMN secret text",
        "ALTER TABLE inventory_item DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE vendors_supplier DISABLE ROW LEVEL SECURITY",
        "TRUNCATE inventory_item CASCADE",
        "CREATE TABLE mine (id int)",
        "DROP POLICY stocksense_portal ON vendors_supplier",
        "UPDATE stocksense_partitioned_table SET droppable = true",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('core', '9999_mine', now())",
    ],
)
def test_the_web_role_cannot_rebuild_the_database(statement):
    with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def portal_of(supplier: Supplier | None):
    """The portal's connection, in a transaction that names a supplier (None: names nobody)."""
    with transaction.atomic(using="portal"):
        if supplier is not None:
            with connections["portal"].cursor() as cursor:
                cursor.execute("SELECT set_config('stocksense.supplier_id', %s, true)", [str(supplier.pk)])
        yield


def supplier_with_orders(code: str, item: Item, location: Location) -> Supplier:
    """A supplier with terms, a shared forecast, and one order in each of three states."""
    supplier = Supplier.objects.create(code=code)
    term = SupplierItem.objects.create(supplier=supplier, item=item)
    PriceBreak.objects.create(supplier_item=term, min_quantity=10, unit_price=Decimal(2))
    SharedForecast.objects.create(
        supplier=supplier, item=item, location=location, first_date="2026-11-16", bucket_days=7, quantities=[1, 2]
    )
    for state in ("draft", "approved", "sent"):
        order = PurchaseOrder.objects.create(
            number=f"{code}-{state}", supplier=supplier, destination=location, currency="EUR", state=state
        )
        line = PurchaseOrderLine.objects.create(order=order, number="1", item=item)
        PurchaseOrderSchedule.objects.create(line=line, quantity=5)
    return supplier


@pytest.fixture
def two_suppliers() -> tuple[Supplier, Supplier]:
    item, location = Item.objects.create(sku="TEA"), Location.objects.create(code="NORTH", kind="store")
    return supplier_with_orders("ACME", item, location), supplier_with_orders("BOLT", item, location)


SEEN = (Supplier, SupplierItem, PriceBreak, SharedForecast, PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule)
portal_test = pytest.mark.django_db(transaction=True, databases=["default", "portal"])


@portal_test
def test_a_supplier_sees_its_own_sent_orders_only(two_suppliers):
    acme, _ = two_suppliers
    with portal_of(acme):
        assert list(PurchaseOrder.objects.using("portal").values_list("number", flat=True)) == ["ACME-sent"]
        lines = PurchaseOrderLine.objects.using("portal").values_list("order__number", flat=True)
        assert list(lines) == ["ACME-sent"]
        schedules = PurchaseOrderSchedule.objects.using("portal").values_list("line__order__number", flat=True)
        assert list(schedules) == ["ACME-sent"]


@portal_test
def test_a_supplier_sees_its_own_terms_prices_and_forecast_only(two_suppliers):
    _, bolt = two_suppliers
    with portal_of(bolt):
        assert list(Supplier.objects.using("portal").values_list("code", flat=True)) == ["BOLT"]
        assert [term.supplier_id for term in SupplierItem.objects.using("portal").order_by("pk")] == [bolt.pk]
        assert PriceBreak.objects.using("portal").get().supplier_item.supplier_id == bolt.pk
        assert SharedForecast.objects.using("portal").get().supplier_id == bolt.pk


@portal_test
def test_the_portal_sees_nothing_before_it_names_a_supplier(two_suppliers):
    with portal_of(None):
        assert [model.objects.using("portal").order_by().count() for model in SEEN] == [0] * len(SEEN)


@portal_test
def test_the_name_of_the_supplier_ends_with_its_transaction(two_suppliers):
    with portal_of(two_suppliers[0]):
        assert PurchaseOrder.objects.using("portal").count() == 1
    with portal_of(None):
        assert PurchaseOrder.objects.using("portal").count() == 0


@portal_test
@pytest.mark.parametrize("model", SEEN)
def test_the_portal_cannot_write_what_it_sees(two_suppliers, model):
    acme, _ = two_suppliers
    with pytest.raises(ProgrammingError, match="permission denied"), portal_of(acme):
        model.objects.using("portal").order_by().delete()
    assert model.objects.count() in {2, 6}


@portal_test
@pytest.mark.parametrize("table", ["accounts_user", "inventory_stockbalance", "planning_plannedorder", "jobs_job"])
def test_the_portal_cannot_read_other_tables(table):
    with pytest.raises(ProgrammingError, match="permission denied"), portal_of(None):
        connections["portal"].cursor().execute(f"SELECT 1 FROM {table}")


@portal_test
@pytest.mark.parametrize(
    "call",
    [
        "stocksense_drop_partitions('planning_plannedorder', current_date - 5, '{}')",
        "stocksense_ensure_partitions('planning_plannedorder', ARRAY[current_date])",
    ],
)
def test_the_portal_cannot_make_or_drop_partitions(call):
    with pytest.raises(ProgrammingError, match="permission denied for function"), portal_of(None):
        connections["portal"].cursor().execute(f"SELECT {call}")


@pytest.mark.django_db(transaction=True, databases=["default", "portal", "owner"])
def test_a_table_that_the_portal_may_no_longer_see_is_closed_to_it():
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT SELECT ON jobs_job TO stocksense_portal")
    roles.grant_privileges("owner")
    with pytest.raises(ProgrammingError, match="permission denied"), portal_of(None):
        connections["portal"].cursor().execute("SELECT 1 FROM jobs_job")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_privileges_are_given_all_together_or_not_at_all(monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(roles, "_grant_portal", broken)
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT TRUNCATE ON jobs_job TO stocksense_web")
    with pytest.raises(ZeroDivisionError):
        roles.grant_privileges("owner")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('jobs_job', 'TRUNCATE')")
        assert cursor.fetchone() == (True,)
    monkeypatch.undo()
    roles.grant_privileges("owner")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('jobs_job', 'TRUNCATE'), has_table_privilege('jobs_job', 'UPDATE')")
        assert cursor.fetchone() == (False, True)
