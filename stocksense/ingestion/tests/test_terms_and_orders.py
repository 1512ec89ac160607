"""Supplier terms, their price breaks, and open orders of other systems."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.models import Item, ItemLocation, Location, SalesOrderLine, ScheduledReceipt, TransferOrder
from stocksense.company import services as company
from stocksense.ingestion.tests.conftest import counts
from vendors.models import (
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    Supplier,
    SupplierItem,
)
from vendors.services import orders as purchases

pytestmark = pytest.mark.django_db

HEAD = (
    "kind,source_system,external_number,line,schedule,our_number,supplier,origin,destination,sku,quantity,"
    "received_quantity,requested_on,promised_on,status"
)
TERMS = "supplier,sku,location,valid_from,valid_to,lead_time_days,order_uom,units_per_order_uom,unit_price"


@pytest.fixture
def shop(folder):
    folder.masters("A", "B", "C", "D", "E", "F")
    folder.write("suppliers", "code,currency", "ACME,GBP", "OTHER,")
    folder.ok()
    folder.clear()
    return folder


def receipts():
    rows = ScheduledReceipt.objects.order_by("order_number", "item__sku", "due_on")
    return [
        (row.order_number, row.item.sku, row.location.code, str(row.quantity), str(row.due_on), row.is_shipped)
        for row in rows
    ]


def test_terms_are_known_by_supplier_item_place_and_day(shop):
    shop.write("supplier_items", TERMS, "ACME,A,,,,5,CASE,12,24", "ACME,A,S1,2025-01-01,,3,,,")
    assert counts(shop.ok(), "supplier_items") == (2, 0, 0, 0, 0)
    assert SupplierItem.objects.values_list("valid_from", "units_per_order_uom").get(location=None) == (
        date(2000, 1, 1), Decimal(12),
    )  # fmt: skip
    assert counts(shop.ok(), "supplier_items") == (0, 0, 2, 0, 0)


def test_absent_terms_end_yesterday_and_come_back(shop):
    terms = [f"ACME,{sku},,,,5,,,1" for sku in "ABCDEF"]
    shop.write("supplier_items", TERMS, *terms)
    shop.ok()
    shop.write("supplier_items", TERMS, *terms[:5])
    assert counts(shop.ok(), "supplier_items") == (0, 0, 5, 1, 0)
    assert SupplierItem.objects.get(item__sku="F").valid_to == company.today() - timedelta(days=1)
    assert counts(shop.ok(), "supplier_items") == (0, 0, 5, 0, 0)
    shop.write("supplier_items", TERMS, *terms)
    shop.ok()
    assert SupplierItem.objects.get(item__sku="F").valid_to is None


def test_price_breaks_belong_to_a_term(shop):
    shop.write("supplier_items", TERMS, "ACME,A,,,,5,,,1", "ACME,A,S1,2025-01-01,,5,,,1")
    rows = [f"ACME,A,,,{10 * number},0.9" for number in range(1, 40)]
    shop.write("price_breaks", "supplier,sku,location,valid_from,min_quantity,unit_price", *rows, "ACME,B,,,5,1")
    report = shop.ok()
    assert counts(report, "price_breaks") == (39, 0, 0, 0, 1)
    assert report.of("price_breaks").rejects[0].reason == (
        "There is no term of ACME for B from 2000-01-01 in supplier_items; add it or correct the row."
    )
    shop.write("price_breaks", "supplier,sku,location,valid_from,min_quantity,unit_price", *rows[:38])
    assert counts(shop.ok(), "price_breaks") == (0, 0, 38, 1, 0)
    assert PriceBreak.objects.filter(is_active=True).count() == 38


def test_purchases_become_orders_with_lines_schedules_and_supply(shop):
    shop.write("supplier_items", TERMS, "ACME,A,,,,5,CASE,12,24")
    shop.write(
        "open_orders", HEAD,
        "purchase,erp,4501,1,1,,ACME,,DC,A,144,96,2026-11-09,2026-11-10,partially_received",
        "purchase,erp,4501,1,2,,ACME,,DC,A,96,0,2026-11-23,,acknowledged",
        "purchase,erp,4501,2,1,,ACME,,DC,B,24,,2026-11-09,,",
    )  # fmt: skip
    assert counts(shop.ok(), "open_orders") == (3, 0, 0, 0, 0)
    order = PurchaseOrder.objects.get()
    assert (order.number, order.state, order.currency) == ("4501", "partially_received", "GBP")
    assert PurchaseOrderLine.objects.values_list("order_uom", "units_per_order_uom", "unit_price").get(number="1") == (
        "CASE", Decimal(12), Decimal(24),
    )  # fmt: skip
    assert receipts() == [
        ("4501", "A", "DC", "48.000", "2026-11-10", False),
        ("4501", "A", "DC", "96.000", "2026-11-23", False),
        ("4501", "B", "DC", "24.000", "2026-11-09", False),
    ]
    assert ItemLocation.objects.count() == 2
    assert counts(shop.ok(), "open_orders") == (0, 0, 3, 0, 0)


def test_an_order_of_another_system_never_takes_a_number_that_our_next_order_will_have(shop):
    shop.write(
        "open_orders", HEAD,
        "purchase,erp,PO-1,1,1,,ACME,,DC,A,5,,2026-11-09,,",
        "purchase,wms,PO-1,1,1,,ACME,,DC,A,6,,2026-11-09,,",
        "transfer,erp,TO-7,1,1,,,DC,S1,A,7,,2026-11-09,,",
        "purchase,erp,PO-1/A,1,1,,ACME,,DC,A,8,,2026-11-09,,",
    )  # fmt: skip
    shop.ok()
    numbers = [*PurchaseOrder.objects.order_by("pk").values_list("number", flat=True)]
    assert numbers[0] == "X-PO-1"
    assert "PO-1/A" in numbers
    assert len(set(numbers)) == 3
    assert TransferOrder.objects.get().number == "X-TO-7"
    assert counts(shop.ok(), "open_orders") == (0, 0, 4, 0, 0)


def test_transfers_and_sales(shop):
    shop.write(
        "open_orders", HEAD,
        "transfer,erp,T-1,1,,,,DC,S1,A,24,,2026-11-16,,In transit",
        "transfer,erp,T-2,1,,,,DC,S1,B,5,,2026-11-17,,approved",
        "sales,erp,S-1,1,,,,DC,,A,18,3,2026-11-13,,open",
    )  # fmt: skip
    assert counts(shop.ok(), "open_orders") == (3, 0, 0, 0, 0)
    assert list(TransferOrder.objects.order_by("number").values_list("number", "state")) == [
        ("T-1", "shipped"), ("T-2", "approved"),
    ]  # fmt: skip
    assert receipts() == [
        ("T-1", "A", "S1", "24.000", "2026-11-16", True), ("T-2", "B", "S1", "5.000", "2026-11-17", False),
    ]  # fmt: skip
    assert SalesOrderLine.objects.values_list("quantity", "delivered_quantity", "is_open").get() == (18, 3, True)
    assert counts(shop.ok(), "open_orders") == (0, 0, 3, 0, 0)


def test_absent_orders_close_and_their_supply_goes(shop):
    rows = [f"purchase,erp,P{number},1,1,,ACME,,DC,A,10,,2026-11-16,,sent" for number in range(5)]
    shop.write("open_orders", HEAD, *rows, "sales,erp,S-1,1,,,,DC,,A,18,,,,open")
    shop.ok()
    shop.write("open_orders", HEAD, *rows[:4], "sales,erp,S-1,1,,,,DC,,A,18,,,,open")
    assert counts(shop.ok(), "open_orders") == (0, 0, 5, 1, 0)
    assert PurchaseOrder.objects.get(number="P4").state == "closed"
    assert len(receipts()) == 4
    shop.write("open_orders", HEAD, *rows)
    report = shop.ok()
    assert counts(report, "open_orders") == (0, 1, 4, 1, 0)
    assert PurchaseOrder.objects.get(number="P4").state == "sent"
    assert not SalesOrderLine.objects.get().is_open
    assert len(receipts()) == 5


def own_order(number="PO-000012", state="sent"):
    order = PurchaseOrder.objects.create(
        number=number, supplier=Supplier.objects.get(code="ACME"), destination=Location.objects.get(code="DC"),
        state=state, currency="GBP",
    )  # fmt: skip
    for line, sku in enumerate(("A", "B"), start=1):
        row = PurchaseOrderLine.objects.create(order=order, number=str(line), item=Item.objects.get(sku=sku))
        PurchaseOrderSchedule.objects.create(line=row, quantity=10, requested_on=date(2026, 11, 16))
    return order


def test_an_echo_of_our_own_order_is_matched_to_it(shop):
    order = own_order()
    shop.write(
        "open_orders", HEAD,
        "purchase,erp,4711,10,1,PO-000012,ACME,,DC,B,10,,2026-11-16,2026-11-18,acknowledged",
        "purchase,erp,4711,20,1,PO-000012,ACME,,DC,A,12,,2026-11-16,,acknowledged",
    )  # fmt: skip
    assert counts(shop.ok(), "open_orders") == (0, 2, 0, 0, 0)
    order.refresh_from_db()
    assert (order.number, order.external_number, order.state) == ("PO-000012", "4711", "acknowledged")
    assert PurchaseOrder.objects.count() == 1
    assert set(order.lines.values_list("number", "item__sku")) == {("10", "B"), ("20", "A")}
    assert receipts() == [
        ("PO-000012", "A", "DC", "12.000", "2026-11-16", False),
        ("PO-000012", "B", "DC", "10.000", "2026-11-18", False),
    ]  # fmt: skip
    assert counts(shop.ok(), "open_orders") == (0, 0, 2, 0, 0)


def test_an_echo_with_lines_numbered_the_other_way_round(shop):
    order = own_order()
    shop.write(
        "open_orders", HEAD,
        "purchase,erp,4711,1,1,PO-000012,ACME,,DC,B,10,,,,sent",
        "purchase,erp,4711,2,1,PO-000012,ACME,,DC,A,10,,,,sent",
    )  # fmt: skip
    shop.ok()
    assert set(order.lines.values_list("number", "item__sku")) == {("1", "B"), ("2", "A")}
    assert PurchaseOrderSchedule.objects.filter(is_closed=False).count() == 2
    assert counts(shop.ok(), "open_orders") == (0, 0, 2, 0, 0)


def test_our_own_order_that_nobody_confirmed_is_not_closed_by_absence(shop):
    order = own_order(state="approved")
    shop.write("open_orders", HEAD, "purchase,erp,1,1,1,,ACME,,DC,A,10,,,,sent")
    report = shop.ok()
    order.refresh_from_db()
    assert (order.state, report.of("open_orders").gone) == ("approved", 0)


def test_orders_of_a_system_that_is_not_in_the_file_stay(shop):
    shop.write("open_orders", HEAD, "purchase,wms,1,1,1,,ACME,,DC,A,10,,,,sent")
    shop.ok()
    shop.write("open_orders", HEAD, "purchase,erp,1,1,1,,ACME,,DC,A,10,,,,sent")
    assert counts(shop.ok(), "open_orders") == (1, 0, 0, 0, 0)
    assert set(PurchaseOrder.objects.values_list("state", flat=True)) == {"sent"}


def test_a_done_row_closes_its_order(shop):
    shop.write("open_orders", HEAD, "purchase,erp,1,1,1,,ACME,,DC,A,10,,,,sent")
    shop.ok()
    shop.write("open_orders", HEAD, "purchase,erp,1,1,1,,ACME,,DC,A,10,,,,cancelled")
    assert counts(shop.ok(), "open_orders") == (0, 1, 0, 0, 0)
    assert (PurchaseOrder.objects.get().state, receipts()) == ("cancelled", [])
    assert counts(shop.ok(), "open_orders") == (0, 0, 1, 0, 0)


def test_our_orders_that_the_other_system_does_not_name_stay_open_and_are_named(shop):
    yesterday = company.today() - timedelta(days=1)
    for number, state, sent_on in (
        ("PO-000012", "sent", yesterday),
        ("PO-000013", "sent", company.today()),
        ("PO-000014", "approved", None),
        ("PO-000015", "sent", yesterday),
    ):
        order = own_order(number, state)
        PurchaseOrder.objects.filter(pk=order.pk).update(ordered_on=sent_on)
        purchases.refresh_supply([order.pk])
    before = receipts()
    assert len(before) == 8
    other = "purchase,erp,1,1,1,,ACME,,S1,C,5,,,,sent"
    ours = "purchase,erp,4711,{line},1,PO-000015,ACME,,DC,{sku},10,,,,sent"
    shop.write("open_orders", HEAD, other, ours.format(line=1, sku="A"), ours.format(line=2, sku="B"))
    (said,) = shop.ok().of("open_orders").warnings
    assert said == (
        "The file does not name 1 of our orders that were sent before today (PO-000012). They still count as supply: "
        "see whether they arrived, and cancel those that did not."
    )
    assert PurchaseOrder.objects.get(number="PO-000012").state == "sent"
    assert [row for row in receipts() if row[0] == "PO-000012"] == before[:2]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("purchase,erp,9,1,1,,,,DC,A,10,,,,sent", "supplier", "supplier is missing; a purchase needs it."),
        ("transfer,erp,9,1,1,,,DC,DC,A,10,,,,sent", "destination", "A transfer cannot end where it begins."),
        ("sales,erp,9,1,1,,,,,A,10,,,,open", "origin", "origin is missing; a transfer or sales order needs it."),
        ("purchase,erp,1,2,1,,OTHER,,DC,A,10,,,,sent", "supplier", "Order 1 names another supplier on line 2"),
        ("purchase,erp,1,1,2,,ACME,,DC,B,10,,,,sent", "sku", "Line 1 of order 1 is about another sku on line 2"),
        ("purchase,erp,9,1,1,PO-000012,OTHER,,DC,A,10,,,,sent", "our_number", "has another supplier, origin"),
        ("purchase,erp,9,1,1,,ACME,,DC,A,0,,,,sent", "quantity", "quantity must be above 0."),
        ("purchase,erp,9,1,1,,ACME,,DC,A,10,,,,lost", "status", "status must be one of"),
    ],
)
def test_orders_that_cannot_be_are_rejected(shop, row, column, reason):
    own_order()
    good = [f"purchase,erp,{number},1,1,,ACME,,DC,A,10,,,,sent" for number in (1, *range(100, 130))]
    shop.write("open_orders", HEAD, *good, row)
    (reject,) = shop.ok().of("open_orders").rejects
    assert (reject.line, reject.column) == (33, column)
    assert reason in reject.reason
