"""Many masters in one request: made at once, told apart where one is at fault, with the same checks as one by one."""

from itertools import pairwise

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Item, ItemLocation, ItemLocationState, Lane, Location
from inventory.services.lane_graph import any_cycle
from stocksense.company.models import Calendar
from vendors.models import Supplier

pytestmark = pytest.mark.django_db
MANY = 40
BODIES = {
    "items": lambda n: {"sku": f"T{n}", "category": "Drinks", "unit_cost": "1.25"},
    "categories": lambda n: {"name": f"Hot {n}", "parent": "Drinks"},
    "locations": lambda n: {"code": f"L{n}", "time_zone": "Europe/Paris", "calendar": "FR"},
    "lanes": lambda n: {"origin": "DC", "destination": f"S{n}"},
    "item-locations": lambda n: {"item": f"A{n}", "location": "DC", "order_weekdays": [0]},
    "suppliers": lambda n: {"code": f"V{n}", "currency": "EUR"},
    "supplier-terms": lambda n: {
        "supplier": "Farm", "item": f"A{n}", "location": "DC", "valid_from": "2026-01-01", "lead_time_days": 3,
        "unit_price": "2.5",
    },
    "demand-events": lambda n: {"kind": "feature", "item": f"A{n}", "start_date": "2026-01-01"},
    "policy-rules": lambda n: {"name": f"rule {n}"},
}  # fmt: skip


@pytest.fixture
def planner(api_client):
    return api_client("planner")


@pytest.fixture
def world():
    Category.objects.create(name="Drinks", path="Drinks")
    Calendar.objects.create(code="FR")
    Supplier.objects.create(code="Farm", currency="EUR")
    Location.objects.create(code="DC", kind="dc")
    Location.objects.bulk_create(Location(code=f"S{n}") for n in range(MANY))
    Item.objects.bulk_create(Item(sku=f"A{n}") for n in range(MANY))


def send(caller, resource, *bodies, atomic=False):
    operations = [{"op": "create", "body": body} for body in bodies]
    return caller.post(f"{resource}:batch", {"atomic": atomic, "operations": operations})


def statuses(answer) -> list[int]:
    return [result["status"] for result in answer.json()["results"]]


@pytest.mark.parametrize("resource", BODIES)
def test_many_take_as_many_statements_as_two(planner, world, resource):
    planner.get(resource)
    counted = []
    for numbers in (range(2), range(2, MANY)):
        with CaptureQueriesContext(connection) as queries:
            answer = send(planner, resource, *map(BODIES[resource], numbers))
        assert statuses(answer) == [201] * len(numbers), answer.content
        counted.append(len(queries))
    assert counted[1] <= counted[0] < 25


@pytest.mark.parametrize("resource", BODIES)
def test_each_is_shown_as_when_it_is_made_alone(planner, world, resource):
    answer = send(planner, resource, *map(BODIES[resource], range(3)))
    for result in answer.json()["results"]:
        shown = planner.get(f"{resource}/{result['id']}")
        assert (shown.json(), shown["ETag"]) == (result["body"], result["etag"])


def test_only_those_at_fault_are_refused(planner, world):
    bodies = [{"sku": f"T{n}"} for n in range(30)]
    bodies[7] = {"sku": "A0"}  # there already
    bodies[19] = {"sku": "T3"}  # earlier in the batch
    bodies[28] = {"sku": "N", "unit_cost": "-1"}  # (the database says no)
    answer = send(planner, "items", *bodies)
    expected = [201] * 30
    expected[7], expected[19], expected[28] = 409, 409, 422
    assert statuses(answer) == expected
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(30))
    assert results[7]["problem"]["errors"][0]["pointer"] == "/operations/7/body/sku"
    made = [body["sku"] for body, status in zip(bodies, expected, strict=True) if status == 201]
    assert set(Item.objects.filter(sku__startswith="T").values_list("sku", flat=True)) == set(made)


def test_of_an_atomic_batch_with_a_fault_nothing_stays(planner, world):
    before = Item.objects.count()
    bodies = [{"sku": f"T{n}"} for n in range(30)]
    answer = send(planner, "items", *bodies[:17], {"sku": "A0"}, *bodies[17:], atomic=True)
    assert answer.status_code == 422
    assert statuses(answer) == [424] * 17 + [409] + [424] * 13
    assert Item.objects.count() == before


def test_new_lanes_close_no_circle_together(planner, world):
    ways = [("S0", "S1", None), ("S1", "S2", "A0"), ("S2", "S0", "A1"), ("S2", "S0", "A0"), ("S3", "S3", None)]
    bodies = [{"origin": origin, "destination": to, "item": item} for origin, to, item in ways]
    answer = send(planner, "lanes", *bodies)
    assert statuses(answer) == [201, 201, 201, 422, 422]
    assert "S2 → S0 → S1 → S2" in answer.json()["results"][3]["problem"]["detail"]
    assert send(planner, "lanes", *bodies[2:4], atomic=True).status_code == 422
    assert Lane.objects.count() == 3


@pytest.mark.parametrize(
    ("rows", "items", "cycle"),
    [
        ([(1, 2, None), (2, 3, None)], None, []),
        ([(1, 2, None), (2, 3, None), (3, 1, None)], None, {1, 2, 3}),
        ([(1, 2, None), (2, 1, 7)], None, {1, 2}),
        ([(1, 2, None), (2, 1, 7)], {7}, {1, 2}),
        ([(1, 2, None), (2, 1, 7)], {8}, []),
        ([(1, 2, 7), (2, 1, 8)], None, []),
    ],
)
def test_a_circle_among_lanes(rows, items, cycle):
    found = any_cycle(rows, items=items)
    assert set(found) == set(cycle)
    ways = {(origin, destination) for origin, destination, _ in rows}
    assert set(pairwise(found)) <= ways


def test_a_supplier_without_a_rate_is_refused_alone(planner, world):
    answer = send(
        planner,
        "suppliers",
        *({"code": f"V{n}", "currency": "EUR"} for n in range(3)),
        {"code": "X", "currency": "XAU"},
    )
    assert statuses(answer) == [201, 201, 201, 422]
    assert answer.json()["results"][3]["problem"]["errors"][0]["pointer"] == "/operations/3/body/currency"


def test_plans_hear_of_all(planner, world):
    first, second = Item.objects.filter(sku__in=["A0", "A1"]).order_by("sku")
    places = Location.objects.in_bulk(["DC", "S0", "S1"], field_name="code")
    for item, code in ((first, "S0"), (first, "S1"), (second, "S0")):
        ItemLocation.objects.create(item=item, location=places[code])

    def heard() -> dict[tuple[str, str], int]:
        rows = ItemLocationState.objects.values_list(
            "item_location__item__sku", "item_location__location__code", "change_counter"
        )
        return {(sku, code): counter for sku, code, counter in rows}

    event = {"kind": "feature", "start_date": "2026-01-01"}
    send(planner, "demand-events", event | {"item": "A0", "location": "S1"}, event | {"item": "A1"})
    assert heard() == {("A0", "S1"): 1, ("A1", "S0"): 1}
    way = {"origin": "DC", "destination": "S0"}
    send(planner, "lanes", way | {"item": "A0"}, way | {"item": "A1"})
    assert heard() == {("A0", "S0"): 1, ("A0", "S1"): 1, ("A1", "S0"): 2}
    send(planner, "lanes", way, {"origin": "DC", "destination": "S1"})
    assert heard() == {("A0", "S0"): 2, ("A0", "S1"): 2, ("A1", "S0"): 3}


def test_who_made_them_is_on_record(planner, world):
    answer = send(planner, "items", *({"sku": f"T{n}"} for n in range(3)))
    made = [result["id"] for result in answer.json()["results"]]
    events = apps.get_model("inventory", "ItemEvent").objects.filter(id__in=made)
    assert [(event.pgh_actor_id, event.pgh_channel) for event in events] == [(planner.user.pk, "api")] * 3
