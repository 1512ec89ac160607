"""Recorded demand as aligned arrays: which buckets train, and what a bucket holds."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from forecasting.services.history import History, bucket_floor, read_history, training_end, with_downstream
from inventory.models import Demand, Item, ItemLocation, Location
from inventory.services.nodes import read_nodes
from stocksense.company.models import CompanySettings, Weekday
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 16)
WEEK = timedelta(weeks=1)


def settings(bucket: str = "week", week_start: int = Weekday.MONDAY) -> CompanySettings:
    CompanySettings.objects.update(bucket=bucket, week_start=week_start)
    return CompanySettings.objects.get()


@pytest.fixture
def store() -> ItemLocation:
    item, location = Item.objects.create(sku="TEA"), Location.objects.create(code="NORTH", kind="store")
    return ItemLocation.objects.create(item=item, location=location)


def sold(at: ItemLocation, quantities: Mapping[date, float], *, bucket_days: int = 7, in_stock: bool = True) -> None:
    ensure_partitions(Demand, quantities)
    fields = {"item": at.item, "location": at.location, "bucket_days": bucket_days, "in_stock": in_stock}
    Demand.objects.bulk_create(
        Demand(date=day, quantity=Decimal(str(quantity)), **fields) for day, quantity in quantities.items()
    )


def history(company: CompanySettings, as_of: date = MONDAY) -> History:
    return read_history(read_nodes(as_of=as_of, horizon_end=as_of), as_of=as_of, settings=company)


@pytest.mark.parametrize(
    ("week_start", "day", "first"),
    [
        (Weekday.MONDAY, MONDAY, MONDAY),
        (Weekday.MONDAY, date(2026, 11, 22), MONDAY),
        (Weekday.SUNDAY, MONDAY, date(2026, 11, 15)),
        (Weekday.SUNDAY, date(2026, 11, 15), date(2026, 11, 15)),
        (Weekday.SATURDAY, date(2026, 11, 20), date(2026, 11, 14)),
    ],
)
def test_a_week_begins_on_the_companys_first_day(week_start, day, first):
    assert bucket_floor(day, settings(week_start=week_start)) == first


def test_the_calendars_first_week_begins_with_its_first_day():
    assert bucket_floor(date(1, 1, 3), settings(week_start=Weekday.SUNDAY)) == date(1, 1, 1)


def test_a_company_that_plans_by_day_has_buckets_of_a_day():
    assert bucket_floor(date(2026, 11, 18), settings("day")) == date(2026, 11, 18)


def test_training_ends_with_the_last_closed_week_of_any_demand(store):
    sold(store, {MONDAY - 3 * WEEK: 5, MONDAY - 2 * WEEK: 5})
    assert training_end(MONDAY, settings()) == MONDAY - WEEK


def test_the_open_week_does_not_train(store):
    sold(store, {MONDAY - WEEK: 5, MONDAY: 2})
    assert training_end(MONDAY + timedelta(days=2), settings()) == MONDAY
    assert history(settings(), MONDAY + timedelta(days=2)).quantity[0, -1] == 5


def test_a_week_that_daily_demand_covers_in_part_does_not_train(store):
    sold(store, {MONDAY + timedelta(days=day): 1 for day in range(4)}, bucket_days=1)
    assert training_end(MONDAY + 2 * WEEK, settings()) == MONDAY


def test_without_demand_training_ends_with_the_week_before_the_plan():
    assert training_end(MONDAY + timedelta(days=3), settings()) == MONDAY


def test_weekly_demand_cannot_be_planned_by_day(store):
    sold(store, {MONDAY - WEEK: 5})
    with pytest.raises(InvalidInput, match="recorded in buckets of 7 days, but the company plans by Day"):
        training_end(MONDAY, settings("day"))


def test_weeks_without_a_row_between_sales_are_zero(store):
    sold(store, {MONDAY - 4 * WEEK: 3, MONDAY - WEEK: 5})
    found = history(settings())
    assert found.quantity[0, -4:].tolist() == [3, 0, 0, 5]
    assert found.end == MONDAY


def test_daily_demand_is_added_up_to_weeks(store):
    sold(store, {MONDAY - timedelta(days=back): back for back in range(1, 15)}, bucket_days=1)
    found = history(settings())
    assert found.quantity[0, -2:].tolist() == [sum(range(8, 15)), sum(range(1, 8))]


def test_daily_demand_of_a_company_that_plans_by_day_stays_daily(store):
    sold(store, {MONDAY - timedelta(days=3): 4, MONDAY - timedelta(days=1): 6}, bucket_days=1)
    found = history(settings("day"))
    assert (found.bucket_days, found.quantity[0, -3:].tolist()) == (1, [4, 0, 6])


def test_weeks_are_added_up_by_the_companys_first_day(store):
    sunday = date(2026, 11, 15)
    sold(store, {sunday - timedelta(days=back): back for back in range(1, 8)}, bucket_days=1)
    found = history(settings(week_start=Weekday.SUNDAY), sunday)
    assert (found.end, found.quantity[0, -1]) == (sunday, 28)


def test_a_week_is_in_stock_when_all_its_days_are(store):
    sold(store, {MONDAY - timedelta(days=back): 1 for back in range(2, 15)}, bucket_days=1)
    sold(store, {MONDAY - timedelta(days=1): 0}, bucket_days=1, in_stock=False)
    assert history(settings()).in_stock[0, -2:].tolist() == [True, False]


def test_history_begins_with_the_first_sale(store):
    sold(store, {MONDAY - 4 * WEEK: 0, MONDAY - 3 * WEEK: 2, MONDAY - 2 * WEEK: 0, MONDAY - WEEK: 4})
    found = history(settings())
    assert found.first[0] == found.quantity.shape[1] - 3
    assert found.batch(np.array([0])).values.tolist() == [2, 0, 4]


def test_an_item_that_never_sold_has_no_history(store):
    found = history(settings())
    assert found.batch(np.array([0])).values.tolist() == []


def test_history_ends_with_the_week_of_the_last_active_day(store):
    sold(store, {MONDAY - week * WEEK: week for week in (4, 3, 2, 1)})
    Item.objects.update(active_to=MONDAY - 2 * WEEK - timedelta(days=1))
    assert history(settings()).batch(np.array([0])).values.tolist() == [4, 3]


def test_demand_of_another_item_closes_the_weeks_of_all(store):
    other = ItemLocation.objects.create(item=Item.objects.create(sku="ZZZ"), location=store.location)
    sold(store, {MONDAY - 3 * WEEK: 7})
    sold(other, {MONDAY - WEEK: 1})
    assert history(settings()).batch(np.array([0])).values.tolist() == [7, 0, 0]


def test_demand_below_is_summed_over_three_levels():
    """Nodes: 0 the factory, 1 a DC it supplies, 2 and 3 stores of the DC, 4 a store of nobody."""
    quantity = np.array([[1.0, 0], [0, 10], [100, 0], [0, 1000], [7, 7]])
    shape = quantity.shape
    given = History(
        MONDAY, 7, quantity, np.zeros(shape, dtype=bool), np.zeros(5, dtype=np.int64), np.full(5, 2, dtype=np.int64)
    )
    supplying, total = with_downstream(given, np.array([-1, 0, 1, 1, -1]))
    assert supplying.tolist() == [0, 1]
    assert total.quantity.tolist() == [[101, 1010], [100, 1010]]
    assert total.first.tolist() == [0, 0]
    assert total.last.tolist() == [2, 2]
    assert quantity[0].tolist() == [1, 0]


def test_demand_below_leaves_out_what_came_after_an_items_end():
    quantity = np.array([[0.0, 0, 0], [5, 5, 5]])
    given = History(MONDAY, 7, quantity, np.ones((2, 3), dtype=bool), np.array([3, 0]), np.array([3, 2]))
    _, total = with_downstream(given, np.array([-1, 0]))
    assert total.quantity.tolist() == [[5, 5, 0]]


def test_a_network_without_lanes_has_no_demand_below():
    given = History(MONDAY, 7, np.ones((2, 3)), np.ones((2, 3), dtype=bool), np.zeros(2, int), np.full(2, 3))
    supplying, total = with_downstream(given, np.array([-1, -1]))
    assert (supplying.tolist(), total.quantity.shape) == ([], (0, 3))
