"""Corrections of demand: made each night, undone for good, said by planners; recorded demand stays as it is."""

from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting.models import DemandCorrection, DemandEvent
from forecasting.services.corrections import apply_correction, correct_demand, undo_correction
from forecasting.services.layers import read_layers
from forecasting.tests.records import MONDAY, WEEK, corrected, person, place, sold, weeks_ago
from inventory.models import Demand
from stocksense.accounts.roles import Role
from stocksense.core.errors import Conflict, FieldErrors, NotAllowed

pytestmark = pytest.mark.django_db

QUIET = [9, 16] * 10
DAMPED = round((3.5 + 3 * 0.7413) ** 2 - 900, 3)
"""What a week of 900 loses after 20 quiet ones: see the tests of the engine."""


@pytest.fixture
def tea():
    return place("TEA")


def stored() -> list[tuple]:
    return list(DemandCorrection.objects.order_by("date").values_list("date", "kind", "state", "quantity", "author_id"))


def test_an_outlier_and_a_stock_out_are_stored_and_train_the_forecast(tea):
    sold(tea, [*QUIET, 900, 0], out_of_stock=[21])
    found = corrected()
    assert found.counts == {"outlier applied": 1, "stock_out applied": 1}
    assert stored() == [
        (weeks_ago(2), "outlier", "applied", Decimal(str(DAMPED)), None),
        (weeks_ago(1), "stock_out", "applied", stored()[1][3], None),
    ]
    reason = DemandCorrection.objects.get(kind="outlier").reason
    assert reason == "900 where 12.2 was usual before (35.7 spreads away), unlike anything till then."
    assert found.history.quantity[0, -2:].tolist() == [pytest.approx(900 + DAMPED, abs=1e-3), 0]
    assert found.history.in_stock[0, -2:].tolist() == [True, False]
    assert found.made_up.quantity[0, -1] == pytest.approx(float(stored()[1][3]), abs=1e-3)
    assert list(Demand.objects.order_by("date").values_list("quantity", flat=True))[-2:] == [900, 0]


def test_the_next_night_changes_nothing_and_new_demand_adds_to_it(tea):
    sold(tea, [*QUIET, 900])
    corrected()
    first = list(DemandCorrection.objects.values())
    corrected()
    assert list(DemandCorrection.objects.values()) == first
    sold(tea, [5], until=MONDAY + WEEK, out_of_stock=[0])
    assert corrected(MONDAY + WEEK).counts == {"outlier applied": 1, "stock_out applied": 1}
    assert DemandCorrection.objects.count() == 2


def test_what_is_recorded_otherwise_now_is_corrected_otherwise(tea):
    sold(tea, [*QUIET, 900])
    corrected()
    Demand.objects.filter(date=weeks_ago(1)).update(quantity=400)
    corrected()
    assert DemandCorrection.objects.get().quantity == Decimal(str(round(DAMPED + 500, 3)))
    Demand.objects.filter(date=weeks_ago(1)).update(quantity=12)
    corrected()
    assert not DemandCorrection.objects.exists()


def test_an_undone_correction_stays_undone(tea):
    sold(tea, [*QUIET, 900])
    corrected()
    planner = person()
    undone = undo_correction(correction_id=DemandCorrection.objects.get().pk, actor=planner)
    assert (undone.state, undone.author) == ("undone", planner)
    again = corrected()
    assert (again.counts, again.history.quantity[0, -1]) == ({}, 900)
    assert stored() == [(weeks_ago(1), "outlier", "undone", Decimal(str(DAMPED)), planner.pk)]
    with pytest.raises(Conflict, match="undone already"):
        undo_correction(correction_id=undone.pk, actor=planner)
    apply_correction(correction_id=undone.pk, actor=planner)
    assert corrected().history.quantity[0, -1] == pytest.approx(900 + DAMPED, abs=1e-3)


def test_an_undone_stock_out_was_all_the_demand_there_was(tea):
    sold(tea, [*QUIET, 3], out_of_stock=[20])
    corrected()
    correction = DemandCorrection.objects.get()
    undo_correction(correction_id=correction.pk, actor=person())
    found = corrected()
    assert (found.counts, found.history.in_stock[0, -1], found.made_up.quantity[0, -1]) == ({}, True, 3)
    apply_correction(correction_id=correction.pk, actor=person())
    assert corrected().counts == {"stock_out applied": 1}
    assert DemandCorrection.objects.get().author is None


def test_a_value_that_stands_out_less_waits_for_a_planner(tea):
    sold(tea, [*QUIET, 49])
    assert corrected().counts == {"outlier proposed": 1}
    assert corrected().history.quantity[0, -1] == 49
    apply_correction(correction_id=DemandCorrection.objects.get().pk, actor=person())
    assert corrected().history.quantity[0, -1] == pytest.approx((3.5 + 3 * 0.7413) ** 2, abs=1e-3)
    with pytest.raises(Conflict, match="counts already"):
        apply_correction(correction_id=DemandCorrection.objects.get().pk, actor=person())


@pytest.mark.parametrize(
    "event",
    [{"kind": "promotion"}, {"kind": "closure"}],
    ids=["of the item", "of the place"],
)
def test_what_an_event_explains_is_no_outlier(tea, event):
    sold(tea, [*QUIET, 900])
    whose = {"item": tea.item} if event["kind"] == "promotion" else {"location": tea.location}
    DemandEvent.objects.create(**event, **whose, start_date=MONDAY - timedelta(days=3), end_date=MONDAY + WEEK)
    assert corrected().counts == {}


def test_a_promotion_named_in_the_demand_is_no_outlier(tea):
    sold(tea, QUIET, until=MONDAY - WEEK)
    sold(tea, [900], promotion="SPRING")
    assert corrected().counts == {}


def test_a_planner_says_what_demand_was(tea):
    sold(tea, [*QUIET, 3], out_of_stock=[20])
    planner = person()
    said = {"item": tea.item, "location": tea.location, "day": weeks_ago(1) + timedelta(days=2), "actor": planner}
    made = correct_demand(**said, quantity=Decimal(10), reason="Counted at the till")
    assert (made.date, made.kind, made.bucket_days) == (weeks_ago(1), "manual", 7)
    found = corrected()
    assert (found.made_up.quantity[0, -1], found.history.in_stock[0, -1], found.counts) == (13, True, {})
    correct_demand(**said, quantity=Decimal(-3), reason="None, after all")
    assert corrected().made_up.quantity[0, -1] == 0
    assert DemandCorrection.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": Decimal("-9.5")}, "quantity"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"reason": "  "}, "reason"),
        ({"day": MONDAY + 400 * WEEK}, "date"),
        ({"location": "SOUTH"}, "location"),
    ],
)
def test_what_a_planner_cannot_say_is_refused(tea, change, field):
    sold(tea, [9])
    if "location" in change:
        change = {"location": place("OTHER", "SOUTH").location}
    said = {"item": tea.item, "location": tea.location, "day": weeks_ago(1), "quantity": Decimal(1), "reason": "x"}
    with pytest.raises(FieldErrors) as refused:
        correct_demand(**said | change, actor=person())
    assert list(refused.value.problems) == [field]
    assert not DemandCorrection.objects.exists()


def test_who_may_only_look_corrects_nothing(tea):
    sold(tea, [*QUIET, 900])
    corrected()
    viewer, before = person(Role.VIEWER), list(DemandCorrection.objects.values())
    for act in (undo_correction, apply_correction):
        with pytest.raises(NotAllowed):
            act(correction_id=before[0]["id"], actor=viewer)
    with pytest.raises(NotAllowed):
        correct_demand(
            item=tea.item, location=tea.location, day=weeks_ago(1), quantity=Decimal(1), reason="x", actor=viewer
        )  # fmt: skip
    assert list(DemandCorrection.objects.values()) == before


def test_corrections_of_weeks_are_spread_over_the_days_of_a_company_that_plans_by_day(tea):
    sold(tea, [7, 7])
    correct_demand(
        item=tea.item, location=tea.location, day=weeks_ago(1), quantity=Decimal(14), reason="x", actor=person()
    )  # fmt: skip
    layers = read_layers(item_id=tea.item_id, location_id=tea.location_id, as_of=MONDAY)
    assert layers.corrected.tolist() == [7, 21]


def test_layers_are_sales_hindsight_and_what_trains(tea, django_assert_max_num_queries):
    sold(tea, [4] * 13 + [2] + [8] * 13 + [900], out_of_stock=[13])
    corrected()
    with django_assert_max_num_queries(12):
        layers = read_layers(item_id=tea.item_id, location_id=tea.location_id, as_of=MONDAY)
    assert (layers.first_date, layers.bucket_days) == (weeks_ago(28), 7)
    assert layers.sales[[13, -1]].tolist() == [2, 900]
    assert layers.in_stock[12:15].tolist() == [True, False, True]
    assert layers.unconstrained[13] > layers.corrected[13] > 4
    assert layers.hidden == pytest.approx(layers.unconstrained[13] - 2)
    total = sum(float(one.quantity) for one in layers.corrections if one.state == "applied")
    assert layers.corrected.sum() == pytest.approx(layers.sales.sum() + total)
    assert layers.corrected[-1] < 100
    assert layers.inherited.sum() == 0


def test_a_series_that_is_not_kept_has_no_layers(tea):
    assert read_layers(item_id=tea.item_id, location_id=0, as_of=MONDAY) is None
