"""The what-if card: sliders in, both plans side by side out, with and without a script."""

import json

import pytest
from django.urls import reverse

from planning.models import PlannedOrder, PlanRun
from planning.services import cycle
from planning.services.what_if import what_if
from planning.tests.builder import two_level_company
from policies.models import Policy
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.jobs.models import JobState

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(db, client) -> dict[str, int]:
    """An item at a DC, planned, and a viewer who looks at it."""
    two_level_company(items=1)
    assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED
    client.force_login(UserFactory(role=Role.VIEWER))
    policy = Policy.objects.get(run=PlanRun.objects.latest("id").policy_run, location__code="DC")
    return {"item_id": policy.item_id, "location_id": policy.location_id}


def ask(client, place, query: str) -> dict:
    url = reverse("admin:planning_item_location_what_if", args=list(place.values()))
    return json.loads(client.get(f"{url}?{query}").content)


def test_the_answer_is_the_engines(client, place):
    tried = what_if(**place, service_target=0.99, lead_time_days=10.0, demand_factor=1.2)
    answer = ask(client, place, "service=99&lead=3&demand=20&review=7")
    assert answer["chart"]["stock"] == [round(value, 2) for value in tried.after.stock.tolist()]
    assert answer["chart"]["reorderPoint"][0] == round(tried.after.reorder_points[0], 2)
    assert [row[:2] for row in answer["chart"]["arrivals"]] == [
        [order.due_on.isoformat(), order.quantity] for order in tried.after.orders
    ]
    assert f"{tried.before.reorder_point:,.1f}".rstrip("0").rstrip(".") in answer["html"]
    assert f"{tried.after.reorder_point:,.1f}".rstrip("0").rstrip(".") in answer["html"]


def test_sliders_that_were_not_moved_change_nothing(client, place):
    policy = Policy.objects.get(item=place["item_id"], location=place["location_id"])
    neutral = f"service={policy.service_target * 100:g}&lead=0&demand=0&review={policy.review_days:g}"
    answer = ask(client, place, neutral)
    assert answer["chart"] is None
    assert "Nothing is changed" in answer["html"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("service=abc", "“abc” is not a number."),
        ("service=nan", "“nan” is not a number."),
        ("service=100", "service target must lie between 0.5 and 0.999"),
        ("demand=-100", "demand factor must lie between 0.1 and 5"),
        ("lead=-99", "lead time days must lie between 0 and 365"),
    ],
)
def test_impossible_values_are_answered_with_what_is_possible(query, says, client, place):
    answer = ask(client, place, query)
    assert says in answer["html"]
    assert answer["chart"] is None


def test_the_form_works_without_a_script(client, place):
    url = reverse("admin:planning_item_location", args=list(place.values()))
    plain = client.get(url).content.decode()
    assert "data-what-if" in plain
    assert "Over 182 days" not in plain
    answered = client.get(f"{url}?service=99&lead=0&demand=0&review=7&numbers=days").content.decode()
    assert "ss-compare" in answered
    assert '<input type="hidden" name="numbers" value="days">' in answered
    assert 'name="service" min="50" max="99.9" step="0.1" value="99"' in answered
    assert "is not a number" in client.get(f"{url}?service=abc").content.decode()


def test_asking_writes_nothing(client, place):
    before = (PlannedOrder.objects.count(), Policy.objects.count(), PlanRun.objects.count())
    ask(client, place, "service=99")
    assert (PlannedOrder.objects.count(), Policy.objects.count(), PlanRun.objects.count()) == before
