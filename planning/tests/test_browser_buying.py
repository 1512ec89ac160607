"""Dashboard, baskets and the comparison of runs in a real browser."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.tests.factories import ItemFactory
from planning.tests.admin.conftest import furnish
from planning.tests.factories import AS_OF, PlannedOrderFactory, PlanRunFactory
from planning.tests.services.test_basket import LATER, proposal
from stocksense.jobs.models import Job
from stocksense.testing.browser import chromium, every_look, log_in, look_at, open_page
from vendors.models import PurchaseOrder

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SMALL_DESK = {"width": 1280, "height": 860}


def buying(*, failed: bool = False):
    """A desk whose run is the second, whose supplier has a minimum and a truck, and one item nobody can plan."""
    counts = {"stocked_out": 3, "at_risk": 1, "late": 2, "excess": 4, "to_approve": 9}
    for more in range(6):
        kept = {group: {"count": count + more * 2 % 5, "money": "100"} for group, count in counts.items()}
        before = PlanRunFactory(
            as_of=AS_OF - timedelta(days=6 - more), run_date=AS_OF - timedelta(days=6 - more), summary={"totals": kept}
        )
    desk = furnish(lines=5)
    PlannedOrderFactory(
        run=before, item=desk.items[0], location=desk.store, supplier=desk.supplier, quantity=Decimal(60)
    )
    PlannedOrderFactory(run=before, item=ItemFactory(name="Matcha"), location=desk.store, supplier=desk.supplier)
    supplier = desk.supplier
    supplier.min_order_value, supplier.truck_volume_m3 = Decimal(3000), Decimal(2)
    supplier.save()
    shared = {"unit_volume_m3": Decimal("0.004"), "on_hand": 20}
    breaks = {"price_breaks": [{"min_quantity": 144.0, "unit_cost": 3.6}]}
    proposal(desk, "ASSAM", weekly=35, quantity=120, name="Assam 100 g", inputs=breaks, **shared)
    proposal(desk, "SENCHA", weekly=14, quantity=60, release_on=LATER, name="Sencha 100 g", **shared)
    proposal(desk, "ROOIBOS", weekly=7, quantity=36, release_on=LATER, name="Rooibos with vanilla 250 g", **shared)
    if failed:
        Job.objects.create(
            kind="planning cycle", title="Planning cycle", state="failed",
            error="There is no exchange rate for JPY. Import one in exchange_rates.",
        )  # fmt: skip
    return desk


def test_a_buyer_fills_a_basket_up_by_keyboard_orders_it_and_takes_it_back(chromium, live_server):
    desk = buying()
    page = open_page(chromium, viewport=SMALL_DESK)
    log_in(page, live_server.url, desk.planner.email)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Baskets by supplier").click()
    page.get_by_role("link", name="Rossi").click()
    total = page.locator("[data-total]")
    before = total.inner_text()
    page.wait_for_load_state("load")  # (keys are heard from then on)
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert total.inner_text() != before
    page.keyboard.press("x")
    assert total.inner_text() == before
    page.keyboard.press("e")
    page.keyboard.type("240")
    assert page.locator("[data-goal=value] [data-has]").inner_text() == "€ 3,024"
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.get_by_role("button", name="Order 6 lines").click()
    assert PurchaseOrder.objects.get().state == "draft"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone: the lines wait for a decision again.").wait_for()
    assert PurchaseOrder.objects.get().state == "cancelled"


@pytest.mark.slow
@every_look(SMALL_DESK)
def test_pages_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server):
    desk = buying(failed=True)
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, desk.planner.email)
    basket = f"planning/basket/{desk.supplier.pk}/{desk.store.pk}/"

    def check(name: str) -> None:
        page.wait_for_timeout(300)
        look_at(page, name)

    pages = {
        "today": "",
        "baskets": "planning/baskets/",
        "basket": f"{basket}?fill=value",
        "compare": "planning/compare/",
    }
    for name, path in pages.items():
        page.goto(f"{live_server.url}/admin/{path}", wait_until="load")
        check(name)
    page.goto(f"{live_server.url}/admin/{basket}?fill=value", wait_until="load")
    page.get_by_role("button", name="Order…").click()
    page.get_by_role("button", name="Change quantities").wait_for()
    check("basket-preview")
