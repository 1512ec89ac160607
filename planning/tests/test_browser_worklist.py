"""A planner's day at the lists in a real browser: keys, editing, undo, snooze, views, and two planners at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from inventory.models import ScheduledReceipt
from planning.models import DecisionBatch, ExceptionDecision, PlanDecision, SavedView
from planning.services import decisions
from planning.tests.admin.conftest import furnish
from planning.tests.factories import AS_OF, PlanExceptionFactory, PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.realtime import hints
from stocksense.testing.browser import (
    DESK,
    chromium,
    every_look,
    log_in,
    look_at,
    open_page,
    picture,
    socket_server,
)
from vendors.models import PurchaseOrder

__all__ = ["chromium", "socket_server"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORKLIST = "/admin/planning/worklist/?tab=new"


def opened(chromium, address: str, person, path: str = WORKLIST, **looks):
    page = open_page(chromium, **looks)
    log_in(page, address, person.email)
    page.goto(address + path)
    return page


def elsewhere(act, **given):
    """Act as another process would: services bridge to async code, which the browser's thread cannot."""

    def run():
        try:
            return act(**given)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def current(page) -> str:
    return page.evaluate("document.activeElement.dataset?.name ?? document.activeElement.tagName")


def said(page, text: str) -> None:
    """Wait until the live region says this."""
    page.locator("[data-announce]", has_text=text).wait_for(state="attached")


def test_a_planner_turns_selected_proposals_into_a_draft_order(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.get_by_label("Select Espresso 250 g at Lille").check()
    page.get_by_label("Select Filter coffee 1 kg at Lille").check()
    assert page.locator("[data-selected]").inner_text() == "2 selected, € 864"
    page.get_by_role("button", name="Approve…").click()
    assert page.locator(".ss-card").first.inner_text().startswith("2 lines, € 864")
    page.get_by_role("button", name="Approve 2 lines").click()
    order = PurchaseOrder.objects.get()
    assert page.url.endswith("tab=new")
    page.get_by_role("link", name=order.number).click()
    row = page.locator("tr", has_text="Espresso 250 g").first.inner_text()
    assert "108 pcs" in row
    assert "9 box" in row


def test_a_planner_clears_ten_lines_by_keyboard(chromium, live_server):
    desk = furnish(lines=10)
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("j")
    said_first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert said_first == "Espresso 250 g at Lille: 108 pcs"
    for done in range(9):
        page.keyboard.press("a")
        said(page, f"Approved. Line {done + 2} of 10: ")
    page.keyboard.press("a")
    said(page, "Approved. Nothing is left on this page.")
    assert DecisionBatch.objects.count() == 10
    assert PurchaseOrder.objects.get().lines.count() == 10
    picture(page, "worklist-cleared")


def test_a_planner_clears_ten_exceptions_by_keyboard(chromium, live_server):
    desk = furnish()
    for number in range(6):
        place = {"item": desk.items[number % 4], "location": desk.depot}
        PlanExceptionFactory(run=desk.run, subject=str(number), cost_of_inaction=50 - number, **place)
    page = opened(chromium, live_server.url, desk.planner, "/admin/planning/exceptions/")
    page.keyboard.press("j")
    for done in range(4):
        page.keyboard.press("d")
        said(page, f"Done. Exception {done + 2} of 10: ")
    page.keyboard.press("r")
    page.keyboard.type("promotion ends")
    page.keyboard.press("Enter")
    said(page, "Dismissed. Exception 6 of 10: ")
    page.keyboard.press("s")
    page.locator("dialog[open] input[name=until]").fill((AS_OF + timedelta(days=9)).isoformat())
    page.keyboard.press("Enter")
    said(page, "Snoozed. Exception 7 of 10: ")
    for number in (8, 9, 10):
        page.keyboard.press("d")
        said(page, f"Done. Exception {number} of 10: ")
    page.keyboard.press("d")
    said(page, "Done. Nothing is left on this page.")
    words = sorted(ExceptionDecision.objects.values_list("decision", flat=True))
    assert words == ["dismissed", *["done"] * 8, "snoozed"]
    page.keyboard.press("u")
    said(page, "Undone: 1 done")
    assert ExceptionDecision.objects.count() == 9


def test_a_quantity_is_edited_approved_and_undone_in_its_line(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.type("1.5")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("cannot be ordered").wait_for()
    assert page.locator("[data-editor] input[name=quantity]").input_value() == "1.5"
    picture(page, "worklist-edit-refused")
    page.locator("[data-editor] input[name=quantity]").fill("96")
    page.locator("[data-editor] input[name=reason]").fill("shelf")
    page.keyboard.press("Enter")
    said(page, "Quantity changed. Line 1 of 4: Espresso 250 g at Lille")
    assert "planned 108 pcs, set by Ada, shelf" in page.locator("tr[data-line]").first.inner_text()
    page.keyboard.press("a")
    said(page, "Approved. Line 2 of 4: Filter coffee 1 kg at Lille")
    assert ScheduledReceipt.objects.get().quantity == 96
    assert current(page) == "Filter coffee 1 kg at Lille"
    page.keyboard.press("u")
    said(page, "Undone: 1 approved")
    assert not ScheduledReceipt.objects.exists()
    assert current(page) == "Espresso 250 g at Lille"
    assert PlanDecision.objects.get().decision == "edited"


def test_a_snoozed_line_is_away_after_a_reload_and_the_place_is_kept(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("dialog[open]").get_by_role("button", name="Snooze").click()
    said(page, "Snoozed. Line 3 of 4: ")
    page.reload()
    assert page.locator("tr[data-line]").count() == 3
    page.keyboard.press("e")
    assert "Decaf beans" in page.locator("tr:has([data-editor])").inner_text()


def test_a_selection_is_rejected_with_a_reason_then_snoozed_until_a_change_and_taken_back(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.get_by_label("Select Espresso 250 g at Lille").check()
    page.get_by_label("Select Filter coffee 1 kg at Lille").check()
    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Reason").fill("promotion was cancelled")
    picture(page, "worklist-reject-preview")
    page.get_by_role("button", name="Reject 2 lines").click()
    page.get_by_text("2 lines rejected.").wait_for()
    words = PlanDecision.objects.values_list("decision", "reason")
    assert set(words) == {("rejected", "promotion was cancelled")}
    assert page.locator("tr[data-line]").count() == 2
    page.locator("[data-select-all]").check()
    page.get_by_role("button", name="Snooze…").click()
    page.get_by_label("Until the plan of").fill("")
    page.get_by_label("or until something changes").check()
    page.get_by_role("button", name="Snooze 2 lines").click()
    page.get_by_text("2 lines snoozed.").wait_for()
    snoozed = PlanDecision.objects.filter(decision="snoozed").values_list("until_change", "snoozed_until")
    assert list(snoozed) == [(True, None)] * 2
    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_text("Undone: 2 snoozed").wait_for()
    assert PlanDecision.objects.count() == 2
    assert page.locator("tr[data-line]").count() == 2


def test_who_set_a_quantity_is_told_that_another_person_approves_it_who_then_does(chromium, live_server):
    desk = furnish()
    CompanySettings.objects.update(separate_approver=True)
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.type("96")
    page.keyboard.press("Enter")
    said(page, "Quantity changed.")
    page.keyboard.press("a")
    refused = page.get_by_text(re.compile("You changed the quantity of .* another person must approve it"))
    refused.first.wait_for()
    picture(page, "worklist-second-person")
    assert not PurchaseOrder.objects.exists()
    other = opened(chromium, live_server.url, UserFactory(role=Role.PLANNER, name="Bo"))
    assert "set by Ada" in other.locator("tr[data-line]").first.inner_text()
    other.keyboard.press("j")
    other.keyboard.press("a")
    said(other, "Approved. Line 2 of 4: ")
    assert ScheduledReceipt.objects.get().quantity == 96


def test_the_pager_leads_on_and_deciding_stays_on_its_page(chromium, live_server, monkeypatch):
    monkeypatch.setattr("planning.admin.places.PER_PAGE", 3)
    desk = furnish(lines=8)
    page = opened(chromium, live_server.url, desk.planner)
    page.get_by_role("link", name="Next").click()
    page.get_by_text("4–6 of 8").wait_for()
    names = page.locator("tr[data-line]").evaluate_all("rows => rows.map(row => row.dataset.line)")
    page.get_by_label("Select", exact=False).nth(1).check()
    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Reason").fill("not now")
    page.get_by_role("button", name="Reject 1 line").click()
    page.get_by_text("1 line rejected.").wait_for()
    page.get_by_text("4–6 of 7").wait_for()
    left = page.locator("tr[data-line]").evaluate_all("rows => rows.map(row => row.dataset.line)")
    assert len(set(names) & set(left)) == 2
    picture(page, "worklist-paged")
    page.get_by_role("link", name="Previous").click()
    page.get_by_text("1–3 of 7").wait_for()


def test_keys_are_off_while_typing_listed_by_help_and_switched_off_for_good(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("/")
    page.keyboard.type("jaxa")
    assert page.locator("[data-search]").input_value() == "jaxa"
    assert not PlanDecision.objects.exists()
    page.locator("h1, body").first.click()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    picture(page, "worklist-help")
    page.get_by_label("shortcuts of one key are on").uncheck()
    said(page, "Shortcuts of one key are off.")
    page.get_by_role("button", name="Close").click()
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
        assert page.locator("[data-selected]").inner_text() == "Nothing selected."
        page.reload()
    page.get_by_role("button", name=re.compile("^Keys:")).click()
    assert page.get_by_role("dialog", name="Keys").is_visible()


def test_a_saved_view_is_shared_with_the_team(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner, f"{WORKLIST}&q=espres&sort=-value&columns=at,suggests,value")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Save this list as").fill("Coffee by value")
    page.get_by_label("for the team").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("View: Coffee by value").wait_for()
    page.get_by_text("View: Coffee by value").click()
    picture(page, "worklist-views")
    view = SavedView.objects.get()
    assert (view.is_shared, view.query) == (True, "tab=new&q=espres&sort=-value&columns=at,suggests,value")
    other = opened(chromium, live_server.url, UserFactory(role=Role.VIEWER))
    other.locator("summary", has_text="Views").click()
    other.get_by_role("link", name="Coffee by value").click()
    other.get_by_text("View: Coffee by value").wait_for()
    assert other.locator("tr[data-line]").count() == 1
    assert other.locator("thead th:visible").all_inner_texts()[1:5] == ["Item", "At", "Suggests", "Value ▼"]


def test_a_planner_sees_what_another_one_decides_and_a_new_plan_without_losing_the_place(chromium, socket_server):
    desk = furnish()
    other = UserFactory(role=Role.PLANNER, name="Bo")
    mine, theirs = (opened(chromium, socket_server, person) for person in (desk.planner, other))
    for page in (mine, theirs):
        page.locator("[data-live=yes]").wait_for()
    mine.keyboard.press("j")
    mine.keyboard.press("j")
    mine.keyboard.press("e")
    mine.keyboard.type("77")
    theirs.keyboard.press("j")
    theirs.keyboard.press("a")
    mine.locator("tr[data-line]").first.get_by_text("by Bo").wait_for()
    assert mine.locator("tr[data-line]").first.locator("[data-word]").inner_text() == "approved"
    assert mine.locator("[data-editor] input[name=quantity]").input_value() == "77"
    assert mine.evaluate("document.activeElement.name") == "quantity"
    theirs.keyboard.press("u")
    mine.locator("tr[data-line]").first.locator('[data-act="approve"]').wait_for()
    newer = PlanRunFactory(as_of=AS_OF + timedelta(days=1), run_date=AS_OF + timedelta(days=1))
    elsewhere(hints.publish_after_commit, group=hints.planning_group(newer.scenario_id))
    mine.get_by_text(f"A new plan is ready (run {newer.pk}).").wait_for()
    assert mine.evaluate("document.activeElement.name") == "quantity"
    picture(mine, "worklist-new-plan")


def test_without_a_socket_the_page_works_and_says_nothing(chromium, live_server):
    desk = furnish()
    page = opened(chromium, live_server.url, desk.planner)
    page.keyboard.press("j")
    page.keyboard.press("a")
    said(page, "Approved. Line 2 of 4: ")
    assert page.locator("[data-new-plan]").is_hidden()


@pytest.mark.slow
@every_look({**DESK, "width": 1280})
def test_the_lists_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server):
    desk = furnish(lines=12)
    desk.items[1].name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    desk.items[5].name = "Single-origin espresso, whole beans, washed, Sidamo Grade 1, recyclable 1 kg bag for cafés"
    for item in (desk.items[1], desk.items[5]):
        item.save()
    desk.store.name = "Lille Métropole, centre commercial Euralille, avenue Willy Brandt"
    desk.store.save()
    shared = {"run_id": desk.run.pk, "actor": desk.planner, "reason": "shelf space"}
    edited, rejected = desk.orders[2].pk, [desk.orders[3].pk]
    elsewhere(decisions.edit_planned_order, planned_order_id=edited, quantity=Decimal(96), **shared)
    elsewhere(decisions.reject_planned_orders, planned_order_ids=rejected, **shared)
    desk.orders[0].__class__.objects.filter(pk=desk.orders[0].pk).update(exception_kind="stock_out_risk")
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, desk.planner.email)
    pages = {
        "worklist": "worklist/?tab=all&decided=yes",
        "worklist-by-source": "worklist/?tab=new&by=source&columns=class,have,suggests,price,value,waiting",
        "exceptions": "exceptions/",
    }
    for name, path in pages.items():
        page.goto(f"{live_server.url}/admin/planning/{path}", wait_until="load")
        page.keyboard.press("j")
        page.keyboard.press("w")
        page.wait_for_timeout(500)
        look_at(page, name)
