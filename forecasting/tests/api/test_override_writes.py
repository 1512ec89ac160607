"""Overrides over REST: written by planners, looked at by everybody, withdrawn rather than deleted."""

from datetime import timedelta

import pytest

from forecasting.models import ForecastOverride
from forecasting.tests.builder import MONDAY, WEEK, Shop
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
