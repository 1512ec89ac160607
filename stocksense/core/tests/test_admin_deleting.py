"""Deleting in the admin: what is in use stays, and the page says by what and what to do instead."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Item, ItemLocation, Lane
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory, StockBalanceFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import Calendar
from stocksense.core.admin import uses
from stocksense.core.admin.base import StockSenseModelAdmin
from vendors.models import PurchaseOrder, PurchaseOrderLine
from vendors.tests.factories import SupplierFactory, SupplierItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def boss(client):
    boss = UserFactory(role=Role.ADMIN, is_superuser=True)
    client.force_login(boss)
    return boss


def page_of(row, page: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def deleting(client, row):
    return client.get(page_of(row, "delete"))


def together(client, rows, **more):
    name = f"admin:{rows[0]._meta.app_label}_{rows[0]._meta.model_name}_changelist"
    body = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], **more}
    return client.post(reverse(name), body)


def test_the_page_of_a_supplier_in_use_says_by_what_and_what_to_do_instead(client):
    terms = SupplierItemFactory(supplier=SupplierFactory(code="ROSSI", name="Rossi & Figli"))
    supplier = terms.supplier
    page = deleting(client, supplier).content.decode()
    assert "ROSSI Rossi &amp; Figli cannot be deleted: it is in use" in page
    assert "End it instead: set it inactive (is_active)." in page
    assert f'href="{page_of(supplier, "change")}">Change ROSSI Rossi &amp; Figli</a>' in page
    assert f'href="{page_of(terms, "change")}"' in page
    assert f"/admin/vendors/supplieritem/?supplier__id__in={supplier.pk}" in page
    assert "protected" not in page
    assert client.get(f"/admin/vendors/supplieritem/?supplier__id__in={supplier.pk}").status_code == 200


def test_posting_past_the_page_deletes_nothing(client):
    terms = SupplierItemFactory()
    assert client.post(page_of(terms.supplier, "delete"), {"post": "yes"}).status_code == 200
    terms.supplier.refresh_from_db()


def test_lines_of_an_order_lead_to_the_order(client):
    item = ItemFactory()
    order = PurchaseOrder.objects.create(
        number="PO-7", supplier=SupplierFactory(), destination=LocationFactory(), currency="EUR"
    )
    PurchaseOrderLine.objects.create(order=order, number="1", item=item)
    (use,) = deleting(client, item).context_data["protected"]
    assert (use.kind, use.count, use.url) == ("Purchase order lines", "1", "")
    assert use.examples == [uses.Link("PO-7 / 1", page_of(order, "change"))]


def test_thousands_are_neither_read_nor_shown(client, monkeypatch):
    monkeypatch.setattr(uses, "COUNTED", 7)
    item = ItemFactory()
    ItemLocation.objects.bulk_create(ItemLocation(item=item, location=LocationFactory()) for _ in range(8))
    (use,) = deleting(client, item).context_data["protected"]
    assert (use.kind, use.count, len(use.examples)) == ("Item locations", "more than 7", 5)


def test_several_that_are_in_use_are_kept_together(client):
    kept, free = SupplierItemFactory().supplier, SupplierFactory()
    page = together(client, [kept, free], post="yes").content.decode()
    assert "These cannot all be deleted: some are in use" in page
    assert f'href="{page_of(free, "change")}"' in page
    assert type(free).objects.count() == 2


def test_several_that_nothing_uses_are_removed_and_plans_hear_of_it(client, monkeypatch):
    from inventory.services import masters

    heard = []
    monkeypatch.setattr(masters.changes, "count_every", lambda **what: heard.append(what["items"]))
    rows = [ItemFactory(), ItemFactory()]
    assert "asks_reason" in together(client, rows).context_data
    assert together(client, rows, post="yes").status_code == 302
    assert Item.objects.count() == 0
    assert sorted(heard) == [[row.pk for row in rows]]


def test_a_pair_that_has_stock_stays_though_no_key_refers_to_it(client):
    pair = ItemLocationFactory()
    StockBalanceFactory(item=pair.item, location=pair.location)
    StockBalanceFactory()
    (use,) = deleting(client, pair).context_data["protected"]
    assert (use.kind, use.count) == ("Stock balances", "1")
    client.post(page_of(pair, "delete"), {"post": "yes"})
    assert ItemLocation.objects.filter(pk=pair.pk).exists()


def test_what_comes_into_use_while_somebody_confirms_is_said_and_kept(client, monkeypatch):
    terms = SupplierItemFactory()
    nothing = ([], {}, set(), [])
    with monkeypatch.context() as patch:
        patch.setattr(StockSenseModelAdmin, "get_deleted_objects", lambda *_: nothing)
        answer = client.post(page_of(terms.supplier, "delete"), {"post": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(terms.supplier, "delete"))
    assert "is used by supplier terms. End it instead" in next(iter(get_messages(answer.wsgi_request))).message


def test_two_keys_of_one_kind_are_told_apart(client):
    lane = Lane.objects.create(origin=LocationFactory(), destination=LocationFactory())
    (use,) = deleting(client, lane.origin).context_data["protected"]
    assert (use.kind, use.examples) == ("Lanes (origin)", [uses.Link(str(lane), page_of(lane, "change"))])


def test_a_calendar_in_use_says_where_to_take_it_away(client):
    calendar = Calendar.objects.create(code="KA", name="Karlsruhe")
    location = LocationFactory(calendar=calendar)
    page = deleting(client, calendar)
    (use,) = page.context_data["protected"]
    assert use.examples == [uses.Link(str(location), page_of(location, "change"))]
    assert "Give those another calendar first, or none." in page.content.decode()


def test_who_may_not_see_what_uses_it_is_told_how_many_and_led_nowhere(client):
    reader = UserFactory()
    reader.groups.clear()
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_supplier", "delete_supplier"]))
    client.force_login(reader)
    (use,) = deleting(client, SupplierItemFactory().supplier).context_data["protected"]
    assert use == uses.Use("Supplier terms", "1", [], "")


def test_the_page_asks_as_much_of_many_uses_as_of_few(client):
    location = LocationFactory()

    def queries(pairs: int) -> int:
        ItemLocation.objects.bulk_create(ItemLocation(item=ItemFactory(), location=location) for _ in range(pairs))
        with CaptureQueriesContext(connection) as asked:
            deleting(client, location)
        return len(asked)

    assert queries(uses.EXAMPLES) == queries(20)
