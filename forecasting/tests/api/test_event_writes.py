"""Demand events over REST: changing."""

from datetime import date

import pytest

from forecasting.models import DemandEvent, EventUplift
from forecasting.services.events import read_events
from inventory.models import Category, ItemLocationState
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db

BODY = {"kind": "price_cut", "item": "TEA", "start_date": "2026-03-02", "end_date": "2026-03-08", "price": "1.50"}


@pytest.fixture
def tea():
    item = ItemFactory(sku="TEA")
    for code in ("NORTH", "SOUTH"):
        ItemLocationFactory(item=item, location=LocationFactory(code=code))
    return item


def counters() -> list[int]:
    return sorted(ItemLocationState.objects.values_list("change_counter", flat=True))


def test_an_event_everywhere_is_heard_by_every_plan_of_the_item(tea, api_client):
    made = api_client("planner").post("demand-events", BODY)
    assert made.status_code == 201, made.content
    assert (made.json()["item"], made.json()["location"], made.json()["price"]) == ("TEA", None, "1.5")
    assert counters() == [1, 1]


def test_an_event_at_one_place_moves_that_place_alone_and_its_name_none(tea, api_client):
    planner = api_client("planner")
    made = planner.post("demand-events", BODY | {"location": "NORTH"}).json()
    assert planner.patch(f"demand-events/{made['id']}", {"label": "Spring"}).status_code == 200
    assert ItemLocationState.objects.get().change_counter == 1
    assert planner.patch(f"demand-events/{made['id']}", {"end_date": "2026-03-10"}).status_code == 200
    assert ItemLocationState.objects.get().change_counter == 2
    assert DemandEvent.objects.get().end_date == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"end_date": "2026-03-01"}, 422, None),
        ({"kind": "party"}, 400, "/kind"),
        ({"item": "COFFEE"}, 400, "/item"),
        ({"location": "WEST"}, 400, "/location"),
        ({"start_date": "soon"}, 400, "/start_date"),
    ],
)
def test_what_cannot_be_is_refused(tea, api_client, body, status, pointer):
    answer = api_client("planner").post("demand-events", BODY | body)
    assert answer.status_code in {status, 400}
    assert pointer is None or pointers(answer) == [pointer]
    assert not DemandEvent.objects.exists()


def test_the_same_event_twice_is_a_conflict(tea, api_client):
    planner = api_client("planner")
    assert planner.post("demand-events", BODY).status_code == 201
    assert planner.post("demand-events", BODY).status_code == 409
    assert DemandEvent.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_write_changes_nothing(tea, api_client, role):
    made = api_client("planner").post("demand-events", BODY).json()
    outsider, address = api_client(role), f"demand-events/{made['id']}"
    before = DemandEvent.objects.values().get()
    for answer in (
        outsider.post("demand-events", BODY | {"location": "NORTH"}),
        outsider.patch(address, {"price": "1"}, if_match="*"),
        outsider.delete(address, if_match="*"),
    ):
        assert answer.status_code in {401, 403}
    assert DemandEvent.objects.values().get() == before


def test_removing_is_for_administrators(tea, api_client):
    made = api_client("planner").post("demand-events", BODY).json()
    address = f"demand-events/{made['id']}"
    assert api_client("planner").delete(address).status_code == 403
    assert api_client("admin").delete(address).status_code == 204
    assert not DemandEvent.objects.exists()
    assert counters() == [2, 2]


def test_a_category_reaches_all_items_below_it(tea, api_client):
    drinks = Category.objects.create(name="x", path="Drinks")
    tea.category = Category.objects.create(name="x", path="Drinks/Hot", parent=drinks)
    tea.save()
    made = api_client("planner").post("demand-events", BODY | {"item": None, "category": "Drinks"})
    assert made.status_code == 201, made.content
    assert (made.json()["item"], made.json()["category"]) == (None, "Drinks")
    assert counters() == [1, 1]
    reached = read_events(start=date(2026, 3, 8), end=date(2026, 3, 9))
    assert reached["kind"].to_list() == ["price_cut", "price_cut"]
    assert read_events(start=date(2026, 3, 9), end=date(2026, 4, 1)).is_empty()


def test_a_closure_names_its_place_alone_and_a_holiday_nothing(tea, api_client):
    planner = api_client("planner")
    closure = {"kind": "closure", "location": "NORTH", "start_date": "2026-03-02", "end_date": "2026-03-08"}
    assert planner.post("demand-events", closure).status_code == 201
    assert counters() == [1]
    assert planner.post("demand-events", {"kind": "holiday", "start_date": "2026-12-25"}).status_code == 201
    assert counters() == [1, 2]
    places = read_events(start=date(2026, 1, 1), end=date(2027, 1, 1)).rows_by_key("kind", named=True)
    assert {kind: len(rows) for kind, rows in places.items()} == {"closure": 1, "holiday": 2}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"item": None}, "/item"), ({"category": "Drinks"}, "/category")],
)
def test_an_event_names_goods_once(tea, api_client, body, pointer):
    Category.objects.create(name="x", path="Drinks")
    answer = api_client("planner").post("demand-events", BODY | body)
    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert not DemandEvent.objects.exists()


def test_an_event_says_what_it_is_expected_to_add_once_a_forecast_saw_it(tea, api_client):
    planner = api_client("planner")
    made = planner.post("demand-events", BODY).json()
    assert (made["expected_without"], made["expected_uplift"]) == (None, None)
    EventUplift.objects.create(event_id=made["id"], run_id=1, baseline=40, uplift=14, series=3)
    found = planner.get(f"demand-events/{made['id']}").json()
    assert (found["expected_without"], found["expected_uplift"]) == (40.0, 14.0)
