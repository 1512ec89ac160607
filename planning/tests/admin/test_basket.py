"""The basket pages: what they say, what a preview shows, and that only an approval orders."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from planning.models import ApprovalLimit, PlanDecision
from planning.tests.admin.test_pages import text_of
from planning.tests.factories import PlanRunFactory
from planning.tests.services.test_basket import LATER, proposal, shop
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from vendors.models import PurchaseOrder

__all__ = ["shop"]

pytestmark = pytest.mark.django_db

BASKETS = "/admin/planning/baskets/"


def url(shop, name="planning_basket"):
    return reverse(f"admin:{name}", args=[shop.supplier.pk, shop.store.pk])


def form(shop, **given):
    data = {"run": shop.run.pk, "order": [shop.tea.pk], f"quantity-{shop.tea.pk}": "36"}
    return {**data, f"quantity-{shop.coffee.pk}": "24", **given}


@pytest.fixture
def buyer(shop, sign_in):
    return sign_in(shop.planner)


def test_the_overview_leads_to_each_basket(shop, buyer):
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    page = text_of(buyer.get(BASKETS))
    assert f'href="{url(shop)}"' in page
    assert "<span data-has>€ 96</span> of € 200" in page


def test_an_empty_overview_says_so(sign_in):
    PlanRunFactory()
    assert "No purchase is due in this window." in text_of(sign_in(UserFactory(role=Role.PLANNER)).get(BASKETS))


def test_a_basket_shows_what_is_due_what_could_go_along_and_what_is_missing(shop, buyer):
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    page = text_of(buyer.get(url(shop)))
    assert page.index("Due until 9 Mar") < page.index("Could go along")
    assert f'name="order" value="{shop.tea.pk}" checked' in page
    assert f'name="order" value="{shop.coffee.pk}" checked' not in page
    assert "€ 104 missing" in page
    filled = text_of(buyer.get(f"{url(shop)}?fill=value"))
    assert '<span class="ss-tag ss-tag-good">+36</span>' in filled
    assert "<span data-has>€ 240</span> of € 200" in filled


def test_ordering_asks_first_then_makes_one_draft_that_can_be_undone(shop, buyer):
    both = form(shop, order=[shop.tea.pk, shop.coffee.pk])
    preview = text_of(buyer.post(url(shop, "planning_basket_approve"), both))
    assert "2 lines, € 240" in preview
    assert "brought forward" in preview
    assert PurchaseOrder.objects.count() == 0
    done = buyer.post(url(shop, "planning_basket_approve"), {**both, "confirmed": "yes"}, follow=True)
    order = PurchaseOrder.objects.get()
    assert f"2 lines ordered: {order.number}" in text_of(done)
    assert order.lines.count() == 2
    batch = done.context["done"].pk
    buyer.post(url(shop, "planning_basket_undo"), {"batch": batch})
    order.refresh_from_db()
    assert (order.state, PlanDecision.objects.count()) == ("cancelled", 0)


def test_quantities_survive_going_back_and_mistakes(shop, buyer):
    page = text_of(buyer.post(url(shop, "planning_basket_approve"), form(shop, change="yes")))
    assert f'name="quantity-{shop.tea.pk}" value="36"' in page
    wrong = form(shop, confirmed="yes", **{f"quantity-{shop.tea.pk}": "a lot"})
    page = text_of(buyer.post(url(shop, "planning_basket_approve"), wrong))
    assert "“a lot” is not a quantity that can be ordered." in page
    assert 'value="a lot"' in page
    assert PurchaseOrder.objects.count() == 0


def test_quantities_that_the_supplier_does_not_take_are_marked_in_the_preview(shop, buyer):
    odd = form(shop, **{f"quantity-{shop.tea.pk}": "30"})
    assert "not a multiple of 12" in text_of(buyer.post(url(shop, "planning_basket_approve"), odd))


def test_a_preview_names_the_limit_and_the_order_is_refused(shop, buyer):
    ApprovalLimit.objects.create(role=Role.PLANNER, max_order_value=Decimal(100))
    preview = text_of(buyer.post(url(shop, "planning_basket_approve"), form(shop)))
    assert "more than you may approve (€ 100)" in preview
    refused = buyer.post(url(shop, "planning_basket_approve"), form(shop, confirmed="yes"), follow=True)
    assert "Nothing was approved." in text_of(refused)
    assert (PurchaseOrder.objects.count(), PlanDecision.objects.count()) == (0, 0)


def test_choosing_nothing_or_an_old_page_orders_nothing(shop, buyer):
    nothing = buyer.post(url(shop, "planning_basket_approve"), form(shop, order=[]))
    assert "Choose at least one line" in text_of(nothing)
    old = buyer.post(url(shop, "planning_basket_approve"), form(shop, run="1", confirmed="yes"), follow=True)
    assert "A newer plan has been made" in text_of(old)
    assert PurchaseOrder.objects.count() == 0


def test_a_form_sent_twice_orders_once(shop, buyer):
    sent = form(shop, confirmed="yes", token="0c8b0c3e-6f0a-4a7e-9d6e-0d7f8f1e2a3b")
    for _ in range(2):
        buyer.post(url(shop, "planning_basket_approve"), sent)
    assert PurchaseOrder.objects.get().lines.get().schedules.get().quantity == 36


@pytest.mark.parametrize("name", ["planning_basket_approve", "planning_basket_undo"])
def test_ordering_is_by_post_and_by_permission_only(name, shop, buyer, sign_in):
    assert buyer.get(url(shop, name)).status_code == 405
    viewer = sign_in(UserFactory(role=Role.VIEWER))
    assert viewer.post(url(shop, name), form(shop, confirmed="yes")).status_code == 403
    assert "You may look, not order." in text_of(viewer.get(url(shop)))
    assert (PurchaseOrder.objects.count(), PlanDecision.objects.count()) == (0, 0)


def test_a_supplier_that_does_not_exist_is_not_found(shop, buyer):
    assert buyer.get(reverse("admin:planning_basket", args=[0, shop.store.pk])).status_code == 404


@pytest.mark.parametrize("page", [BASKETS, ""])
def test_pages_need_a_fixed_number_of_queries(page, shop, buyer):
    address = page or f"{url(shop)}?fill=value"

    def queries() -> int:
        buyer.get(address)
        with CaptureQueriesContext(connection) as captured:
            buyer.get(address)
        return len(captured)

    few = queries()
    for number in range(4):
        proposal(shop, f"S{number}", on_hand=5, weekly=7, quantity=24)
        proposal(shop, f"L{number}", on_hand=5, weekly=7, quantity=24, release_on=LATER)
    assert (queries(), few <= 26) == (few, True)
