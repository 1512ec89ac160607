"""What the database says at one moment: everything a plan reads that can change while it is being made."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, Min, OuterRef

from inventory.services.nodes import read_nodes
from inventory.services.run_context import RunContext
from planning.models import Decision, PlannedOrder, PlanRun
from planning.services import decisions
from stocksense.company.calendars import open_days
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import BoolArray
from vendors.services.sourcing import Sources, resolve_sources

if TYPE_CHECKING:
    import polars

DAYS_BEYOND_HORIZON = 400
"""Days for which calendars are known after the horizon: orders placed in it arrive after it."""

_STOCK = """
SELECT item_id, location_id, sum(quantity) FILTER (WHERE status = 'available')::float8 AS on_hand,
       sum(allocated) FILTER (WHERE status = 'available')::float8 AS allocated
FROM inventory_stockbalance GROUP BY item_id, location_id
"""

_LOTS = """
SELECT item_id, location_id, lot, quantity::float8, (expires_on - %(as_of)s::date) + 1 AS expires_day
FROM inventory_stockbalance WHERE status = 'available' AND expires_on IS NOT NULL AND quantity > 0
ORDER BY item_id, location_id, expires_on, id
"""

_RECEIPTS = """
SELECT receipt.item_id, receipt.location_id, receipt.origin_id, receipt.kind, receipt.quantity::float8,
       (receipt.due_on - %(as_of)s::date) AS day, receipt.is_shipped,
       (receipt.release_on - %(as_of)s::date) AS release_day, receipt.order_number, purchase.supplier_id
FROM inventory_scheduledreceipt receipt
LEFT JOIN vendors_purchaseorderschedule schedule ON receipt.kind = 'purchase' AND schedule.id = receipt.schedule_id
LEFT JOIN vendors_purchaseorderline line ON line.id = schedule.line_id
LEFT JOIN vendors_purchaseorder purchase ON purchase.id = line.order_id
ORDER BY receipt.id
"""

_CUSTOMER_ORDERS = """
SELECT item_id, location_id, (quantity - delivered_quantity)::float8 AS quantity,
       (coalesce(requested_on, promised_on, ordered_on, %(as_of)s::date) - %(as_of)s::date) AS day
FROM inventory_salesorderline WHERE is_open AND quantity > delivered_quantity
ORDER BY item_id, location_id, day, id
"""

_COUNTERS = "SELECT item_location_id, change_counter FROM inventory_itemlocationstate"


@dataclass(frozen=True)
class Snapshot:
    """Frames keyed by item_id and location_id, read together; days are offsets from as_of.

    missed: order days that nobody decided, by source. calendar_open: [calendars, days], rows as calendar_ids.
    counters: change counter by item-location id.
    """

    nodes: "polars.DataFrame"
    sources: Sources
    stock: "polars.DataFrame"
    lots: "polars.DataFrame"
    receipts: "polars.DataFrame"
    customer_orders: "polars.DataFrame"
    missed: "polars.DataFrame"
    calendar_ids: list[int]
    calendar_open: BoolArray
    counters: dict[int, int]

    def items_of(self, item_location_ids: Collection[int]) -> set[int]:
        """The items of these item-locations."""
        import polars

        rows = self.nodes.filter(polars.col("item_location_id").is_in(list(item_location_ids)))
        return set(rows["item_id"].to_list())

    def of_items(self, item_ids: Collection[int]) -> "Snapshot":
        """The same with these items alone; nodes are numbered anew."""
        import polars

        wanted = sorted(item_ids)
        kept = np.flatnonzero(self.nodes["item_id"].is_in(wanted).to_numpy())
        nodes = self.nodes[kept].drop("node").with_row_index("node")

        def of_them(frame: "polars.DataFrame") -> "polars.DataFrame":
            return frame.filter(polars.col("item_id").is_in(wanted))

        return replace(
            self,
            nodes=nodes,
            sources=self.sources.of_nodes(kept),
            stock=of_them(self.stock),
            lots=of_them(self.lots),
            receipts=of_them(self.receipts),
            customer_orders=of_them(self.customer_orders),
            missed=of_them(self.missed),
        )


def read_snapshot(context: RunContext) -> Snapshot:
    """Item-locations, sources, stock, supply, orders and change counters as of one moment.

    Raises InvalidInput where an exchange rate is missing.
    """
    day = {"as_of": context.as_of}
    with one_moment():
        nodes = read_nodes(as_of=context.as_of, horizon_end=context.as_of + timedelta(days=context.horizon - 1))
        sources = resolve_sources(nodes, day=context.as_of)
        calendar_ids = _calendars(nodes, sources)
        return Snapshot(
            nodes=nodes,
            sources=sources,
            stock=read_frame(_STOCK),
            lots=read_frame(_LOTS, day),
            receipts=read_frame(_RECEIPTS, day),
            customer_orders=read_frame(_CUSTOMER_ORDERS, day),
            missed=_missed(context),
            calendar_ids=calendar_ids,
            calendar_open=open_days(calendar_ids, first=context.as_of, days=context.horizon + DAYS_BEYOND_HORIZON),
            counters=read_counters(),
        )


def coupled_items(item_ids: Collection[int], sources: Iterable[Sources]) -> set[int]:
    """These items and all that a supplier's minimum order value ties to them, by any of the `sources`."""
    import polars

    tied = polars.concat(
        frame.chosen.filter(polars.col("min_order_value") > 0).select("item_id", "supplier_id", "location_id")
        for frame in sources
    ).unique()
    found: set[int] = set()
    reached = set(item_ids)
    while reached - found:
        found = reached
        groups = tied.filter(polars.col("item_id").is_in(list(found))).select("supplier_id", "location_id").unique()
        reached = found | set(tied.join(groups, on=["supplier_id", "location_id"])["item_id"].to_list())
    return found


def read_counters() -> dict[int, int]:
    """The change counter of every item-location, by its id."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS)
        return dict(cursor.fetchall())


@contextmanager
def one_moment() -> Iterator[None]:
    """Reads inside see the database as it was at the first of them; inside a transaction, as that one sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _missed(context: RunContext) -> "polars.DataFrame":
    """Order days that have passed and that nobody decided: what the current plan proposed for them before today.

    An approval decides its day, whatever came of it; a rejection the days that it reaches; a snooze only waits.
    """
    pointer = CurrentRun.objects.run_of(RunKind.PLAN, context.scenario)
    before = PlanRun.objects.filter(pk=pointer.run_id).first() if pointer else None
    rows = PlannedOrder.objects.of_run(pointer).filter(
        release_on__lte=context.as_of, need_on__lt=context.as_of, reason__in=("reorder", "remainder")
    )
    if before is None:
        days: list[Any] = []
    else:
        approved = decisions.words(before).filter(need_on=OuterRef("need_on"), decision=Decision.APPROVED)
        rejected = decisions.settled(before).filter(decision=Decision.REJECTED)
        open_rows = rows.filter(~Exists(approved), ~Exists(rejected)).order_by()
        grouped = open_rows.values_list("item_id", "location_id", "origin_id", "supplier_id")
        days = list(grouped.annotate(first=Min("need_on")))
    return _missed_frame([(*key, (first - context.as_of).days) for *key, first in days])


def _missed_frame(rows: list[tuple[int | None, ...]]) -> "polars.DataFrame":
    import polars

    columns = ("item_id", "location_id", "origin_id", "supplier_id", "need_day")
    return polars.DataFrame(rows, schema=dict.fromkeys(columns, polars.Int64()), orient="row")


def _calendars(nodes: "polars.DataFrame", sources: Sources) -> list[int]:
    columns = [
        nodes["receive_calendar_id"],
        *(frame["ship_calendar_id"] for frame in (sources.chosen, sources.splits, sources.laterals)),
    ]
    return sorted({calendar for column in columns for calendar in column.unique().to_list()} - {None})
