"""Launches, handovers and totals in a run from recorded demand."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from forecasting.models import Forecast, ForecastAggregate, ItemAnalogue
from forecasting.services import supersession
from forecasting.services.finishing import add_up_again
from forecasting.services.history import read_history
from forecasting.services.layers import read_layers
from forecasting.tests.records import MONDAY, WEEK, forecast, nodes, place, row_of, sold, weeks_ago
from inventory.models import Item
from stocksense.company import services as company

pytestmark = pytest.mark.django_db


def steady(level: float, length: int = 60) -> list[int]:
    """Demand that goes up and down by a fifth of its level."""
    return [round(level * (0.8 if week % 2 else 1.2)) for week in range(length)]


def test_a_successor_has_its_predecessors_history_from_the_handover_on():
    old, new = place("OLD"), place("NEW")
    Item.objects.filter(sku="OLD").update(successor=new.item, active_to=MONDAY + WEEK - timedelta(days=1))
    sold(old, steady(20))
    run = forecast()
    before, after = row_of(run, old), row_of(run, new)
    assert before.mean[0] == pytest.approx(20, rel=0.1)
    assert before.mean[1:] == [0, 0, 0]
    assert after.mean[0] == 0
    assert after.mean[1] == pytest.approx(20, rel=0.1)
    assert after.cumulative_quantiles[0] == [0] * 11
    layers = read_layers(item_id=new.item_id, location_id=new.location_id, as_of=MONDAY)
    assert (layers.sales.sum(), layers.inherited.sum()) == (0, sum(steady(20)))
    total = ForecastAggregate.objects.get(run=run, level="total")
    assert total.mean == pytest.approx([sum(both) for both in zip(before.mean, after.mean, strict=True)], abs=1e-3)


def test_what_succeeded_already_is_forecast_for_the_last_of_the_chain_alone():
    first, second, third = place("A"), place("B"), place("C")
    Item.objects.filter(sku="A").update(successor=second.item, active_to=weeks_ago(30) - timedelta(days=1))
    Item.objects.filter(sku="B").update(successor=third.item, active_to=weeks_ago(10) - timedelta(days=1))
    sold(first, steady(10, 30), until=weeks_ago(30))
    sold(second, steady(10, 20), until=weeks_ago(10))
    sold(third, steady(10, 10))
    run = forecast()
    assert [sum(row_of(run, one).mean) for one in (first, second)] == [0, 0]
    assert row_of(run, third).mean[0] == pytest.approx(10, rel=0.1)
    assert row_of(run, third).fallback == ""
    found = supersession.succeed(read_history(nodes(), as_of=MONDAY, settings=company.settings()), nodes())
    assert found.history.quantity[2].sum() == sum(steady(10, 30)) + sum(steady(10, 20)) + sum(steady(10, 10))


def test_until_the_handover_a_successor_that_sells_already_keeps_its_share():
    """The new one sold 5 of 25 a week lately; its predecessor goes on for a week."""
    old, new = place("OLD"), place("NEW")
    Item.objects.filter(sku="OLD").update(successor=new.item, active_to=MONDAY + WEEK - timedelta(days=1))
    sold(old, [20, 22, 18, 20] * 15)
    sold(new, [5] * 8)
    run = forecast()
    assert row_of(run, new).mean[0] == pytest.approx(0.2 * row_of(run, new).mean[1], rel=0.2)
    assert row_of(run, old).mean[0] == pytest.approx(20, rel=0.1)


def test_a_succession_without_a_date_moves_nothing():
    old, new = place("OLD"), place("NEW")
    Item.objects.filter(sku="OLD").update(successor=new.item)
    sold(old, steady(20))
    run = forecast()
    assert sum(row_of(run, new).mean) == 0
    assert row_of(run, old).mean[3] == pytest.approx(20, rel=0.1)


def test_a_planners_analogue_is_taken_at_its_scale_until_own_sales_say_more():
    like, new = place("LIKE"), place("NEW")
    sold(like, steady(20))
    ItemAnalogue.objects.create(item=new.item, analogue=like.item, scale=Decimal("0.5"))
    run = forecast()
    row, model = row_of(run, new), row_of(run, like)
    assert row.mean == pytest.approx([value / 2 for value in model.mean], rel=0.02)
    assert row.fallback == "new: forecast from similar items"
    assert row.scores["launch"] == {
        "own_weight": 0, "chosen_by": "planner", "analogues": [{"sku": "LIKE", "weight": 1, "scale": 0.5}],
    }  # fmt: skip
    assert row.quantiles[0][8] / row.mean[0] > model.quantiles[0][8] / model.mean[0]
    assert run.summary["launches"] == {
        "forecast": 1, "past": 0, "factor": 1, "spread": 0.5, "handover_buckets": 8,
    }  # fmt: skip
    sold(new, [40] * 8)
    later = row_of(forecast(), new)
    assert later.scores["launch"]["own_weight"] == 0.5
    assert later.mean[0] == pytest.approx(25, rel=0.1)


def test_an_item_to_come_is_forecast_from_the_most_similar_that_sell_there():
    near, far = place("NEAR", category="Tea/Green", unit_price=3), place("FAR", category="Soap", unit_price=30)
    sold(near, steady(20))
    sold(far, steady(200))
    new = place("NEW", category="Tea/Green", unit_price=3, active_from=MONDAY + WEEK)
    never = place("NEVER", category="Tea/Green", unit_price=3)
    run = forecast()
    row = row_of(run, new)
    assert [one["sku"] for one in row.scores["launch"]["analogues"]] == ["NEAR"]
    assert row.mean == pytest.approx([0, 20, 20, 20], rel=0.1)
    assert sum(row_of(run, never).mean) == 0


def test_totals_add_up_over_categories_regions_and_places():
    demand = {("TEA", "N"): 20, ("TEA", "S"): 10, ("SOAP", "N"): 40, ("SALT", "S"): 5}
    category = {"TEA": "Food/Hot", "SALT": "Food", "SOAP": "Home"}
    places = {}
    for (sku, code), level in demand.items():
        places[sku, code] = place(sku, code, category=category[sku], region="Upper" if code == "N" else "")
        sold(places[sku, code], steady(level))
    run = forecast()
    own = {key: np.array(row_of(run, at).mean) for key, at in places.items()}
    rows = ForecastAggregate.objects.filter(run=run)
    names = rows.values_list("level", "category__path", "region", "location__code")
    found = {
        (level, path or region or code or ""): rows.get(
            level=level, category__path=path, region=region, location__code=code
        )
        for level, path, region, code in names
    }
    sums = {
        ("total", ""): list(own), ("category", "Food"): [("TEA", "N"), ("TEA", "S"), ("SALT", "S")],
        ("category", "Food/Hot"): [("TEA", "N"), ("TEA", "S")], ("category", "Home"): [("SOAP", "N")],
        ("region", "Upper"): [("TEA", "N"), ("SOAP", "N")],
        ("location", "N"): [("TEA", "N"), ("SOAP", "N")], ("location", "S"): [("TEA", "S"), ("SALT", "S")],
    }  # fmt: skip
    assert set(found) == set(sums)
    for key, parts in sums.items():
        assert found[key].mean == pytest.approx(sum(own[part] for part in parts), abs=1e-3), key
        assert found[key].series == len(parts)
        assert found[key].quantiles[0] == sorted(found[key].quantiles[0])
    assert found["total", ""].mean[0] == pytest.approx(75, rel=0.05)
    assert set(run.summary["levels"]) == {"item_location", "total", "category", "region", "location"}
    assert run.summary["levels"]["total"]["wape"] == pytest.approx(0.2, abs=0.02)


def test_totals_follow_what_was_put_on_top_afterwards():
    tea = place("TEA")
    sold(tea, steady(20))
    run = forecast()
    Forecast.objects.filter(run=run).update(mean=[100.0, 1.0, 1.0, 1.0])
    before = ForecastAggregate.objects.get(run=run, level="location")
    add_up_again(run, nodes())
    after = ForecastAggregate.objects.get(run=run, level="location")
    assert after.mean == [100, 1, 1, 1]
    assert after.quantiles[0][4] == pytest.approx(before.quantiles[0][4] * 100 / before.mean[0], rel=1e-3)


def test_past_launches_say_how_far_analogues_are_trusted():
    """Ten launches a year ago, each at twice what the established item sold: more than chance, less than certain."""
    sold(place("OLD", category="Tea", unit_price=3), steady(20, 150))
    for number in range(10):
        sold(place(f"PAST{number}", category="Tea", unit_price=3), steady(40, 52))
    new = place("NEW", category="Tea", unit_price=3, active_from=MONDAY)
    run = forecast()
    evidence = run.summary["launches"]
    assert (evidence["forecast"], evidence["past"]) == (1, 10)
    assert evidence["factor"] == pytest.approx((2 + 1) / 2, abs=0.02)
    assert evidence["handover_buckets"] < 8
    row = row_of(run, new)
    assert len(row.scores["launch"]["analogues"]) == 5
    assert 20 < row.mean[0] / evidence["factor"] <= 42


def test_a_launch_that_began_lately_leans_on_its_own_sales():
    sold(place("OLD", category="Tea", unit_price=3), steady(20, 150))
    new = place("NEW", category="Tea", unit_price=3)
    sold(new, [60] * 8)
    row = row_of(forecast(), new)
    assert row.scores["launch"]["own_weight"] == 0.5
    assert row.mean[0] == pytest.approx((60 + 20) / 2, rel=0.1)


def test_a_location_that_supplies_others_sees_the_demand_that_their_stock_outs_hid():
    shop, centre = place("TEA", "SHOP"), place("TEA", "DC")
    sold(shop, [20, 24] * 20 + [3] * 20, out_of_stock=range(40, 60))
    run = forecast(origin={shop: centre})
    below = Forecast.objects.get(run=run, run_date=run.run_date, location=centre.location, scope="network")
    assert below.mean[0] == pytest.approx(row_of(run, shop).mean[0], rel=0.05)
    assert below.mean[0] > 20


def test_what_sells_more_than_its_analogue_elsewhere_is_expected_to_here():
    """Three times as much at the one place that both are at; held to 1 as if by two more places: 5 / 3."""
    for code in ("NORTH", "SOUTH"):
        sold(place("OLD", code, category="Tea", unit_price=3), steady(20))
    sold(place("BIG", "NORTH", category="Tea", unit_price=3), steady(60))
    new = place("BIG", "SOUTH", category="Tea", unit_price=3)
    new.active_from = MONDAY
    new.save()
    row = row_of(forecast(), new)
    assert row.scores["launch"]["analogues"] == [{"sku": "OLD", "weight": 1, "scale": 1.667}]
    assert row.mean[0] == pytest.approx(20 * 5 / 3, rel=0.05)
