"""The dashboard: tiles, what cannot be planned, what comes first, and what to do when something is missing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from planning.admin.tiles import spark
from planning.models import PlanDecision
from planning.models.desk import DeskPreference, SavedView
from planning.tests.admin.conftest import furnish, running_job
from planning.tests.admin.test_pages import text_of
from planning.tests.factories import PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.jobs.models import Job

pytestmark = pytest.mark.django_db


def totals(**counts):
    return {"totals": {group: {"count": count, "money": "0"} for group, count in counts.items()}}


def test_tiles_show_counts_money_and_the_change_since_the_run_before(sign_in):
    PlanRunFactory(summary=totals(stocked_out=3, at_risk=1, to_approve=5))
    desk = furnish()
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert 'Stocked out</span> <span class="ss-tile-count">1</span> <span>€ 412' in page
    assert 'aria-label="Last 2 runs: 3, 1"' in page
    assert '<span aria-hidden="true">▼</span> −2<span class="ss-unseen"> since the run before</span>' in page
    assert "±0<span" in page
    assert 'To approve</span> <span class="ss-tile-count">5</span> <span>€ 1,824' in page


def test_without_an_earlier_run_there_is_no_trend(desk, sign_in):
    assert "ss-spark" not in text_of(sign_in(desk.planner).get("/admin/"))


def test_bars_stand_on_zero_and_end_at_the_right_edge():
    bars = spark([0, 5, 10], width=30, height=20)
    assert [(bar.x, bar.y, bar.height) for bar in bars] == [(0, 19, 1), (10, 10, 10), (20, 0, 20)]
    assert spark([]) == []
    assert [bar.height for bar in spark([0, 0], height=20)] == [1, 1]


def test_what_cannot_be_planned_comes_first_with_links_that_fix_it(sign_in):
    desk = furnish(lines=5)
    item, store = desk.items[4].pk, desk.store.pk
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert page.index("Cannot plan") < page.index("Stocked out")
    assert f'href="/admin/vendors/supplieritem/add/?item={item}&amp;location={store}"' in page
    assert f'href="/admin/inventory/lane/add/?item={item}&amp;destination={store}"' in page
    form = sign_in(desk.planner).get(f"/admin/vendors/supplieritem/add/?item={item}&location={store}")
    assert f'<option value="{item}" selected>' in text_of(form)


def test_a_viewer_sees_what_cannot_be_planned_without_the_links(sign_in):
    furnish(lines=5)
    page = text_of(sign_in(UserFactory(role=Role.VIEWER)).get("/admin/"))
    assert "Cannot plan" in page
    assert "supplieritem/add" not in page
    assert "Run the cycle now" not in page


def test_first_things_say_what_to_do_and_lead_to_the_worklist(desk, sign_in):
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert f"Order 108 pcs from {desk.supplier}, arrives 9 Mar" in page
    assert f"?tab=all&amp;kind=purchase&amp;q={desk.items[0].sku}&amp;location=LILLE" in page


def test_the_queue_is_that_of_the_planner_s_own_view(desk, sign_in):
    view = SavedView.objects.create(owner=desk.planner, name="My tea", query=f"q={desk.items[3].sku}")
    DeskPreference.objects.create(user=desk.planner, worklist_view=view)
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert "your view: My tea" in page
    assert "Green tea @ Lille" in page
    assert "Espresso 250 g @ Lille" not in page


def test_snoozed_lines_are_shown_on_the_day_they_come_back(desk, sign_in):
    order = desk.orders[0]
    PlanDecision.objects.create(
        scenario=desk.run.scenario, item=order.item, destination=order.location, supplier=order.supplier,
        need_on=order.need_on, decision="snoozed", proposed_quantity=108, run_id=desk.run.pk,
        snoozed_until=desk.run.as_of, reason="after the fair", decided_by=desk.planner,
    )  # fmt: skip
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert "Back today: 1 snoozed line" in page
    assert "“after the fair”" in page


def test_a_failed_cycle_is_shown_with_its_error_and_what_to_do(desk, sign_in):
    job = Job.objects.create(
        kind="planning cycle", title="Planning cycle", state="failed", error="There is no exchange rate for JPY."
    )
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert 'role="alert"' in page
    assert "There is no exchange rate for JPY." in page
    assert f'<a href="/admin/jobs/job/{job.pk}/change/">Look at job {job.pk}</a>' in page


def test_a_cycle_that_runs_again_hides_the_failure_before_it(desk, sign_in):
    Job.objects.create(kind="planning cycle", title="Planning cycle", state="failed", error="boom")
    running_job(desk.planner)
    page = text_of(sign_in(desk.planner).get("/admin/"))
    assert "boom" not in page
    assert "Cycle running: see progress" in page


def test_first_steps_show_what_is_done(sign_in):
    CompanySettings.objects.update(name="Bakery")
    page = text_of(sign_in(UserFactory(role=Role.PLANNER)).get("/admin/"))
    assert "Start by importing your data." in page
    assert page.count(">done<") == 1


def test_the_dashboard_needs_a_fixed_number_of_queries_with_everything_on_it(sign_in):
    desk = furnish(lines=5)
    client = sign_in(desk.planner)
    client.get("/admin/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/admin/")
    assert len(captured) <= 24


def test_the_dashboard_says_what_rules_approved_and_what_kept_them(desk, sign_in):
    desk.run.summary = {"auto_approved": {"lines": 3, "value": "12.0000", "problems": ["<b>small: no right."]}}
    desk.run.save()
    page = sign_in(desk.planner).get("/admin/").content.decode()
    assert "3 lines</a> of it." in page
    assert "Rule &lt;b&gt;small: no right." in page
