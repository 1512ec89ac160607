"""People of a supplier reach its own orders and terms, and of everything else not even that it exists."""

import pytest
from django.urls import get_resolver

from inventory.models import Item, Location
from stocksense.testing.api import ApiClient
from vendors.models import PurchaseOrder, Supplier, SupplierContact, SupplierItem
from vendors.tests.api.test_orders import make_order

pytestmark = pytest.mark.django_db
SECRETS = ("unit_cost", "priority", "share", "note", "plan_run_id", "created_by", "lead_time_sd_days", "email")


@pytest.fixture
def world():
    store = Location.objects.create(code="S1", name="Shop")
    found = {}
    for name in ("one", "two"):
        supplier = Supplier.objects.create(code=name.upper())
        caller = ApiClient("supplier")
        SupplierContact.objects.create(supplier=supplier, user=caller.user)
        item = Item.objects.create(sku=f"I-{name}", unit_cost=3)
        term = SupplierItem.objects.create(supplier=supplier, item=item, unit_price=5, priority=2, share="0.3")
        sent = make_order(supplier, store, f"PO-{name}", items=(item.sku,), state="sent", note="secret")
        draft = make_order(supplier, store, f"DR-{name}", items=(item.sku,))
        found[name] = {"supplier": supplier, "caller": caller, "term": term, "sent": sent, "draft": draft}
    return found


def test_own_orders_and_terms(world):
    mine = world["one"]
    orders = mine["caller"].rows("purchase-orders")
    assert [row["number"] for row in orders] == ["PO-one"]
    shown = mine["caller"].get(f"purchase-orders/{mine['sent'].pk}").json()
    assert [line["item"] for line in shown["lines"]] == ["I-one"]
    assert [row["item"] for row in mine["caller"].rows("supplier-terms")] == ["I-one"]
    term = mine["caller"].get(f"supplier-terms/{mine['term'].pk}").json()
    assert (term["unit_price"], term["price_breaks"]) == ("5", [])
    for body in (shown, term, *orders):
        assert not [name for name in SECRETS if name in str(body)]


def test_others_do_not_exist(world):
    caller, theirs = world["one"]["caller"], world["two"]
    for path in (
        f"purchase-orders/{theirs['sent'].pk}",
        f"purchase-orders/{theirs['draft'].pk}",
        f"purchase-orders/{world['one']['draft'].pk}",
        f"supplier-terms/{theirs['term'].pk}",
    ):
        unknown = f"{path.split('/')[0]}/987654321"
        assert caller.get(path).status_code == caller.get(unknown).status_code == 404
        assert caller.get(path).json()["detail"] == caller.get(unknown).json()["detail"]
    for query in ("number=PO-two", "number__in=PO-two,DR-one", "state=draft", "number__startswith=DR"):
        assert caller.rows(f"purchase-orders?{query}") == []
    assert caller.rows("supplier-terms?item=I-two") == []


@pytest.mark.parametrize(
    "query",
    [
        "supplier=TWO",
        "supplier_id=1",
        "external_number=1",
        "expand=supplier",
        "expand=destination",
        "fields=note",
        "fields=number,plan_run_id",
        "ordering=ordered_on",
        "ordering=supplier",
    ],
)
def test_the_company_s_view_cannot_be_asked_for(world, query):
    assert world["one"]["caller"].get(f"purchase-orders?{query}").status_code == 400


def test_a_cursor_of_somebody_else_opens_nothing(world, api_client):
    make_order(world["two"]["supplier"], Location.objects.get(), "PO-3", items=("I-two",), state="sent")
    address = api_client("viewer").get("purchase-orders?page_size=1").json()["next"]
    cursor = address.split("cursor=")[1].split("&")[0]
    found = world["one"]["caller"].rows(f"purchase-orders?cursor={cursor}")
    assert {row["supplier"] for row in found} <= {"ONE"}


def test_nothing_can_be_written(world):
    mine = world["one"]
    before = list(PurchaseOrder.objects.values()), list(SupplierItem.objects.values())
    term, order = f"supplier-terms/{mine['term'].pk}", f"purchase-orders/{mine['sent'].pk}"
    for answer in (
        mine["caller"].patch(term, {"unit_price": 9}),
        mine["caller"].delete(term),
        mine["caller"].post("supplier-terms", {"supplier": "ONE", "item": "I-two"}),
        mine["caller"].patch(order, {"note": "x"}),
        mine["caller"].act(f"{order}/confirm"),
        mine["caller"].act(f"{order}/cancel"),
        mine["caller"].post("supplier-terms:batch", {"operations": [{"op": "remove", "id": mine["term"].pk}]}),
    ):
        assert answer.status_code == 403, answer.content
    assert (list(PurchaseOrder.objects.values()), list(SupplierItem.objects.values())) == before


def test_a_person_without_a_supplier_or_of_one_that_ended_sees_nothing(world, api_client):
    assert api_client("supplier").rows("purchase-orders") == []
    Supplier.objects.filter(code="ONE").update(is_active=False)
    assert world["one"]["caller"].rows("purchase-orders") == []
    assert world["one"]["caller"].rows("supplier-terms") == []


def test_orders_cancelled_before_they_were_sent_stay_unseen(world):
    PurchaseOrder.objects.filter(number="DR-one").update(state="cancelled")
    assert [row["number"] for row in world["one"]["caller"].rows("purchase-orders")] == ["PO-one"]


def test_every_other_list_is_refused(world):
    open_to_them = {"purchase-orders-list", "supplier-terms-list"}
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.endswith("-list")}
    assert open_to_them < names
    business = {
        "items", "categories", "locations", "lanes", "item-locations", "stock-balances", "stock-movements", "demand",
        "scheduled-receipts", "transfer-orders", "suppliers", "price-breaks",
    }  # fmt: skip
    for resource in business:
        assert world["one"]["caller"].get(resource).status_code == 403, resource
