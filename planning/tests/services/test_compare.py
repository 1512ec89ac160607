"""Two runs side by side, with numbers worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forecasting.models import Forecast, ForecastScope
from inventory.tests.factories import ItemFactory, LocationFactory
from planning.models import Decision, PlanDecision, PlanRun, Projection
from planning.services import compare
from planning.tests.factories import (
    AS_OF,
    HORIZON,
    PlanExceptionFactory,
    PlannedOrderFactory,
    PlanRunFactory,
    PolicyFactory,
)
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company import services as company
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import QUANTILE_GRID
from vendors.tests.factories import SupplierFactory

pytestmark = pytest.mark.django_db

NEXT = AS_OF + timedelta(days=1)


@pytest.fixture
def two():
    """Monday's and Tuesday's run, and an item-location with a supplier."""
    before = PlanRunFactory()
    after = PlanRunFactory(as_of=NEXT, run_date=NEXT)
    return SimpleNamespace(
        before=before, after=after, item=ItemFactory(sku="TEA"), store=LocationFactory(code="N"),
        supplier=SupplierFactory(),
    )  # fmt: skip


def knows(two, run, *, on_hand, on_order=0, weekly=14.0, level=100.0, lead=7.0, outgoing=0, **given) -> None:
    """What a run knew: its position, the weekly demand from its Monday on, and its level S on Tuesday."""
    place = {"item": given.get("item", two.item), "location": given.get("location", two.store)}
    policy, forecast = run.policy_run, run.policy_run.forecast_run
    PolicyFactory(
        run=policy, order_up_to_levels=[0.0] * (NEXT - policy.as_of).days + [level] * 20, lead_time_days=lead, **place
    )
    Forecast.objects.create(
        run=forecast, run_date=forecast.run_date, scope=ForecastScope.OWN, first_date=AS_OF, mean=[weekly] * 8,
        quantiles=[[weekly] * len(QUANTILE_GRID)] * 8, cumulative_quantiles=[[weekly] * len(QUANTILE_GRID)] * 8,
        demand_class="smooth", **place,
    )  # fmt: skip
    inputs = {
        "stock": {"on_hand": float(on_hand), "allocated": 2.0, "backorders": 1.0},
        "sourcing": {"kind": 1, "source_id": 5, "min_quantity": 0.0, "multiple": 12.0},
    }
    if on_order:
        inputs["receipts"] = [{"quantity": float(on_order), "day": 3, "kind": 0, "origin": None, "shipped": False}]
    line = [0.0] * HORIZON
    Projection.objects.create(
        run=run, run_date=run.run_date, first_date=run.as_of, on_hand_mean=line, on_hand_p10=line, on_hand_p90=line,
        on_hand_without_orders=line, inputs=inputs, **place,
    )  # fmt: skip


def proposes(two, run, quantity, **given):
    given = {"item": two.item, "location": two.store, "supplier": two.supplier, "need_on": AS_OF, **given}
    return PlannedOrderFactory(run=run, quantity=Decimal(quantity), **given)


def compared(two):
    pair = compare.choose_runs(compare.comparable_runs(), company.settings())
    assert (pair.before, pair.after) == (two.before, two.after)
    return compare.compare_runs(pair)


def test_demand_that_lifts_the_level_explains_a_larger_order(two):
    """14 more per two weeks lift S by 14. Two units were expected to be used on Monday, and were."""
    knows(two, two.before, on_hand=43)
    knows(two, two.after, on_hand=41, weekly=21.0, level=114.0)
    proposes(two, two.before, 60)
    proposes(two, two.after, 84)
    (mover,) = compared(two).movers
    assert mover.effects == pytest.approx(
        {"demand": 14, "stock": 0, "parameters": 0, "decisions": 0, "timing": 10}, abs=1e-9
    )
    assert (mover.cause, mover.state, mover.change) == ("demand", "more", 96)
    assert [part.what for part in mover.parts] == ["quantity"]


def test_stock_that_is_missing_explains_a_larger_order(two):
    """Position 43 - 2 - 1 + 12 = 52; 50 were expected on Tuesday, 30 - 3 + 12 = 39 are there."""
    knows(two, two.before, on_hand=43, on_order=12)
    knows(two, two.after, on_hand=30, on_order=12)
    proposes(two, two.before, 60)
    proposes(two, two.after, 72)
    (mover,) = compared(two).movers
    assert (mover.cause, mover.effects["stock"], mover.effects["timing"]) == (
        "stock",
        pytest.approx(11),
        pytest.approx(1),
    )


def test_parameters_that_differ_are_named(two):
    knows(two, two.before, on_hand=43)
    knows(two, two.after, on_hand=41, level=130.0, lead=9.0)
    proposes(two, two.before, 60)
    proposes(two, two.after, 96)
    (mover,) = compared(two).movers
    assert (mover.cause, mover.effects["parameters"]) == ("parameters", pytest.approx(30))
    assert mover.notes == ["lead time 7 → 9 d"]


def test_an_approval_explains_what_is_not_proposed_any_more(two):
    knows(two, two.before, on_hand=43)
    knows(two, two.after, on_hand=41, on_order=48)
    proposes(two, two.before, 60)
    PlanDecision.objects.create(
        scenario=two.before.scenario, item=two.item, destination=two.store, supplier=two.supplier, need_on=AS_OF,
        decision=Decision.APPROVED, proposed_quantity=60, quantity=48, run_id=two.before.pk, decided_by=UserFactory(),
        decided_at=two.before.started_at,
    )  # fmt: skip
    (mover,) = compared(two).movers
    assert (mover.cause, mover.state, mover.effects["decisions"]) == ("decisions", "gone", -48)
    assert mover.effects["stock"] == pytest.approx(0)
    pair = compare.choose_runs(compare.comparable_runs(), company.settings())
    assert pair.decided() == {Decision.APPROVED: 1}


def test_a_transfer_that_has_not_left_is_off_its_origins_position(two):
    depot = LocationFactory(code="DC")
    for run in (two.before, two.after):
        knows(two, run, on_hand=43)
        knows(two, run, on_hand=103 if run == two.before else 101, location=depot)
    row = Projection.objects.get(run_id=two.after.pk, location=two.store)
    row.inputs["receipts"] = [{"quantity": 10.0, "kind": 1, "origin": depot.pk, "shipped": False}]
    row.save()
    proposes(two, two.after, 12, location=depot)
    (mover,) = compared(two).movers
    assert (mover.code, mover.state, mover.cause, mover.effects["stock"]) == ("DC", "new", "stock", pytest.approx(10))


@pytest.mark.parametrize(
    ("given", "what", "state"),
    [
        ({"due_on": AS_OF + timedelta(days=9)}, "date", "moved"),
        ({"quantity": 48, "due_on": AS_OF + timedelta(days=9)}, "quantity and date", "less"),
        ({"unit_price": Decimal(5)}, "value", "moved"),
        ({"release_on": AS_OF + timedelta(days=20)}, "date", "gone"),
    ],
)
def test_each_proposal_says_what_became_of_it(given, what, state, two):
    proposes(two, two.before, 60)
    proposes(two, two.after, given.pop("quantity", 60), **given)
    (mover,) = compared(two).movers
    assert ([part.what for part in mover.parts], mover.state) == ([what], state)


def test_new_and_gone_are_by_need_and_source(two):
    proposes(two, two.before, 60, need_on=AS_OF)
    proposes(two, two.after, 60, need_on=AS_OF + timedelta(days=7))
    (mover,) = compared(two).movers
    assert [part.what for part in mover.parts] == ["gone", "new"]
    assert mover.change == 0


def test_without_any_change_there_are_no_movers(two):
    for run in (two.before, two.after):
        proposes(two, run, 60)
    found = compared(two)
    assert (found.movers, found.unchanged, found.value_before, found.value_after) == ([], 1, 240, 240)


def test_totals_by_cause_and_order_by_money(two):
    for number, (old, new) in enumerate(((0, 10), (50, 20), (5, 6))):
        item = ItemFactory(sku=f"S{number}")
        if old:
            proposes(two, two.before, old, item=item)
        proposes(two, two.after, new, item=item)
    found = compared(two)
    assert [(mover.sku, mover.change) for mover in found.movers] == [("S1", -120), ("S0", 40), ("S2", 4)]
    timing = found.causes[-1]
    assert (timing.cause, timing.count, timing.more, timing.less, timing.net) == ("timing", 3, 44, -120, -76)


def test_what_is_released_after_the_window_is_not_compared(two):
    proposes(two, two.after, 60, release_on=NEXT + timedelta(days=8))
    assert compared(two).movers == []


def test_exceptions_that_are_new_and_gone(two):
    place = {"item": two.item, "location": two.store}
    PlanExceptionFactory(run=two.before, kind="excess", cost_of_inaction=Decimal(30), **place)
    PlanExceptionFactory(run=two.before, kind="stock_out_risk", cost_of_inaction=Decimal(100), **place)
    PlanExceptionFactory(run=two.after, kind="stock_out_risk", cost_of_inaction=Decimal(150), **place)
    PlanExceptionFactory(run=two.after, kind="late_order", cost_of_inaction=Decimal(80), **place)
    pair = compare.choose_runs(compare.comparable_runs(), company.settings())
    kinds = {row.kind.value: (row.before, row.after, row.new, row.gone, row.cost_after - row.cost_before)
             for row in compare.compare_warnings(pair)}  # fmt: skip
    assert kinds == {
        "stock_out_risk": (1, 1, 0, 0, 50), "late_order": (0, 1, 1, 0, 80), "excess": (1, 0, 0, 1, -30),
    }  # fmt: skip
    changes = [(row.kind.value, row.is_new, row.cost) for row in compare.warning_changes(pair)]
    assert changes == [("late_order", True, 80), ("excess", False, 30)]


def test_one_run_cannot_be_compared():
    PlanRunFactory()
    with pytest.raises(InvalidInput, match="There is one plan so far"):
        compare.choose_runs(compare.comparable_runs(), company.settings())


def test_runs_are_put_in_order_and_must_differ(two):
    runs, settings = compare.comparable_runs(), company.settings()
    pair = compare.choose_runs(runs, settings, before=two.after.pk, after=two.before.pk)
    assert (pair.before, pair.after) == (two.before, two.after)
    with pytest.raises(InvalidInput, match="two different runs"):
        compare.choose_runs(runs, settings, before=two.after.pk, after=two.after.pk)
    with pytest.raises(InvalidInput, match="Choose one of the list"):
        compare.choose_runs(runs, settings, before=10**12)


def test_a_run_whose_rows_have_aged_out_is_refused(two):
    PlanRun.objects.update(summary={"item_locations": 1})
    knows(two, two.after, on_hand=41)
    with pytest.raises(InvalidInput, match=rf"Run {two.before.pk} of 2 Mar 2026 has aged out"):
        compare.choose_runs(compare.comparable_runs(), company.settings())


def test_a_comparison_takes_a_fixed_number_of_queries(two):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            compared(two)
        return len(captured)

    for run in (two.before, two.after):
        knows(two, run, on_hand=40)
    proposes(two, two.after, 60)
    few = queries()
    for _ in range(5):
        proposes(two, two.after, 60, item=ItemFactory())
    assert (queries(), few <= 24) == (few, True)


def test_runs_of_before_the_current_one_are_offered(two):
    PlanRun.objects.filter(pk=two.before.pk).update(state="failed")
    assert compare.comparable_runs() == [two.after]
    assert date(2026, 3, 3) == two.after.as_of
