"""Policies and their rules over REST: reading."""

import pytest

from inventory.tests.factories import ItemFactory, LocationFactory
from planning.tests.factories import PlanRunFactory, outlook
from policies.models import PolicyRule
from stocksense.company import services as company
from stocksense.company.models import RunKind

pytestmark = pytest.mark.django_db


def test_effective_policies_of_the_current_run(caller):
    plan = PlanRunFactory()
    company.publish_run(kind=RunKind.POLICY, run=plan.policy_run)
    outlook(plan, ItemFactory(sku="TEA"), LocationFactory(code="NORTH"))
    viewer = caller("viewer")
    (row,) = viewer.results("policies?sku=TEA&abc=A")
    assert viewer.queries("policies?sku=TEA&abc=A") <= 6
    assert (row["sku"], row["location"], row["reorder_point"], row["order_up_to"], row["safety_stock"]) == (
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
