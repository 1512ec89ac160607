"""The engine's tables from the frames of a snapshot."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from inventory.models import PolicyMethod
from planning.engine import inputs as engine
from planning.services.inputs.snapshot import Snapshot
from stocksense.company.models import CompanySettings
from stocksense.core.numeric import BoolArray, FloatArray, IntArray
from vendors.services.sourcing import SOURCE_SUPPLIER

if TYPE_CHECKING:
    import polars

BACKORDER_SHARE_PER_DAY = 0.05
"""Daily cost of a waiting unit as a share of its margin, where the location states none."""

MARGIN_OF_COST = 0.30
"""Margin as a share of cost, for items whose selling price is not known."""

_KEYS = ("item_id", "location_id")


def nodes_table(nodes: "polars.DataFrame", policies: "polars.DataFrame", settings: CompanySettings) -> engine.Nodes:
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


def ended_nodes(nodes: "polars.DataFrame", as_of: date) -> IntArray:
    """Nodes that were planned once and are sold no more: their item has ended, here or everywhere."""
    import polars

    begun = polars.col("active_from").is_null() | (polars.col("active_from") <= as_of)
    ended = nodes.filter(~polars.col("active") & (polars.col("method") != PolicyMethod.NONE.value) & begun)
    return ended["node"].to_numpy().astype(np.int64)


def stock_and_customer_orders(snapshot: Snapshot) -> tuple[engine.Stock, engine.CustomerOrders]:
    """Opening stock, and the customer orders that the stock's allocations and backorders do not carry yet.

    What a transfer to a place that does not keep the item will take stays allocated at its origin.
    """
    import polars

    nodes = snapshot.nodes
    stock = nodes.select("node", *_KEYS).join(snapshot.stock, on=_KEYS, how="left", maintain_order="left")
    on_hand = stock["on_hand"].fill_null(0.0).to_numpy()
    allocated = stock["allocated"].fill_null(0.0).to_numpy()
    backorders = nodes["backorders"].to_numpy()
    orders = snapshot.customer_orders.join(nodes.select("node", *_KEYS), on=_KEYS, maintain_order="left")
    carried = polars.Series("carried", (allocated + backorders)[orders["node"].to_numpy()])
    orders = orders.with_columns(carried, before=polars.col("quantity").cum_sum().over(_KEYS) - polars.col("quantity"))
    beyond = polars.min_horizontal("quantity", polars.col("before") + polars.col("quantity") - polars.col("carried"))
    orders = orders.with_columns(beyond.alias("quantity")).filter(polars.col("quantity") > 0)
    return (
        engine.Stock(
            on_hand=np.maximum(on_hand, 0.0),
            allocated=allocated + _leaving_for_nowhere(snapshot),
            backorders=backorders,
        ),
        engine.CustomerOrders(
            node=integers(orders["node"]), day=integers(orders["day"]), quantity=orders["quantity"].to_numpy()
        ),
    )


def _leaving_for_nowhere(snapshot: Snapshot) -> FloatArray:
    """Units of open transfers, not shipped, to places where the item is not kept, by origin node [n]."""
    import polars

    nodes = snapshot.nodes.select("node", *_KEYS)
    rows = snapshot.receipts.filter(polars.col("kind").eq("transfer") & ~polars.col("is_shipped"))
    stray = rows.join(nodes, on=_KEYS, how="anti")
    stray = stray.join(nodes, left_on=["item_id", "origin_id"], right_on=list(_KEYS))
    return np.bincount(integers(stray["node"]), weights=stray["quantity"].to_numpy(), minlength=len(nodes)).astype(
        np.float64
    )


def receipts_table(snapshot: Snapshot) -> tuple[engine.Receipts, list[str]]:
    """Open supply of places that keep the item, and the order numbers in the same order."""
    numbers = snapshot.nodes.select("node", *_KEYS)
    origins = numbers.rename({"node": "origin_node", "location_id": "origin_id"})
    rows = snapshot.receipts.join(numbers, on=_KEYS, maintain_order="left").join(
        origins, on=["item_id", "origin_id"], how="left", maintain_order="left"
    )
    rows = _with_terms(snapshot, rows)
    transfer = (rows["kind"] == "transfer").to_numpy()
    receipts = engine.Receipts(
        node=integers(rows["node"]),
        day=integers(rows["day"]),
        quantity=rows["quantity"].to_numpy(),
        kind=np.where(transfer, engine.ReceiptKind.TRANSFER, engine.ReceiptKind.PURCHASE).astype(np.int64),
        origin=integers(rows["origin_node"].fill_null(-1)),
        shipped=rows["is_shipped"].to_numpy().astype(bool),
        release_day=integers(rows["release_day"].fill_null(engine.SENT)),
        lead_time_days=whole_days(rows["lead_time_days"]),
        ship_calendar=calendar_rows(snapshot, rows["ship_calendar_id"]),
    )
    return receipts, rows["order_number"].to_list()


def _with_terms(snapshot: Snapshot, receipts: "polars.DataFrame") -> "polars.DataFrame":
    """Receipts with lead_time_days and ship_calendar_id of the supplier or lane that each comes from; of the place's
    own source where it is none of those in use.
    """
    import polars

    sources = snapshot.sources
    terms = ["lead_time_days", "ship_calendar_id"]
    known = polars.concat(
        [
            sources.chosen.select("node", "supplier_id", "origin_node", *terms),
            sources.splits.select("node", "supplier_id", polars.lit(-1).alias("origin_node"), *terms),
            sources.laterals.select("node", polars.lit(None).alias("supplier_id"), "origin_node", *terms),
        ],
        how="vertical_relaxed",
    )
    keys = ["node", "supplier_id", "origin_node"]
    known = known.unique(keys, keep="first", maintain_order=True).with_columns(is_known=True)
    asked = receipts.with_columns(polars.col("origin_node").fill_null(-1).cast(known["origin_node"].dtype))
    found = asked.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    own = sources.chosen.select("node", own_days="lead_time_days", own_calendar="ship_calendar_id")
    found = found.join(own, on="node", how="left", maintain_order="left")
    is_known = polars.col("is_known").fill_null(value=False)
    return found.with_columns(
        lead_time_days=polars.when(is_known).then("lead_time_days").otherwise("own_days"),
        ship_calendar_id=polars.when(is_known).then("ship_calendar_id").otherwise("own_calendar"),
    )


def lots_table(snapshot: Snapshot) -> tuple[engine.Lots, list[str]]:
    """Lots that expire, and their codes in the same order."""
    rows = snapshot.lots.join(snapshot.nodes.select("node", *_KEYS), on=_KEYS, maintain_order="left")
    lots = engine.Lots(
        node=integers(rows["node"]), quantity=rows["quantity"].to_numpy(), expires_day=integers(rows["expires_day"])
    )
    return lots, rows["lot"].fill_null("").to_list()


def sourcing_table(snapshot: Snapshot) -> engine.Sourcing:
    """The chosen source of each node."""
    sources = snapshot.sources.chosen
    return engine.Sourcing(
        kind=integers(sources["source_kind"]),
        node=integers(sources["origin_node"]),
        source_id=integers(sources["source_id"]),
        lead_time_days=whole_days(sources["lead_time_days"]),
        ship_calendar=calendar_rows(snapshot, sources["ship_calendar_id"]),
        receive_calendar=calendar_rows(snapshot, snapshot.nodes["receive_calendar_id"]),
        min_quantity=sources["min_quantity"].to_numpy(),
        multiple=sources["multiple"].to_numpy(),
        unit_cost=sources["unit_cost"].to_numpy(),
    )


def splits_table(snapshot: Snapshot) -> engine.Splits:
    """The further suppliers of orders that are shared."""
    splits = snapshot.sources.splits
    return engine.Splits(
        node=integers(splits["node"]),
        share=splits["share"].fill_null(0.0).to_numpy(),
        source_id=integers(splits["source_id"]),
        lead_time_days=whole_days(splits["lead_time_days"]),
        ship_calendar=calendar_rows(snapshot, splits["ship_calendar_id"]),
        min_quantity=splits["min_quantity"].to_numpy(),
        multiple=splits["multiple"].to_numpy(),
        unit_cost=splits["landed_cost"].to_numpy(),
    )


def lateral_lanes_table(snapshot: Snapshot) -> engine.LateralLanes:
    """The lanes between places that keep the item, apart from the chosen sources."""
    lanes = snapshot.sources.laterals
    return engine.LateralLanes(
        origin=integers(lanes["origin_node"]),
        destination=integers(lanes["node"]),
        source_id=integers(lanes["source_id"]),
        lead_time_days=whole_days(lanes["lead_time_days"]),
        ship_calendar=calendar_rows(snapshot, lanes["ship_calendar_id"]),
        min_quantity=lanes["min_quantity"].to_numpy(),
        multiple=lanes["multiple"].to_numpy(),
        cost_per_unit=lanes["freight"].to_numpy(),
        cost_per_shipment=lanes["order_cost"].fill_null(0.0).to_numpy(),
    )


def price_breaks_table(snapshot: Snapshot) -> engine.PriceBreaks:
    """The price breaks of the chosen terms."""
    breaks = snapshot.sources.price_breaks
    return engine.PriceBreaks(
        node=integers(breaks["node"]),
        min_quantity=breaks["min_quantity"].to_numpy(),
        unit_cost=breaks["unit_cost"].to_numpy(),
    )


def order_minimums_table(snapshot: Snapshot, active: BoolArray) -> engine.OrderMinimums:
    """What each supplier's orders to a location must be worth together, for the nodes that are bought from it."""
    import polars

    sources = snapshot.sources.chosen.filter(polars.Series(active))
    sources = sources.filter((polars.col("source_kind") == SOURCE_SUPPLIER) & (polars.col("min_order_value") > 0))
    group = sources.select(polars.struct("supplier_id", "location_id").rank("dense").alias("group"))["group"]
    return engine.OrderMinimums(
        node=integers(sources["node"]), group=integers(group) - 1, min_value=sources["min_order_value"].to_numpy()
    )


def missed_orders_table(snapshot: Snapshot, review: BoolArray, review_days: FloatArray) -> engine.MissedOrders:
    """The order days of the last review period that nobody decided, where the source is still the same.

    Where day 0 is an order day itself, its own proposal covers the need.
    """
    import polars

    used = polars.concat(
        [
            frame.select("node", *_KEYS, "origin_id", "supplier_id")
            for frame in (snapshot.sources.chosen, snapshot.sources.splits)
        ]
    )
    rows = snapshot.missed.join(used, on=[*_KEYS, "origin_id", "supplier_id"], nulls_equal=True)
    rows = rows.group_by("node").agg(polars.col("need_day").min()).sort("node")
    node, need_day = integers(rows["node"]), integers(rows["need_day"])
    recent = (need_day > -review_days[node]) & ~review[node, 0]
    return engine.MissedOrders(node=node[recent], need_day=need_day[recent])


def costs_table(snapshot: Snapshot, settings: CompanySettings) -> engine.Costs:
    """What running short, holding and ordering cost."""
    nodes, sources = snapshot.nodes, snapshot.sources.chosen
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


def calendar_rows(snapshot: Snapshot, calendars: "polars.Series") -> IntArray:
    """Rows of the snapshot's calendars (ALWAYS_OPEN for none)."""
    row: dict[int | None, int] = {None: engine.ALWAYS_OPEN}
    row.update((calendar, number) for number, calendar in enumerate(snapshot.calendar_ids))
    return np.array([row[calendar] for calendar in calendars.to_list()], dtype=np.int64)


def whole_days(column: "polars.Series") -> IntArray:
    """Lead times as the engine steps them: part of a day is a day."""
    days: IntArray = np.ceil(column.to_numpy()).astype(np.int64)
    return days


def integers(column: "polars.Series | Sequence[int]") -> IntArray:
    """A column as an array of whole numbers."""
    return np.asarray(column).astype(np.int64)
