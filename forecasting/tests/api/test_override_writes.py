"""Overrides over REST: written by planners, looked at by everybody, withdrawn rather than deleted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forecasting.models import ForecastOverride
from forecasting.tests.builder import MONDAY, WEEK, Shop
from inventory.models import Category, Item, Location
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db

BODY = {
    "item": "TEA", "location": "NORTH", "mode": "add", "value": "30", "reason": "promotion",
    "start_date": "2026-11-16", "end_date": "2026-11-29",
}  # fmt: skip


@pytest.fixture
def tea():
    shop = Shop()
    found = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {found: [10.0, 10.0, 10.0]})
    return found


def test_an_override_is_made_changed_withdrawn_and_reinstated(tea, api_client):
    planner = api_client("planner")
    made = planner.post("forecast-overrides", BODY)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["item"], row["location"], row["reason"], row["author"]) == (
        "TEA", "NORTH", "promotion", planner.user.email,
    )  # fmt: skip
    path = f"forecast-overrides/{row['id']}"
    assert planner.patch(path, {"value": "40"}).json()["value"] == "40"
    assert planner.patch(path, {"value": "50"}, if_match='W/"older"').status_code == 412
    assert planner.patch(path, {"value": "50"}, if_match=None).status_code == 428
    assert planner.act(f"{path}/withdraw").json()["withdrawn_at"] is not None
    assert planner.patch(path, {"value": "50"}).status_code == 409
    assert planner.act(f"{path}/reinstate").json()["withdrawn_at"] is None
    assert planner.delete(path, if_match=None).status_code == 405
    assert ForecastOverride.objects.get().value == 40


def test_what_makes_no_sense_is_refused_field_by_field(tea, api_client):
    planner = api_client("planner")
    past = {"start_date": "2026-01-05", "end_date": "2026-01-11"}
    answer = planner.post("forecast-overrides", {**BODY, **past, "mode": "scale", "value": "120"})
    assert answer.status_code == 422
    assert sorted(pointers(answer)) == ["/end_date", "/value"]
    assert pointers(planner.post("forecast-overrides", {**BODY, "reason": "mood"})) == ["/reason"]
    assert not ForecastOverride.objects.exists()


def test_a_batch_writes_many_and_says_which_were_refused(tea, api_client):
    operations = [{"op": "create", "body": BODY}, {"op": "create", "body": {**BODY, "value": "-51"}}]
    answer = api_client("planner").post("forecast-overrides:batch", {"operations": operations})
    assert [one["status"] for one in answer.json()["results"]] == [201, 422]
    assert ForecastOverride.objects.count() == 1


def batch(caller, operations, **options):
    answer = caller.post("forecast-overrides:batch", {"operations": operations, **options})
    return [one["status"] for one in answer.json()["results"]]


def test_many_are_written_in_as_many_statements_as_ten(tea, api_client):
    planner = api_client("planner")
    planner.get("forecast-overrides")
    bodies = [BODY | {"mode": "scale", "value": f"1.{n}", "category": None} for n in range(110)]
    counted = []
    for some in (bodies[:10], bodies[10:]):
        with CaptureQueriesContext(connection) as queries:
            assert set(batch(planner, [{"op": "create", "body": body} for body in some])) == {201}
        counted.append(len(queries))
    ids = list(ForecastOverride.objects.order_by("pk").values_list("pk", flat=True))
    for some in (ids[:10], ids[10:]):
        changes = [{"op": "change", "id": pk, "if_match": "*", "body": {"value": "2", "comment": "x"}} for pk in some]
        with CaptureQueriesContext(connection) as queries:
            assert set(batch(planner, changes)) == {200}
        counted.append(len(queries))
    assert counted[0] == counted[1] < 30
    assert counted[2] == counted[3] < 30
    assert set(ForecastOverride.objects.values_list("value", "comment", "author_id")) == {(2, "x", planner.user.pk)}


def test_of_many_only_those_at_fault_are_refused(tea, api_client):
    Category.objects.create(name="Empty", path="Empty")
    Location.objects.create(code="EMPTY")
    tea_leaves = Category.objects.create(name="Leaves", path="Leaves")
    below = Category.objects.create(name="Black", path="Leaves/Black", parent=tea_leaves)
    Item.objects.filter(sku="TEA").update(category=below)
    Item.objects.create(sku="NEW")
    planner, scale = api_client("planner"), BODY | {"mode": "scale", "value": "1.2", "item": None, "location": None}
    about = [
        ({}, 201), ({"item": "TEA"}, 201), ({"item": "NEW"}, 422), ({"location": "NORTH"}, 201),
        ({"location": "EMPTY"}, 422), ({"item": "TEA", "location": "EMPTY"}, 422), ({"category": "Leaves"}, 201),
        ({"category": "Empty"}, 422), ({"category": "Leaves", "location": "NORTH"}, 201),
        ({"category": "Leaves", "location": "EMPTY"}, 422), ({"category": "Leaves", "item": "TEA"}, 422),
        ({"value": "-1"}, 422), ({"end_date": "2026-01-05"}, 422), ({"reason": "mood"}, 400),
    ]  # fmt: skip
    operations = [{"op": "create", "body": scale | said} for said, _ in about]
    assert set(batch(planner, operations[:-1], atomic=True)) == {422, 424}
    assert not ForecastOverride.objects.exists()
    assert batch(planner, operations) == [status for _, status in about]
    alone = [planner.post("forecast-overrides", operation["body"]).status_code for operation in operations]
    assert alone == [status for _, status in about]
    made = list(ForecastOverride.objects.order_by("pk"))
    planner.act(f"forecast-overrides/{made[1].pk}/withdraw")
    changes = [{"op": "change", "id": one.pk, "if_match": "*", "body": {"value": "3"}} for one in made]
    changes[2]["body"] = {"value": "21"}
    assert batch(planner, changes) == [200, 409, 422, *[200] * 7]


def test_those_that_take_away_are_seen_one_after_the_other(tea, api_client):
    planner = api_client("planner")
    operations = [{"op": "create", "body": BODY | {"value": value}} for value in ("-15", "-6", "-5", "-1")]
    assert batch(planner, operations) == [201, 422, 201, 422]  # (20 are expected)
    first, second = ForecastOverride.objects.order_by("pk")
    values = {first.pk: "-16", second.pk: "-4"}
    changes = [{"op": "change", "id": pk, "if_match": "*", "body": {"value": value}} for pk, value in values.items()]
    assert batch(planner, changes) == [422, 200]
    assert batch(planner, changes[:1]) == [200]


def test_anybody_may_try_and_a_viewer_may_write_nothing(tea, api_client):
    viewer = api_client("viewer")
    tried = viewer.post("forecast-overrides/preview", {**BODY, "show_item": "TEA", "show_location": "NORTH"})
    assert tried.status_code == 200, tried.content
    assert tried.json() == {
        "reached": 1, "moved": 1, "expected": 20, "total": 50,
        "buckets": [
            {"start": "2026-11-16", "before": 10, "after": 25}, {"start": "2026-11-23", "before": 10, "after": 25},
            {"start": "2026-11-30", "before": 10, "after": 10},
        ],
    }  # fmt: skip
    assert viewer.post("forecast-overrides", BODY).status_code == 403
    assert not ForecastOverride.objects.exists()


def test_lists_are_filtered(tea, api_client):
    planner = api_client("planner")
    planner.post("forecast-overrides", BODY)
    planner.post("forecast-overrides", {**BODY, "item": None, "location": "NORTH", "mode": "scale", "value": "1.1"})
    assert [row["mode"] for row in planner.rows("forecast-overrides?item__isnull=true")] == ["scale"]
    later = (MONDAY + 2 * WEEK + timedelta(days=1)).isoformat()
    assert planner.rows(f"forecast-overrides?end_date__gte={later}") == []
    assert {row["code"] for row in planner.rows("override-reasons?is_active=true")} >= {"promotion", "judgement"}
