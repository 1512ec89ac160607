"""Closed buckets against frozen layers: a case worked by hand, and which runs and buckets are judged."""

from datetime import timedelta

import pytest

from forecasting.models import Forecast, ForecastAccuracy, ForecastMiss, Layer, OverrideEffect, SegmentKind
from forecasting.services.accuracy import score_closed_buckets
from forecasting.services.accuracy_reads import read_report
from forecasting.tests.builder import MONDAY, WEEK, Shop, override, reason
from inventory.models import Demand
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core.database.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


def effect(run, at, position, over, change) -> None:
    ensure_partitions(OverrideEffect, [run.run_date])
    OverrideEffect.objects.create(
        run=run, run_date=run.run_date, override=over, item=at.item, location=at.location, position=position,
        reason=over.reason, author=over.author, change=change,
    )  # fmt: skip


@pytest.fixture
def closed(shop):
    """Two series in the week from MONDAY, worked by hand:

              naive  statistical  + promotion (Ann)  + judgement (Ben)  actual
        TEA       8           10             15 (+5)            14 (−1)      16
        MUG       4            6                  6              4 (−2)       5

    Absolute errors: all zero 21, naive 8 + 1 = 9, statistical 6 + 1 = 7, final 2 + 1 = 3.
    Ann took 6 − 1 = 5 away. Ben added 2 − 1 = 1 at TEA and 1 − 1 = 0 at MUG. 5 − 1 = 4 = 7 − 3.
    """
    ann, ben = UserFactory(name="Ann"), UserFactory(name="Ben")
    tea, mug = shop.place("TEA", "NORTH"), shop.place("MUG", "NORTH")
    run = shop.frozen(MONDAY, {tea: [14.0], mug: [4.0]})
    for at, naive, statistical in ((tea, 8.0, 10.0), (mug, 4.0, 6.0)):
        Forecast.objects.filter(run=run, item=at.item).update(naive_mean=[naive], statistical_mean=[statistical])
    promotion = override(location=tea.location, author=ann)
    judgement = override(location=tea.location, author=ben, reason=reason("judgement"))
    effect(run, tea, 0, promotion, [5.0])
    effect(run, tea, 1, judgement, [-1.0])
    effect(run, mug, 1, judgement, [-2.0])
    shop.sold(tea, [16], until=MONDAY + WEEK)
    shop.sold(mug, [5], until=MONDAY + WEEK)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0], mug: [1.0]}))
    return tea, mug


def test_the_staircase_of_a_closed_week(closed):
    report = read_report()
    assert (report.first, report.last, report.lag, report.lags) == (MONDAY, MONDAY, 1, [1])
    found = {layer: report.scores(SegmentKind.LEVEL, "item-location", layer).absolute_error for layer in Layer}
    assert found == {Layer.ZERO: 21, Layer.NAIVE: 9, Layer.STATISTICAL: 7, Layer.FINAL: 3}
    final = report.scores(SegmentKind.LEVEL, "item-location", Layer.FINAL)
    assert final.wape == pytest.approx(3 / 21)
    assert final.bias == pytest.approx(18 / 21 - 1)
    assert final.mase == pytest.approx((2 / 2 + 1 / 2) / 2)
    assert final.rmsse == pytest.approx((((2 / 4) ** 2 + (1 / 4) ** 2) / 2) ** 0.5)
    # Quantiles are 2 × mean × p: of TEA 14, 22.4, 25.2, 26.6, 27.72; of MUG 4, 6.4, 7.2, 7.6, 7.92.
    tea = (0.5 * 2 + 0.2 * 6.4 + 0.1 * 9.2 + 0.05 * 10.6 + 0.01 * 11.72) / 5
    mug = (0.5 * 1 + 0.2 * 1.4 + 0.1 * 2.2 + 0.05 * 2.6 + 0.01 * 2.92) / 5
    assert final.pinball == pytest.approx((tea / 2 + mug / 2) / 2)
    assert (final.below_95, final.below_99, final.inside_95) == (1, 1, 1)
    assert report.scores(SegmentKind.LEVEL, "item-location", Layer.ZERO).wape == 1
    assert report.scores(SegmentKind.LEVEL, "total", Layer.STATISTICAL).absolute_error == 5
    assert report.scores(SegmentKind.LEVEL, "location", Layer.NAIVE).absolute_error == 9
    assert report.scores(SegmentKind.DEMAND_CLASS, "smooth", Layer.NAIVE).absolute_error == 9


def test_value_added_per_reason_and_person_adds_up(closed):
    report = read_report()
    assert [(one.name, one.forecasts, one.units) for one in report.reasons] == [
        ("Promotion", 1, 5),
        ("Judgement", 2, -1),
    ]
    assert [(one.name, one.forecasts, one.units) for one in report.people] == [("Ann", 1, 5), ("Ben", 2, -1)]
    assert report.reasons[0].points == pytest.approx(6 / 16 - 1 / 16)
    steps = [report.scores(SegmentKind.LEVEL, "item-location", layer) for layer in (Layer.STATISTICAL, Layer.FINAL)]
    assert sum(one.units for one in report.reasons) == steps[0].absolute_error - steps[1].absolute_error


def test_judging_again_changes_nothing(shop, closed):
    before = list(
        ForecastAccuracy.objects.order_by("kind", "key", "layer").values_list("kind", "key", "absolute_error")
    )
    newest = Forecast.objects.latest("run_date").run
    assert score_closed_buckets(newest) == 0
    ForecastAccuracy.objects.all().delete()
    assert score_closed_buckets(newest) == 1
    after = list(ForecastAccuracy.objects.order_by("kind", "key", "layer").values_list("kind", "key", "absolute_error"))
    assert after == before


def test_late_demand_is_taken_in_when_the_next_week_closes(shop, closed):
    tea, mug = closed
    Demand.objects.filter(item=tea.item, date=MONDAY).update(quantity=14)
    shop.sold(tea, [1], until=MONDAY + 2 * WEEK)
    score_closed_buckets(shop.frozen(MONDAY + 2 * WEEK, {tea: [1.0], mug: [1.0]}))
    kept = ForecastAccuracy.objects.get(bucket_start=MONDAY, kind="level", key="item-location", layer="final", lag=1)
    assert kept.absolute_error == 1


def test_each_lag_is_judged_by_the_first_run_of_its_day(shop):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY - WEEK, {tea: [1.0, 12.0]})
    shop.frozen(MONDAY, {tea: [9.0, 1.0]})
    newer = shop.frozen(MONDAY, {tea: [8.0, 1.0]})  # the same day, made again
    later = shop.frozen(MONDAY, {tea: [7.0, 1.0]})  # three days into the week
    later.as_of += timedelta(days=3)
    later.save()
    shop.sold(tea, [10], until=MONDAY + WEEK)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [5.0, 5.0]}))
    rows = ForecastAccuracy.objects.filter(bucket_start=MONDAY, kind="level", key="total", layer="final").order_by(
        "lag"
    )
    assert [(row.lag, row.absolute_error) for row in rows] == [(1, 2), (2, 2)]
    assert rows[0].run_id == newer.pk


def test_weeks_in_which_stock_ran_out_are_not_judged(shop):
    tea, mug = shop.place("TEA", "NORTH"), shop.place("MUG", "NORTH")
    shop.frozen(MONDAY, {tea: [10.0], mug: [10.0]})
    shop.sold(tea, [2], until=MONDAY + WEEK, in_stock=False)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0], mug: [1.0]}))
    kept = ForecastAccuracy.objects.get(kind="level", key="item-location", layer="final")
    assert (kept.series, kept.left_out, kept.actual, kept.absolute_error) == (1, 1, 0, 10)


def test_the_worst_misses_are_ranked_by_money_beyond_the_usual(shop):
    tea, gold = shop.place("TEA", "NORTH"), shop.place("GOLD", "NORTH", unit_cost=50)
    shop.frozen(MONDAY, {tea: [10.0], gold: [4.0]}, scores={"wape": 0.5})
    shop.sold(tea, [50], until=MONDAY + WEEK)
    shop.sold(gold, [7], until=MONDAY + WEEK)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0], gold: [1.0]}))
    found = [(miss.item.sku, miss.usual_error, miss.excess) for miss in ForecastMiss.objects.all()]
    assert found == [("TEA", 5, 70), ("GOLD", 2, 50)]
