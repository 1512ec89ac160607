"""A planner's morning in a real browser, and what assistive technology finds on the pages."""

import re

import pytest

from planning.tests.admin.conftest import furnish, running_job
from planning.tests.browser import DESK, PHONE, chromium, log_in, open_page, picture
from vendors.models import PurchaseOrder

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_planner_turns_a_proposal_into_a_draft_order(chromium, live_server):
    desk = furnish()
    page = open_page(chromium)
    log_in(page, live_server.url, desk.planner.email)
    page.get_by_role("link", name=re.compile("Open the worklist")).click()
    page.get_by_label("Select Espresso 250 g at Lille").check()
    page.get_by_role("button", name="Approve…").click()
    assert page.locator(".ss-card").first.inner_text().startswith("1 line, € 432")
    page.get_by_role("button", name="Approve 1 line").click()
    order = PurchaseOrder.objects.get()
    page.get_by_role("link", name=order.number).click()
    page.wait_for_url(f"**/admin/vendors/purchaseorder/{order.pk}/change/")
    row = page.locator("tr", has_text="Espresso 250 g").first.inner_text()
    assert "108 pcs" in row
    assert "9 box" in row
    assert "€ 48" in row
    picture(page, "draft-order")


def test_a_planner_works_the_list_by_keyboard(chromium, live_server):
    desk = furnish()
    page = open_page(chromium)
    log_in(page, live_server.url, desk.planner.email)
    page.goto(f"{live_server.url}/admin/planning/worklist/")
    for key in "jxjjx":
        page.keyboard.press(key)
    assert page.locator("[data-selected]").inner_text() == "2 of 4 on this page selected"
    page.keyboard.press("a")
    page.wait_for_url("**/admin/planning/approve/")
    assert "2 lines, € 864" in page.locator(".ss-card").first.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server):
    from axe_playwright_python.sync_playwright import Axe

    desk = furnish()
    job = running_job(desk.planner)
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, desk.planner.email)
    pages = {
        "dashboard": "",
        "worklist": "planning/worklist/",
        "item": f"planning/item-location/{desk.items[0].pk}/{desk.store.pk}/",
        "job": f"jobs/job/{job.pk}/change/",
    }
    look = f"{viewport['width']}-{'dark' if dark else 'light'}"
    for name, path in pages.items():
        page.goto(f"{live_server.url}/admin/{path}", wait_until="load")
        page.wait_for_timeout(300)
        picture(page, f"{name}-{look}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], f"{name} is {wide} px wide"
        found = Axe().run(page).response["violations"]
        serious = [
            f"{rule['id']}: {node['html'][:150]} {node['failureSummary'][:300]}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
        assert not serious, f"{name}, {look}:\n" + "\n".join(serious)
