"""A planner goes through the night's corrections of demand in a real browser."""

import pytest

from forecasting.models import DemandCorrection
from forecasting.tests.records import corrected, person, place, sold
from stocksense.testing.browser import chromium, every_look, log_in, look_at, open_page

__all__ = ["chromium"]

pytestmark = pytest.mark.django_db(transaction=True)


@every_look()
def test_a_planner_undoes_a_correction_and_says_what_demand_was(viewport, dark, chromium, live_server):
    for number, sku in enumerate(("TEA", "COFFEE", "SOAP")):
        sold(place(sku, category="Food", name=f"{sku.title()} 250 g"), [*[9, 16] * 10, 900, number], out_of_stock=[21])
    corrected()
    planner = person()
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, planner.email)
    page.goto(f"{live_server.url}/admin/forecasting/demandcorrection/?kind__exact=outlier")
    assert page.locator("#result_list tbody tr").count() == 3
    look_at(page, "corrections", impacts=("critical",))
    page.locator("#result_list tbody tr").first.locator("th a").click()
    look_at(page, "correction", impacts=("critical",))
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("no run corrects this bucket again").wait_for()
    assert DemandCorrection.objects.filter(state="undone", author=planner).count() == 1
    page.goto(f"{live_server.url}/admin/forecasting/demandcorrection/add/")
    look_at(page, "correction-add", impacts=("critical",))
    page.goto(f"{live_server.url}/admin/forecasting/itemanalogue/add/")
    look_at(page, "analogue-add", impacts=("critical",))
