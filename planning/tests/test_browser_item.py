"""The item-location page in a real browser: the chart zooms, its cursor moves by keys, sliders are answered."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from planning.models import PlanRun, Projection
from planning.services import cycle
from planning.tests.builder import two_level_company
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.jobs.models import JobState
from stocksense.testing.browser import DESK, chromium, every_look, log_in, look_at, open_page

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW_DESK = {"width": 1280, "height": 900}
SPAN = (
    """() => JSON.stringify([...document.querySelectorAll('[data-range]')].map(b => b.getAttribute('aria-pressed')))"""
)


def run_cycle() -> JobState | None:
    try:
        return cycle.run_cycle(cycle.create_cycle(actor=None).pk)
    finally:
        connections.close_all()


def planned_item(code: str = "DC") -> str:
    """A planned item's page at this location."""
    two_level_company(items=1)
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's event loop lives in this thread
        assert elsewhere.submit(run_cycle).result() == JobState.SUCCEEDED
    row = Projection.objects.get(run=PlanRun.objects.latest("id"), location__code=code)
    return f"/admin/planning/item-location/{row.item_id}/{row.location_id}/"


def look(chromium, live_server, path: str, **options):
    page = open_page(chromium, **options)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    log_in(page, live_server.url, UserFactory(role=Role.PLANNER).email)
    page.goto(f"{live_server.url}{path}", wait_until="load")
    page.wait_for_selector("[data-item-chart][data-ready=yes]")
    return page, errors


def test_the_chart_zooms_and_its_cursor_speaks(chromium, live_server):
    page, errors = look(chromium, live_server, planned_item("NORTH"), viewport=NARROW_DESK)
    pressed = lambda: page.evaluate(SPAN)  # noqa: E731
    assert pressed() == '["false","true","false"]'
    assert page.locator("[data-drawing]").is_hidden()
    page.get_by_role("button", name="4 w").click()
    assert pressed() == '["true","false","false"]'
    box = page.locator('[data-plot="demand"] .u-over').bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 60, steps=4)
    page.mouse.up()
    assert pressed() == '["false","false","false"]'
    page.mouse.dblclick(box["x"] + 200, box["y"] + 60)
    page.wait_for_function(f'({SPAN})() === \'["false","false","true"]\'')
    chart = page.locator("[data-plots]")
    chart.focus()
    page.keyboard.press("t")
    spoken = page.locator("[data-live]")
    assert spoken.inner_text().startswith("Mon 16 Nov 2026, today. forecast ")
    page.keyboard.press("ArrowRight")
    assert spoken.inner_text().startswith("Tue 17 Nov 2026. forecast ")
    assert re.search(
        r"stock at the day's end [\d.]+ .*\(P10 [\d.]+, P90 [\d.]+\)\. s [\d.]+, S [\d.]+", spoken.inner_text()
    )
    page.keyboard.press("PageUp")
    assert spoken.inner_text().startswith("Tue 10 Nov 2026. demand ")
    assert page.locator("[data-readout]").inner_text().startswith("Tue 10 Nov 2026")
    page.keyboard.press("+")
    assert pressed() == '["false","false","false"]'
    page.keyboard.press("0")
    assert pressed() == '["false","false","true"]'
    assert errors == []


def test_the_sliders_are_answered_while_they_move(chromium, live_server):
    page, errors = look(chromium, live_server, planned_item(), viewport=NARROW_DESK)
    slider = page.get_by_label("Demand", exact=True)
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".ss-compare")
    assert page.locator("output[for=try-demand]").inner_text() == "+20 %"
    assert page.locator("#what-if [data-says]").inner_text().startswith("Reorder point s ")
    assert page.locator("[data-tried]").first.is_visible()
    page.get_by_role("button", name="As it is").click()
    assert page.locator(".ss-compare").count() == 0
    assert page.locator("[data-tried]").first.is_hidden()
    assert page.locator("output[for=try-demand]").inner_text() == "0 %"
    assert errors == []


def test_a_week_opens_the_way_of_its_supply(chromium, live_server):
    page, errors = look(chromium, live_server, planned_item("NORTH"), viewport=NARROW_DESK)
    page.get_by_label("Customers' demand of").select_option(index=4)
    page.wait_for_selector(".ss-tree li")
    assert "planned order from DC to NORTH" in page.locator("[data-tree]").inner_text()
    assert "planned order from ACME to DC" in page.locator("[data-tree]").inner_text()
    page.get_by_label("or what serves").select_option(index=1)
    page.wait_for_function("document.querySelector('[data-tree]').innerText.includes('customers of NORTH')")
    assert page.get_by_label("Customers' demand of").input_value() == ""
    assert errors == []


def test_without_scripts_the_drawings_stay(chromium, live_server):
    path = planned_item("NORTH")
    context = chromium.new_context(viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server.url, UserFactory(role=Role.PLANNER).email)
    page.goto(f"{live_server.url}{path}?service=99", wait_until="load")
    assert page.locator("svg.ss-chart-wide").is_visible()
    assert page.locator("[data-item-chart]").is_hidden()
    assert page.locator(".ss-compare").is_visible()


@pytest.mark.slow
@every_look(NARROW_DESK)
def test_the_page_is_accessible_and_fits_the_screen(viewport, dark, chromium, live_server):
    path = planned_item("NORTH")
    page, errors = look(chromium, live_server, f"{path}?service=99&week=2026-11-30", viewport=viewport, dark=dark)
    page.wait_for_selector("[data-tried]:visible")
    look_at(page, "item")
    assert errors == []
