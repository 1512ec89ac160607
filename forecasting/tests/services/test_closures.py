"""Closed days are no demand of nothing: in histories, in forecasts and where forecasts are judged."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from forecasting.engine.hidden_demand import with_hidden_demand
from forecasting.models import DemandCorrection, DemandEvent, EventUplift, ForecastAccuracy, ForecastAggregate
from forecasting.services.accuracy import score_closed_buckets
from forecasting.services.closures import as_if_open, open_shares
from forecasting.services.corrections import correct_demand
from forecasting.services.history import read_history
from forecasting.services.layers import read_layers
from forecasting.services.panels import read_panel
from forecasting.tests.builder import Shop
from forecasting.tests.records import MONDAY, WEEK, corrected, forecast, nodes, person, place, row_of, sold, weeks_ago
from stocksense.company import services as company

pytestmark = pytest.mark.django_db


def closed(first, days=7, **whose) -> None:
    DemandEvent.objects.create(kind="closure", start_date=first, end_date=first + timedelta(days=days - 1), **whose)


@pytest.fixture
def tea():
    return place("TEA", category="drinks")


def test_shares_count_each_closed_day_once_and_only_where_it_reaches(tea):
    mug, south = place("MUG", category="tools"), place("TEA", "SOUTH")
    closed(MONDAY, 2, location=tea.location)
    closed(MONDAY + timedelta(days=1), 2, location=tea.location)
    closed(MONDAY + WEEK, 7, location=tea.location, category=tea.item.category)
    DemandEvent.objects.create(kind="closure", item=south.item, location=south.location, start_date=MONDAY + WEEK)
    DemandEvent.objects.create(kind="holiday", start_date=MONDAY)
    found = nodes()
    share = open_shares(found, first=MONDAY, buckets=3, bucket_days=7)
    by_place = dict(zip(found["item_location_id"].to_list(), share.tolist(), strict=True))
    assert by_place[tea.pk] == [pytest.approx(4 / 7), 0, 1]
    assert by_place[mug.pk] == [pytest.approx(4 / 7), 1, 1]
    assert by_place[south.pk] == [1, 0, 0]


def test_a_week_counts_by_its_open_days_and_a_closed_one_is_not_known(tea):
    sold(tea, [*[14] * 20, 14, 4, 0, 14, 3])
    closed(weeks_ago(4), 5, location=tea.location)
    closed(weeks_ago(3), 7, location=tea.location)
    closed(weeks_ago(1), 7, location=tea.location)  # (sold 3 in spite of it)
    found = nodes()
    history, unknown = as_if_open(read_history(found, as_of=MONDAY, settings=company.settings()), found)
    assert history.quantity[0, -5:].tolist() == [14, 14, 0, 14, 3]
    assert history.in_stock[0, -5:].tolist() == [True, True, False, True, True]
    assert unknown[0, -5:].tolist() == [False, False, True, False, False]


def test_what_trains_has_demand_in_closed_weeks_and_no_stock_out_is_told_of_them(tea):
    sold(tea, [*[14] * 20, 0, 0, 14])
    closed(weeks_ago(3), 14, location=tea.location)
    found = corrected()
    assert found.made_up.quantity[0, -3:].tolist() == pytest.approx([14, 14, 14], abs=0.5)
    assert found.made_up.in_stock[0, -3:].tolist() == [False, False, True]
    assert found.counts == {"closed": 2}
    assert not DemandCorrection.objects.exists()
    panel, words = read_panel(found.learned, nodes(), ahead=2)
    assert words.known == ()
    assert panel.demand[0, -3:].tolist() == pytest.approx([14, 14, 14], abs=0.5)
    assert panel.told[0, -3:].tolist() == [False, False, True]
    assert with_hidden_demand(panel) is panel  # (a stock-out would be filled with more than was sold)


def test_what_a_planner_says_of_a_partly_closed_week_counts_for_its_open_days(tea):
    """4 sold in 2 of 7 days, and 2 more counted at the till: 6 in 2 days are 21 a week."""
    sold(tea, [*[14] * 20, 4])
    closed(weeks_ago(1), 5, location=tea.location)
    said = {"item": tea.item, "location": tea.location, "day": weeks_ago(1), "reason": "Till", "actor": person()}
    correct_demand(**said, quantity=Decimal(2))
    assert corrected().learned.quantity[0, -2:].tolist() == [14, pytest.approx(21)]


def test_the_page_shows_closed_weeks_as_the_forecast_takes_them(tea):
    sold(tea, [*[14] * 20, 4, 0, 14, 3], out_of_stock=[23])
    closed(weeks_ago(4), 5, location=tea.location)
    closed(weeks_ago(3), 7, location=tea.location)
    made = corrected().made_up.quantity[0, -4:]
    layers = read_layers(item_id=tea.item_id, location_id=tea.location_id, as_of=MONDAY)
    assert layers.sales[-4:].tolist() == [4, 0, 14, 3]
    assert layers.corrected[-4:].tolist() == pytest.approx([14, 14, 14, made[-1]], abs=1e-3)
    assert made[-1] > 14
    assert layers.inherited.tolist() == [0] * 24


def test_a_past_closure_does_not_lower_the_forecast(tea):
    rng = np.random.default_rng(5)
    weekly = rng.poisson(20, 60)
    for number in range(12):
        sold(place(f"I{number}"), rng.poisson(20, 60).tolist())
    weekly[-6:-2] = 0
    sold(tea, weekly.tolist())
    unknown = row_of(forecast(), tea).mean[0]
    closed(weeks_ago(6), 28, item=tea.item, location=tea.location)
    known = row_of(forecast(), tea).mean[0]
    assert unknown < 17
    assert known == pytest.approx(20, abs=2)


def test_nothing_is_forecast_for_closed_weeks_to_come_and_totals_and_suppliers_follow(tea):
    mug, depot = place("MUG", "SOUTH"), place("TEA", "DEPOT")
    for at in (tea, mug, depot):
        sold(at, [10 + number % 3 for number in range(60)])
    before = forecast(origin={tea: depot})
    closed(MONDAY + WEEK, 7, location=tea.location)
    run = forecast(origin={tea: depot})
    own = row_of(run, tea)
    assert own.mean[1] == 0
    assert own.quantiles[1] == [0.0] * 11
    assert own.cumulative_quantiles[1] == own.cumulative_quantiles[0]
    assert own.mean[0] == pytest.approx(row_of(before, tea).mean[0], rel=0.02)
    supplied = type(own).objects.get(run=run, scope="network", location=depot.location)
    assert supplied.mean[1] == pytest.approx(row_of(run, depot).mean[1], abs=1e-3)
    total = run_total(run)
    assert total[1] == pytest.approx(sum(row_of(run, at).mean[1] for at in (tea, mug, depot)), abs=1e-3)
    assert run.summary["closures"] == {"series": 1}
    assert not EventUplift.objects.exists()


def run_total(run) -> list[float]:
    return ForecastAggregate.objects.get(run=run, level="total").mean


def test_forecasts_of_closed_weeks_are_not_judged():
    shop = Shop()
    tea, mug = shop.place("TEA", "NORTH"), shop.place("MUG", "SOUTH")
    shop.frozen(MONDAY, {tea: [10.0], mug: [10.0]})
    shop.sold(mug, [7], until=MONDAY + WEEK)
    closed(MONDAY + timedelta(days=2), 2, location=tea.location)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0], mug: [1.0]}))
    kept = ForecastAccuracy.objects.get(kind="level", key="item-location", layer="final")
    assert (kept.series, kept.left_out, kept.absolute_error) == (1, 1, 3)
