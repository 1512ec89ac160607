"""The item-location page: that its numbers are those of the rows, whatever is missing."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forecasting.models import Forecast, ForecastScope
from inventory.models import Demand, Lane, ScheduledReceipt
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory
from planning.models import DecisionBatch, Pegging, PlannedOrder
from planning.services import decisions
from planning.services.item_location import read_item_location
from planning.tests.factories import AS_OF, PolicyFactory
from policies.models import Policy
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CurrentRun
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import QUANTILE_GRID
from vendors.models import PurchaseOrder

pytestmark = pytest.mark.django_db


def url_of(item, location, query: str = "") -> str:
    return reverse("admin:planning_item_location", args=[item.pk, location.pk]) + query


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def cells_of(page: str, line: str) -> list[str]:
    """The text of a table row's cells, found by what one of them holds."""
    row = next(row for row in re.findall(r"<tr.*?</tr>", page) if line in row)
    return [re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<td.*?</td>", row)]


def chart_of(response) -> dict:
    found = re.search(r'<script id="item-chart-data" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(found[1])


def receipt(desk, number: str, quantity: int, days: int, **fields) -> ScheduledReceipt:
    values = {"kind": "purchase", "item": desk.items[0], "location": desk.store, **fields}
    return ScheduledReceipt.objects.create(
        schedule_id=ScheduledReceipt.objects.count() + 1,
        order_number=number,
        quantity=quantity,
        due_on=AS_OF + timedelta(days=days),
        **values,
    )


def test_the_position_adds_up_line_by_line(desk, sign_in):
    order = PurchaseOrder.objects.create(number="PO-7", supplier=desk.supplier, destination=desk.store)
    receipt(desk, "PO-7", 12, -2)
    receipt(desk, "PO-8", 6, 5, is_draft=True)
    elsewhere = LocationFactory(code="PARIS", name="Paris")
    receipt(desk, "TO-1", 3, 4, kind="transfer", origin=desk.store, location=elsewhere)
    page = text_of(sign_in(desk.planner).get(url_of(desk.items[0], desk.store)))
    assert cells_of(page, "TO-1")[0::2] == ["−", "3 pcs"]
    assert "not shipped yet, to PARIS Paris, due 6 Mar 2026" in page
    assert cells_of(page, ">PO-7<")[2] == "12 pcs"
    assert "overdue" in cells_of(page, ">PO-7<")[1]
    assert f"/admin/vendors/purchaseorder/{order.pk}/change/" in page
    assert "draft" in cells_of(page, "PO-8")[1]
    assert cells_of(page, "<td>Available</td>") == ["=", "Available", "1 pcs"]
    assert cells_of(page, "<td>Inventory position</td>") == ["=", "Inventory position", "19 pcs"]
    assert "19 pcs is at or below s = 38 pcs: at a review today, 101 pcs bring it up to S = 120 pcs" in page
    assert "stock file as of 2 Mar 2026, loaded" in page


def test_what_other_locations_wait_for_is_said_beside_the_position(desk, sign_in):
    order = desk.orders[0]
    order.trace = {"position": {"net_stock": 4.0, "on_order": 0.0, "owed": 30.0}}
    order.save()
    page = text_of(sign_in(desk.planner).get(url_of(desk.items[0], desk.store)))
    assert "before rounding. 30 pcs more are owed to other locations: today's order brings them too." in unescape(page)


def test_the_chart_holds_the_rows_to_the_unit(desk, sign_in):
    receipt(desk, "PO-7", 12, -2)
    receipt(desk, "PO-8", 6, 5)
    chart = chart_of(sign_in(desk.planner).get(url_of(desk.items[0], desk.store)))
    sold = {row.date.isoformat(): row for row in Demand.objects.filter(item=desk.items[0])}
    assert len(chart["sold"]) == len(sold) == 26
    assert all(
        (days, quantity, short) == (7, float(sold[day].quantity), not sold[day].in_stock)
        for day, days, quantity, short in chart["sold"]
    )
    grid = dict(zip(QUANTILE_GRID, Forecast.objects.get(item=desk.items[0]).quantiles[0], strict=True))
    assert chart["expected"][0] == [
        AS_OF.isoformat(), 7, 14.0, *(round(grid[at], 2) for at in (0.025, 0.975, 0.1, 0.9, 0.25, 0.75)),
    ]  # fmt: skip
    assert chart["stock"][:8] == [40, 38, 36, 34, 32, 30, 28, 134]
    assert (chart["low"][0], chart["high"][0], chart["reorderPoint"][0], chart["orderUpTo"][0]) == (25, 52, 38, 120)
    assert chart["arrivals"] == [
        ["2026-03-02", 12, False, "PO-7: 12 pcs, overdue since 28 Feb"],
        ["2026-03-07", 6, False, "PO-8: 6 pcs"],
        ["2026-03-09", 108, True, f"planned from {desk.supplier}: 108 pcs"],
        ["2026-03-09", 24, True, "planned from DC1 DC Nord: 24 pcs"],
    ]


def test_the_table_holds_the_charts_numbers_by_week_and_by_day(desk, sign_in):
    receipt(desk, "PO-8", 6, 5)
    client = sign_in(desk.planner)
    weeks = text_of(client.get(url_of(desk.items[0], desk.store)))
    week = ["2 Mar 2026", "14.0", "10 – 18", "7 – 21", "6 – 22", "6", "", "28", "13 – 40", "38", "120"]
    assert cells_of(weeks, 'data-label="50 %"') == week
    days = text_of(client.get(url_of(desk.items[0], desk.store, "?numbers=days")))
    assert cells_of(days, "Mon 9 Mar 2026") == ["Mon 9 Mar 2026", "2.0", "", "132", "134", "119 – 146", "38", "120"]


def test_a_source_shows_what_everything_below_it_draws(desk, sign_in):
    item, dc, store = desk.items[0], desk.depot, desk.store
    ItemLocationFactory(item=item, location=dc)
    lane = Lane.objects.create(origin=dc, destination=store)
    PolicyFactory(run=desk.run.policy_run, item=item, location=dc)
    Policy.objects.filter(item=item, location=store).update(
        trace={"sources": {"source": {"kind": "lane", "id": lane.pk, "code": "DC1"}}}
    )
    run = desk.run.policy_run.forecast_run
    own = Forecast.objects.get(item=item)
    for scope in ForecastScope:
        Forecast.objects.create(
            run=run, run_date=run.run_date, item=item, location=dc, scope=scope, first_date=own.first_date,
            mean=[14.0 * (scope == ForecastScope.NETWORK)] * 8, quantiles=own.quantiles,
            cumulative_quantiles=own.cumulative_quantiles, demand_class="smooth",
        )  # fmt: skip
    facts = read_item_location(item_id=item.pk, location_id=dc.pk)
    assert facts.below == [store.pk]
    assert [bucket.quantity for bucket in facts.demand] == [
        row.quantity for row in Demand.objects.filter(item=item, location=store).order_by("date")
    ]
    page = text_of(sign_in(desk.planner).get(url_of(item, dc)))
    assert "Demand and forecast are of this location and the 1 location supplied from it, together." in page
    assert "It sells nothing itself." in page
    assert "sold out at 1 location" in page


def test_demand_by_the_day_is_shown_in_the_forecasts_weeks(desk):
    item = desk.items[1]
    for days_ago, quantity in ((8, 2), (7, 3), (1, 5)):
        Demand.objects.create(
            item=item, location=desk.store, date=AS_OF - timedelta(days=days_ago), bucket_days=1, quantity=quantity
        )
    facts = read_item_location(item_id=item.pk, location_id=desk.store.pk)
    assert [(bucket.first, bucket.days, bucket.quantity) for bucket in facts.demand] == [
        (AS_OF - timedelta(days=14), 7, Decimal(2)),
        (AS_OF - timedelta(days=7), 7, Decimal(8)),
    ]


@pytest.mark.parametrize("what", ["nothing", "no plan", "ended"])
def test_the_page_says_what_is_missing(what, desk, sign_in):
    item = ItemFactory(status="ended" if what == "ended" else "active")
    if what == "no plan":
        CurrentRun.objects.all().delete()
    response = sign_in(desk.planner).get(url_of(item, desk.store))
    page = text_of(response)
    assert response.status_code == 200
    assert "item-chart-data" not in page
    assert cells_of(page, "<td>Inventory position</td>")[2] == "0 pcs"
    assert ("There is no plan yet" in page) == (what == "no plan")


def test_an_unknown_item_or_location_is_not_found(desk, sign_in):
    assert sign_in(desk.planner).get(reverse("admin:planning_item_location", args=[0, 0])).status_code == 404


def test_only_who_may_see_item_locations_sees_the_page(desk, sign_in):
    stranger = UserFactory(role=Role.VIEWER)
    stranger.groups.clear()
    assert sign_in(stranger).get(url_of(desk.items[0], desk.store)).status_code == 403


def test_the_pages_queries_do_not_grow_with_its_rows(desk, sign_in):
    client, url = sign_in(desk.planner), url_of(desk.items[0], desk.store)

    def count() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    receipt(desk, "PO-7", 12, 2)
    few = count()
    for number in range(5):
        receipt(desk, f"PO-9{number}", 1, number)
        order = PlannedOrder.objects.get(pk=desk.orders[0].pk)
        order.pk, order.need_on = None, order.need_on + timedelta(days=number + 1)
        order.save()
    assert count() == few
    assert few <= 30


def test_every_decision_is_listed_also_what_was_undone(desk, sign_in):
    client, order = sign_in(desk.planner), desk.orders[0]
    decisions.reject_planned_orders(
        planned_order_ids=[order.pk], run_id=desk.run.pk, actor=desk.planner, reason="too early"
    )
    batch = DecisionBatch.objects.get()
    decisions.undo_batch(batch_id=batch.pk, actor=desk.planner)
    decisions.approve_planned_orders(planned_order_ids=[order.pk], run_id=desk.run.pk, actor=desk.planner)
    page = text_of(client.get(url_of(desk.items[0], desk.store)))
    card = page[page.index('id="decisions-title"') :]
    number = PurchaseOrder.objects.get().number
    assert card.index("approved") < card.index("rejected")
    assert cells_of(card, "too early")[1].split() == ["rejected", "undone"]
    assert "undone by" in cells_of(card, "too early")[5]
    assert number in cells_of(card, ">approved<")[4]
    assert cells_of(card, ">approved<")[3] == "108 pcs"


def test_trees_say_where_supply_comes_from_and_goes_to(desk, sign_in):
    ensure_partitions(Pegging, [desk.run.run_date])
    item, order = desk.items[0], desk.move
    common = {"run": desk.run, "run_date": desk.run.run_date, "item": item}
    Pegging.objects.create(
        **common, location=desk.store, origin=desk.depot, supply_kind="order", planned_order_id=order.pk, quantity=9,
        arrives_on=order.due_on, need_from=AS_OF + timedelta(days=8), need_to=AS_OF + timedelta(days=12),
    )  # fmt: skip
    Pegging.objects.create(
        **common, location=desk.depot, supply_kind="stock", quantity=24, need_from=AS_OF, need_to=AS_OF,
        downstream_location=desk.store, downstream_order_id=order.pk,
    )  # fmt: skip
    client = sign_in(desk.planner)
    url = reverse("admin:planning_item_location_trees", args=[item.pk, desk.store.pk])
    week = text_of(client.get(f"{url}?week=2026-03-09"))
    assert "9 pcs</span> planned order from DC1 to LILLE, arrives 9 Mar 2026" in week
    assert week.index("planned order from DC1") < week.index("24 pcs</span> on hand at DC1")
    uses = text_of(client.get(f"{url}?order=%23{order.pk}"))
    assert "9 pcs</span> customers of LILLE, 10 Mar 2026 to 14 Mar 2026" in uses
    assert "No supply serves customers here" in text_of(client.get(f"{url}?week=2026-03-02"))
    for nonsense in ("week=soon", "week=2026-13-45", "order=%23x", "order=%23" + "9" * 30, ""):
        assert client.get(f"{url}?{nonsense}").status_code == 200
    assert "planned order from DC1" in text_of(client.get(url_of(item, desk.store, "?week=2026-03-09")))
    assert client.get(reverse("admin:planning_item_location_trees", args=[0, 0])).status_code == 404


@pytest.mark.parametrize("name", ["planning_item_location_trees", "planning_item_location_what_if"])
def test_only_who_may_see_item_locations_may_ask(name, desk, sign_in):
    stranger = UserFactory(role=Role.VIEWER)
    stranger.groups.clear()
    url = reverse(f"admin:{name}", args=[desk.items[0].pk, desk.store.pk])
    assert sign_in(stranger).get(url).status_code == 403


def test_the_page_keeps_the_worklists_queue(desk, sign_in):
    client = sign_in(desk.planner)
    worklist = text_of(client.get("/admin/planning/worklist/?tab=new&sort=item"))
    first = url_of(desk.items[0], desk.store, "?queue=tab%3Dnew%26sort%3Ditem")
    assert f'href="{first}"' in worklist
    page = text_of(client.get(first))
    following = url_of(desk.items[1], desk.store, "?queue=tab%3Dnew%26sort%3Ditem&amp;at=1")
    assert "1 of 4 places, 4 lines" in page
    assert f'rel="next" href="{following}"' in page
    assert 'rel="prev"' not in page
    decisions.reject_planned_orders(planned_order_ids=[desk.orders[1].pk], run_id=desk.run.pk, actor=desk.planner)
    page = text_of(client.get(following.replace("&amp;", "&")))
    assert "done here, 3 places left" in page
    assert url_of(desk.items[2], desk.store, "?queue=tab%3Dnew%26sort%3Ditem&amp;at=1") in page
    assert "Next" not in text_of(client.get(url_of(desk.items[0], desk.store)))


def test_a_proposal_is_decided_from_the_page_and_back(desk, sign_in):
    client = sign_in(desk.planner)
    here = url_of(desk.items[0], desk.store)
    page = text_of(client.get(here))
    for verb in ("approve", "edit", "snooze", "reject"):
        assert f'value="{desk.orders[0].pk}" formaction="/admin/planning/{verb}/"' in page
    form = {"one": desk.orders[0].pk, "run": desk.run.pk, "back": here, "confirmed": "yes"}
    done = client.post(reverse("admin:planning_approve"), form, follow=True)
    assert done.redirect_chain[0][0] == here
    assert PurchaseOrder.objects.get().number in cells_of(text_of(done), ">approved<")[5]


def test_a_viewer_sees_the_page_without_anything_to_press(desk, sign_in):
    page = text_of(sign_in(UserFactory(role=Role.VIEWER)).get(url_of(desk.items[0], desk.store)))
    assert "formaction" not in page
    assert "108 pcs" in page


def test_the_policy_is_told_in_sentences_before_its_formulas(desk, sign_in):
    page = text_of(sign_in(desk.planner).get(url_of(desk.items[0], desk.store)))
    sentences = page[page.index('id="policy-title"') :]
    assert "so what is there must last 14 d: 28 pcs are expected to be asked for." in sentences
    assert "Safety stock of 10 pcs makes that s = 38 pcs, for a service target of 95 %." in sentences
    assert sentences.index("Safety stock of 10 pcs") < sentences.index("How the levels came about")
