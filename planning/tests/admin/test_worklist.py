"""The worklist: what it shows, in which order and columns, and what can be done from it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import ScheduledReceipt
from inventory.tests.factories import ItemFactory, ItemLocationFactory
from planning.models import DecisionBatch, PlanDecision
from planning.services import decisions, reads
from planning.tests.admin.conftest import furnish
from planning.tests.factories import AS_OF, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core.admin import formats
from vendors.models import PurchaseOrder
from vendors.tests.factories import SupplierFactory

pytestmark = pytest.mark.django_db

WORKLIST = "/admin/planning/worklist/"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def names_in_order(page: str) -> list[str]:
    return [part.split('"')[0].removesuffix(" at Lille") for part in page.split('data-name="')[1:]]


def send(client, page: str, **form):
    """As the open list does: the answer is JSON."""
    return client.post(reverse(f"admin:planning_{page}"), form, headers={"Accept": "application/json"})


def state():
    return PurchaseOrder.objects.count(), PlanDecision.objects.count(), ScheduledReceipt.objects.count()


@pytest.fixture
def planner(desk, sign_in):
    """A client signed in as the planner."""
    return sign_in(desk.planner)


def test_the_dearest_line_comes_first_whoever_supplies_it(desk, planner):
    PlannedOrderFactory(
        run=desk.run, item=desk.items[3], location=desk.store, supplier=SupplierFactory(code="AAA"), source_id=1,
        cost_of_inaction=Decimal(5000),
    )  # fmt: skip
    page = text_of(planner.get(f"{WORKLIST}?tab=new"))
    assert names_in_order(page)[:2] == ["Green tea", "Espresso 250 g"]


def test_grouped_by_source_each_has_its_totals(desk, planner):
    page = text_of(planner.get(f"{WORKLIST}?tab=new&by=source"))
    assert 'Rossi <span class="ss-quiet">4 lines, € 1,728</span>' in page


def test_every_proposal_is_in_one_tab_and_the_tabs_count_them(desk, planner):
    desk.orders[0].__class__.objects.filter(pk=desk.orders[0].pk).update(exception_kind="stock_out_risk")
    PlannedOrderFactory(
        run=desk.run, item=desk.items[1], location=desk.store, origin=desk.depot, reason="rebalance",
        exception_kind="stock_out",
    )  # fmt: skip
    page = text_of(planner.get(WORKLIST))
    for title, count in (("At risk", 1), ("New orders", 3), ("Transfers", 1), ("Rebalancing", 1), ("All", 6)):
        assert f'{title}<span class="ss-tab-count">{count}</span>' in page
    assert names_in_order(page) == ["Espresso 250 g"]


def test_without_lines_at_risk_the_first_tab_with_lines_opens(desk, planner):
    assert 'aria-current="page">New orders' in text_of(planner.get(WORKLIST))


def test_the_explanation_comes_when_it_is_asked_for(desk, planner):
    assert "the position is 16 pcs" not in text_of(planner.get(WORKLIST))
    url = reverse("admin:planning_why", args=[desk.orders[0].pk])
    fragment = text_of(planner.get(url, headers={"X-Requested-With": "fetch"}))
    assert "the position is 16 pcs = 4 available + 12 on order." in fragment
    assert "104 rounded up to packs of 12: 108 pcs." in fragment
    assert "<html" not in fragment
    assert "<html" in text_of(planner.get(url))
    assert planner.get(reverse("admin:planning_why", args=[999_999])).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=espres", ["Espresso 250 g"]),
        ("supplier=NOBODY", []),
        ("location=LILLE", 4),
        ("location=DC1", []),
        ("supplier=NOBODY&supplier=SUP", 4),
    ],
)
def test_the_worklist_filters(query, found, desk, planner):
    query = query.replace("supplier=SUP", f"supplier={desk.supplier.code}")
    names = names_in_order(text_of(planner.get(f"{WORKLIST}?tab=new&{query}")))
    assert names == found if isinstance(found, list) else len(names) == found


@pytest.mark.parametrize(
    ("sort", "first"),
    [("waiting", "Green tea"), ("-waiting", "Espresso 250 g"), ("-item", "Green tea"), ("nonsense", "Espresso 250 g")],
)
def test_a_list_is_sorted_by_what_the_address_says(sort, first, desk, planner):
    assert names_in_order(text_of(planner.get(f"{WORKLIST}?tab=new&sort={sort}")))[0] == first


def test_columns_are_chosen_in_the_address_and_only_known_ones_show(desk, planner):
    page = text_of(planner.get(f"{WORKLIST}?tab=new&columns=class,trace"))
    assert 'data-label="Class"' in page
    assert 'data-label="Suggests"' in page
    assert 'data-label="Position"' not in page


def test_pasted_skus_show_their_lines_and_name_those_not_found(desk, planner):
    text = f"{desk.items[0].sku}\n{desk.items[1].sku.lower()};NOPE\tNOPE"
    form = {"skus": text, "query": "tab=new", "page": "worklist"}
    page = planner.post(reverse("admin:planning_paste"), form, follow=True)
    assert names_in_order(text_of(page)) == ["Espresso 250 g", "Espresso 250 g", "Filter coffee 1 kg"]
    assert "2 SKUs found. <strong>1 SKU not found:</strong> NOPE." in text_of(page)


def test_many_pasted_skus_are_kept_under_a_token(desk, planner):
    skus = [f"S{number}" for number in range(2000)] + [desk.items[2].sku]
    form = {"skus": "\r\n".join(skus), "page": "worklist"}
    answer = planner.post(reverse("admin:planning_paste"), form)
    assert "list=" in answer.url
    assert len(answer.url) < 100
    page = text_of(planner.get(answer.url))
    assert names_in_order(page) == ["Decaf beans organic fair trade 500 g"]
    assert "1 SKU found. <strong>2,000 SKUs not found:</strong>" in page
    assert "no longer kept" in text_of(planner.get(f"{WORKLIST}?list=gone"))


def test_approving_asks_first_and_then_makes_a_draft(desk, planner):
    data = {"order": [desk.orders[0].pk, desk.orders[1].pk], "run": desk.run.pk, "back": f"{WORKLIST}?q=e"}
    preview = text_of(planner.post(reverse("admin:planning_approve"), data))
    assert "2 lines, € 864" in preview
    assert state() == (0, 0, 0)
    orders = ",".join(str(order.pk) for order in desk.orders[:2])
    form = {"orders": orders, "run": desk.run.pk, "back": f"{WORKLIST}?q=e", "confirmed": "yes"}
    done = planner.post(reverse("admin:planning_approve"), form, follow=True)
    order = PurchaseOrder.objects.get()
    assert done.redirect_chain[0][0] == f"{WORKLIST}?q=e"
    link = f'<a class="ss-link" href="/admin/vendors/purchaseorder/{order.pk}/change/">{order.number}</a>'
    assert link in text_of(done)
    assert order.lines.count() == 2
    assert "Undo: <span data-undo-says>2 approved " in text_of(done)


def test_all_lines_that_match_are_previewed_and_only_those_previewed_are_decided(desk, planner, monkeypatch):
    monkeypatch.setattr("planning.admin.places.PER_PAGE", 2)
    form = {"scope": "all", "run": desk.run.pk, "back": f"{WORKLIST}?tab=new", "order": desk.orders[0].pk}
    preview = text_of(planner.post(reverse("admin:planning_reject"), form))
    assert "4 lines, € 1,728" in preview
    orders = preview.split('name="orders" value="')[1].split('"')[0]
    assert sorted(map(int, orders.split(","))) == sorted(order.pk for order in desk.orders)
    planner.post(reverse("admin:planning_reject"), {**form, "orders": orders, "confirmed": "yes", "reason": "no"})
    assert DecisionBatch.objects.get().lines == 4


def test_more_lines_than_one_act_may_have_are_narrowed_down_first(desk, planner, monkeypatch):
    monkeypatch.setattr("planning.admin.decisions.proposals.MOST_AT_ONCE", 3)
    form = {"scope": "all", "run": desk.run.pk, "back": f"{WORKLIST}?tab=new"}
    page = text_of(planner.post(reverse("admin:planning_approve"), form, follow=True))
    assert "4 lines match; up to 3 are decided at once. Narrow the list down first." in page


def test_one_line_is_approved_in_place_and_undone(desk, planner):
    answer = send(
        planner, "approve", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes", shown=str(desk.orders[0].pk)
    )
    told = answer.json()
    assert told["message"] == "1 line approved."
    assert [draft["number"] for draft in told["drafts"]] == [PurchaseOrder.objects.get().number]
    assert 'data-word>approved</span> <span class="ss-quiet">by Ada</span>' in " ".join(
        told["rows"][str(desk.orders[0].pk)].split()
    )
    assert told["undo"]["says"].startswith("1 approved ")
    undone = send(planner, "undo", batch=told["undo"]["id"], shown=str(desk.orders[0].pk)).json()
    assert undone["message"].startswith("Undone: 1 approved ")
    assert undone["undo"] is None
    assert 'data-act="approve"' in undone["rows"][str(desk.orders[0].pk)]
    assert state()[1:] == (0, 0)


def test_a_form_sent_twice_acts_once(desk, planner):
    form = {
        "one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes",
        "token": "0b6d8a6e-9d1b-4a0f-8f0b-2f6e3a1c9d10",
    }  # fmt: skip
    first, second = send(planner, "approve", **form).json(), send(planner, "approve", **form).json()
    assert first["message"] == second["message"] == "1 line approved."
    assert state() == (1, 1, 1)


def test_a_quantity_is_changed_in_the_line_and_shows_who_did_it(desk, planner):
    pk = desk.orders[0].pk
    form = {"one": pk, "run": desk.run.pk, "confirmed": "yes", "quantity": "96", "reason": "shelf", "shown": str(pk)}
    row = " ".join(send(planner, "edit", **form).json()["rows"][str(pk)].split())
    assert '96 <span class="ss-unit">pcs</span>' in row
    assert "planned 108 pcs, set by Ada, shelf" in row
    assert "€ 384" in row
    send(planner, "approve", one=pk, run=desk.run.pk, confirmed="yes")
    assert ScheduledReceipt.objects.get().quantity == 96


def test_a_quantity_that_the_source_does_not_sell_is_kept_and_said(desk, planner):
    order = desk.orders[0]
    order.trace = {"rounding": {"min_quantity": 24.0, "multiple": 12.0}}
    order.save()
    form = {"one": order.pk, "run": desk.run.pk, "confirmed": "yes", "shown": str(order.pk)}

    def said(quantity: str) -> str:
        return str(send(planner, "edit", **form, quantity=quantity).json()["message"])

    assert said("96") == "Quantity changed."
    assert said("97") == "Quantity changed. Mind that it sells in packs of 12 pcs."
    both = "Quantity changed. Mind that the source's minimum is 24 pcs and it sells in packs of 12 pcs."
    assert said("5") == both


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-3", "Type a quantity above zero. To order nothing, reject the line."),
        ("1e30", "Type a quantity below 1,000,000,000,000."),
    ],
)
def test_a_refused_quantity_says_what_to_type(typed, said, desk, planner):
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "quantity": typed}
    assert send(planner, "edit", **form).json()["message"] == said


@pytest.mark.parametrize("typed", ["", "many", "0", "-3", "1.5", "1e30"])
def test_a_quantity_that_cannot_be_ordered_is_refused_at_its_field(typed, desk, planner):
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "quantity": typed}
    answer = send(planner, "edit", **form)
    assert answer.status_code == 422
    assert answer.json()["field"] == "quantity"
    page = text_of(planner.post(reverse("admin:planning_edit"), form))
    assert 'role="alert"' in page
    assert f'name="quantity" value="{typed or "108"}"' in page
    assert state() == (0, 0, 0)


def test_snoozed_lines_leave_the_list_until_their_day(desk, planner):
    until = AS_OF + timedelta(days=7)
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "until": until.isoformat()}
    assert send(planner, "snooze", **form).json()["message"] == "1 line snoozed."
    assert "Espresso 250 g" not in names_in_order(text_of(planner.get(f"{WORKLIST}?tab=new")))
    assert "snoozed until 9 Mar" in text_of(planner.get(f"{WORKLIST}?tab=new&decided=yes"))


def test_a_snooze_that_has_ended_already_is_refused_at_its_field(desk, planner):
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "until": AS_OF.isoformat()}
    answer = send(planner, "snooze", **form)
    assert (answer.status_code, answer.json()["field"]) == (422, "until")
    assert state() == (0, 0, 0)


def test_a_snooze_without_a_day_lasts_until_a_change(desk, planner):
    send(planner, "snooze", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes", until="")
    assert PlanDecision.objects.get().until_change is True


def test_a_decided_line_shows_its_draft_and_cannot_be_selected(desk, planner):
    send(planner, "approve", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes")
    page = text_of(planner.get(f"{WORKLIST}?tab=new&decided=yes"))
    assert PurchaseOrder.objects.get().number in page
    assert f'name="order" value="{desk.orders[0].pk}"' not in page
    assert f'name="order" value="{desk.orders[1].pk}"' in page


def test_an_approval_of_an_old_page_changes_nothing_and_says_so(desk, planner):
    newer = PlanRunFactory(run_date=desk.run.run_date.replace(day=3))
    PlannedOrderFactory(
        run=newer, item=desk.items[0], location=desk.store, supplier=desk.supplier, source_id=1, quantity=Decimal(96)
    )
    answer = send(planner, "approve", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes")
    assert answer.status_code == 409
    assert answer.json()["message"].endswith("The new plan suggests 96.")
    assert state() == (0, 0, 0)


def test_a_preview_above_ones_limit_says_so(desk, planner):
    from planning.models import ApprovalLimit

    ApprovalLimit.objects.create(role=Role.PLANNER, max_order_value=500)
    form = {"order": [desk.orders[0].pk, desk.orders[1].pk], "run": desk.run.pk}
    preview = text_of(planner.post(reverse("admin:planning_approve"), form))
    assert "You may approve up to € 500 an order" in preview
    assert "An approver or an admin may approve it." in preview


@pytest.mark.parametrize("given", [{"order": "9" * 5000}, {"run": "9" * 5000}, {"order": "9" * 18}])
def test_ids_that_no_page_sends_decide_nothing(given, desk, planner):
    form = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "reason": "x", **given}
    assert planner.post(reverse("admin:planning_reject"), form).status_code == 302
    assert PlanDecision.objects.count() == 0


def test_a_reason_is_kept_without_what_cannot_be_stored(desk, planner):
    form = {"order": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "reason": " too\x00 late "}
    planner.post(reverse("admin:planning_reject"), form)
    assert PlanDecision.objects.get().reason == "too late"


@pytest.mark.parametrize("page", ["snooze", "edit", "undo"])
def test_a_viewer_decides_nothing(page, desk, sign_in):
    client = sign_in(UserFactory(role=Role.VIEWER))
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "confirmed": "yes", "quantity": "5", "batch": "1"}
    assert send(client, page, **form).status_code == 403
    assert state() == (0, 0, 0)


def test_a_page_that_heard_of_a_decision_asks_for_its_lines_only(desk, sign_in):
    ada = sign_in(desk.planner)
    send(ada, "reject", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes", reason="no")
    url = f"{reverse('admin:planning_lines')}?ids={desk.orders[0].pk},{desk.orders[1].pk}"
    rows = json.loads(sign_in(UserFactory(role=Role.VIEWER)).get(url).content)["rows"]
    assert "by Ada, no" in rows[str(desk.orders[0].pk)]
    assert "ss-line-settled" not in rows[str(desk.orders[1].pk)]


def more_lines(desk, count: int) -> None:
    for _ in range(count):
        item = ItemFactory()
        ItemLocationFactory(item=item, location=desk.store)
        PlannedOrderFactory(run=desk.run, item=item, location=desk.store, supplier=SupplierFactory(), source_id=1)


def queries_of(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("query", ["?tab=new", "?tab=new&by=source&decided=yes&q=e"])
def test_the_query_count_is_the_same_at_ten_and_at_three_hundred_lines(query, sign_in, db, monkeypatch):
    monkeypatch.setattr("planning.admin.places.PER_PAGE", 400)
    desk = furnish(lines=10)
    client = sign_in(desk.planner)
    send(client, "reject", one=desk.orders[0].pk, run=desk.run.pk, confirmed="yes", reason="no")
    few = queries_of(client, WORKLIST + query)
    more_lines(desk, 290)
    assert queries_of(client, WORKLIST + query) == few
    assert few <= 26


def test_the_lists_value_counts_edited_quantities(desk, planner):
    before = text_of(planner.get("/admin/planning/worklist/?tab=all"))
    row = desk.orders[0]
    total = sum(order.value for order in (*desk.orders, desk.move))
    assert f'data-worth="5 lines, {formats.money(total, "EUR")}"' in before
    quantity = row.quantity + 10
    decisions.edit_planned_order(planned_order_id=row.pk, run_id=desk.run.pk, quantity=quantity, actor=desk.planner)
    after = text_of(planner.get("/admin/planning/worklist/?tab=all"))
    assert f'data-worth="5 lines, {formats.money(total + 10 * row.unit_price, "EUR")}"' in after


def test_an_edited_need_in_parts_is_valued_part_by_part_and_only_where_the_list_shows_it(desk):
    row = desk.orders[0]  # 108 pieces at 4 €, and 20 more of the same need beyond the window
    later = PlannedOrderFactory(
        run=desk.run, item=row.item, location=row.location, supplier=row.supplier, source_id=row.source_id,
        quantity=20, unit_price=4, value=80, need_on=row.need_on, release_on=row.release_on + timedelta(days=40),
    )  # fmt: skip
    whole = reads.WorklistQuery(whole_horizon=True)

    def edited(quantity: int) -> tuple[dict[int, Decimal], Decimal, Decimal]:
        given = {"planned_order_id": row.pk, "run_id": desk.run.pk, "actor": desk.planner}
        decisions.edit_planned_order(quantity=Decimal(quantity), **given)
        plan = reads.current_plan()
        found = {one.planned_order_id: one.adds for one in plan.edited}
        stands = decisions.standings(desk.run, [row, later])
        by_hand = {one.pk: stands[one.pk].quantity * 4 - one.value for one in (row, later)}
        assert found == {pk: adds for pk, adds in by_hand.items() if adds}
        return found, *(reads.edited_difference(plan, query) for query in (whole, reads.WorklistQuery()))

    # 118 and the 20 of the later part: the first takes what it proposes, the last the rest, 30.
    assert edited(118) == ({later.pk: 40}, 40, 0)
    # 8 and the later part's 30: 38 for the first, nothing for the last.
    assert edited(8) == ({row.pk: (38 - 108) * 4, later.pk: -80}, -360, -280)
    decisions.reopen_planned_orders(planned_order_ids=[row.pk], run_id=desk.run.pk, actor=desk.planner)
    assert reads.current_plan().edited == []


def test_filters_are_one_disclosure_that_counts_them(desk, planner):
    page = text_of(planner.get("/admin/planning/worklist/?tab=all&q=espresso&horizon=all"))
    assert "Filters (2)" in page
    assert "Filters <span" in text_of(planner.get("/admin/planning/worklist/?tab=all"))
