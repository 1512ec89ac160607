"""Suppliers, terms and price breaks over REST: written by planners, heard of by plans."""

import pytest

from inventory.models import Item, ItemLocation, ItemLocationState, Location
from stocksense.company.models import ExchangeRate
from stocksense.testing.api import pointers
from vendors.models import PriceBreak, Supplier, SupplierItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    item, store = Item.objects.create(sku="A"), Location.objects.create(code="S1")
    ItemLocation.objects.create(item=item, location=store)
    supplier = Supplier.objects.create(code="SUP1")
    term = SupplierItem.objects.create(supplier=supplier, item=item, unit_price=5)
    return {"item": item, "supplier": supplier, "term": term}


def counted():
    return sum(ItemLocationState.objects.values_list("change_counter", flat=True))


def test_a_supplier_with_terms_and_breaks(api_client, world):
    planner = api_client("planner")
    assert planner.post("suppliers", {"code": "SUP2", "email": "a@example.com"}).status_code == 201
    body = {"supplier": "SUP2", "item": "A", "location": "S1", "valid_from": "2026-01-01", "moq": 2, "share": "0.5"}
    term = planner.post("supplier-terms", body)
    assert term.status_code == 201, term.content
    assert counted() == 1
    made = planner.post("price-breaks", {"supplier_item": term.json()["id"], "min_quantity": 10, "unit_price": "4"})
    assert (made.status_code, made.json()["item"], counted()) == (201, "A", 2)
    assert planner.get(term["Location"]).json()["price_breaks"] == [
        {"id": made.json()["id"], "min_quantity": "10", "unit_price": "4"}
    ]


def test_plans_hear_of_suppliers(api_client, world):
    planner = api_client("planner")
    planner.patch(f"suppliers/{world['supplier'].pk}", {"name": "n"})
    assert counted() == 0
    planner.patch(f"suppliers/{world['supplier'].pk}", {"is_active": False})
    assert counted() == 1
    planner.patch(f"supplier-terms/{world['term'].pk}", {"lead_time_days": 3})
    assert counted() == 2


@pytest.mark.parametrize(
    ("resource", "body", "status", "pointer"),
    [
        ("suppliers", {"code": "SUP1"}, 409, "/code"),
        ("suppliers", {"code": "N", "currency": "eur"}, 400, "/currency"),
        ("suppliers", {"code": "N", "currency": "USD"}, 422, "/currency"),
        ("suppliers", {"code": "N", "email": "nobody"}, 400, "/email"),
        ("suppliers", {"code": "N", "truck_volume_m3": 0}, 422, "/truck_volume_m3"),
        ("suppliers", {"code": "N", "created_at": "2020-01-01"}, 400, "/created_at"),
        ("supplier-terms", {"supplier": "SUP1", "item": "A"}, 409, "/supplier"),
        ("supplier-terms", {"supplier": "SUP9", "item": "A"}, 400, "/supplier"),
        ("supplier-terms", {"supplier": "SUP1", "item": "A", "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
         422, "/valid_from"),
        ("supplier-terms", {"supplier": "SUP1", "item": "A", "valid_from": "2026-02-01", "share": 0}, 422, "/share"),
        ("price-breaks", {"supplier_item": 987654, "min_quantity": 1, "unit_price": 1}, 400, "/supplier_item"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_field_and_nothing_is_written(api_client, world, resource, body, status, pointer):
    answer = api_client("planner").post(resource, body)
    assert (answer.status_code, pointers(answer)) == (status, [pointer]), answer.content
    assert (Supplier.objects.count(), SupplierItem.objects.count(), PriceBreak.objects.count()) == (1, 1, 0)


def test_a_currency_with_a_rate_is_taken(api_client, world):
    ExchangeRate.objects.create(currency="USD", valid_from="2020-01-01", rate="0.9")
    assert api_client("planner").post("suppliers", {"code": "N", "currency": "USD"}).status_code == 201


def test_keys_of_terms_cannot_change(api_client, world):
    Item.objects.create(sku="B")
    answer = api_client("planner").patch(f"supplier-terms/{world['term'].pk}", {"item": "B", "unit_price": 9})
    assert (answer.status_code, pointers(answer)) == (422, ["/item"])
    assert SupplierItem.objects.get().unit_price == 5


def test_a_batch_of_terms(api_client, world):
    operations = [
        {"op": "create", "body": {"supplier": "SUP1", "item": "A", "valid_from": f"2026-0{month}-01"}}
        for month in (1, 2)
    ]
    answer = api_client("planner").post("supplier-terms:batch", {"operations": operations})
    assert [result["status"] for result in answer.json()["results"]] == [201, 201]


@pytest.mark.parametrize("path", ["suppliers", "supplier-terms", "price-breaks", "supplier-terms?expand=price_breaks"])
def test_lists_take_a_fixed_number_of_queries(api_client, world, path):
    PriceBreak.objects.create(supplier_item=world["term"], min_quantity=1, unit_price=1)
    few = api_client("viewer").queries(path)
    for number in range(4):
        supplier = Supplier.objects.create(code=f"X{number}")
        term = SupplierItem.objects.create(supplier=supplier, item=world["item"])
        PriceBreak.objects.create(supplier_item=term, min_quantity=1, unit_price=1)
    assert api_client("viewer").queries(path) == few
    assert len(api_client("viewer").rows(path)) == 5


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_write_changes_nothing(api_client, world, role):
    caller = api_client(role)
    before = [list(model.objects.values()) for model in (Supplier, SupplierItem, PriceBreak)]
    for answer in (
        caller.post("suppliers", {"code": "N"}),
        caller.patch(f"suppliers/{world['supplier'].pk}", {"name": "x"}, if_match="*"),
        caller.delete(f"supplier-terms/{world['term'].pk}", if_match="*"),
        caller.post("price-breaks", {"supplier_item": world["term"].pk, "min_quantity": 1, "unit_price": 1}),
    ):
        assert answer.status_code in ({401, 403} if role is None else {403})
    assert [list(model.objects.values()) for model in (Supplier, SupplierItem, PriceBreak)] == before
