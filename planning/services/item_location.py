"""Everything a page shows about one item at one location."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from forecasting.models import Forecast, ForecastRun, ForecastScope
from inventory.models import Item, ItemLocation, Lane, Location, ScheduledReceipt
from inventory.services.positions import StockPosition, stock_positions
from planning.models import DecisionEntry, PlanException, PlannedOrder, Projection
from planning.services import reads
from planning.services.reads import CurrentPlan
from policies.models import Policy, PolicyRun
from stocksense.core.errors import InvalidInput
from stocksense.ingestion.models import DataFeed
from vendors.models import Supplier

BUCKETS_OF_HISTORY = 104
DECISIONS_SHOWN = 50
FEEDS = ("stock", "open_orders", "demand")

_HISTORY = """
SELECT (date - %(first)s::date) / %(days)s AS bucket, sum(quantity),
       count(DISTINCT location_id) FILTER (WHERE NOT in_stock)
FROM inventory_demand
WHERE item_id = %(item)s AND location_id = ANY(%(locations)s) AND date >= %(first)s AND date < %(end)s
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class SoldBucket:
    """Demand of one past bucket. `short_at`: locations that were sold out in it, where demand was at least this."""

    first: date
    days: int
    quantity: Decimal
    short_at: int = 0


@dataclass(frozen=True)
class ItemAtLocation:
    """The facts of one item-location under the current plan; parts are None or empty where there are none.

    `below`: the locations that are replenished from here, by whatever number of steps. With any, `forecast` and
    `demand` are of all of them and the location itself together. `feeds`: when each kind of data was last loaded.
    """

    item: Item
    location: Location
    settings: ItemLocation | None
    position: StockPosition
    feeds: dict[str, DataFeed] = field(default_factory=dict)
    plan: CurrentPlan | None = None
    policy: Policy | None = None
    supplier: Supplier | None = None
    origin: Location | None = None
    forecast: Forecast | None = None
    own_forecast: Forecast | None = None
    bucket_days: int = 7
    projection: Projection | None = None
    below: list[int] = field(default_factory=list)
    demand: list[SoldBucket] = field(default_factory=list)
    receipts: list[ScheduledReceipt] = field(default_factory=list)
    outgoing: list[ScheduledReceipt] = field(default_factory=list)
    orders: list[PlannedOrder] = field(default_factory=list)
    exceptions: list[PlanException] = field(default_factory=list)
    decisions: list[DecisionEntry] = field(default_factory=list)

    @property
    def is_network(self) -> bool:
        """Whether demand and forecast are those of the network below."""
        return self.forecast is not None and self.forecast.scope == ForecastScope.NETWORK

    @property
    def stock_as_of(self) -> date | None:
        """The day whose opening the stock figure is of."""
        state = getattr(self.settings, "state", None)
        return state.stock_as_of if state else None


def read_item_location(*, item_id: int, location_id: int) -> ItemAtLocation:
    """The facts of this item-location. Raises InvalidInput where the item or the location does not exist."""
    item = Item.objects.select_related("category").filter(pk=item_id).first()
    location = Location.objects.filter(pk=location_id).first()
    if item is None or location is None:
        raise InvalidInput("There is no such item or location.", item=item_id, location=location_id)
    plan = reads.current_plan()
    receipts = ScheduledReceipt.objects.filter(item=item)
    known = ItemAtLocation(
        item=item,
        location=location,
        settings=ItemLocation.objects.select_related("state").filter(item=item, location=location).first(),
        position=stock_positions([(item.pk, location.pk)])[item.pk, location.pk],
        feeds={feed.kind: feed for feed in DataFeed.objects.filter(kind__in=FEEDS)},
        receipts=list(receipts.filter(location=location).select_related("origin").order_by("due_on", "pk")),
        outgoing=list(
            receipts.filter(origin=location, is_shipped=False).select_related("location").order_by("due_on", "pk")
        ),
        decisions=list(_decisions(item, location)[:DECISIONS_SHOWN]),
    )
    return known if plan is None else _with_plan(known, plan)


def _decisions(item: Item, location: Location) -> "QuerySet[DecisionEntry]":
    """Every decision here, the undone ones too, the newest first."""
    rows = DecisionEntry.objects.filter(item=item, destination=location)
    return rows.select_related("origin", "supplier", "batch__actor", "batch__rule", "batch__undone_by").order_by("-pk")


def _with_plan(known: ItemAtLocation, plan: CurrentPlan) -> ItemAtLocation:
    place = {"item": known.item, "location": known.location}
    policy_run, forecast_run = plan.run.policy_run, plan.run.policy_run.forecast_run
    policy = Policy.objects.filter(run_id=policy_run.pk, run_date=policy_run.run_date, **place).first()
    forecasts = {
        row.scope: row
        for row in Forecast.objects.filter(run_id=forecast_run.pk, run_date=forecast_run.run_date, **place)
    }
    query = reads.WorklistQuery(whole_horizon=True, decided=True)
    orders = (
        reads.with_decisions(plan, reads.planned_orders(plan, query))
        .filter(**place)
        .select_related("item", "location", "supplier", "origin")
        .order_by("release_on", "pk")
    )
    own, network = forecasts.get(ForecastScope.OWN), forecasts.get(ForecastScope.NETWORK)
    below = locations_below(policy_run, item_id=known.item.pk, location_id=known.location.pk) if network else []
    supplier, origin = _source(policy)
    return replace(
        known,
        plan=plan,
        policy=policy,
        supplier=supplier,
        origin=origin,
        forecast=network or own,
        own_forecast=own,
        bucket_days=forecast_run.bucket_days,
        projection=plan.rows(Projection).filter(**place).first(),
        below=below,
        demand=_history(known, [known.location.pk, *below], forecast_run),
        orders=list(orders),
        exceptions=list(reads.exceptions(plan).filter(**place)),
    )


def locations_below(policy_run: PolicyRun, *, item_id: int, location_id: int) -> list[int]:
    """Ids of the locations that this run replenishes with the item from this location, directly or by others."""
    rows = Policy.objects.filter(run_id=policy_run.pk, run_date=policy_run.run_date, item_id=item_id)
    lanes = {
        lane: location
        for location, kind, lane in rows.values_list(
            "location_id", "trace__sources__source__kind", "trace__sources__source__id"
        )
        if kind == "lane"
    }
    destinations: dict[int, list[int]] = {}
    for lane, origin in Lane.objects.filter(pk__in=lanes).values_list("pk", "origin_id"):
        destinations.setdefault(origin, []).append(lanes[lane])
    found: list[int] = []
    waiting = [location_id]
    while waiting:
        for destination in destinations.get(waiting.pop(), []):
            if destination != location_id and destination not in found:
                found.append(destination)
                waiting.append(destination)
    return sorted(found)


def _source(policy: Policy | None) -> tuple[Supplier | None, Location | None]:
    """Where the item-location is replenished from."""
    source = ((policy.trace.get("sources") or {}).get("source") or {}) if policy else {}
    if source.get("kind") == "supplier":
        return Supplier.objects.filter(code=source.get("code")).first(), None
    if source.get("kind") == "lane":
        return None, Location.objects.filter(code=source.get("code")).first()
    return None, None


def _history(known: ItemAtLocation, locations: list[int], run: ForecastRun) -> list[SoldBucket]:
    """Demand of these locations together in the forecast's buckets, zeros filled from the first one with demand on.

    The last bucket may be open: it ends the day before the plan's.
    """
    days = run.bucket_days
    closed = run.cutoff + timedelta(days=1) if run.cutoff else run.as_of
    first = closed - timedelta(days=BUCKETS_OF_HISTORY * days)
    values: dict[str, Any] = {
        "first": first,
        "end": run.as_of,
        "days": days,
        "item": known.item.pk,
        "locations": locations,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
        found = {bucket: (quantity, short) for bucket, quantity, short in cursor.fetchall()}
    if not found:
        return []
    last = max(max(found), (closed - first).days // days - 1)
    return [
        SoldBucket(
            first + timedelta(days=number * days),
            min(days, (run.as_of - first).days - number * days),
            *found.get(number, (Decimal(0), 0)),
        )
        for number in range(min(found), last + 1)
    ]
