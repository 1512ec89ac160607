"""What the planning engine needs, read from the database once, as arrays over item-locations and days."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecasting.models import ForecastScope
from forecasting.services import runs as forecasts
from forecasting.services.runs import ForecastArrays
from inventory.models import PolicyMethod
from inventory.services.run_context import RunContext
from planning.engine import inputs as engine
from policies.models import PolicyRun
from stocksense.company.calendars import open_days
from stocksense.company.models import CompanySettings
from stocksense.core.database.copy import parse_arrays, read_frame
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars

BACKORDER_SHARE_PER_DAY = 0.05
"""Daily cost of a waiting unit as a share of its margin, where the location states none."""

MARGIN_OF_COST = 0.30
"""Margin as a share of cost, for items whose selling price is not known."""

_P10, _P90 = QUANTILE_GRID.index(0.1), QUANTILE_GRID.index(0.9)

_STOCK = """
SELECT item_id, location_id, sum(quantity) FILTER (WHERE status = 'available')::float8 AS on_hand,
       sum(allocated) FILTER (WHERE status = 'available')::float8 AS allocated
FROM inventory_stockbalance GROUP BY item_id, location_id
"""

_RECEIPTS = """
SELECT item_id, location_id, origin_id, kind, quantity::float8, (due_on - %(as_of)s::date) AS day, is_shipped,
       (release_on - %(as_of)s::date) AS release_day, order_number
FROM inventory_scheduledreceipt ORDER BY id
"""

_CUSTOMER_ORDERS = """
SELECT item_id, location_id, (quantity - delivered_quantity)::float8 AS quantity,
       (coalesce(requested_on, promised_on, ordered_on, %(as_of)s::date) - %(as_of)s::date) AS day
FROM inventory_salesorderline WHERE is_open AND quantity > delivered_quantity
ORDER BY item_id, location_id, day, id
"""

_LEVELS = """
SELECT item_id, location_id, method, review_days, reorder_points::text AS points, order_up_to_levels::text AS ups
FROM policies_policy WHERE run_id = %(run)s AND run_date = %(date)s
"""


@dataclass(frozen=True)
class PlanTables:
    """The engine's input with what is needed to write its result: order numbers of the receipts, in their order."""

    plan_input: engine.PlanInput
    receipt_numbers: list[str]


def read_plan_input(context: RunContext, *, sources: "polars.DataFrame", policy_run: PolicyRun) -> PlanTables:
    """Stock, supply, demand, levels, sources and costs of every node for the days of the horizon."""
    nodes, as_of, horizon, settings = context.nodes, context.as_of, context.horizon, context.settings
    policies = read_frame(_LEVELS, {"run": policy_run.pk, "date": policy_run.run_date}).join(
        nodes.select("node", "item_id", "location_id"), on=["item_id", "location_id"]
    )
    own = forecasts.read_forecasts(policy_run.forecast_run, nodes, ForecastScope.OWN)
    network = forecasts.read_forecasts(policy_run.forecast_run, nodes, ForecastScope.NETWORK)
    elapsed = (as_of - forecasts.first_date(policy_run.forecast_run)).days
    bucket_days = policy_run.forecast_run.bucket_days
    receipts, numbers = _receipts(nodes, as_of)
    stock, orders = _stock_and_orders(nodes, as_of)
    calendars = _Calendars.of(nodes, sources)
    plan_input = engine.PlanInput(
        nodes=_nodes(nodes, policies, settings),
        stock=stock,
        demand=daily_demand(own, network, bucket_days=bucket_days, elapsed=elapsed, horizon=horizon),
        levels=_levels(
            nodes, policies, skip=(as_of - policy_run.as_of).days, as_of=as_of, horizon=horizon, settings=settings
        ),
        sourcing=_sourcing(sources, calendars),
        costs=_costs(nodes, sources, settings),
        receipts=receipts,
        customer_orders=orders,
        calendar_open=open_days(calendars.ids, first=as_of, days=horizon + 400),
        firm_bucket_days=bucket_days,
        planning_window_days=settings.default_review_days,
    )
    return PlanTables(plan_input, numbers)


def _nodes(nodes: "polars.DataFrame", policies: "polars.DataFrame", settings: CompanySettings) -> engine.Nodes:
    """Planned are the active item-locations whose method in the policy run is not 'none'."""
    planned = np.zeros(len(nodes), dtype=bool)
    planned[policies.filter(policies["method"] != PolicyMethod.NONE.value)["node"].to_numpy()] = True
    return engine.Nodes(
        item_index=nodes["item_id"].to_numpy(),
        location_index=nodes["location_id"].to_numpy(),
        active=nodes["active"].to_numpy() & planned,
        lost_sales=nodes["lost_sales"].to_numpy(),
        frozen_days=np.full(len(nodes), settings.frozen_days, dtype=np.int64),
        shelf_life_days=nodes["shelf_life_days"].fill_null(0.0).to_numpy().astype(np.int64),
    )


def _stock_and_orders(nodes: "polars.DataFrame", as_of: date) -> tuple[engine.Stock, engine.CustomerOrders]:
    """Opening stock, and the customer orders that the stock's allocations and backorders do not carry yet."""
    import polars

    keys = ["item_id", "location_id"]
    stock = nodes.select("node", *keys).join(read_frame(_STOCK), on=keys, how="left", maintain_order="left")
    on_hand = stock["on_hand"].fill_null(0.0).to_numpy()
    allocated = stock["allocated"].fill_null(0.0).to_numpy()
    backorders = nodes["backorders"].to_numpy()
    orders = read_frame(_CUSTOMER_ORDERS, {"as_of": as_of}).join(
        nodes.select("node", *keys), on=keys, maintain_order="left"
    )
    carried = polars.Series("carried", (allocated + backorders)[orders["node"].to_numpy()])
    orders = orders.with_columns(carried, before=polars.col("quantity").cum_sum().over(keys) - polars.col("quantity"))
    beyond = polars.min_horizontal("quantity", polars.col("before") + polars.col("quantity") - polars.col("carried"))
    orders = orders.with_columns(beyond.alias("quantity")).filter(polars.col("quantity") > 0)
    return (
        engine.Stock(on_hand=np.maximum(on_hand, 0.0), allocated=allocated, backorders=backorders),
        engine.CustomerOrders(
            node=_integers(orders["node"]), day=_integers(orders["day"]), quantity=orders["quantity"].to_numpy()
        ),
    )


def _receipts(nodes: "polars.DataFrame", as_of: date) -> tuple[engine.Receipts, list[str]]:
    keys = ["item_id", "location_id"]
    numbers = nodes.select("node", *keys)
    origins = numbers.rename({"node": "origin_node", "location_id": "origin_id"})
    rows = (
        read_frame(_RECEIPTS, {"as_of": as_of})
        .join(numbers, on=keys, maintain_order="left")
        .join(origins, on=["item_id", "origin_id"], how="left", maintain_order="left")
    )
    transfer = (rows["kind"] == "transfer").to_numpy()
    receipts = engine.Receipts(
        node=_integers(rows["node"]),
        day=_integers(rows["day"]),
        quantity=rows["quantity"].to_numpy(),
        kind=np.where(transfer, engine.ReceiptKind.TRANSFER, engine.ReceiptKind.PURCHASE).astype(np.int64),
        origin=_integers(rows["origin_node"].fill_null(-1)),
        shipped=rows["is_shipped"].to_numpy().astype(bool),
        release_day=_integers(rows["release_day"].fill_null(engine.SENT)),
    )
    return receipts, rows["order_number"].to_list()


def _integers(column: "polars.Series") -> IntArray:
    return column.to_numpy().astype(np.int64)


def daily_demand(
    own: ForecastArrays, network: ForecastArrays, *, bucket_days: int, elapsed: int, horizon: int
) -> engine.Demand:
    """Bucketed forecasts as daily paths: the mean spread evenly over a bucket's days (the stated day profile).

    The quantiles' distance from the mean grows with the square root of time between bucket ends, as for
    independent days. A node that supplies others carries the spread of all demand below it around its own mean.
    """
    days = elapsed + np.arange(horizon)
    bucket = np.minimum(days // bucket_days, own.mean.shape[1] - 1)
    mean = own.mean[:, bucket] / bucket_days
    cumulative = np.cumsum(mean, axis=1)
    wide = network.known[:, None, None]
    centre = np.cumsum(np.where(network.known[:, None], network.mean, own.mean), axis=1)[:, :, None]
    quantiles = np.where(
        wide, network.cumulative_quantiles[:, :, [_P10, _P90]], own.cumulative_quantiles[:, :, [_P10, _P90]]
    )
    spread = _by_day(quantiles - centre, bucket_days, horizon)
    return engine.Demand(
        mean=mean,
        cumulative_p10=np.maximum(cumulative + spread[:, :, 0], 0.0),
        cumulative_p90=np.maximum(cumulative + spread[:, :, 1], 0.0),
    )


def _by_day(excess: FloatArray, bucket_days: int, horizon: int) -> FloatArray:
    """Distances from the mean at bucket ends [n, h, 2] as at the ends of days 1..horizon [n, T, 2]."""
    knots = np.concatenate((np.zeros((len(excess), 1, 2)), excess), axis=1)
    at = np.minimum((1.0 + np.arange(horizon)) / bucket_days, excess.shape[1])
    whole = np.minimum(np.floor(at).astype(np.int64), excess.shape[1] - 1)
    weight = (np.sqrt(at) - np.sqrt(whole)) / (np.sqrt(whole + 1.0) - np.sqrt(whole))
    low, high = knots[:, whole], knots[:, whole + 1]
    result: FloatArray = low + weight[None, :, None] * (high - low)
    return result


def _levels(
    nodes: "polars.DataFrame",
    policies: "polars.DataFrame",
    *,
    skip: int,
    as_of: date,
    horizon: int,
    settings: CompanySettings,
) -> engine.Levels:
    points, ups = np.zeros((len(nodes), horizon)), np.zeros((len(nodes), horizon))
    review_days = np.full(len(nodes), float(settings.default_review_days))
    if len(policies):
        at = policies["node"].to_numpy()
        points[at] = _from_day(parse_arrays(policies["points"]), skip, horizon)
        ups[at] = _from_day(parse_arrays(policies["ups"]), skip, horizon)
        review_days[at] = policies["review_days"].to_numpy()
    review = review_mask(nodes["order_weekdays"].to_list(), review_days, as_of, horizon, settings.week_start)
    return engine.Levels(reorder_point=points, order_up_to=ups, review=review)


def _from_day(levels: FloatArray, skip: int, horizon: int) -> FloatArray:
    """Levels from day `skip` on, the last one standing for days beyond."""
    columns = np.minimum(skip + np.arange(horizon), levels.shape[1] - 1)
    chosen: FloatArray = levels[:, columns]
    return chosen


def review_mask(
    order_weekdays: list[str], review_days: FloatArray, as_of: date, horizon: int, week_start: int
) -> BoolArray:
    """Order days [n, T]: the given weekdays, else every review_days counted from a fixed week start.

    Counted from a fixed day, so that a plan made tomorrow keeps the order days of today's.
    """
    dates = as_of.toordinal() + np.arange(horizon)
    anchored = dates - date(2001, 1, 1).toordinal() - week_start
    mask: BoolArray = anchored % np.maximum(review_days.astype(np.int64), 1)[:, None] == 0
    weekday = (as_of.weekday() + np.arange(horizon)) % 7
    for node in np.flatnonzero([bool(days) for days in order_weekdays]):
        mask[node] = np.isin(weekday, [int(day) for day in order_weekdays[node].split()])
    return mask


@dataclass(frozen=True)
class _Calendars:
    """The calendars in use, and per node the row of its source's and of its own (ALWAYS_OPEN for none)."""

    ids: list[int]
    ship: IntArray
    receive: IntArray

    @classmethod
    def of(cls, nodes: "polars.DataFrame", sources: "polars.DataFrame") -> "_Calendars":
        ship, receive = sources["ship_calendar_id"].to_list(), nodes["receive_calendar_id"].to_list()
        ids = sorted({*ship, *receive} - {None})
        row = {None: engine.ALWAYS_OPEN, **{calendar: number for number, calendar in enumerate(ids)}}
        as_rows = [np.array([row[calendar] for calendar in column], dtype=np.int64) for column in (ship, receive)]
        return cls(ids, *as_rows)


def _sourcing(sources: "polars.DataFrame", calendars: _Calendars) -> engine.Sourcing:
    return engine.Sourcing(
        kind=_integers(sources["source_kind"]),
        node=_integers(sources["origin_node"]),
        source_id=_integers(sources["source_id"]),
        lead_time_days=np.ceil(sources["lead_time_days"].to_numpy()).astype(np.int64),
        ship_calendar=calendars.ship,
        receive_calendar=calendars.receive,
        min_quantity=sources["min_quantity"].to_numpy(),
        multiple=sources["multiple"].to_numpy(),
        unit_cost=sources["unit_cost"].to_numpy(),
    )


def _costs(nodes: "polars.DataFrame", sources: "polars.DataFrame", settings: CompanySettings) -> engine.Costs:
    cost = np.where(nodes["unit_cost"].to_numpy() > 0, nodes["unit_cost"].to_numpy(), sources["unit_cost"].to_numpy())
    price = nodes["unit_price"].fill_null(np.nan).to_numpy()
    margin = np.maximum(np.where(np.isfinite(price), price - cost, cost * MARGIN_OF_COST), 0.0)
    stated = nodes["backorder_cost_per_day"].fill_null(np.nan).to_numpy()
    waiting = np.where(np.isfinite(stated), stated, margin * BACKORDER_SHARE_PER_DAY)
    shelf_life = nodes["shelf_life_days"].fill_null(np.inf).to_numpy()
    return engine.Costs(
        shortage=np.where(nodes["lost_sales"].to_numpy(), margin, waiting),
        holding_per_day=cost * float(settings.holding_rate_per_year) / 365.0,
        max_cover_days=np.minimum(float(settings.max_cover_days), shelf_life).astype(np.int64),
        order_cost=sources["order_cost"].to_numpy(),
    )
