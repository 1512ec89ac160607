"""Policies and their rules over REST: reading."""

from datetime import date

import pytest

from forecasting.models import ForecastRun
from inventory.tests.factories import ItemFactory, LocationFactory
from policies.models import Policy, PolicyRule, PolicyRun
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core.database.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


DAY = date(2026, 3, 2)


def make_run() -> PolicyRun:
    shared = {"scenario": company.scenario_named(None), "as_of": DAY, "run_date": DAY, "state": RunState.FINISHED}
    forecast_run = ForecastRun.objects.create(bucket_days=7, horizon_buckets=2, **shared)
    run = PolicyRun.objects.create(forecast_run=forecast_run, **shared)
    ensure_partitions(Policy, [DAY])
    company.publish_run(kind=RunKind.POLICY, run=run)
    return run


def policy(run: PolicyRun, item, location) -> Policy:
    return Policy.objects.create(
        run=run, run_date=run.run_date, item=item, location=location, method="rss", abc="A", xyz="X",
        demand_class="smooth", service_target=0.95, lead_time_days=7.0, review_days=7.0, reorder_point=38.0,
        order_up_to=120.0, safety_stock=10.0, order_quantity=82.0, reorder_points=[38.0] * 56,
        order_up_to_levels=[120.0] * 56, trace={"steps": [{"name": "reorder point", "value": 38.0}]},
    )  # fmt: skip


def test_effective_policies_of_the_current_run(caller):
    policy(make_run(), ItemFactory(sku="TEA"), LocationFactory(code="NORTH"))
    viewer = caller("viewer")
    (row,) = viewer.results("policies?item=TEA&abc=A")
    assert viewer.queries("policies?item=TEA&abc=A") <= 6
    assert (row["item"], row["location"], row["reorder_point"], row["order_up_to"], row["safety_stock"]) == (
        "TEA", "NORTH", 38.0, 120.0, 10.0,
    )  # fmt: skip
    assert "trace" not in row
    whole = viewer.get(f"policies/{row['id']}").json()
    assert whole["trace"]["steps"][0]["value"] == 38.0
    assert whole["reorder_points"] == [38.0] * 56
    assert viewer.results("policies?abc=B") == []


def test_rules_in_the_order_in_which_they_are_tried(caller):
    PolicyRule.objects.create(name="Rest", position=900, service_target="0.9")
    first = PolicyRule.objects.create(name="Fast", position=10, abc="A", service_target="0.98", is_active=False)
    viewer = caller("viewer")
    assert [row["name"] for row in viewer.results("policy-rules")] == ["Fast", "Rest"]
    assert [row["name"] for row in viewer.results("policy-rules?is_active=true")] == ["Rest"]
    assert viewer.get(f"policy-rules/{first.pk}").json()["service_target"] == "0.98"


@pytest.mark.parametrize("path", ["policies", "policy-runs", "policy-rules"])
def test_nobody_and_suppliers_see_nothing(caller, client, path):
    assert client.get(f"/api/v1/{path}").status_code in {401, 403}
    assert caller("supplier").get(path).status_code == 403
