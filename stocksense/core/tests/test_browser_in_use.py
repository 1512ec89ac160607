"""The page of what cannot be deleted, in a real browser."""

import pytest

from inventory.tests.factories import ItemFactory, LocationFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.testing.browser import chromium, every_look, log_in, look_at, open_page
from vendors.models import PurchaseOrder, PurchaseOrderLine
from vendors.tests.factories import SupplierFactory, SupplierItemFactory

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@every_look()
def test_it_leads_to_what_to_do_instead(chromium, live_server, viewport, dark):
    item = ItemFactory(sku="ASSAM-250", name="Assam 250 g in a tin")
    supplier = SupplierFactory(code="ROSSI", name="Rossi & Figli")
    order = PurchaseOrder.objects.create(
        number="PO-2026-0815", supplier=supplier, destination=LocationFactory(), currency="EUR"
    )
    PurchaseOrderLine.objects.bulk_create(PurchaseOrderLine(order=order, number=f"{n}", item=item) for n in range(1, 8))
    SupplierItemFactory(supplier=supplier, item=item)
    boss = UserFactory(role=Role.ADMIN, is_superuser=True)
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, boss.email)
    page.goto(f"{live_server.url}/admin/inventory/item/{item.pk}/delete/")
    look_at(page, "in-use")
    page.get_by_role("link", name="PO-2026-0815 / 1").click()
    assert page.url.endswith(f"/admin/vendors/purchaseorder/{order.pk}/change/")
    page.go_back()
    page.get_by_role("link", name="Change ASSAM-250").click()
    assert page.url.endswith(f"/admin/inventory/item/{item.pk}/change/")
    page.goto(f"{live_server.url}/admin/inventory/item/")
    page.locator("input[name=_selected_action]").first.check()
    page.evaluate("""() => { const form = document.querySelector('#changelist-form');
        form.querySelector('[name=action]').value = 'delete_selected'; form.submit(); }""")
    page.get_by_text("cannot be deleted: it is in use").wait_for()
    look_at(page, "in-use-several")
