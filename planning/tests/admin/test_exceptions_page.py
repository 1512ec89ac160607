"""The exceptions page: what it lists, what fixes each, and what was done about it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from planning.models import ExceptionDecision, ExceptionKind, PlanException
from planning.services.reads import AT_RISK_KINDS
from planning.tests.admin.test_worklist import names_in_order, send, text_of
from planning.tests.factories import AS_OF, PlanExceptionFactory, PlannedOrderFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from vendors.models import PurchaseOrder
from vendors.tests.factories import SupplierFactory

pytestmark = pytest.mark.django_db

EXCEPTIONS = "/admin/planning/exceptions/"


@pytest.fixture
def planner(desk, sign_in):
    """A client signed in as the planner."""
    return sign_in(desk.planner)


@pytest.fixture
def risk(desk):
    """The running-out of the filter coffee."""
    return PlanException.objects.get(kind="stock_out_risk")


def test_every_kind_is_in_one_group():
    kinds = [kind for group in AT_RISK_KINDS.values() for kind in group]
    assert sorted(kinds) == sorted(ExceptionKind)


def test_the_tabs_count_and_the_dearest_comes_first(desk, planner):
    page = text_of(planner.get(EXCEPTIONS))
    assert names_in_order(page)[0] == "stocked out: Espresso 250 g"
    assert 'Potential stock-out<span class="ss-tab-count">1</span>' in page
    assert 'New orders<span class="ss-tab-count">4</span>' in page


@pytest.mark.parametrize(
    ("page", "given", "word"),
    [
        ("exception_done", {}, "done"),
        ("exception_dismiss", {"reason": "promotion ends"}, "dismissed"),
        ("exception_snooze", {"until": (AS_OF + timedelta(days=7)).isoformat()}, "snoozed until 9 Mar"),
    ],
)
def test_a_handled_exception_is_hidden_until_it_is_asked_for(page, given, word, desk, planner, risk):
    told = send(planner, page, one=risk.pk, run=desk.run.pk, confirmed="yes", shown=str(risk.pk), **given).json()
    assert word in told["rows"][str(risk.pk)]
    assert "Filter coffee 1 kg" not in text_of(planner.get(f"{EXCEPTIONS}?group=at_risk"))
    shown = text_of(planner.get(f"{EXCEPTIONS}?group=at_risk&handled=yes"))
    assert word in shown
    assert "by Ada" in shown
    send(planner, "undo", batch=told["undo"]["id"])
    assert "Filter coffee 1 kg" in text_of(planner.get(f"{EXCEPTIONS}?group=at_risk"))


def test_dismissing_needs_a_reason_and_is_refused_at_its_field(desk, planner, risk):
    answer = send(planner, "exception_dismiss", one=risk.pk, run=desk.run.pk, confirmed="yes")
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    assert not ExceptionDecision.objects.exists()


def test_a_selection_is_previewed_first(desk, planner):
    ids = list(PlanException.objects.values_list("pk", flat=True))
    page = text_of(planner.post(reverse("admin:planning_exception_done"), {"order": ids, "run": desk.run.pk}))
    assert "4 exceptions, € 1,348 by waiting" in page
    assert not ExceptionDecision.objects.exists()


def test_the_proposal_that_answers_a_shortage_is_approved_from_its_row(desk, planner, risk):
    page = text_of(planner.get(f"{EXCEPTIONS}?group=at_risk"))
    assert f'data-answer="{desk.orders[1].pk}"' in page
    assert "108 pcs, arrives 9 Mar" in page
    form = {"one": risk.pk, "answer": desk.orders[1].pk, "run": desk.run.pk, "confirmed": "yes"}
    assert send(planner, "exception_approve", **form).json()["message"] == "Proposal approved."
    assert PurchaseOrder.objects.count() == 1


def test_a_later_proposal_does_not_answer_once_the_first_is_decided(desk, planner):
    first = desk.orders[1]
    PlannedOrderFactory(
        run=desk.run, item=first.item, location=desk.store, supplier=desk.supplier, source_id=first.source_id,
        release_on=first.release_on + timedelta(days=14), due_on=first.due_on + timedelta(days=14),
        need_on=first.need_on + timedelta(days=14),
    )  # fmt: skip
    assert f'data-answer="{first.pk}"' in text_of(planner.get(f"{EXCEPTIONS}?group=at_risk"))
    send(planner, "approve", one=first.pk, run=desk.run.pk, confirmed="yes")
    assert "data-answer" not in text_of(planner.get(f"{EXCEPTIONS}?group=at_risk"))


def test_what_cannot_be_planned_leads_to_the_missing_data(desk, planner):
    PlanExceptionFactory(run=desk.run, item=desk.items[3], location=desk.store, kind="cannot_plan")
    page = text_of(planner.get(f"{EXCEPTIONS}?group=cannot_plan"))
    place = f"item={desk.items[3].pk}&amp;location={desk.store.pk}"
    assert f'href="/admin/vendors/supplieritem/add/?{place}"' in page


def test_a_message_about_an_open_order_links_to_it(desk, planner):
    order = PurchaseOrder.objects.create(
        number="PO-77", supplier=SupplierFactory(), destination=desk.store, currency="EUR"
    )
    PlanExceptionFactory(
        run=desk.run, item=desk.items[0], location=desk.store, kind="expedite", subject="PO-77",
        details={"order_number": "PO-77"},
    )  # fmt: skip
    page = text_of(planner.get(f"{EXCEPTIONS}?group=late"))
    assert f'href="/admin/vendors/purchaseorder/{order.pk}/change/">Open PO-77</a>' in page


def test_a_viewer_handles_nothing(desk, sign_in, risk):
    client = sign_in(UserFactory(role=Role.VIEWER))
    assert send(client, "exception_done", one=risk.pk, run=desk.run.pk, confirmed="yes").status_code == 403
    assert not ExceptionDecision.objects.exists()
    assert 'data-act="done"' not in text_of(client.get(EXCEPTIONS))


def unplanned(desk, details):
    """An item that cannot be planned, for the reason that `details` give."""
    return PlanExceptionFactory(
        run=desk.run, item=desk.items[3], location=desk.store, kind="cannot_plan", details=details
    )


@pytest.mark.parametrize(
    ("reason", "source", "title", "target"),
    [
        ("source_inactive", "DC1", "Settings at DC1", "/admin/inventory/itemlocation/?q={sku}+DC1"),
        (
            "origin_does_not_carry",
            "DC1",
            "Add the item to DC1",
            "/admin/inventory/itemlocation/add/?item={item}&amp;location={depot}",
        ),
        ("supplier_inactive", "ROSSI", "Look at the supplier", "/admin/vendors/supplier/?q=ROSSI"),
        ("ended", "", "Look at the item", "/admin/inventory/item/?q={sku}"),
        ("no_source", "", "Add a lane", "/admin/inventory/lane/add/?item={item}&amp;destination={store}"),
    ],
)
def test_what_cannot_be_planned_leads_to_where_its_message_sends_the_planner(
    reason, source, title, target, desk, planner
):
    unplanned(desk, {"reason": reason, "source": source})
    item = desk.items[3]
    url = target.format(sku=item.sku, item=item.pk, depot=desk.depot.pk, store=desk.store.pk)
    for page in (f"{EXCEPTIONS}?group=cannot_plan", "/admin/"):
        shown = text_of(planner.get(page))
        assert f'href="{url}"' in shown
        assert title in shown


def test_columns_and_order_are_chosen_as_on_the_worklist(desk, planner):
    page = text_of(planner.get(f"{EXCEPTIONS}?columns=at,class,units&sort=due"))
    assert [f">{title}" in page for title in ("At", "Class", "Units", "Message", "Waiting costs</a>")] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert 'aria-sort="ascending"><a class="ss-sort" href="?sort=-due&amp;columns=at,class,units">Due' not in page
    assert 'href="?sort=-at&amp;columns=at,class,units"' not in page
    assert 'href="?sort=at&amp;columns=at,class,units"' in page
    ordered = list(PlanException.objects.order_by("item__sku", "-cost_of_inaction", "due_on", "pk"))
    names = [f"{row.get_kind_display()}: {row.item.name}" for row in ordered]
    shown = names_in_order(text_of(planner.get(f"{EXCEPTIONS}?sort=item")))
    assert [name.partition(" at ")[0] for name in shown] == names
    back = names_in_order(text_of(planner.get(f"{EXCEPTIONS}?sort=-item")))
    assert back[0].partition(": ")[2] == shown[-1].partition(": ")[2]


def test_a_view_keeps_columns_and_order_and_the_other_list_does_not_get_them(desk, planner):
    form = {"name": "Mine", "page": "exceptions", "query": "group=at_risk&sort=due&columns=order,due&tab=new"}
    answer = planner.post(reverse("admin:planning_view_save"), form)
    assert answer.url == f"{EXCEPTIONS}?tab=new&group=at_risk&sort=due&columns=order,due"
    page = text_of(planner.get(answer.url))
    assert "/admin/planning/worklist/?tab=transfers&quot;" not in page
    assert 'href="/admin/planning/worklist/?tab=transfers"' in page
    assert f'href="{EXCEPTIONS}?group=late&amp;sort=due&amp;columns=order,due"' in page


@pytest.mark.parametrize("given", ["sort=price", "sort=--due", "columns=,x", "sort=-message"])
def test_columns_and_orders_that_are_none_change_nothing(given, desk, planner):
    plain, odd = planner.get(EXCEPTIONS), planner.get(f"{EXCEPTIONS}?{given}")
    assert odd.status_code == 200
    assert names_in_order(text_of(odd)) == names_in_order(text_of(plain))


def test_columns_need_one_more_query_at_most(desk, planner):
    planner.get(EXCEPTIONS)
    with CaptureQueriesContext(connection) as plain:
        planner.get(EXCEPTIONS)
    with CaptureQueriesContext(connection) as chosen:
        planner.get(f"{EXCEPTIONS}?columns=class,service,source,order,units&sort=-units")
    assert len(chosen) == len(plain) + 1
