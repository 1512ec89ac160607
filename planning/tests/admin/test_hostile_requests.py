"""Addresses and forms that nobody's page sends: pages answer without a fault, refuse, and change nothing."""

from decimal import Decimal

import pytest

from inventory.models import ScheduledReceipt
from planning.admin import PAGES
from planning.models import ApprovalLimit, DecisionBatch, DeskPreference, PlanDecision, PlannedOrder, SavedView
from planning.services import decisions
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from vendors.models import PurchaseOrder

pytestmark = pytest.mark.django_db

HUGE = "9" * 30
SCRIPT = "<script>alert('x')</script>\"'"
POSTED = ("run/", "approve/", "reject/", "snooze/", "edit/", "undo/", "exceptions/done/", "exceptions/dismiss/",
          "exceptions/snooze/", "exceptions/approve/", "views/save/", "views/rename/", "views/delete/",
          "views/default/", "skus/", "keys/")  # fmt: skip
LISTS = ("worklist/", "exceptions/", "baskets/", "item-locations/", "compare/", "worklist/lines/", "exceptions/lines/")


def counts():
    tables = (DecisionBatch, PlanDecision, PurchaseOrder, ScheduledReceipt, SavedView, DeskPreference)
    return tuple(table.objects.count() for table in tables)


def test_the_posted_pages_are_those_listed():
    routes = {route for route, *_ in PAGES if "<" not in route and route not in LISTS}
    assert routes == set(POSTED)


def test_nothing_is_changed_by_following_a_link(desk, sign_in):
    before, client = counts(), sign_in(desk.planner)
    for route in POSTED:
        assert client.get(f"/admin/planning/{route}?confirmed=yes").status_code == 405, route
        assert counts() == before, route


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPLIER])
def test_who_may_not_decide_is_refused(role, desk, sign_in):
    form = {"run": desk.run.pk, "order": desk.orders[0].pk, "confirmed": "yes", "reason": "x", "quantity": "12"}
    before, client = counts(), sign_in(UserFactory(role=role))
    for route in POSTED:
        if route[:4] in ("view", "skus", "keys"):
            continue
        response = client.post(f"/admin/planning/{route}", form)
        assert response.status_code in (302, 403), route
        assert response.status_code == 403 or "/login/" in response.url, route
        assert counts() == before, route


@pytest.mark.parametrize(
    "query",
    [
        f"page={HUGE}&ids={HUGE},1&before={HUGE}&after={HUGE}",
        f"q={SCRIPT}&location={SCRIPT}&supplier={SCRIPT}&tab={SCRIPT}&sort={SCRIPT}&group={SCRIPT}&columns={SCRIPT}",
        f"skus={SCRIPT},{'x' * 300}&list={'z' * 300}&cause={SCRIPT}&view={SCRIPT}",
        "ids=999999999999999999&before=²&after=٣&page=٣",
    ],
)
def test_lists_answer_any_address_and_write_no_markup_of_it(query, desk, sign_in):
    client = sign_in(desk.planner)
    for page in LISTS:
        response = client.get(f"/admin/planning/{page}?{query}")
        assert response.status_code == 200, page
        assert SCRIPT not in response.content.decode(), page


@pytest.mark.parametrize(
    "path",
    [
        f"worklist/why/{HUGE}/",
        f"item-location/{HUGE}/1/",
        f"item-location/1/{HUGE}/what-if/?lead=nan",
        f"basket/{HUGE}/{HUGE}/",
        f"rules/{HUGE}/dry-run/",
    ],
)
def test_ids_beyond_any_table_are_not_found(path, desk, sign_in):
    client = sign_in(UserFactory(role=Role.ADMIN))
    assert client.get(f"/admin/planning/{path}").status_code in (200, 404)


VERBS = ("approve", "reject", "snooze", "edit", "undo", "exceptions/done", "exceptions/approve")


@pytest.mark.parametrize(
    "form",
    [
        {"run": HUGE, "one": HUGE, "batch": HUGE, "confirmed": "yes"},
        {"run": "1\x00", "one": "1\x00", "batch": "\x00", "view": "location=%00&q=%00", "scope": "all"},
        {"run": "999999999999999999", "one": "999999999999999999", "batch": "999999999999999999", "answer": "1"},
        {"until": "2026-99-99", "token": "no", "seen": "1:x,²:4,3:NaN", "shown": "²", "orders": "²,-1"},
    ],
)
def test_forms_that_no_page_sends_change_nothing(form, desk, sign_in):
    given = {"run": desk.run.pk, **form}
    before, client = counts(), sign_in(desk.planner)
    for verb in VERBS:
        assert client.post(f"/admin/planning/{verb}/", given).status_code in (200, 302, 400, 422), verb
        assert counts() == before, verb


@pytest.mark.parametrize("verb", ["approve", "exceptions/done"])
def test_a_view_with_a_zero_in_it_finds_nothing(verb, desk, sign_in):
    client = sign_in(desk.planner)
    for scope in ("q=%00", "location=%00", "supplier=%00", "skus=a%00b", "list=%00"):
        form = {"run": desk.run.pk, "scope": "all", "view": scope}
        assert client.post(f"/admin/planning/{verb}/", form).status_code in (200, 302, 400), scope


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"])
def test_a_decision_leads_back_to_our_own_pages_only(back, desk, sign_in):
    form = {"run": desk.run.pk, "one": desk.orders[0].pk, "confirmed": "yes", "reason": "x", "back": back}
    response = sign_in(desk.planner).post("/admin/planning/reject/", form)
    assert response.url == "/admin/planning/worklist/"


def test_a_quantity_of_a_million_digits_is_refused_in_a_short_answer(desk, sign_in):
    form = {"run": desk.run.pk, "one": desk.orders[0].pk, "confirmed": "yes", "quantity": "1e-99999999"}
    response = sign_in(desk.planner).post("/admin/planning/edit/", form)
    assert response.status_code == 422
    assert len(response.content) < 200_000


def test_names_are_written_as_text_wherever_they_stand(desk, sign_in):
    item, supplier, order = desk.items[0], desk.supplier, desk.orders[0]
    item.name = supplier.name = desk.store.name = SCRIPT
    for row in (item, supplier, desk.store):
        row.save()
    SavedView.objects.create(owner=desk.planner, name=SCRIPT, query=f"q={SCRIPT}", is_shared=True)
    PlanDecision.objects.create(
        scenario=desk.run.scenario, item=item, destination=desk.store, supplier=supplier, need_on=order.need_on,
        decision="edited", proposed_quantity=1, quantity=2, reason=SCRIPT, run_id=desk.run.pk, decided_by=desk.planner,
    )  # fmt: skip
    client = sign_in(desk.planner)
    for page in (
        "/admin/", "/admin/planning/worklist/?tab=all&horizon=all", "/admin/planning/exceptions/",
        "/admin/planning/baskets/", f"/admin/planning/basket/{supplier.pk}/{desk.store.pk}/",
        f"/admin/planning/item-location/{item.pk}/{desk.store.pk}/", f"/admin/planning/worklist/why/{order.pk}/",
        "/admin/planning/item-locations/",
    ):  # fmt: skip
        response = client.get(page)
        assert response.status_code == 200, page
        assert "<script>alert(" not in response.content.decode(), page


def test_a_preview_counts_what_the_draft_holds_and_says_the_limit(desk, sign_in):
    ApprovalLimit.objects.create(role=Role.PLANNER, max_order_value=500)
    client, first, second = sign_in(desk.planner), desk.orders[0], desk.orders[1]
    page = client.post("/admin/planning/approve/", {"run": desk.run.pk, "one": first.pk}).content.decode()
    assert "You may approve orders of up to € 500 each." in page
    assert f'name="seen" value="{first.pk}:108.000"' in page
    client.post("/admin/planning/approve/", {"run": desk.run.pk, "one": first.pk, "confirmed": "yes"})
    page = client.post("/admin/planning/approve/", {"run": desk.run.pk, "one": second.pk}).content.decode()
    assert "€ 432, added to a draft of € 432" in page
    assert "above your limit" in page


def test_what_was_not_seen_is_not_approved(desk, sign_in):
    form = {"run": desk.run.pk, "one": desk.orders[0].pk, "confirmed": "yes", "seen": f"{desk.orders[0].pk}:96"}
    response = sign_in(desk.planner).post("/admin/planning/approve/", form, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (409, "quantity_changed")
    assert PurchaseOrder.objects.count() == 0


def test_the_answer_to_an_exception_says_what_approving_it_orders(desk, sign_in):
    order = desk.orders[0]
    decisions.edit_planned_order(
        planned_order_id=order.pk, run_id=desk.run.pk, quantity=Decimal(240), actor=desk.planner
    )
    PlannedOrder.objects.filter(pk=desk.move.pk).delete()
    page = sign_in(desk.planner).get("/admin/planning/exceptions/").content.decode()
    assert f'data-answer="{order.pk}" data-seen="{order.pk}:240.000"' in page
    assert "Approve 240 pcs, arrives" in page
