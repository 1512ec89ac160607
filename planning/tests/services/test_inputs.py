"""What the planning engine is given: order days, daily demand, and stock that is promised once."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from forecasting.services.runs import ForecastArrays
from inventory.models import ItemLocationState, SalesOrderLine, ScheduledReceipt, StockBalance
from inventory.services.run_context import RunContext
from planning.services.inputs import daily_demand, review_mask, tables
from planning.services.inputs.snapshot import Snapshot, read_snapshot
from planning.tests.builder import MONDAY, SmallCompany
from stocksense.company import services as company_services
from stocksense.core.numeric import QUANTILE_GRID
from stocksense.jobs.services import Lease

HORIZON = 28


def order_days(review_days: float, as_of: date, *, weekdays: str = "", week_start: int = 0) -> list[date]:
    """The order days within four weeks of a plan made on `as_of`."""
    mask = review_mask([weekdays], np.array([review_days]), as_of, HORIZON, week_start)
    return [as_of + timedelta(days=int(day)) for day in np.flatnonzero(mask[0])]


@pytest.mark.parametrize("review_days", [1, 3, 7, 10, 14])
def test_a_plan_made_tomorrow_keeps_the_order_days_of_todays(review_days):
    today, tomorrow = order_days(review_days, MONDAY), order_days(review_days, MONDAY + timedelta(days=1))
    last = MONDAY + timedelta(days=HORIZON)
    assert [day for day in today if day > MONDAY] == [day for day in tomorrow if day < last]


def test_weekly_orders_go_out_on_the_first_day_of_the_week():
    assert order_days(7, MONDAY) == [MONDAY + timedelta(weeks=week) for week in range(4)]
    sundays = order_days(7, MONDAY, week_start=6)
    assert sundays[0] == date(2026, 11, 22)
    assert {day.weekday() for day in sundays} == {6}


def test_order_weekdays_stand_above_the_review_period():
    days = order_days(1, MONDAY + timedelta(days=1), weekdays="0 3")
    assert days[:3] == [date(2026, 11, 19), date(2026, 11, 23), date(2026, 11, 26)]


def forecast(mean: list[float], spread: float = 0.0, *, known: bool = True) -> ForecastArrays:
    """A forecast of one node whose P10 and P90 lie `spread` below and above the sum of the mean."""
    sums = np.cumsum(mean, dtype=np.float64)
    cumulative = np.tile(sums[:, None], (1, len(QUANTILE_GRID)))
    cumulative[:, QUANTILE_GRID.index(0.1)] -= spread
    cumulative[:, QUANTILE_GRID.index(0.9)] += spread
    return ForecastArrays(np.array([mean], dtype=np.float64), cumulative[None], np.array([known]), ["smooth"], [""])


NO_NETWORK = forecast([0.0, 0.0, 0.0], known=False)


def test_a_weeks_forecast_is_spread_evenly_over_its_days():
    demand = daily_demand(forecast([7, 14, 21]), NO_NETWORK, bucket_days=7, elapsed=0, horizon=21)
    assert demand.mean[0].tolist() == [1] * 7 + [2] * 7 + [3] * 7


def test_of_the_open_week_only_the_days_to_come_are_planned():
    demand = daily_demand(forecast([7, 14, 21]), NO_NETWORK, bucket_days=7, elapsed=3, horizon=11)
    assert demand.mean[0].tolist() == [1] * 4 + [2] * 7
    assert demand.cumulative_p90[0, 3] == 4


def test_days_beyond_the_forecast_repeat_its_last_bucket():
    demand = daily_demand(forecast([7, 14]), forecast([0, 0], known=False), bucket_days=7, elapsed=7, horizon=10)
    assert demand.mean[0].tolist() == [2] * 10


def test_daily_forecasts_stay_as_they_are():
    demand = daily_demand(forecast([5, 0, 2]), NO_NETWORK, bucket_days=1, elapsed=0, horizon=3)
    assert demand.mean[0].tolist() == [5, 0, 2]


def test_the_spread_within_a_week_grows_with_the_root_of_time():
    demand = daily_demand(forecast([70, 70, 70], spread=14), NO_NETWORK, bucket_days=7, elapsed=0, horizon=14)
    assert demand.cumulative_p90[0, 6] == pytest.approx(70 + 14)
    assert demand.cumulative_p10[0, 6] == pytest.approx(70 - 14)
    assert demand.cumulative_p90[0, 0] == pytest.approx(10 + 14 * (1 / 7) ** 0.5)


def test_a_supplying_node_carries_the_spread_of_all_below_around_its_own_mean():
    demand = daily_demand(forecast([7]), forecast([70], spread=14), bucket_days=7, elapsed=0, horizon=7)
    assert demand.mean[0].tolist() == [1] * 7
    assert demand.cumulative_p90[0, 6] == pytest.approx(7 + 14)
    # Below it, where 70 are wanted, one case in ten wants 14 less: 7 more than its own customers can leave.
    assert demand.cumulative_p10[0, 6] == pytest.approx(7 - 14)
    certain = daily_demand(forecast([7]), forecast([7], known=False), bucket_days=7, elapsed=0, horizon=7)
    assert certain.cumulative_p10[0, 6] == 7


@pytest.fixture
def company(db) -> SmallCompany:
    return SmallCompany()


def snapshot() -> Snapshot:
    """What a plan as of Monday would read now."""
    settings = company_services.settings()
    settings.planning_horizon_days = HORIZON
    scenario, lease = company_services.scenario_named(None), Lease(0, 0)
    return read_snapshot(RunContext(scenario, MONDAY, MONDAY, settings, None, lease, None))


def customer_order(at, quantity: float, days: int | None = None, **fields) -> None:
    SalesOrderLine.objects.create(
        external_number=f"SO-{SalesOrderLine.objects.count()}", item=at.item, location=at.location,
        quantity=Decimal(str(quantity)), requested_on=None if days is None else MONDAY + timedelta(days=days), **fields,
    )  # fmt: skip


def beyond_stock() -> list[tuple[int, float]]:
    """(day, quantity) of the customer orders that the engine sees beside the stock figures."""
    _, orders = tables.stock_and_customer_orders(snapshot())
    return list(zip(orders.day.tolist(), orders.quantity.tolist(), strict=True))


@pytest.fixture
def tea(company):
    return company.stocked(company.item("TEA"), company.location("NORTH"), on_hand=20)


def test_customer_orders_without_allocations_are_all_to_come(tea):
    customer_order(tea, 5, 3)
    customer_order(tea, 4, 1)
    assert beyond_stock() == [(1, 4), (3, 5)]


def test_orders_that_stock_is_allocated_to_are_not_counted_again(tea):
    StockBalance.objects.update(allocated=6)
    customer_order(tea, 4, 1)
    customer_order(tea, 5, 3)
    stock, _ = tables.stock_and_customer_orders(snapshot())
    assert (stock.on_hand.tolist(), stock.allocated.tolist()) == ([20], [6])
    assert beyond_stock() == [(3, 3)]


def test_orders_that_are_owed_already_are_not_counted_again(tea):
    ItemLocationState.objects.update(backorders=4)
    customer_order(tea, 4, -2)
    customer_order(tea, 5, 3)
    assert beyond_stock() == [(3, 5)]


def test_what_was_delivered_and_what_is_closed_is_not_to_come(tea):
    customer_order(tea, 5, 3, delivered_quantity=2)
    customer_order(tea, 9, 4, is_open=False)
    assert beyond_stock() == [(3, 3)]


def test_an_order_without_a_date_is_wanted_today(tea):
    customer_order(tea, 5)
    assert beyond_stock() == [(0, 5)]


def test_the_allocations_of_one_place_do_not_carry_the_orders_of_another(company, tea):
    south = company.stocked(tea.item, company.location("SOUTH"), on_hand=3)
    StockBalance.objects.filter(location=tea.location).update(allocated=50)
    customer_order(south, 5, 3)
    assert beyond_stock() == [(3, 5)]


def test_stock_is_of_all_lots_that_may_be_promised(tea):
    StockBalance.objects.create(item=tea.item, location=tea.location, lot="L2", quantity=7, allocated=1)
    StockBalance.objects.create(item=tea.item, location=tea.location, status="blocked", quantity=100)
    stock, _ = tables.stock_and_customer_orders(snapshot())
    assert (stock.on_hand.tolist(), stock.allocated.tolist()) == ([27], [1])


@pytest.mark.parametrize("is_shipped", [False, True])
def test_a_transfer_is_a_receipt_and_claims_its_origin_until_it_is_shipped(company, tea, is_shipped):
    dc = company.stocked(tea.item, company.location("DC", kind="dc"), on_hand=50)
    ScheduledReceipt.objects.create(
        kind="transfer", schedule_id=1, item=tea.item, location=tea.location, origin=dc.location, quantity=8,
        due_on=MONDAY + timedelta(days=2), is_shipped=is_shipped, order_number="TO-1",
    )  # fmt: skip
    read = snapshot()
    node_of = dict(zip(read.nodes["location_id"], read.nodes["node"], strict=True))
    receipts, numbers = tables.receipts_table(read)
    assert (receipts.node.tolist(), receipts.origin.tolist()) == ([node_of[tea.location_id]], [node_of[dc.location_id]])
    assert (receipts.quantity.tolist(), receipts.day.tolist(), numbers) == ([8], [2], ["TO-1"])
    assert receipts.shipped.tolist() == [is_shipped]
    stock, _ = tables.stock_and_customer_orders(read)
    assert stock.allocated.tolist() == [0, 0]


def test_an_overdue_purchase_keeps_its_stated_day(company, tea):
    ScheduledReceipt.objects.create(
        kind="purchase", schedule_id=1, item=tea.item, location=tea.location, quantity=8,
        due_on=MONDAY - timedelta(days=3), order_number="PO-1",
    )  # fmt: skip
    receipts, _ = tables.receipts_table(snapshot())
    assert (receipts.day.tolist(), receipts.origin.tolist(), receipts.kind.tolist()) == ([-3], [-1], [0])
