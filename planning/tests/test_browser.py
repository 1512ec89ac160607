"""A planner's morning in a real browser, and what assistive technology finds on the pages."""

import pytest

from planning.tests.admin.conftest import furnish, running_job
from stocksense.testing.browser import chromium, every_look, log_in, look_at, open_page

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.slow
@every_look()
def test_pages_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server):
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
    for name, path in pages.items():
        page.goto(f"{live_server.url}/admin/{path}", wait_until="load")
        page.wait_for_timeout(300)
        look_at(page, name)
