"""Purchase orders over REST: read with lines, changed while drafts, moved along by their service alone."""

from datetime import date
from decimal import Decimal

import pytest

from inventory.models import Item, ItemLocation, ItemLocationState, Location, ScheduledReceipt
from stocksense.company.models import CompanySettings
from stocksense.testing.api import pointers
from vendors.models import (
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderSchedule,
    PurchaseState,
    Supplier,
    SupplierItem,
)
from vendors.services import orders

pytestmark = pytest.mark.django_db


def make_order(supplier, destination, number="PO-1", items=("A", "B"), **more):
    order = PurchaseOrder.objects.create(
        number=number, supplier=supplier, destination=destination, currency="EUR", **more
    )
    for at, sku in enumerate(items, start=1):
        item, _ = Item.objects.get_or_create(sku=sku)
        ItemLocation.objects.get_or_create(item=item, location=destination)
        line = PurchaseOrderLine.objects.create(
            order=order, number=str(at), item=item, order_uom="box", units_per_order_uom=12, unit_price=48
        )
        PurchaseOrderSchedule.objects.create(
            line=line, quantity=24, release_on=date(2026, 5, 1), requested_on=date(2026, 5, 8)
        )
    orders.refresh_supply([order.pk])
    return order


@pytest.fixture
def supplier():
    return Supplier.objects.create(code="SUP1", name="First")


@pytest.fixture
def store():
    return Location.objects.create(code="S1", name="Shop")


@pytest.fixture
def order(supplier, store):
    return make_order(supplier, store)


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (PurchaseOrder, PurchaseOrderLine, PurchaseOrderSchedule, ScheduledReceipt)
    ]


def test_an_order_is_shown_with_lines_and_schedules(api_client, order):
    shown = api_client("viewer").get(f"purchase-orders/{order.pk}?expand=supplier").json()
    assert (shown["number"], shown["supplier"]["code"], shown["destination"]) == ("PO-1", "SUP1", "S1")
    line = shown["lines"][0]
    assert (line["item"], line["unit_price"], line["schedules"][0]["quantity"]) == ("A", "48", "24")
    listed = api_client("viewer").rows("purchase-orders?state=draft&supplier=SUP1")
    assert [row["number"] for row in listed] == ["PO-1"]
    assert "lines" not in listed[0]


def test_lists_with_lines_take_a_fixed_number_of_queries(api_client, supplier, store, order):
    path = "purchase-orders?expand=lines"
    few = api_client("viewer").queries(path)
    for number in range(2, 7):
        make_order(supplier, store, f"PO-{number}")
    assert api_client("viewer").queries(path) == few
    assert [len(row["lines"]) for row in api_client("viewer").rows(path)] == [2] * 6


def test_the_life_of_an_order(api_client, order):
    planner = api_client("planner")
    for command, state in (("approve", "approved"), ("send", "sent"), ("confirm", "acknowledged")):
        answer = planner.act(f"purchase-orders/{order.pk}/{command}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert planner.act(f"purchase-orders/{order.pk}/send").status_code == 409
    assert planner.act(f"purchase-orders/{order.pk}/cancel").json()["state"] == "cancelled"
    assert not ScheduledReceipt.objects.exists()


def test_a_command_needs_the_state_it_is_about(api_client, order):
    planner = api_client("planner")
    seen = planner.get(f"purchase-orders/{order.pk}")["ETag"]
    before = rows()
    assert planner.act(f"purchase-orders/{order.pk}/approve", if_match=None).status_code == 428
    assert planner.act(f"purchase-orders/{order.pk}/approve", {"state": "sent"}).status_code == 400
    assert rows() == before
    line = order.lines.first()
    planner.patch(f"purchase-orders/{order.pk}", {"removed_lines": [line.pk]})
    before = rows()
    assert planner.act(f"purchase-orders/{order.pk}/approve", if_match=seen).status_code == 412
    assert rows() == before


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_change_orders_changes_nothing(api_client, order, role):
    caller, before = api_client(role), rows()
    for answer in (
        caller.act(f"purchase-orders/{order.pk}/approve", if_match="*"),
        caller.patch(f"purchase-orders/{order.pk}", {"note": "x"}, if_match="*"),
    ):
        assert answer.status_code in ({401, 403} if role is None else {403})
    assert rows() == before


def test_a_draft_s_quantity_and_date_change_with_supply_and_price(api_client, supplier, store, order):
    term = SupplierItem.objects.create(
        supplier=supplier, item=Item.objects.get(sku="A"), order_uom="box", units_per_order_uom=12, unit_price=50
    )
    PriceBreak.objects.create(supplier_item=term, min_quantity=4, unit_price=40)
    schedule = PurchaseOrderSchedule.objects.first()
    body = {"note": "n", "schedules": [{"id": schedule.pk, "quantity": "48", "requested_on": "2026-05-11"}]}
    answer = api_client("planner").patch(f"purchase-orders/{order.pk}", body)
    assert answer.status_code == 200, answer.content
    first = answer.json()["lines"][0]
    assert (first["unit_price"], first["schedules"][0]["release_on"], answer.json()["note"]) == (
        "40",
        "2026-05-04",
        "n",
    )
    receipt = ScheduledReceipt.objects.get(schedule_id=schedule.pk)
    assert (receipt.quantity, receipt.due_on, receipt.unit_cost) == (48, date(2026, 5, 11), Decimal("3.3333"))
    assert list(ItemLocationState.objects.values_list("item_location__item__sku", "change_counter")) == [("A", 1)]


def test_lines_are_taken_off_and_an_empty_draft_is_cancelled(api_client, order):
    first, second = order.lines.all()
    planner = api_client("planner")
    answer = planner.patch(f"purchase-orders/{order.pk}", {"removed_lines": [first.pk]})
    assert ([line["item"] for line in answer.json()["lines"]], answer.json()["state"]) == (["B"], "draft")
    assert ScheduledReceipt.objects.count() == 1
    answer = planner.patch(f"purchase-orders/{order.pk}", {"removed_lines": [second.pk]})
    assert (answer.json()["lines"], answer.json()["state"]) == ([], "cancelled")
    assert not ScheduledReceipt.objects.exists()


def test_what_is_wrong_with_a_change_leaves_the_draft_as_it_was(api_client, supplier, store, order):
    other = make_order(supplier, store, "PO-2")
    theirs, own = (PurchaseOrderSchedule.objects.filter(line__order=one).first() for one in (other, order))
    before = rows()
    for body, status, at in (
        ({"schedules": [{"id": theirs.pk, "quantity": "1"}]}, 422, ["/schedules"]),
        ({"schedules": [{"id": own.pk, "quantity": "0"}]}, 422, ["/schedules"]),
        ({"schedules": [{"id": own.pk, "quantity": "1.5"}]}, 422, ["/schedules"]),
        ({"schedules": [{"id": own.pk}, {"id": own.pk}]}, 422, ["/schedules"]),
        ({"schedules": [{"id": own.pk}], "removed_lines": [own.line_id]}, 422, ["/schedules"]),
        ({"schedules": [{"id": own.pk, "received_quantity": "1"}]}, 400, ["/schedules/0/received_quantity"]),
        ({"schedules": [{"id": own.pk}, {"quantity": "1"}]}, 400, ["/schedules/1/id"]),
        ({"schedules": [{"id": own.pk, "requested_on": "0001-01-01"}]}, 422, ["/schedules"]),
        ({"removed_lines": [theirs.line_id]}, 422, ["/removed_lines"]),
        ({"state": "sent"}, 400, ["/state"]),
        ({"supplier": "SUP1"}, 400, ["/supplier"]),
        ({"note": "new", "removed_lines": [theirs.line_id]}, 422, ["/removed_lines"]),
    ):
        answer = api_client("planner").patch(f"purchase-orders/{order.pk}", body)
        assert (answer.status_code, pointers(answer)) == (status, at), answer.content
        assert rows() == before


def test_lines_of_what_is_no_draft_stay_but_its_note_changes(api_client, order):
    orders.advance(order_id=order.pk, to=PurchaseState.APPROVED, actor=api_client("planner").user)
    line = order.lines.first()
    planner = api_client("planner")
    assert planner.patch(f"purchase-orders/{order.pk}", {"removed_lines": [line.pk]}).status_code == 409
    assert planner.patch(f"purchase-orders/{order.pk}", {"note": "call first"}).json()["note"] == "call first"
    assert order.lines.count() == 2


def test_with_a_second_person_nobody_changes_somebody_else_s_draft_nor_approves_their_own(api_client, order):
    CompanySettings.objects.update(separate_approver=True)
    planner, approver = api_client("planner"), api_client("approver")
    PurchaseOrder.objects.update(created_by=planner.user)
    line, before = order.lines.first(), rows()
    assert approver.patch(f"purchase-orders/{order.pk}", {"removed_lines": [line.pk]}).status_code == 403
    assert planner.act(f"purchase-orders/{order.pk}/approve").status_code == 403
    assert rows() == before
    assert planner.patch(f"purchase-orders/{order.pk}", {"removed_lines": [line.pk]}).status_code == 200
    assert approver.act(f"purchase-orders/{order.pk}/approve").json()["state"] == "approved"
