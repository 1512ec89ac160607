"""The forecast workbench in a real browser: an override is tried, drawn, saved and changed beside its chart."""

from decimal import Decimal

import pytest

from forecasting.models import ForecastOverride
from forecasting.services.accuracy import score_closed_buckets
from forecasting.tests.builder import MONDAY, WEEK, Shop, compared, covered
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.testing.browser import DESK, chromium, every_look, log_in, look_at, open_page

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCORES = {"wape": 0.5, "bias": 0.1, "scaled_pinball": 0.3, "all_zero_wape": 1.0, "all_zero_scaled_pinball": 0.9}


@pytest.fixture
def tea(db):
    shop = Shop()
    found = shop.place("TEA", "NORTH", name="Tea")
    other = shop.place("MUG", "NORTH", name="Mug")
    shop.sold(found, [8, 10, 12] * 10)
    shop.frozen(MONDAY - WEEK, {found: [9.0, 9.0], other: [2.0, 2.0]}, scores=SCORES)
    newest = shop.frozen(MONDAY, {found: [10.0] * 6, other: [1.0] * 6}, scores=SCORES)
    score_closed_buckets(newest)
    return found


def test_an_override_is_tried_saved_and_changed_on_the_page(chromium, live_server, tea):
    page = open_page(chromium, viewport=DESK)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    log_in(page, live_server.url, UserFactory(role=Role.PLANNER).email)
    page.goto(f"{live_server.url}/admin/forecasting/series/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-series-chart][data-ready=yes]")
    assert page.locator('[data-legend="preview"]').is_hidden()

    page.get_by_label("pcs over the whole span").fill("24")
    page.wait_for_selector("[data-summary]")
    assert page.locator("[data-summary]").inner_text() == "20 → 44 pcs in the buckets it touches."
    assert page.locator('[data-legend="preview"]').is_visible()
    page.get_by_label("What it does").select_option("scale")
    page.wait_for_function("document.querySelector('[data-result]').innerText.includes('For 20 % more write 1.2')")
    page.get_by_label("Factor").fill("1.5")
    page.wait_for_function("document.querySelector('[data-summary]')?.innerText.startsWith('20 → 30 pcs')")
    assert not ForecastOverride.objects.exists()
    look_at(page, "forecast-override")

    page.get_by_label("Reason").select_option(label="Promotion")
    page.get_by_role("button", name="Save the override").click()
    page.wait_for_selector("#overrides tbody tr")
    assert "in the next run" in page.locator("#overrides tbody tr").inner_text()
    page.get_by_role("link", name="Edit ×").click()
    page.wait_for_selector("[data-summary]")
    page.get_by_label("Factor").fill("2")
    page.wait_for_function("document.querySelector('[data-summary]')?.innerText.startsWith('20 → 40 pcs')")
    page.get_by_role("button", name="Save the change").click()
    page.wait_for_function("document.querySelector('#overrides tbody')?.innerText.includes('× 2')")
    assert ForecastOverride.objects.get().value == Decimal(2)
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Reinstate").wait_for()
    assert ForecastOverride.objects.get().withdrawn_at is not None
    assert errors == []


@pytest.mark.slow
@every_look()
def test_the_pages_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server, tea):
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, UserFactory(role=Role.PLANNER).email)
    series = f"series/{tea.item_id}/{tea.location_id}/"
    compared(tea)
    covered((920, 0.004), (940, 0.012))
    shown = (("list", "series/"), ("series", series), ("accuracy", "accuracy/"), ("training", "training/"))
    for name, path in shown:
        page.goto(f"{live_server.url}/admin/forecasting/{path}", wait_until="load")
        look_at(page, f"forecast-{name}")
