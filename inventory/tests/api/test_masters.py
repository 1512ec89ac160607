"""Masters over REST: created, changed by If-Match, deleted while unused; what is wrong is told by field."""

import threading

import pytest
from django.db import connection

from inventory.models import Category, Item, ItemLocation, ItemLocationState, Lane, Location, StockBalance
from inventory.tests.factories import ItemFactory
from stocksense.company.models import Calendar
from stocksense.testing.api import ApiClient, pointers

pytestmark = pytest.mark.django_db
WRITERS = ("planner", "approver", "admin")


@pytest.fixture
def planner(api_client):
    return api_client("planner")


@pytest.fixture
def pair():
    item, location = Item.objects.create(sku="A"), Location.objects.create(code="S1")
    return ItemLocation.objects.create(item=item, location=location)


def counter() -> int:
    return sum(ItemLocationState.objects.values_list("change_counter", flat=True))


BODIES = {
    "items": {"sku": "T1", "name": "Tea", "unit_cost": "1.25", "category": "Drinks", "successor": "A"},
    "categories": {"name": "Hot", "parent": "Drinks"},
    "locations": {"code": "L9", "kind": "dc", "time_zone": "Europe/Paris", "calendar": "FR"},
    "lanes": {"origin": "DC", "destination": "S1", "lead_time_days": "1.5", "item": "A"},
    "item-locations": {"item": "A", "location": "DC", "min_quantity": 1, "max_quantity": 2, "order_weekdays": [0, 3]},
}


@pytest.fixture
def world(pair):
    Category.objects.create(name="Drinks", path="Drinks")
    Calendar.objects.create(code="FR")
    return {"dc": Location.objects.create(code="DC", kind="dc"), "pair": pair}


@pytest.mark.parametrize("resource", BODIES)
def test_made_and_shown(planner, world, resource):
    made = planner.post(resource, BODIES[resource])
    assert made.status_code == 201, made.content
    shown = planner.get(made["Location"])
    assert (shown.json(), shown["ETag"]) == (made.json(), made["ETag"])
    for name, value in BODIES[resource].items():
        assert str(shown.json()[name]) == str(value)


@pytest.mark.parametrize("resource", BODIES)
@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_write_changes_nothing(api_client, planner, world, resource, role):
    made = planner.post(resource, BODIES[resource]).json()
    model = {
        "items": Item, "categories": Category, "locations": Location, "lanes": Lane, "item-locations": ItemLocation
    }[resource]  # fmt: skip
    before = list(model.objects.order_by("pk").values())
    caller = api_client(role)
    for answer in (
        caller.post(resource, BODIES[resource]),
        caller.patch(f"{resource}/{made['id']}", {"name": "x"}, if_match="*"),
        caller.delete(f"{resource}/{made['id']}", if_match="*"),
    ):
        assert answer.status_code in ({401, 403} if role is None else {403})
    assert caller.get(resource).status_code == (200 if role == "viewer" else 403 if role else answer.status_code)
    assert list(model.objects.order_by("pk").values()) == before


def test_planners_change_and_only_admins_delete(api_client, world):
    item = Item.objects.create(sku="X")
    for role in WRITERS:
        assert api_client(role).patch(f"items/{item.pk}", {"name": role}).json()["name"] == role
    assert api_client("planner").delete(f"items/{item.pk}").status_code == 403
    assert api_client("admin").delete(f"items/{item.pk}").status_code == 204
    assert not Item.objects.filter(pk=item.pk).exists()


def test_a_change_needs_the_state_it_is_about(planner, world):
    item = Item.objects.create(sku="X", name="old")
    seen = planner.get(f"items/{item.pk}")["ETag"]
    assert planner.patch(f"items/{item.pk}", {"name": "new"}, if_match=None).status_code == 428
    assert planner.patch(f"items/{item.pk}", {"name": "new"}, if_match=seen).status_code == 200
    assert planner.patch(f"items/{item.pk}", {"name": "newer"}, if_match=seen).status_code == 412
    item.refresh_from_db()
    assert item.name == "new"


def test_ids_are_taken_for_codes(planner, world):
    answer = planner.post("lanes", {"origin": world["dc"].pk, "destination": world["pair"].location_id})
    assert (answer.json()["origin"], answer.json()["destination"], answer.json()["item"]) == ("DC", "S1", None)


@pytest.mark.parametrize(
    ("resource", "body", "status", "pointer"),
    [
        ("items", {}, 400, "/sku"),
        ("items", {"sku": "A"}, 409, "/sku"),
        ("items", {"sku": "N", "id": 7}, 400, "/id"),
        ("items", {"sku": "N", "created_at": "2020-01-01"}, 400, "/created_at"),
        ("items", {"sku": "N", "category_id": 1}, 400, "/category_id"),
        ("items", {"sku": "N", "unit_cost": "-1"}, 422, "/unit_cost"),
        ("items", {"sku": "N", "unit_cost": "NaN"}, 400, "/unit_cost"),
        ("items", {"sku": "N", "category": "Nowhere"}, 400, "/category"),
        ("items", {"sku": "N", "category": 2**62}, 400, "/category"),
        ("items", {"sku": "N", "category": True}, 400, "/category"),
        ("items", {"sku": "N", "status": "gone"}, 400, "/status"),
        ("items", {"sku": "N", "active_from": "2026-02-01", "active_to": "2026-01-01"}, 422, "/active_from"),
        ("categories", {"name": "a/b"}, 422, "/name"),
        ("categories", {"name": "Drinks"}, 409, "/path"),
        ("categories", {"name": "x", "path": "y"}, 400, "/path"),
        ("locations", {"code": "N", "time_zone": "Mars/Olympus"}, 400, "/time_zone"),
        ("lanes", {"origin": "S1", "destination": "S1"}, 422, "/destination"),
        ("item-locations", {"item": "A", "location": "S1"}, 409, "/item"),
        ("item-locations", {"item": "A", "location": "DC", "min_quantity": 5, "max_quantity": 2}, 422, "/max_quantity"),
        ("item-locations", {"item": "A", "location": "DC", "order_weekdays": [7]}, 422, "/order_weekdays"),
        ("item-locations", {"item": "A", "location": "DC", "service_target": "1"}, 422, "/service_target"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_written(planner, world, resource, body, status, pointer):
    def everything():
        return [list(model.objects.values()) for model in (Item, Category, Location, Lane, ItemLocation)]

    before = everything()
    answer = planner.post(resource, body)
    assert (answer.status_code, pointers(answer)) == (status, [pointer]), answer.content
    assert everything() == before


def test_keys_cannot_change_but_may_be_repeated(planner, world):
    item = Item.objects.create(sku="X")
    answer = planner.patch(f"items/{item.pk}", {"sku": "Y"})
    assert (answer.status_code, pointers(answer)) == (422, ["/sku"])
    assert planner.patch(f"items/{item.pk}", {"sku": "X", "name": "n"}).status_code == 200


def test_no_circles(planner, world):
    first, second = Item.objects.create(sku="X"), Item.objects.create(sku="Y")
    assert planner.patch(f"items/{first.pk}", {"successor": "Y"}).status_code == 200
    assert pointers(planner.patch(f"items/{second.pk}", {"successor": "X"})) == ["/successor"]
    assert pointers(planner.patch(f"items/{second.pk}", {"successor": "Y"})) == ["/successor"]
    drinks = Category.objects.get()
    hot = planner.post("categories", {"name": "Hot", "parent": "Drinks"}).json()
    assert pointers(planner.patch(f"categories/{drinks.pk}", {"parent": hot["id"]})) == ["/parent"]
    planner.post("lanes", {"origin": "DC", "destination": "S1"})
    answer = planner.post("lanes", {"origin": "S1", "destination": "DC", "item": "A"})
    assert "S1 → DC → S1" in answer.json()["detail"]
    assert Lane.objects.count() == 1


def test_a_lane_of_one_item_and_one_of_all_close_a_circle(planner, world):
    planner.post("lanes", {"origin": "DC", "destination": "S1", "item": "A"})
    assert pointers(planner.post("lanes", {"origin": "S1", "destination": "DC"})) == ["/destination"]
    assert planner.post("lanes", {"origin": "S1", "destination": "DC", "item": "A"}).status_code == 422
    Item.objects.create(sku="B")
    assert planner.post("lanes", {"origin": "S1", "destination": "DC", "item": "B"}).status_code == 201


def test_an_ended_lane_closes_no_circle(planner, world):
    lane = planner.post("lanes", {"origin": "DC", "destination": "S1"}).json()
    planner.patch(f"lanes/{lane['id']}", {"is_active": False})
    assert planner.post("lanes", {"origin": "S1", "destination": "DC"}).status_code == 201
    answer = planner.patch(f"lanes/{lane['id']}", {"is_active": True})
    assert (answer.status_code, pointers(answer)) == (422, ["/destination"])


def test_categories_move_with_what_is_below(planner, world):
    drinks = Category.objects.get()
    planner.post("categories", {"name": "Hot", "parent": "Drinks"})
    planner.post("categories", {"name": "Tea", "parent": "Drinks/Hot"})
    assert planner.patch(f"categories/{drinks.pk}", {"name": "Beverages"}).status_code == 200
    paths = [row["path"] for row in planner.rows("categories")]
    assert paths == ["Beverages", "Beverages/Hot", "Beverages/Hot/Tea"]


@pytest.mark.parametrize(
    ("resource", "body", "counted"),
    [
        ("items", {"name": "n"}, 0),
        ("items", {"unit_cost": 3}, 1),
        ("items", {"unit_cost": None}, 0),
        ("locations", {"name": "n"}, 0),
        ("locations", {"kind": "dc"}, 1),
        ("item-locations", {"safety_stock": 3}, 1),
    ],
)
def test_plans_hear_of_what_they_read(planner, pair, resource, body, counted):
    at = {"items": pair.item_id, "locations": pair.location_id, "item-locations": pair.pk}[resource]
    assert planner.patch(f"{resource}/{at}", body).status_code == 200
    assert counter() == counted


def test_plans_hear_of_lanes_and_categories(planner, world, pair):
    planner.post("lanes", {"origin": "DC", "destination": "S1"})
    assert counter() == 1
    Item.objects.filter(pk=pair.item_id).update(category=Category.objects.get())
    planner.patch(f"categories/{Category.objects.get().pk}", {"name": "D"})
    assert counter() == 2
    below = planner.post("categories", {"name": "Hot", "parent": "D"}).json()
    Item.objects.filter(pk=pair.item_id).update(category=below["id"])
    planner.patch(f"categories/{below['parent_id']}", {"name": "E"})
    assert counter() == 3


def test_what_is_used_is_ended_not_deleted(api_client, world, pair):
    admin = api_client("admin")
    answer = admin.delete(f"items/{pair.item_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_referenced")
    assert "End it instead" in answer.json()["detail"]
    StockBalance.objects.create(item=pair.item, location=pair.location, quantity=1)
    assert admin.delete(f"item-locations/{pair.pk}").status_code == 409
    assert admin.patch(f"items/{pair.item_id}", {"status": "ended"}).json()["status"] == "ended"
    assert Item.objects.count() == ItemLocation.objects.count() == 1


@pytest.mark.parametrize("resource", BODIES)
def test_lists_take_as_many_queries_for_many_rows_as_for_few(planner, world, resource, django_assert_max_num_queries):
    planner.post(resource, BODIES[resource])
    planner.get(resource)
    with django_assert_max_num_queries(6) as few:
        planner.get(resource)
    for number in range(5):
        Item.objects.create(sku=f"I{number}", category=Category.objects.first())
        place = Location.objects.create(code=f"P{number}")
        Category.objects.create(name=f"C{number}", path=f"C{number}")
        Lane.objects.create(origin=world["dc"], destination=place)
        ItemLocation.objects.create(item=world["pair"].item, location=place)
    with django_assert_max_num_queries(len(few)) as many:
        assert len(planner.rows(resource)) > 5
    assert len(many) == len(few)


def test_what_changed_since(planner, world):
    first = planner.post("items", {"sku": "X"}).json()
    second = planner.post("items", {"sku": "Y"}).json()
    found = planner.rows(f"items?updated_at__gt={first['updated_at']}&ordering=updated_at")
    assert [row["id"] for row in found] == [second["id"]]


@pytest.mark.django_db(transaction=True)
def test_two_lanes_at_once_close_no_circle():
    Location.objects.create(code="A1")
    Location.objects.create(code="B1")
    callers = [ApiClient("planner"), ApiClient("planner")]
    bodies = [{"origin": "A1", "destination": "B1"}, {"origin": "B1", "destination": "A1"}]
    answers = []

    def call(caller, body):
        answers.append(caller.post("lanes", body).status_code)
        connection.close()

    threads = [threading.Thread(target=call, args=pair) for pair in zip(callers, bodies, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 422]
    assert Lane.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "status", "found"),
    [
        ("updated_at__gt=2020-01-01T00:00:00%2B21:16", 200, 1),  # an offset that PostgreSQL itself refuses
        ("updated_at__lt=0001-01-02T00:00:00-23:00", 200, 0),
        ("updated_at__gt=0001-01-01T00:00:00%2B10:00", 400, None),  # before the first day
        ("updated_at__lt=9999-12-31T23:00:00-10:00", 400, None),
    ],
)
def test_times_with_any_offset(api_client, asked, status, found):
    ItemFactory()
    answer = api_client("viewer").get(f"items?{asked}")
    assert answer.status_code == status, answer.content
    assert found is None or len(answer.json()["results"]) == found
