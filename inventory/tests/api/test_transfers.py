"""Transfer orders over REST: read with lines, changed while drafts, moved along by their service alone."""

from datetime import date

import pytest

from inventory.models import (
    Item,
    ItemLocation,
    ItemLocationState,
    Location,
    ScheduledReceipt,
    TransferOrder,
    TransferOrderLine,
    TransferOrderSchedule,
)
from inventory.services import transfers
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    dc, store = Location.objects.create(code="DC"), Location.objects.create(code="S1")
    order = TransferOrder.objects.create(number="TO-1", origin=dc, destination=store)
    for sku in "AB":
        item = Item.objects.create(sku=sku)
        for place in (dc, store):
            ItemLocation.objects.create(item=item, location=place)
        line = TransferOrderLine.objects.create(order=order, number=sku, item=item)
        TransferOrderSchedule.objects.create(line=line, quantity=10, requested_on=date(2026, 5, 8))
    transfers.refresh_supply([order.pk])
    return order


def rows():
    models = (TransferOrder, TransferOrderLine, TransferOrderSchedule, ScheduledReceipt)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_shown_with_lines(api_client, order):
    shown = api_client("viewer").get(f"transfer-orders/{order.pk}").json()
    assert [(line["item"], line["schedules"][0]["quantity"]) for line in shown["lines"]] == [("A", "10"), ("B", "10")]
    assert [row["number"] for row in api_client("viewer").rows("transfer-orders?origin=DC&state=draft")] == ["TO-1"]
    assert api_client("viewer").rows("transfer-orders?destination=DC") == []


def test_a_draft_changes_with_its_supply_at_both_ends(api_client, order):
    schedule, other = TransferOrderSchedule.objects.order_by("pk")
    body = {"schedules": [{"id": schedule.pk, "quantity": 4}], "removed_lines": [other.line_id]}
    answer = api_client("planner").patch(f"transfer-orders/{order.pk}", body)
    assert answer.status_code == 200, answer.content
    assert list(ScheduledReceipt.objects.values_list("item__sku", "quantity")) == [("A", 4)]
    assert sorted(ItemLocationState.objects.values_list("change_counter", flat=True)) == [1, 1, 1, 1]


def test_approved_and_cancelled(api_client, order):
    planner = api_client("planner")
    assert planner.act(f"transfer-orders/{order.pk}/approve").json()["state"] == "approved"
    line = order.lines.first()
    assert planner.patch(f"transfer-orders/{order.pk}", {"removed_lines": [line.pk]}).status_code == 409
    assert planner.act(f"transfer-orders/{order.pk}/approve").status_code == 409
    assert planner.act(f"transfer-orders/{order.pk}/cancel").json()["state"] == "cancelled"
    assert not ScheduledReceipt.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_change_transfers_changes_nothing(api_client, order, role):
    caller, before = api_client(role), rows()
    for answer in (
        caller.act(f"transfer-orders/{order.pk}/approve", if_match="*"),
        caller.patch(f"transfer-orders/{order.pk}", {"removed_lines": [order.lines.first().pk]}, if_match="*"),
    ):
        assert answer.status_code in ({401, 403} if role is None else {403})
    assert caller.get(f"transfer-orders/{order.pk}").status_code in ({200} if role == "viewer" else {401, 403})
    assert rows() == before


def test_what_is_wrong_or_stale_changes_nothing(api_client, order):
    planner, before = api_client("planner"), rows()
    for body, status, at in (
        ({"removed_lines": [987654]}, 422, ["/removed_lines"]),
        ({"schedules": [{}]}, 400, ["/schedules/0/id"]),
        ({"state": "shipped"}, 400, ["/state"]),
        ({"note": "x"}, 400, ["/note"]),
    ):
        answer = planner.patch(f"transfer-orders/{order.pk}", body)
        assert (answer.status_code, pointers(answer)) == (status, at)
    assert planner.patch(f"transfer-orders/{order.pk}", {}, if_match='W/"x"').status_code == 412
    assert planner.act(f"transfer-orders/{order.pk}/approve", if_match=None).status_code == 428
    assert rows() == before


def test_lists_take_a_fixed_number_of_queries(api_client, order):
    path = "transfer-orders?expand=lines"
    few = api_client("viewer").queries(path)
    for number in range(4):
        copy = TransferOrder.objects.create(number=f"T{number}", origin=order.origin, destination=order.destination)
        TransferOrderLine.objects.create(order=copy, number="1", item=Item.objects.first())
    assert api_client("viewer").queries(path) == few
