"""A published plan for tests: runs, and the rows that readers see."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from forecasting.models import Forecast, ForecastRun, ForecastScope
from inventory.models import Item, Location
from planning.models import PlanException, PlannedOrder, PlanRun, Projection
from policies.models import Policy, PolicyRun
from stocksense.company import services as company
from stocksense.company.models import RunKind, RunState
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import QUANTILE_GRID

AS_OF = date(2026, 3, 2)
HORIZON = 56
RUN_TABLES = (Forecast, Policy, PlannedOrder, Projection, PlanException)


class PlanRunFactory(factory.django.DjangoModelFactory):
    """A finished plan run of the baseline with its policy and forecast runs, published as current."""

    class Meta:
        model = PlanRun
        skip_postgeneration_save = True

    scenario = factory.LazyFunction(lambda: company.scenario_named(None))
    as_of = AS_OF
    run_date = AS_OF
    state = RunState.FINISHED
    horizon_days = HORIZON
    finished_at = factory.LazyFunction(timezone.now)

    @factory.lazy_attribute
    def policy_run(self) -> PolicyRun:
        """Runs of the steps before, on the same day."""
        shared: dict[str, Any] = {
            "scenario": self.scenario,
            "as_of": self.as_of,
            "run_date": self.run_date,
            "state": RunState.FINISHED,
        }
        forecast_run = ForecastRun.objects.create(
            bucket_days=7, horizon_buckets=8, cutoff=self.as_of - timedelta(days=1), **shared
        )
        return PolicyRun.objects.create(forecast_run=forecast_run, **shared)

    @factory.post_generation
    def published(self, create: bool, given: Any, **_: Any) -> None:
        """Make the run's partitions and point readers at it."""
        for table in RUN_TABLES:
            ensure_partitions(table, [self.run_date])
        if given is not False:
            company.publish_run(kind=RunKind.PLAN, run=self)


class _RunRowFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    run_date = factory.SelfAttribute("run.run_date")


class PlannedOrderFactory(_RunRowFactory):
    """A proposal to release today; give `supplier` and `source_id`, or `origin`."""

    class Meta:
        model = PlannedOrder

    kind = factory.LazyAttribute(lambda row: "transfer" if getattr(row, "origin", None) else "purchase")
    source_id = 0
    quantity = Decimal(108)
    unit_price = Decimal(4)
    value = factory.LazyAttribute(lambda row: row.quantity * row.unit_price)
    release_on = AS_OF
    due_on = AS_OF + timedelta(days=7)
    need_on = AS_OF
    cost_of_inaction = Decimal(412)
    reason = "reorder"
    trace = factory.LazyFunction(
        lambda: {
            "position": {"net_stock": 4.0, "on_order": 12.0, "owed": 0.0},
            "levels": {"reorder_point": 38.0, "order_up_to": 120.0, "firm_excess": 0.0},
            "rounding": {
                "raw": 104.0,
                "min_quantity": 24.0,
                "after_minimum": 104.0,
                "multiple": 12.0,
                "after_multiple": 108.0,
            },
            "earlier_parts": [],
            "allocation": None,
        }
    )


class PlanExceptionFactory(_RunRowFactory):
    """A risk of running out."""

    class Meta:
        model = PlanException

    kind = "stock_out_risk"
    due_on = AS_OF + timedelta(days=2)
    cost_of_inaction = Decimal(412)
    message = "4 pcs available may not last beyond Wed 4 Mar; a new order can arrive Mon 9 Mar."


class PolicyFactory(factory.django.DjangoModelFactory):
    """Levels s 38, S 120."""

    class Meta:
        model = Policy

    run_date = factory.SelfAttribute("run.run_date")
    method = "rss"
    abc, xyz, demand_class = "A", "X", "smooth"
    service_target = 0.95
    lead_time_days, review_days = 7.0, 7.0
    reorder_point, order_up_to, safety_stock, order_quantity = 38.0, 120.0, 10.0, 82.0
    reorder_points = factory.LazyFunction(lambda: [38.0] * HORIZON)
    order_up_to_levels = factory.LazyFunction(lambda: [120.0] * HORIZON)
    trace = factory.LazyFunction(
        lambda: {"steps": [{"name": "reorder point", "formula": "0.95 quantile", "value": 38.0}], "sources": {}}
    )


def outlook(run: PlanRun, item: Item, location: Location) -> None:
    """Levels, a forecast of 14 a week and a stock projection of this item-location."""
    place = {"item": item, "location": location}
    policy_run, forecast_run = run.policy_run, run.policy_run.forecast_run
    PolicyFactory(run=policy_run, **place)
    spread = [14.0 * (0.4 + 1.2 * probability) for probability in QUANTILE_GRID]
    Forecast.objects.create(
        run=forecast_run,
        run_date=forecast_run.run_date,
        scope=ForecastScope.OWN,
        first_date=run.as_of,
        mean=[14.0] * 8,
        quantiles=[spread] * 8,
        cumulative_quantiles=[spread] * 8,
        demand_class="smooth",
        **place,
    )
    stock = [max(40.0 - 2.0 * day, 0.0) + (108.0 if day >= 7 else 0.0) for day in range(HORIZON)]
    Projection.objects.create(
        run=run,
        run_date=run.run_date,
        first_date=run.as_of,
        on_hand_mean=stock,
        on_hand_p10=[max(value - 15.0, 0.0) for value in stock],
        on_hand_p90=[value + 12.0 for value in stock],
        on_hand_without_orders=stock,
        **place,
    )
