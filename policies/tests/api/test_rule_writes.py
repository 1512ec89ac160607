"""Policy rules over REST: changing."""

import pytest

from inventory.models import Category
from policies.models import PolicyRule
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db

BODY = {"name": "Fast", "position": 10, "abc": "AB", "service_target": "0.98", "category": "Drinks"}


@pytest.fixture
def drinks():
    return Category.objects.create(name="Drinks", path="Drinks")


def test_a_rule_is_made_and_changed(drinks, api_client):
    planner = api_client("planner")
    made = planner.post("policy-rules", BODY)
    assert (made.status_code, made.json()["category"], made.json()["service_target"]) == (201, "Drinks", "0.98")
    address = f"policy-rules/{made.json()['id']}"
    assert planner.patch(address, {"is_active": False}, if_match='W/"old"').status_code == 412
    assert planner.patch(address, {"is_active": False}, if_match=None).status_code == 428
    assert PolicyRule.objects.get().is_active is True
    assert planner.patch(address, {"is_active": False}).json()["is_active"] is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"service_target": "1.5"}, "/service_target"), ({"abc": "AQ"}, "/abc"), ({"review_days": 0}, "/review_days")],
)
def test_what_cannot_be_is_refused_by_field(drinks, api_client, body, pointer):
    answer = api_client("planner").post("policy-rules", BODY | body)
    assert 400 <= answer.status_code < 500
    assert pointers(answer) == [pointer]
    assert not PolicyRule.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_write_changes_nothing(drinks, api_client, role):
    assert api_client(role).post("policy-rules", BODY).status_code in {401, 403}
    assert not PolicyRule.objects.exists()
