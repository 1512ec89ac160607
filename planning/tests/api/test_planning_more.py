"""Cycles, explanations, pegging, trials, comparisons, baskets and rules over REST."""

import time

import pytest

from inventory.models import ItemLocation
from planning.models import AutoApproveRule, PlannedOrder, PlanRun
from planning.services import cycle
from planning.tests.builder import two_level_company
from planning.tests.factories import outlook
from stocksense.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned():
    """A DC and two stores with four items, planned."""
    two_level_company(items=4)
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    return PlanRun.objects.latest("id")


def place(sku: str, code: str) -> ItemLocation:
    return ItemLocation.objects.get(item__sku=sku, location__code=code)


def test_starting_a_cycle_is_a_job_and_a_second_one_a_conflict(caller, monkeypatch):
    monkeypatch.setattr("stocksense.jobs.services.dispatch", lambda job: None)
    planner = caller("planner")
    answer = planner.post("plan-runs", {})
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{job.pk}")
    assert (answer.json()["id"], job.created_by) == (job.pk, planner.user)
    again = planner.post("plan-runs", {})
    assert (again.status_code, again.json()["fields"]) == (409, {"job": job.pk})
    assert planner.post("plan-runs", {"steps": ["dance"]}).status_code == 400
    assert planner.post("plan-runs", {"scenario": "nope"}).status_code == 422
    assert Job.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_plan_starts_nothing(api_client, role):
    assert api_client(role).post("plan-runs", {}).status_code in {401, 403}
    assert not Job.objects.exists()


def test_an_order_explains_itself_and_says_what_it_serves(planned, caller):
    viewer = caller("viewer")
    order = PlannedOrder.objects.filter(run=planned, kind="purchase").order_by("release_on").first()
    told = viewer.get(f"planned-orders/{order.pk}/explanation").json()
    assert told["sentences"][0].startswith("On the order day")
    assert told["trace"]["rounding"]["after_multiple"] == float(order.quantity)
    late = PlannedOrder.objects.filter(run=planned).order_by("-release_on").first()
    assert viewer.get(f"planned-orders/{late.pk}/explanation").json()["trace"]
    uses = viewer.get(f"planned-orders/{order.pk}/pegging").json()["uses"]
    assert {use["location"] for use in uses} <= {"DC", "NORTH", "SOUTH"}
    assert viewer.get("planned-orders/1/explanation?colour=red").status_code == 400
    assert viewer.get("planned-orders/999999/explanation").status_code == 404
    assert caller("supplier").get(f"planned-orders/{order.pk}/explanation").status_code == 403


def test_an_item_location_shows_position_levels_supply_and_projection(planned, caller):
    viewer = caller("viewer")
    row = place("SKU-01", "NORTH")
    address = f"item-location-plans/{row.pk}"
    assert viewer.get(f"{address}?fields=id,item").json() == {"id": row.pk, "item": row.item.sku}
    expanded = viewer.get(f"{address}?expand=location").json()
    assert (expanded["item"], expanded["location"]["code"]) == (row.item.sku, row.location.code)
    facts = viewer.get(f"item-location-plans/{row.pk}").json()
    assert facts["position"] == {
        "on_hand": "5",
        "blocked": "0",
        "allocated": "0",
        "outbound": "0",
        "available": "5",
        "on_order": "0",
        "backorders": "0",
        "position": "5",
    }
    assert (facts["run"], facts["origin"], facts["item"]) == (planned.pk, "DC", "SKU-01")
    assert facts["policy"]["order_up_to"] > facts["policy"]["reorder_point"] > 0
    assert len(facts["projection"]["on_hand_p10"]) == planned.horizon_days
    assert {order["kind"] for order in facts["planned_orders"]} == {"transfer"}
    day = facts["projection"]["first_date"]
    supplies = viewer.get(f"item-location-plans/{row.pk}/pegging?day={day}").json()["supplies"]
    assert {supply["location"] for supply in supplies} <= {"NORTH"}
    assert viewer.get(f"item-location-plans/{row.pk}/pegging").status_code == 400
    assert viewer.get(f"item-location-plans/{row.pk}/pegging?day=2026-02-31").status_code == 400
    assert viewer.get(f"item-location-plans/{row.pk}/pegging?order_number=PO-1").json() == {"uses": []}
    assert [one["location"] for one in viewer.results("item-location-plans?item=SKU-01")] == ["DC", "NORTH", "SOUTH"]


def test_a_trial_keeps_nothing_and_is_quick(planned, caller):
    viewer = caller("viewer")
    address = f"item-location-plans/{place('SKU-01', 'NORTH').pk}/what-if"
    viewer.post(address, {})
    before = PlannedOrder.objects.count()
    started = time.monotonic()
    answer = viewer.post(address, {"service_target": 0.99, "demand_factor": 1.5})
    assert time.monotonic() - started < 1.0
    tried = answer.json()
    assert tried["after"]["parameters"]["service_target"] == 0.99
    assert tried["after"]["reorder_point"] > tried["before"]["reorder_point"]
    assert PlannedOrder.objects.count() == before
    unchanged = viewer.post(address, {}).json()
    assert unchanged["before"] == unchanged["after"]
    assert viewer.post(address, {"service_target": 2}).status_code == 422
    assert viewer.post(address, {"service_target": "x"}).status_code == 400
    assert caller("supplier").post(address, {}).status_code == 403


def test_what_changed_between_two_runs(planned, caller):
    viewer = caller("viewer")
    assert viewer.get(f"plan-runs/{planned.pk}/changes").status_code == 422
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    newer = PlanRun.objects.latest("id")
    found = viewer.get(f"plan-runs/{newer.pk}/changes?since={planned.pk}").json()
    assert (found["before"]["run"], found["after"]["run"], found["changed"]) == (planned.pk, newer.pk, 0)
    assert found["before"]["value"] == found["after"]["value"]
    assert viewer.get(f"plan-runs/{newer.pk}/changes?since=x").status_code == 400
    assert viewer.get(f"plan-runs/{newer.pk}/changes?since={newer.pk}").status_code == 422


def test_baskets_of_what_is_due(desk, caller):
    (basket,) = caller("viewer").get("planned-orders/baskets").json()["results"]
    assert (basket["supplier"], basket["location"], basket["lines"], basket["value"]) == (
        desk.supplier.code, desk.store.code, 1, "432",
    )  # fmt: skip


def test_rules_are_the_approvers_own(desk, caller):
    approver, planner = caller("approver"), caller("planner")
    body = {"name": "Small lines", "max_line_value": "500", "supplier": desk.supplier.code, "is_active": True}
    assert planner.post("auto-approve-rules", body).status_code == 403
    assert not AutoApproveRule.objects.exists()
    made = approver.post("auto-approve-rules", body)
    assert (made.status_code, made.json()["author"]) == (201, approver.user.email)
    address = f"auto-approve-rules/{made.json()['id']}"
    second = caller("approver")
    assert second.patch(address, {"is_active": False}).status_code == 428
    changed = second.patch(address, {"is_active": False}, **second.current(address))
    assert (changed.json()["is_active"], changed.json()["author"]) == (False, second.user.email)
    assert planner.patch(address, {"is_active": True}, **planner.current(address)).status_code == 403
    assert AutoApproveRule.objects.get().is_active is False
    (past,) = planner.get(f"{address}/dry-run").json()["results"]
    assert (past["lines"], past["value"], past["people"]) == (1, "432", {"undecided": 1})
    assert caller("supplier").get("auto-approve-rules").status_code == 403


def test_expanded_projections(desk, caller):
    outlook(desk.run, desk.coffee, desk.store)
    (row,) = caller("viewer").results("projections?expand=item,location&fields=item,location")
    assert (row["item"]["name"], row["location"]["name"]) == ("Espresso", "Lille")
