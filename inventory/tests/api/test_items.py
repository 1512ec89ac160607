"""Items over REST: reading."""

import pytest
from django.test import Client

from inventory.models import Category, Item
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    user = User.objects.create_user("viewer@example.com")
    assign_role(user=user, role=Role.VIEWER)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def items() -> list[Item]:
    drinks = Category.objects.create(name="Drinks", path="Drinks")
    return [
        Item.objects.create(
            sku=f"A{number}", name=f"Tea {number}", category=drinks if number else None, unit_cost="1.500"
        )
        for number in range(5)
    ]


def test_a_page_then_the_next(viewer, items, django_assert_num_queries):
    first = viewer.get("/api/v1/items?page_size=2&fields=sku,category").json()
    assert first["results"] == [{"sku": "A0", "category": None}, {"sku": "A1", "category": "Drinks"}]
    Item.objects.create(sku="A00")
    second = viewer.get(first["next"]).json()
    assert [row["sku"] for row in second["results"]] == ["A2", "A3"]
    third = viewer.get(second["next"]).json()
    assert [row["sku"] for row in third["results"]] == ["A4"]
    assert third["next"] is None


def test_null_values_are_paged_last_in_both_directions(viewer, items):
    Item.objects.filter(sku__in=["A1", "A3"]).update(unit_cost=None)
    for ordering, expected in (("unit_cost", "A0 A2 A4 A1 A3"), ("-unit_cost", "A4 A2 A0 A3 A1")):
        seen, address = [], f"/api/v1/items?page_size=2&ordering={ordering}"
        while address:
            page = viewer.get(address).json()
            seen += [row["sku"] for row in page["results"]]
            address = page["next"]
        assert " ".join(seen) == expected


def test_detail_expanded_and_unchanged(viewer, items):
    address = f"/api/v1/items/{items[1].pk}?expand=category&fields=sku,unit_cost,category"
    answer = viewer.get(address)
    assert answer.json()["category"]["path"] == "Drinks"
    assert answer.json()["unit_cost"] == "1.5"
    again = viewer.get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("colour=red", "/colour"),
        ("fields=colour", "/fields"),
        ("cursor=x", "/cursor"),
        ("page_size=0", "/page_size"),
        ("unit_cost__gt=x", "/unit_cost__gt"),
        ("ordering=colour", "/ordering"),
        ("sku=a&sku=b", "/sku"),
    ],
)
def test_what_is_not_known_is_refused(viewer, items, query, pointer):
    answer = viewer.get(f"/api/v1/items?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_filters_and_search(viewer, items):
    assert len(viewer.get("/api/v1/items?sku__in=A1,A2").json()["results"]) == 2
    assert len(viewer.get("/api/v1/items?search=tea 3").json()["results"]) == 1
    assert len(viewer.get("/api/v1/items?unit_cost__isnull=false").json()["results"]) == 5


def test_nobody_and_the_wrong_role(client, items):
    assert client.get("/api/v1/items").status_code in {401, 403}
    supplier = User.objects.create_user("supplier@example.com")
    assign_role(user=supplier, role=Role.SUPPLIER)
    client.force_login(supplier)
    assert client.get("/api/v1/items").status_code == 403


def test_not_found_and_not_allowed(viewer, items):
    assert viewer.get("/api/v1/items/0").json()["status"] == 404
    assert viewer.get("/api/v1/items/abc").status_code == 404
    assert viewer.put(f"/api/v1/items/{items[0].pk}").json()["status"] == 405
