"""Everything a page shows about one item at one location."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet

from forecasting.models import Forecast, ForecastScope
from inventory.models import Demand, Item, ItemLocation, Location, ScheduledReceipt
from inventory.services.positions import StockPosition, stock_positions
from planning.models import PlanDecision, PlanException, PlannedOrder, Projection
from planning.services import reads
from planning.services.reads import CurrentPlan
from policies.models import Policy
from stocksense.core.errors import InvalidInput

BUCKETS_OF_HISTORY = 26


@dataclass(frozen=True)
class ItemAtLocation:
    """The facts of one item-location under the current plan; parts are None or empty where there are none."""

    item: Item
    location: Location
    settings: ItemLocation | None
    position: StockPosition
    plan: CurrentPlan | None = None
    policy: Policy | None = None
    forecast: Forecast | None = None
    bucket_days: int = 7
    projection: Projection | None = None
    demand: list[Demand] = field(default_factory=list)
    receipts: list[ScheduledReceipt] = field(default_factory=list)
    outgoing: list[ScheduledReceipt] = field(default_factory=list)
    orders: list[PlannedOrder] = field(default_factory=list)
    exceptions: list[PlanException] = field(default_factory=list)
    decisions: list[PlanDecision] = field(default_factory=list)


def read_item_location(*, item_id: int, location_id: int) -> ItemAtLocation:
    """The facts of this item-location. Raises InvalidInput where the item or the location does not exist."""
    item = Item.objects.select_related("category").filter(pk=item_id).first()
    location = Location.objects.filter(pk=location_id).first()
    if item is None or location is None:
        raise InvalidInput("There is no such item or location.", item=item_id, location=location_id)
    plan = reads.current_plan()
    known = ItemAtLocation(
        item=item,
        location=location,
        settings=ItemLocation.objects.filter(item=item, location=location).first(),
        position=stock_positions([(item.pk, location.pk)])[item.pk, location.pk],
        receipts=list(
            ScheduledReceipt.objects.filter(item=item, location=location).select_related("origin").order_by("due_on")
        ),
        outgoing=list(ScheduledReceipt.objects.filter(item=item, origin=location, is_shipped=False).order_by("due_on")),
        decisions=list(_decisions(item, location)[:20]),
    )
    return known if plan is None else _with_plan(known, plan)


def _decisions(item: Item, location: Location) -> "QuerySet[PlanDecision]":
    rows = PlanDecision.objects.filter(item=item, destination=location)
    return rows.select_related("origin", "supplier", "decided_by").order_by("-updated_at")


def _with_plan(known: ItemAtLocation, plan: CurrentPlan) -> ItemAtLocation:
    place = {"item": known.item, "location": known.location}
    policy_run, forecast_run = plan.run.policy_run, plan.run.policy_run.forecast_run
    policy = Policy.objects.filter(run_id=policy_run.pk, run_date=policy_run.run_date, **place).first()
    forecasts = Forecast.objects.filter(run_id=forecast_run.pk, run_date=forecast_run.run_date, **place)
    query = reads.WorklistQuery(whole_horizon=True, decided=True)
    orders = (
        reads.planned_orders(plan, query)
        .filter(**place)
        .select_related("supplier", "origin")
        .order_by("release_on", "pk")
    )
    return ItemAtLocation(
        item=known.item,
        location=known.location,
        settings=known.settings,
        position=known.position,
        receipts=known.receipts,
        outgoing=known.outgoing,
        decisions=known.decisions,
        plan=plan,
        policy=policy,
        forecast=_widest(list(forecasts)),
        bucket_days=forecast_run.bucket_days,
        projection=plan.rows(Projection).filter(**place).first(),
        demand=_history(known, plan.run.as_of, forecast_run.bucket_days),
        orders=list(orders),
        exceptions=list(reads.exceptions(plan).filter(**place)),
    )


def _widest(forecasts: list[Forecast]) -> Forecast | None:
    """The forecast that stock here must meet: of the whole network below, else of the location itself."""
    by_scope = {forecast.scope: forecast for forecast in forecasts}
    return by_scope.get(ForecastScope.NETWORK) or by_scope.get(ForecastScope.OWN)


def _history(known: ItemAtLocation, as_of: date, bucket_days: int) -> list[Demand]:
    since = as_of - timedelta(days=BUCKETS_OF_HISTORY * bucket_days)
    rows = Demand.objects.filter(item=known.item, location=known.location, date__gte=since, date__lte=as_of)
    return list(rows.order_by("date", "bucket_days"))
