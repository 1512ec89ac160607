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
from planning.tests.factories import PlanRunFactory
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


def test_the_worklist_shows_lines_by_source(desk, sign_in):
    page = text_of(sign_in(desk.planner).get(WORKLIST))
    assert 'Rossi <span class="ss-quiet">4 lines, € 1,728</span>' in page
    assert "38 / 120" in page
    assert "the position is 16 pcs = 4 available + 12 on order." in page
    assert "104 rounded up to packs of 12: 108 pcs." in page


def test_the_worklist_filters(desk, sign_in):
    client = sign_in(desk.planner)
    assert "Green tea" not in text_of(client.get(f"{WORKLIST}?q=espres"))
    assert "No line fits these filters." in text_of(client.get(f"{WORKLIST}?supplier=NOBODY"))
    assert "DC Nord" in text_of(client.get(f"{WORKLIST}?kind=transfer"))


def test_approving_asks_first_and_then_makes_a_draft(desk, sign_in):
    client = sign_in(desk.planner)
    data = {"order": [desk.orders[0].pk, desk.orders[1].pk], "run": desk.run.pk, "back": f"{WORKLIST}?q=e"}
    preview = text_of(client.post(reverse("admin:planning_approve"), data))
    assert "2 lines, € 864" in preview
    assert PurchaseOrder.objects.count() == 0
    done = client.post(reverse("admin:planning_approve"), {**data, "confirmed": "yes"}, follow=True)
    order = PurchaseOrder.objects.get()
    assert done.redirect_chain[0][0] == f"{WORKLIST}?q=e"
    assert f'<a class="ss-link" href="/admin/vendors/purchaseorder/{order.pk}/change/">{order.number}</a>' in text_of(
        done
    )
    assert order.lines.count() == 2


def test_a_decided_line_shows_its_draft_and_cannot_be_selected(desk, sign_in):
    client = sign_in(desk.planner)
    client.post(reverse("admin:planning_approve"), {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes"})
    page = text_of(client.get(f"{WORKLIST}?decided=yes"))
    assert PurchaseOrder.objects.get().number in page
    assert f'name="order" value="{desk.orders[0].pk}"' not in page
    assert f'name="order" value="{desk.orders[1].pk}"' in page


def test_an_approval_of_an_old_page_changes_nothing_and_says_so(desk, sign_in):
    PlanRunFactory(run_date=desk.run.run_date.replace(day=3))
    data = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes"}
    page = sign_in(desk.planner).post(reverse("admin:planning_approve"), data, follow=True)
    assert "A newer plan has been made since this page was opened." in text_of(page)
    assert PurchaseOrder.objects.count() == 0


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


@pytest.mark.parametrize("given", [{"order": "9" * 5000}, {"run": "9" * 5000}, {"order": "9" * 18}])
def test_ids_that_no_page_sends_decide_nothing(given, desk, sign_in):
    form = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", **given}
    assert sign_in(desk.planner).post(reverse("admin:planning_reject"), form).status_code == 302
    assert PlanDecision.objects.count() == 0


def test_a_reason_is_kept_without_what_cannot_be_stored(desk, sign_in):
    form = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "reason": " too\x00 late "}
    sign_in(desk.planner).post(reverse("admin:planning_reject"), form)
    assert PlanDecision.objects.get().reason == "too late"


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
