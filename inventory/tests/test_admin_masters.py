"""Forms of masters check what the API checks, and plans hear of what they change."""

import pytest
from django.urls import reverse

from inventory.models import Category, Item, ItemLocation, ItemLocationState, Lane, Location
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def admin(client):
    client.force_login(UserFactory(role=Role.ADMIN, is_superuser=True))


def form_of(row, **changed):
    values = {
        field.name: getattr(row, field.attname)
        for field in row._meta.fields
        if field.editable and not field.primary_key
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def change(client, row, **changed):
    address = reverse(f"admin:inventory_{row._meta.model_name}_change", args=[row.pk])
    return client.post(address, form_of(row, **changed))


def test_a_lane_that_closes_a_circle_is_refused(client):
    first, second = Location.objects.create(code="A1"), Location.objects.create(code="B1")
    Lane.objects.create(origin=first, destination=second)
    body = {"origin": second.pk, "destination": first.pk, "priority": 1, "is_active": "on"}
    answer = client.post(reverse("admin:inventory_lane_add"), body)
    assert (answer.status_code, Lane.objects.count()) == (200, 1)
    assert "closes a cycle: B1 → A1 → B1" in answer.content.decode()


def test_items_that_would_succeed_each_other_are_refused_and_others_are_counted(client):
    second = Item.objects.create(sku="B")
    first = Item.objects.create(sku="A", successor=second)
    ItemLocation.objects.create(item=first, location=Location.objects.create(code="S1"))
    assert change(client, second, successor=first.pk).status_code == 200
    assert Item.objects.get(sku="B").successor is None
    assert change(client, first, unit_cost="3").status_code == 302
    assert ItemLocationState.objects.get().change_counter > 0


def test_a_category_s_path_follows_its_name(client):
    drinks = Category.objects.create(name="Drinks", path="Drinks")
    Category.objects.create(name="Tea", path="Drinks/Tea", parent=drinks)
    assert change(client, drinks, name="Beverages").status_code == 302
    assert list(Category.objects.values_list("path", flat=True)) == ["Beverages", "Beverages/Tea"]
