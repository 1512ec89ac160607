"""Stock becomes count movements, demand becomes buckets."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from inventory.importers.demand import YEARS_BACK
from inventory.models import (
    Demand,
    Item,
    ItemLocation,
    ItemLocationState,
    Location,
    MovementKind,
    StockBalance,
    StockMovement,
    StockStatus,
)
from inventory.services import ledger
from stocksense.company import services as company
from stocksense.ingestion.models import DataFeed
from stocksense.ingestion.tests.conftest import counts

pytestmark = pytest.mark.django_db


def balances():
    rows = StockBalance.objects.order_by("item__sku", "location__code", "lot", "status")
    return [tuple(map(str, row)) for row in rows.values_list("item__sku", "lot", "status", "quantity", "allocated")]


def assert_balances_are_sums():
    key = ("item", "location", "lot", "status")
    sums = {row[:4]: row[4] for row in StockMovement.objects.values_list(*key).annotate(Sum("quantity")) if row[4]}
    assert sums == {row[:4]: row[4] for row in StockBalance.objects.exclude(quantity=0).values_list(*key, "quantity")}


def test_stock_posts_counts_of_the_difference(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,allocated,blocked,backorders", "A,S1,10,3,2,4")
    assert counts(folder.ok(), "stock") == (1, 0, 0, 0, 0)
    assert balances() == [("A", "", "available", "10.000", "3.000"), ("A", "", "blocked", "2.000", "0.000")]
    folder.write("stock", "sku,location,on_hand,allocated,blocked,backorders", "A,S1,7,3,2,0")
    report = folder.ok()
    assert counts(report, "stock") == (0, 1, 0, 0, 0)
    assert [(change.column, change.before, change.after) for change in report.of("stock").changes] == [
        ("on_hand", "10.000", "7.000"), ("backorders", "4.000", "0.000"),
    ]  # fmt: skip
    assert list(StockMovement.objects.filter(status="available").order_by("id").values_list("kind", "quantity")) == [
        ("count", 10), ("count", -3),
    ]  # fmt: skip
    assert ItemLocationState.objects.get().backorders == 0
    assert counts(folder.ok(), "stock") == (0, 0, 1, 0, 0)
    assert StockMovement.objects.count() == 3
    assert_balances_are_sums()


def test_absent_stock_becomes_zero(folder):
    folder.masters("A", "B", "C", "D", "E")
    folder.write("stock", "sku,location,lot,on_hand,allocated", *(f"{sku},S1,L1,5,1" for sku in "ABCDE"))
    folder.ok()
    folder.write("stock", "sku,location,lot,on_hand,allocated", *(f"{sku},S1,L1,5,1" for sku in "ABCD"))
    assert counts(folder.ok(), "stock") == (0, 0, 4, 1, 0)
    assert balances()[-1] == ("E", "L1", "available", "0.000", "0.000")
    assert counts(folder.ok(), "stock") == (0, 0, 4, 0, 0)
    assert_balances_are_sums()


def test_a_blank_cell_of_stock_leaves_what_is_known(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,allocated,blocked,backorders,expires_on", "A,S1,10,3,2,4,2027-01-01")
    folder.ok()
    folder.write("stock", "sku,location,on_hand,allocated,blocked,backorders,expires_on", "A,S1,10,,,,")
    assert counts(folder.ok(), "stock") == (0, 0, 1, 0, 0)
    assert balances()[0] == ("A", "", "available", "10.000", "3.000")
    assert ItemLocationState.objects.get().backorders == 4


def test_movements_after_the_count_stay_on_top(folder):
    folder.masters("A")
    day = company.today() - timedelta(days=3)
    folder.write("stock", "sku,location,on_hand,as_of", f"A,S1,10,{day}")
    folder.ok()
    item, location = Item.objects.get(), Location.objects.get(code="S1")
    ledger.record_movement(
        item=item.pk, location=location.pk, kind=MovementKind.RECEIPT, quantity=Decimal(5), source="dock",
        key="1", actor=None,
    )  # fmt: skip
    assert counts(folder.ok(), "stock") == (0, 0, 1, 0, 0)
    assert StockBalance.objects.get().quantity == 15
    folder.write("stock", "sku,location,on_hand,as_of", f"A,S1,12,{day}")
    folder.ok()
    assert StockBalance.objects.get().quantity == 17
    assert_balances_are_sums()


def test_a_count_is_of_the_opening_of_its_day_or_of_now(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,as_of", f"A,S1,10,{company.today()}")
    folder.ok()
    ledger.record_movement(
        item="A", location="S1", kind=MovementKind.SALE,
        quantity=Decimal(-4), source="till", key="1", actor=None,
    )  # fmt: skip
    assert counts(folder.ok(), "stock") == (0, 0, 1, 0, 0)
    assert StockBalance.objects.get().quantity == 6
    folder.write("stock", "sku,location,on_hand", "A,S1,5")
    assert counts(folder.ok(), "stock") == (0, 1, 0, 0, 0)
    assert StockBalance.objects.get().quantity == 5
    assert_balances_are_sums()


def test_an_older_count_is_not_taken(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,as_of", "A,S1,10,2026-03-08")
    folder.ok()
    folder.write("stock", "sku,location,on_hand,as_of", "A,S1,99,2026-03-01")
    report = folder.run()
    assert report.refused
    assert "Stock of 2026-03-08 is known already" in report.of("stock").rejects[0].reason
    assert StockBalance.objects.get().quantity == 10


def test_negative_stock_is_rejected(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand", "A,S1,-1")
    assert folder.run().of("stock").rejects[0].reason == "on_hand cannot be negative."


def test_pairs_seen_in_stock_and_demand_become_item_locations(folder):
    folder.masters("A", "B")
    folder.write("stock", "sku,location,on_hand", "A,DC,1")
    folder.write("demand", "sku,location,date,quantity", "B,S1,2026-03-02,4")
    folder.ok()
    assert set(ItemLocation.objects.values_list("item__sku", "location__code")) == {("A", "DC"), ("B", "S1")}
    assert ItemLocationState.objects.count() == 2


def test_demand_is_added_corrected_and_never_removed(folder):
    folder.masters("A")
    head = "sku,location,date,quantity,price,in_stock,promotion"
    folder.write("demand", head, "A,S1,2026-03-02,4,9.99,,", "A,S1,2026-03-09,5,,no,flyer")
    assert counts(folder.ok(), "demand") == (2, 0, 0, 0, 0)
    folder.write("demand", head, "A,S1,2026-03-09,6,,,", "A,S1,2026-03-16,1,,,")
    assert counts(folder.ok(), "demand") == (1, 1, 0, 0, 0)
    assert list(
        Demand.objects.order_by("date").values_list("date__day", "quantity", "bucket_days", "in_stock", "promotion")
    ) == [(2, 4, 7, True, ""), (9, 6, 7, False, "flyer"), (16, 1, 7, True, "")]


def test_a_negative_sale_is_a_return(folder):
    folder.masters("A")
    folder.write("demand", "sku,location,date,quantity", "A,S1,2026-03-02,-4", "A,S1,2026-03-09,5")
    report = folder.ok()
    assert report.of("demand").warnings == (
        "1 rows have a quantity below zero; it was taken as returned, and sales as 0.",
    )
    assert list(Demand.objects.order_by("date").values_list("quantity", "returned_quantity")) == [(0, 4), (5, 0)]
    assert counts(folder.ok(), "demand") == (0, 0, 2, 0, 0)


def test_a_week_must_begin_on_the_company_s_day(folder):
    folder.masters("A")
    dates = [date(2024, 1, 1) + timedelta(days=7 * week) for week in range(30)]
    folder.write("demand", "sku,location,date,quantity", "A,S1,2026-03-04,1", *(f"A,S1,{day},1" for day in dates))
    (reject,) = folder.ok().of("demand").rejects
    assert (reject.value, reject.reason) == (
        "2026-03-04", "Weeks begin on Monday: write 2026-03-02, the Monday of that week.",
    )  # fmt: skip


def test_daily_companies_take_any_day(folder):
    folder.masters("A")
    folder.write("company", "key,value", "bucket,day")
    folder.write("demand", "sku,location,date,quantity", "A,S1,2026-03-04,1")
    folder.ok()
    assert Demand.objects.get().bucket_days == 1


def test_dates_far_away_are_rejected(folder):
    folder.masters("A")
    folder.write("company", "key,value", "bucket,day")
    folder.write("demand", "sku,location,date,quantity", "A,S1,1989-01-04,1", "A,S1,2099-01-04,1")
    report = folder.run()
    assert [reject.reason for reject in report.of("demand").rejects] == [
        f"date lies outside {YEARS_BACK} years back and 3 years ahead."
    ] * 2


def test_demand_is_known_to_the_end_of_the_last_closed_bucket(folder):
    folder.masters("A")
    monday = company.today() - timedelta(days=company.today().weekday())
    weeks = [monday - timedelta(days=14), monday - timedelta(days=7), monday]
    folder.write("demand", "sku,location,date,quantity", *(f"A,S1,{day},1" for day in weeks))
    folder.ok()
    assert DataFeed.objects.get(kind="demand").as_of == monday - timedelta(days=1)


def test_blocked_stock_that_is_released_goes_to_zero(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,blocked", "A,S1,1,6")
    folder.ok()
    folder.write("stock", "sku,location,on_hand,blocked", "A,S1,7,0")
    assert counts(folder.ok(), "stock") == (0, 1, 0, 0, 0)
    assert StockBalance.objects.get(status=StockStatus.BLOCKED).quantity == 0


def test_a_rejected_day_is_not_warned_of_as_one_to_come(folder):
    folder.masters("A", *(f"B{number}" for number in range(30)))
    rows = [f"B{number},S1,1,{company.today()}" for number in range(30)]
    folder.write("stock", "sku,location,on_hand,as_of", "A,S1,10,2125-01-01", *rows)
    report = folder.ok()
    assert counts(report, "stock") == (30, 0, 0, 0, 1)
    assert report.of("stock").warnings == ()
