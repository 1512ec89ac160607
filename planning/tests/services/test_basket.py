"""Baskets: goals, what fills them, price breaks, and ordering them as one act. Numbers by hand."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forecasting.models import Forecast, ForecastScope
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory, StockBalanceFactory
from planning.models import DecisionBatch, PlanDecision, Projection
from planning.services import basket, decisions, reads
from planning.services.basket import Goal, Totals
from planning.tests.factories import AS_OF, HORIZON, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import ExchangeRate
from stocksense.core.errors import InvalidInput, NotAllowed
from stocksense.core.numeric import QUANTILE_GRID
from vendors.models import PurchaseOrder, PurchaseOrderSchedule
from vendors.tests.factories import SupplierFactory, SupplierItemFactory

pytestmark = pytest.mark.django_db

LATER = AS_OF + timedelta(days=10)


@pytest.fixture
def shop():
    """A supplier of tea and coffee for one store: tea is due now, coffee in ten days."""
    run, supplier, store = PlanRunFactory(), SupplierFactory(code="ROS"), LocationFactory(code="N")
    made = SimpleNamespace(
        run=run, supplier=supplier, store=store, planner=UserFactory(role=Role.PLANNER), tea=None, coffee=None
    )
    made.tea = proposal(made, "TEA", on_hand=10, weekly=14, quantity=24)
    made.coffee = proposal(made, "COFFEE", on_hand=40, weekly=7, quantity=36, release_on=LATER)
    return made


def proposal(made, sku, *, on_hand, weekly, quantity, release_on=AS_OF, inputs=None, **item):
    """An item with stock, use and terms in packs of 12 at 4, and its proposal."""
    thing, run = ItemFactory(sku=sku, **item), made.run
    ItemLocationFactory(item=thing, location=made.store)
    StockBalanceFactory(item=thing, location=made.store, quantity=Decimal(on_hand))
    terms = SupplierItemFactory(supplier=made.supplier, item=thing)
    place, line = {"item": thing, "location": made.store}, [0.0] * HORIZON
    forecast = run.policy_run.forecast_run
    Forecast.objects.create(
        run=forecast, run_date=forecast.run_date, scope=ForecastScope.OWN, first_date=AS_OF, mean=[float(weekly)] * 8,
        quantiles=[[0.0] * len(QUANTILE_GRID)] * 8, cumulative_quantiles=[[0.0] * len(QUANTILE_GRID)] * 8,
        demand_class="smooth", **place,
    )  # fmt: skip
    known = {
        "sourcing": {"min_quantity": 24.0, "multiple": 12.0, "unit_cost": 4.0},
        "costs": {"order_cost": 0.0, "holding_per_day": 0.0, "max_cover_days": 120},
        "nodes": {"shelf_life_days": 0},
        **(inputs or {}),
    }
    Projection.objects.create(
        run=run, run_date=run.run_date, first_date=AS_OF, on_hand_mean=line, on_hand_p10=line, on_hand_p90=line,
        on_hand_without_orders=line, inputs=known, **place,
    )  # fmt: skip
    return PlannedOrderFactory(
        run=run, item=thing, location=made.store, supplier=made.supplier, source_id=terms.pk,
        quantity=Decimal(quantity), release_on=release_on, due_on=release_on + timedelta(days=7), need_on=release_on,
    )  # fmt: skip


def opened(shop, fill=""):
    return basket.open_basket(reads.current_plan(), supplier=shop.supplier, location=shop.store, fill=fill)


def suggested(found):
    return {line.order.item.sku: line.quantity for line in found.lines}


def order(shop, quantities, **given):
    return basket.approve_basket(
        plan=reads.current_plan(), supplier_id=shop.supplier.pk, location_id=shop.store.pk, quantities=quantities,
        actor=shop.planner, **given,
    )  # fmt: skip


def test_what_is_due_is_chosen_and_what_comes_later_is_offered(shop):
    found = opened(shop)
    assert [(line.order, line.is_due, line.quantity) for line in found.lines] == [
        (shop.tea, True, 24),
        (shop.coffee, False, 0),
    ]
    assert (found.totals.lines, found.totals.value) == (1, 96)
    tea = found.due[0]
    assert (tea.cover(Decimal(0)), tea.cover(Decimal(24))) == (5, 17)


def test_a_minimum_in_a_foreign_currency_counts_at_the_dated_rate(shop):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 2, 1), rate=Decimal("0.8"))
    shop.supplier.currency, shop.supplier.min_order_value = "USD", Decimal(250)
    shop.supplier.save()
    found = opened(shop)
    assert (found.terms.rate, found.terms.rate_from, found.terms.minimum) == (Decimal("0.8"), date(2026, 2, 1), 200)
    assert found.goals == [Goal("value", Decimal(200), Decimal(96))]
    assert (found.goals[0].missing, found.goals[0].share) == (104, Decimal("0.48"))


def test_a_minimum_without_an_exchange_rate_is_shown_and_not_counted(shop):
    shop.supplier.currency, shop.supplier.min_order_value = "JPY", Decimal(250)
    shop.supplier.save()
    found = opened(shop)
    assert (found.terms.rate, found.terms.minimum, found.goals) == (None, None, [])


def test_the_order_is_filled_up_by_the_shortest_cover(shop):
    """104 are missing: 26 units at 4. Tea lasts 17 days; 12 more make 23, another 12 make 29, a third 35.

    Coffee lasts 40 days, and its smallest order of 24 makes 64. So tea takes three packs: 144.
    """
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    found = opened(shop, "value")
    assert (suggested(found), found.totals.value, found.reached) == ({"TEA": 60, "COFFEE": 0}, 240, True)


def test_a_later_line_is_brought_forward_where_cover_and_shelf_life_stop_the_others(shop):
    """Tea may cover 20 days: 40 units, of which 34 are there. So coffee goes along: its smallest order, then packs."""
    inputs = Projection.objects.get(item=shop.tea.item)
    inputs.inputs["costs"]["max_cover_days"] = 20
    inputs.save()
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    found = opened(shop, "value")
    assert (suggested(found), found.totals.value) == ({"TEA": 24, "COFFEE": 36}, 240)


def test_filling_up_goes_on_where_a_price_break_takes_money_off_again(shop):
    """60 tea at 4 would be 240. From 60 on a unit costs 3: 180; another pack makes 72 at 3, 216."""
    row = Projection.objects.get(item=shop.tea.item)
    row.inputs["price_breaks"] = [{"min_quantity": 60.0, "unit_cost": 3.0}]
    row.save()
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    found = opened(shop, "value")
    assert (suggested(found), found.totals.value, found.reached) == ({"TEA": 72, "COFFEE": 0}, 216, True)


def test_what_cannot_be_filled_is_left_as_it_was(shop):
    shop.supplier.min_order_value = Decimal(10**6)
    shop.supplier.save()
    found = opened(shop, "value")
    assert (suggested(found), found.reached) == ({"TEA": 24, "COFFEE": 0}, False)


def test_a_truck_is_filled_by_volume(shop):
    """A truck of 3.6 m³ at 0.1 m³ a unit: 36 units, one pack more than the 24 that are due."""
    for row in (shop.tea, shop.coffee):
        row.item.unit_volume_m3, row.item.unit_weight_kg = Decimal("0.1"), None
        row.item.save()
    shop.supplier.truck_volume_m3 = Decimal("3.6")
    shop.supplier.save()
    assert opened(shop).goals == [Goal("volume", Decimal("3.600"), Decimal("2.4"))]
    found = opened(shop, "volume")
    assert (suggested(found), found.totals.volume) == ({"TEA": 36, "COFFEE": 0}, Decimal("3.6"))
    assert found.totals.without_weight == 1


def test_a_price_break_is_hinted_at_net_of_holding(shop):
    """36 units cost 3.80 instead of 4: 12 more save 5 %. Holding 0.01 a unit and day for half a cycle (quantity ÷ 2):

    24 at 4.00: 12 days, 0.06 a unit. 36 at 3.80: 18 days at 0.0095, 0.0855. Net (4.06 − 3.8855) × 36 = 6.282.
    """
    row = Projection.objects.get(item=shop.tea.item)
    row.inputs["price_breaks"] = [{"min_quantity": 36.0, "unit_cost": 3.8}]
    row.inputs["costs"]["holding_per_day"] = 0.01
    row.save()
    hint = opened(shop).due[0].hint
    assert (hint.more, hint.saving, hint.net) == (12, pytest.approx(0.05), pytest.approx(6.282))
    line = opened(shop).due[0]
    assert (line.value(Decimal(24)), line.value(Decimal(36))) == (96, Decimal("136.8"))


def test_a_break_that_costs_more_to_hold_than_it_saves_is_not_hinted_at(shop):
    row = Projection.objects.get(item=shop.tea.item)
    row.inputs["price_breaks"] = [{"min_quantity": 120.0, "unit_cost": 3.99}]
    row.inputs["costs"]["holding_per_day"] = 0.01
    row.save()
    assert opened(shop).due[0].hint is None


@pytest.mark.parametrize(
    ("quantity", "problem"), [(24, ""), (12, "below the minimum of 24"), (30, "not a multiple of 12"), (0, "")]
)
def test_quantities_that_the_supplier_does_not_take_are_named(quantity, problem, shop):
    assert opened(shop).due[0].problem(Decimal(quantity)) == problem


def test_a_basket_is_one_order_one_act_and_one_undo(shop):
    result = order(shop, {shop.tea.pk: Decimal(36), shop.coffee.pk: Decimal(24)}, reason="fill up")
    (draft,) = result.purchase_orders
    rows = PurchaseOrderSchedule.objects.filter(line__order=draft).order_by("line__item__sku")
    assert [(row.line.item.sku, row.quantity, row.release_on, row.requested_on) for row in rows] == [
        ("COFFEE", 24, AS_OF, AS_OF + timedelta(days=7)),
        ("TEA", 36, AS_OF, AS_OF + timedelta(days=7)),
    ]
    assert (result.batch.lines, result.batch.value, DecisionBatch.objects.count()) == (2, 240, 1)
    assert opened(shop).lines == []
    decisions.undo_batch(batch_id=result.batch.pk, actor=shop.planner)
    assert (suggested(opened(shop)), PlanDecision.objects.count()) == ({"TEA": 24, "COFFEE": 0}, 0)


def test_what_is_drafted_already_counts_towards_the_goals(shop):
    shop.supplier.min_order_value = Decimal(200)
    shop.supplier.save()
    order(shop, {shop.tea.pk: Decimal(24)})
    found = opened(shop)
    assert (found.held.number, found.held.totals.value) == (PurchaseOrder.objects.get().number, 96)
    assert found.goals == [Goal("value", Decimal(200), Decimal(96))]


def test_a_line_that_travels_along_arrives_later_where_its_lead_time_is_longer(shop):
    shop.coffee.due_on = LATER + timedelta(days=9)
    dates = basket.travel_dates([shop.tea, shop.coffee], as_of=AS_OF, window_ends=AS_OF + timedelta(days=7))
    assert dates == {shop.coffee.pk: (AS_OF, AS_OF + timedelta(days=9))}
    alone = basket.travel_dates([shop.coffee], as_of=AS_OF, window_ends=AS_OF + timedelta(days=7))
    assert alone == {shop.coffee.pk: (AS_OF, AS_OF + timedelta(days=9))}


def test_lines_of_others_and_empty_orders_are_refused(shop):
    stranger = PlannedOrderFactory(
        run=shop.run, item=shop.tea.item, location=shop.store, supplier=SupplierFactory(), source_id=1
    )
    with pytest.raises(InvalidInput, match="not this supplier's"):
        order(shop, {shop.tea.pk: Decimal(24), stranger.pk: Decimal(1)})
    with pytest.raises(InvalidInput, match="at least one line"):
        order(shop, {})
    assert (PurchaseOrder.objects.count(), PlanDecision.objects.count()) == (0, 0)


def test_who_may_not_approve_orders_nothing(shop):
    shop.planner = UserFactory(role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        order(shop, {shop.tea.pk: Decimal(24)})
    assert (PurchaseOrder.objects.count(), PlanDecision.objects.count()) == (0, 0)


def test_baskets_with_lines_due_are_listed_the_dearest_first(shop):
    dear = PlannedOrderFactory(
        run=shop.run, item=shop.coffee.item, location=LocationFactory(), supplier=SupplierFactory(), source_id=1,
        cost_of_inaction=Decimal(900),
    )  # fmt: skip
    first, second = basket.baskets(reads.current_plan())
    assert (first.supplier, first.waiting) == (dear.supplier, 900)
    assert (second.supplier, second.location, second.totals.lines, second.totals.value) == (
        shop.supplier, shop.store, 1, 96,
    )  # fmt: skip


def test_totals_leave_out_what_is_not_ordered_and_count_what_is_not_known():
    rows = [(Decimal(2), Decimal(8), Decimal("0.5"), None), (Decimal(0), Decimal(0), None, None)]
    assert Totals.of(rows) == Totals(1, Decimal(8), Decimal("1.0"), Decimal(0), 0, 1)


def test_a_basket_takes_a_fixed_number_of_queries(shop):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            opened(shop, "value")
        return len(captured)

    few = queries()
    for number in range(4):
        proposal(shop, f"S{number}", on_hand=5, weekly=7, quantity=24)
        proposal(shop, f"L{number}", on_hand=5, weekly=7, quantity=24, release_on=LATER)
    assert (queries(), few <= 14) == (few, True)
