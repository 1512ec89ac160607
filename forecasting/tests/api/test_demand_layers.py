"""Corrections, analogues and totals over REST."""

from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting.models import DemandCorrection, ItemAnalogue
from forecasting.tests.records import MONDAY, corrected, forecast, place, sold, weeks_ago
from inventory.tests.factories import ItemFactory
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea():
    at = place("TEA", category="Food/Hot", region="Upper")
    sold(at, [*[9, 16] * 10, 900])
    corrected()
    return at


def test_a_planner_undoes_and_applies_a_correction(tea, api_client):
    planner = api_client("planner")
    (row,) = planner.get("demand-corrections?item=TEA&state=applied").json()["results"]
    assert (row["kind"], row["date"], row["author"]) == ("outlier", weeks_ago(1).isoformat(), None)
    undone = planner.post(f"demand-corrections/{row['id']}/undo", {})
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert undone.json()["author"] == planner.user.email
    assert planner.post(f"demand-corrections/{row['id']}/undo", {}).status_code == 409
    assert planner.post(f"demand-corrections/{row['id']}/apply", {}).json()["state"] == "applied"


def test_a_planner_says_what_demand_was(tea, api_client):
    body = {
        "item": "TEA",
        "location": "NORTH",
        "date": str(MONDAY - timedelta(days=9)),
        "quantity": "-4",
        "reason": "x",
    }
    planner = api_client("planner")
    made = planner.post("demand-corrections", body)
    assert made.status_code == 201, made.content
    assert (made.json()["kind"], made.json()["date"]) == ("manual", weeks_ago(2).isoformat())
    refused = planner.post("demand-corrections", body | {"quantity": "-400"})
    assert (refused.status_code, pointers(refused)) == (422, ["/quantity"])
    assert DemandCorrection.objects.get(kind="manual").quantity == -4


def test_a_viewer_corrects_nothing(tea, api_client):
    before, viewer = list(DemandCorrection.objects.values()), api_client("viewer")
    address = f"demand-corrections/{before[0]['id']}"
    body = {"item": "TEA", "location": "NORTH", "date": str(weeks_ago(2)), "quantity": "1", "reason": "x"}
    for answer in (
        viewer.post("demand-corrections", body),
        viewer.post(f"{address}/undo", {}, if_match="*"),
        viewer.post(f"{address}/apply", {}, if_match="*"),
    ):
        assert answer.status_code == 403
    assert list(DemandCorrection.objects.values()) == before


def test_an_analogue_is_chosen_changed_and_taken_back(tea, api_client):
    ItemFactory(sku="NEW")
    planner = api_client("planner")
    made = planner.post("item-analogues", {"item": "NEW", "analogue": "TEA", "scale": "0.5"})
    assert made.status_code == 201, made.content
    assert (made.json()["weight"], made.json()["chosen_by"]) == ("1", planner.user.email)
    address = f"item-analogues/{made.json()['id']}"
    assert planner.patch(address, {"scale": "0.7"}).json()["scale"] == "0.7"
    assert planner.post("item-analogues", {"item": "NEW", "analogue": "TEA"}).status_code == 409
    assert ItemAnalogue.objects.get().scale == Decimal("0.7")
    assert planner.delete(address).status_code == 204
    assert not ItemAnalogue.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"analogue": "NEW"}, "/analogue"), ({"scale": "0"}, "/scale"), ({"weight": "-1"}, "/weight")],
)
def test_an_analogue_that_cannot_be_is_refused(tea, api_client, body, pointer):
    ItemFactory(sku="NEW")
    answer = api_client("planner").post("item-analogues", {"item": "NEW", "analogue": "TEA", **body})
    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert not ItemAnalogue.objects.exists()


def test_totals_of_the_current_run_by_level(tea, api_client, django_assert_max_num_queries):
    forecast()
    viewer = api_client("viewer")
    rows = viewer.get("forecast-aggregates?fields=level,category,region,location,series,mean").json()["results"]
    named = [(row["level"], row["category"], row["region"], row["location"], row["series"]) for row in rows]
    assert named == [
        ("total", None, "", None, 1), ("category", "Food", "", None, 1), ("category", "Food/Hot", "", None, 1),
        ("region", None, "Upper", None, 1), ("location", None, "", "NORTH", 1),
    ]  # fmt: skip
    assert len({str(row["mean"]) for row in rows}) == 1
    with django_assert_max_num_queries(8):
        (food,) = viewer.get("forecast-aggregates?category=Food&fields=quantiles,probabilities").json()["results"]
    assert len(food["quantiles"][0]) == len(food["probabilities"]) == 11
