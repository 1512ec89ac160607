"""A planner's morning in a real browser, and what assistive technology finds on the pages."""

import pytest

from planning.tests.admin.conftest import furnish, running_job
from planning.tests.browser import DESK, PHONE, chromium, log_in, open_page, picture

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
