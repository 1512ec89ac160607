"""Overrides with the database: who may write which, what a run makes of them, and what is kept of it."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from forecasting.models import Forecast, ForecastOverride, ForecastScope, OverrideEffect, OverrideReason
from forecasting.services import overrides
from forecasting.services.overrides.writing import version_of
from forecasting.tests.builder import MONDAY, WEEK, Shop, override, reason
from inventory.models import Category
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core.errors import Conflict, FieldErrors, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db
SUNDAY_AFTER_NEXT = MONDAY + 2 * WEEK - timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def planner():
    return UserFactory(role=Role.PLANNER)


def series(run, at, scope=ForecastScope.OWN) -> Forecast:
    return Forecast.objects.get(run=run, item=at.item, location=at.location, scope=scope)


def values(**changed):
    return {
        "mode": "add", "value": Decimal(30), "start_date": MONDAY, "end_date": SUNDAY_AFTER_NEXT, "reason": reason(),
        **changed,
    }  # fmt: skip


def test_a_run_takes_in_what_is_in_force_and_freezes_what_it_was_made_from(shop):
    tea, mugs = shop.place("TEA", "NORTH"), shop.place("MUG", "NORTH")
    shop.sold(tea, [10] * 60)
    shop.sold(mugs, [20] * 59 + [26])
    kept = override(item=tea.item, location=tea.location, value=Decimal(30))
    override(item=tea.item, location=tea.location, withdrawn_at=MONDAY_NOON)
    override(item=tea.item, location=tea.location, expires_on=MONDAY - timedelta(days=1))
    run = shop.forecast()
    changed, untouched = series(run, tea), series(run, mugs)
    assert changed.statistical_mean == pytest.approx([10, 10, 10, 10], abs=1e-3)  # (totals that add up move it so far)
    assert changed.mean == pytest.approx([25, 25, 10, 10], abs=1e-3)
    assert changed.naive_mean == [10, 10, 10, 10]
    assert (changed.change_mean, changed.change_rms) == (None, None)
    assert changed.quantiles[0][4] == pytest.approx(changed.statistical_quantiles[0][4] + 15, abs=1e-3)
    assert changed.quantiles[2] == changed.statistical_quantiles[2]
    assert untouched.statistical_mean is None
    assert untouched.naive_mean == [26, 26, 26, 26]
    assert untouched.change_mean == pytest.approx(6 / 59)
    assert untouched.change_rms == pytest.approx((36 / 59) ** 0.5)
    effect = OverrideEffect.objects.get(run=run)
    assert (effect.override, effect.reason, effect.position) == (kept, kept.reason, 0)
    assert effect.change == [15, 15, 0, 0]
    assert run.summary["overrides"] == {"in_force": 1, "series": 1, "idle": []}


MONDAY_NOON = "2026-11-16T12:00:00Z"


def test_a_category_is_overridden_down_to_its_series_by_share_and_the_special_stands(shop):
    drinks = Category.objects.create(name="Drinks", path="Drinks")
    hot = Category.objects.create(name="Hot", path="Drinks/Hot", parent=drinks)
    Category.objects.create(name="Drinks2", path="Drinks2")
    tea = shop.place("TEA", "NORTH", category=hot)
    cola = shop.place("COLA", "NORTH", category=drinks)
    nuts = shop.place("NUTS", "NORTH")
    for at, weekly in ((tea, 10), (cola, 30), (nuts, 5)):
        shop.sold(at, [weekly] * 60)
    override(item=tea.item, location=tea.location, mode="replace", value=Decimal(8))
    override(category=drinks, mode="add", value=Decimal(80))
    run = shop.forecast()
    assert series(run, cola).mean == pytest.approx([60, 60, 30, 30])
    assert series(run, tea).mean == pytest.approx([4, 4, 10, 10])
    assert series(run, nuts).statistical_mean is None
    steps = OverrideEffect.objects.filter(run=run, item=tea.item).order_by("position")
    assert [[round(x, 3) for x in step.change] for step in steps] == [[10, 10, 0, 0], [-16, -16, 0, 0]]


def test_what_supplies_a_shop_expects_what_the_shop_does(shop):
    north, dc = shop.place("TEA", "NORTH"), shop.place("TEA", "DC")
    shop.sold(north, [10] * 60)
    override(item=north.item, location=north.location, value=Decimal(40))
    run = shop.forecast(origin={north.location_id: dc.location_id})
    below = series(run, dc, ForecastScope.NETWORK)
    assert below.statistical_mean == pytest.approx([10, 10, 10, 10])
    assert below.mean == pytest.approx([30, 30, 10, 10])
    assert below.cumulative_quantiles[1][4] == pytest.approx(60, abs=1)


def test_applying_twice_moves_nothing_twice(shop):
    tea = shop.place("TEA", "NORTH")
    shop.sold(tea, [10] * 60)
    override(item=tea.item, mode="scale", value=Decimal(2))
    run = shop.forecast()
    before = series(run, tea)
    from inventory.services.nodes import read_nodes
    from stocksense.jobs import services as jobs

    lease = jobs.claim(jobs.create_job(kind="test", title="again", steps=[], parameters={}, actor=None).pk)
    nodes = read_nodes(as_of=MONDAY, horizon_end=MONDAY)
    overrides.apply_to_run(run, nodes=nodes, origin_node=np.array([-1]), as_of=MONDAY, lease=lease)
    after = series(run, tea)
    assert (after.mean, after.quantiles) == (before.mean, before.quantiles)
    assert after.mean == pytest.approx([20, 20, 10, 10])
    assert OverrideEffect.objects.count() == 1


def test_an_override_survives_runs_until_its_span_is_past(shop):
    tea = shop.place("TEA", "NORTH")
    shop.sold(tea, [10] * 60)
    override(item=tea.item, value=Decimal(20))
    assert series(shop.forecast(), tea).mean == pytest.approx([20, 20, 10, 10])
    shop.sold(tea, [10], until=MONDAY + WEEK)
    assert series(shop.forecast(MONDAY + WEEK), tea).mean == pytest.approx([20, 10, 10, 10])
    shop.sold(tea, [10], until=MONDAY + 2 * WEEK)
    assert series(shop.forecast(MONDAY + 2 * WEEK), tea).statistical_mean is None


def test_a_preview_saves_nothing_and_says_what_the_run_will(shop, planner):
    tea, mugs = shop.place("TEA", "NORTH"), shop.place("MUG", "NORTH")
    run = shop.frozen(MONDAY, {tea: [10, 10, 10], mugs: [30, 30, 30]})
    draft = ForecastOverride(**values(location=tea.location, value=Decimal(80)))
    seen = overrides.preview_override(draft=draft, item_id=tea.item_id, location_id=tea.location_id)
    assert (seen.reached, seen.moved, seen.expected, seen.total, seen.units) == (2, 2, 80, 160, 80)
    assert seen.series.before.tolist() == [10, 10, 10]
    assert seen.series.after.tolist() == [20, 20, 10]
    assert seen.series.days == [MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK]
    assert (seen.series.quantiles_after[0] - seen.series.quantiles_before[0]).round(6).tolist() == [10] * 11
    assert not ForecastOverride.objects.exists()
    assert series(run, tea).mean == [10, 10, 10]


def test_a_planner_writes_changes_withdraws_and_reinstates(shop, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [10, 10]})
    made = overrides.create_override(actor=planner, **values(item=tea.item, location=tea.location))
    assert (made.author, made.reason.code) == (planner, "promotion")
    other = UserFactory(role=Role.PLANNER)
    overrides.change_override(override=made, actor=other, value=Decimal(40))
    assert ForecastOverride.objects.get().author == other
    overrides.withdraw_override(override=made, actor=other)
    with pytest.raises(Conflict):
        overrides.change_override(override=made, actor=other, value=Decimal(50))
    overrides.reinstate_override(override=made, actor=other)
    kept = ForecastOverride.objects.get()
    assert (kept.value, kept.withdrawn_at) == (40, None)
    from forecasting.models import ForecastOverrideEvent  # the history that triggers keep

    events = ForecastOverrideEvent.objects.order_by("pgh_id")
    assert list(events.values_list("pgh_label", "value")) == [
        ("insert", Decimal(30)), ("update", Decimal(40)), ("update", Decimal(40)), ("update", Decimal(40)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"start_date": MONDAY - WEEK, "end_date": MONDAY - timedelta(days=1)}, "end_date", "lies in the past"),
        ({"end_date": MONDAY - timedelta(days=1)}, "end_date", "before the first"),
        ({"value": Decimal(-21)}, "value", "Only 20 are expected"),
        ({"mode": "replace", "value": Decimal(-1)}, "value", "cannot be below zero"),
        ({"mode": "scale", "value": Decimal(120)}, "value", "For 20 % more write 1.2"),
        ({"expires_on": MONDAY - timedelta(days=1)}, "expires_on", "would have expired"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, field, says, shop, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [10, 10]})
    with pytest.raises(FieldErrors) as refused:
        overrides.create_override(actor=planner, **values(item=tea.item, location=tea.location, **changed))
    assert says in " ".join(refused.value.problems[field])
    assert not ForecastOverride.objects.exists()


def test_a_series_that_is_not_planned_is_unknown(shop, planner):
    tea, mugs = shop.place("TEA", "NORTH"), shop.place("MUG", "SOUTH")
    shop.frozen(MONDAY, {tea: [10, 10]})
    with pytest.raises(FieldErrors) as refused:
        overrides.create_override(actor=planner, **values(item=tea.item, location=mugs.location))
    assert refused.value.problems == {"location": ["Nothing is planned there: there is no such series."]}


def test_a_retired_reason_is_not_offered_any_more(shop, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [10, 10]})
    OverrideReason.objects.filter(code="promotion").update(is_active=False)
    with pytest.raises(FieldErrors) as refused:
        overrides.create_override(actor=planner, **values(item=tea.item))
    assert refused.value.problems == {"reason": ["Choose a reason from the company's list."]}


def test_all_but_taking_everything_away_is_allowed(shop, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [10, 10]})
    made = overrides.create_override(actor=planner, **values(item=tea.item, value=Decimal(-20)))
    assert made.pk


def test_who_may_not_is_refused(shop):
    tea = shop.place("TEA", "NORTH")
    viewer = UserFactory(role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        overrides.create_override(actor=viewer, **values(item=tea.item))
    kept = override(item=tea.item)
    with pytest.raises(NotAllowed):
        overrides.withdraw_override(override=kept, actor=viewer)
    assert ForecastOverride.objects.filter(withdrawn_at=None).count() == 1


def test_a_change_names_the_state_that_it_is_about(shop):
    kept = override(item=shop.place("TEA", "NORTH").item)
    read = version_of(kept)
    kept.save()
    with pytest.raises(Conflict, match="Somebody changed"), overrides.locked_override(kept.pk, version=read):
        raise AssertionError
    with pytest.raises(InvalidInput), overrides.locked_override(0, version=read):
        raise AssertionError
