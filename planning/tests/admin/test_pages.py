"""The planner's pages: what they say, who may act, and how many queries they need."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import ScheduledReceipt
from planning.models import PlanDecision
from planning.tests.admin.conftest import furnish, running_job
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from vendors.models import PurchaseOrder

pytestmark = pytest.mark.django_db

WORKLIST = "/admin/planning/worklist/"


def queries_of(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_dashboard_says_what_is_at_stake(desk, sign_in):
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert "Plan of 2 Mar 2026" in page
    assert "1 could not be planned" not in page
    assert "stock 0 min old" in page
    assert "open orders 3 d old, too old" in page
    assert '<span class="ss-tile-title">To approve</span> <span class="ss-tile-count">5</span>' in page
    assert page.index("Espresso 250 g @ Lille") < page.index("Filter coffee 1 kg @ Lille")


def test_before_the_first_plan_the_dashboard_says_what_to_do(sign_in):
    page = text_of(sign_in(UserFactory(role=Role.PLANNER)).get("/admin/"))
    assert "Start by importing your data." in page
    assert "There is no plan yet." in page


@pytest.mark.parametrize("page", ["worklist", "exceptions", "item-locations"])
def test_work_pages_without_a_plan_say_what_to_do(page, sign_in):
    response = sign_in(UserFactory()).get(f"/admin/planning/{page}/")
    assert response.status_code == 200
    assert "ss-empty" in response.content.decode()


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_viewer_can_decide_nothing(verb, desk, sign_in):
    client = sign_in(UserFactory(role=Role.VIEWER))
    data = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes"}
    assert client.post(reverse(f"admin:planning_{verb}"), data).status_code == 403
    assert "Approve…" not in text_of(client.get(WORKLIST))
    assert (PurchaseOrder.objects.count(), PlanDecision.objects.count(), ScheduledReceipt.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("name", ["planning_approve", "planning_reject", "planning_run_now"])
def test_decisions_are_made_by_post_only(name, desk, sign_in):
    assert sign_in(desk.planner).get(reverse(f"admin:{name}")).status_code == 405


def test_running_the_cycle_opens_its_job(desk, sign_in, monkeypatch):
    job, calls = running_job(desk.planner), []
    fake = ModuleType("planning.services.cycle")
    fake.start_cycle = lambda **given: calls.append(given) or SimpleNamespace(pk=job.pk)
    monkeypatch.setitem(sys.modules, "planning.services.cycle", fake)
    response = sign_in(desk.planner).post(reverse("admin:planning_run_now"))
    assert response.url == f"/admin/jobs/job/{job.pk}/change/"
    assert calls == [{"scenario": None, "as_of": None, "actor": desk.planner}]


def test_the_item_location_page_adds_up(desk, sign_in):
    url = reverse("admin:planning_item_location", args=[desk.items[0].pk, desk.store.pk])
    page = text_of(sign_in(desk.planner).get(url))
    assert '<td>=</td> <td>Inventory position</td> <td class="ss-number">4 pcs</td>' in page
    assert page.count('<svg class="ss-chart ss-chart-') == 2
    assert "<td>sold out</td>" in page
    assert "at or below reorder point" in page
    assert sign_in(desk.planner).get(reverse("admin:planning_item_location", args=[0, 0])).status_code == 404


def test_the_palette_finds_what_the_person_may_see(desk, sign_in):
    url = "/admin/search/?extended=1&s=espresso"
    assert desk.items[0].sku in text_of(sign_in(desk.planner).get(url))
    stranger = UserFactory()
    stranger.groups.clear()
    assert desk.items[0].sku not in text_of(sign_in(stranger).get(url))


@pytest.mark.parametrize(
    "url", ["/admin/", WORKLIST, "/admin/planning/exceptions/", "/admin/planning/item-locations/"], ids=str
)
def test_query_counts_do_not_grow_with_rows(url, sign_in, db):
    desk = furnish(lines=2)
    client = sign_in(desk.planner)
    few = queries_of(client, url)
    for number in range(6):
        _another(desk, number)
    assert queries_of(client, url) == few
    assert few <= 25


def _another(desk, number: int) -> None:
    from inventory.tests.factories import ItemFactory, ItemLocationFactory
    from planning.tests.factories import PlanExceptionFactory, PlannedOrderFactory
    from vendors.tests.factories import SupplierFactory

    item = ItemFactory()
    ItemLocationFactory(item=item, location=desk.store)
    PlannedOrderFactory(run=desk.run, item=item, location=desk.store, supplier=SupplierFactory(), source_id=1)
    PlanExceptionFactory(run=desk.run, item=item, location=desk.store)


@pytest.mark.parametrize("page", ["x", "0", "-1", "99999999999", "2", "²"])
def test_a_search_page_that_is_none_shows_the_first(page, sign_in):
    client = sign_in(UserFactory(role=Role.ADMIN))
    answer = client.get(f"/admin/search/?s=item&extended=1&page={page}")
    assert answer.status_code == 200
    assert answer.context["results"].number == 1
