"""A snapshot with the levels and forecasts of finished runs, laid out as the engine's input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.models import ForecastScope
from forecasting.services import runs as forecasts
from inventory.services.run_context import RunContext
from planning.engine import inputs as engine
from planning.services.inputs import demand, tables
from planning.services.inputs.snapshot import Snapshot
from policies.models import PolicyRun
from stocksense.core.numeric import FloatArray

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class PlanTables:
    """The engine's input with what is needed to write its result.

    receipt_numbers, lot_codes: of the rows of `receipts` and `lots`, in their order. review_days [n]: days between
    order days where no weekdays are given.
    """

    plan_input: engine.PlanInput
    snapshot: Snapshot
    receipt_numbers: list[str]
    lot_codes: list[str]
    review_days: FloatArray

    @property
    def nodes(self) -> "polars.DataFrame":
        """The item-locations by node."""
        return self.snapshot.nodes


def build_tables(
    snapshot: Snapshot, context: RunContext, policy_run: PolicyRun, *, item_ids: Sequence[int] | None = None
) -> PlanTables:
    """Lay the snapshot out for `policy_run`. `item_ids`: the items of the snapshot where it does not hold all."""
    nodes, as_of, horizon, settings = snapshot.nodes, context.as_of, context.horizon, context.settings
    policies = demand.read_policies(policy_run, nodes, item_ids)
    review_days = demand.review_days(nodes, policies, settings.default_review_days)
    weekdays = nodes["order_weekdays"].to_list()
    review = demand.review_mask(weekdays, review_days, as_of, horizon, settings.week_start)
    receipts, numbers = tables.receipts_table(snapshot)
    lots, lot_codes = tables.lots_table(snapshot)
    stock, orders = tables.stock_and_customer_orders(snapshot)
    node_table = tables.nodes_table(nodes, policies, settings)
    plan_input = engine.PlanInput(
        nodes=node_table,
        stock=stock,
        demand=_demand(context, policy_run, nodes, item_ids),
        levels=demand.levels(policies, review, skip=(as_of - policy_run.as_of).days),
        sourcing=tables.sourcing_table(snapshot),
        costs=tables.costs_table(snapshot, settings),
        receipts=receipts,
        customer_orders=orders,
        price_breaks=tables.price_breaks_table(snapshot),
        splits=tables.splits_table(snapshot),
        order_minimums=tables.order_minimums_table(snapshot, node_table.active),
        lots=lots,
        lateral_lanes=tables.lateral_lanes_table(snapshot),
        missed_orders=tables.missed_orders_table(snapshot, review, review_days),
        calendar_open=snapshot.calendar_open,
        ended_nodes=tables.ended_nodes(nodes, as_of),
        firm_bucket_days=policy_run.forecast_run.bucket_days,
        message_minimum=float(settings.least_message_cost),
        planning_window_days=settings.default_review_days,
    )
    return PlanTables(plan_input, snapshot, numbers, lot_codes, review_days)


def _demand(
    context: RunContext, policy_run: PolicyRun, nodes: "polars.DataFrame", item_ids: Sequence[int] | None
) -> engine.Demand:
    run = policy_run.forecast_run
    own, network = (
        forecasts.read_forecasts(run, nodes, scope, item_ids=item_ids)
        for scope in (ForecastScope.OWN, ForecastScope.NETWORK)
    )
    elapsed = (context.as_of - forecasts.first_date(run)).days
    return demand.daily_demand(own, network, bucket_days=run.bucket_days, elapsed=elapsed, horizon=context.horizon)
