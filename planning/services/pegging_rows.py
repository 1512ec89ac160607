"""What a plan run keeps of its pegging: rows of the near future, small enough to write every night."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from planning.engine.pegging import Pegging, SupplyKind
from planning.engine.plan import Plan
from planning.services.dates import dates_of
from stocksense.core.numeric import IntArray

if TYPE_CHECKING:
    import polars

PEGGED_DAYS = 60
"""Rows are kept where the need begins within this many days: longer than any action window, and short enough that
10,000 item-locations write some 20 rows each."""

COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "supply_kind", "planned_order_id", "order_number", "origin_id",
    "arrives_on", "quantity", "need_from", "need_to", "downstream_location_id", "downstream_order_id",
    "downstream_number",
)  # fmt: skip


def pegging_rows(
    plan: Plan,
    *,
    run: tuple[int, date],
    as_of: date,
    nodes: "polars.DataFrame",
    order_ids: Sequence[int],
    receipt_numbers: Sequence[str],
) -> Iterator[Sequence[Any]]:
    """Rows in `COLUMNS`: each supply with the customers' days it serves, and with each transfer that takes from it."""
    item, location = nodes["item_id"].to_numpy(), nodes["location_id"].to_numpy()
    for one in (_own_uses(plan), _transfers(plan)):
        layers = one["layer"].to_numpy()
        columns = [
            item[plan.pegging.node[layers]].tolist(), location[plan.pegging.node[layers]].tolist(),
            *_supply(plan, layers, location, as_of, order_ids, receipt_numbers),
            np.round(one["quantity"].to_numpy(), 3).tolist(),
            dates_of(one["from"].to_numpy(), as_of), dates_of(one["to"].to_numpy(), as_of),
            *_destination(one, plan, location, order_ids, receipt_numbers),
        ]  # fmt: skip
        for row in zip(*columns, strict=True):
            yield (*run, *row)


def _own_uses(plan: Plan) -> "polars.DataFrame":
    """Layers that the node's own customers take from, within the window."""
    import polars

    pegs = plan.pegging
    layers = np.flatnonzero((pegs.own >= 0.0005) & (pegs.first_day < _window(plan)))
    return polars.DataFrame({
        "layer": layers,
        "quantity": pegs.own[layers],
        "from": np.maximum(pegs.first_day[layers], 0),
        "to": np.clip(pegs.last_day[layers], 0, plan.plan_input.horizon - 1),
        "order": np.full(len(layers), -1),
        "receipt": np.full(len(layers), -1),
    })  # fmt: skip


def _transfers(plan: Plan) -> "polars.DataFrame":
    """Units of layers that leave with an open or planned transfer, within the window."""
    import polars

    pegs = plan.pegging
    planned = pegs.link_order >= 0
    ships = np.zeros(len(planned), dtype=np.int64)
    ships[planned] = plan.orders.ship_day[pegs.link_order[planned]]
    kept = np.flatnonzero((ships < _window(plan)) & (pegs.link_quantity >= 0.0005))
    return polars.DataFrame({
        "layer": pegs.link_layer[kept],
        "quantity": pegs.link_quantity[kept],
        "from": ships[kept],
        "to": ships[kept],
        "order": pegs.link_order[kept],
        "receipt": pegs.link_receipt[kept],
    })  # fmt: skip


def _window(plan: Plan) -> int:
    return min(PEGGED_DAYS, plan.plan_input.horizon)


def _supply(
    plan: Plan,
    layers: IntArray,
    location: IntArray,
    as_of: date,
    order_ids: Sequence[int],
    receipt_numbers: Sequence[str],
) -> tuple[list[Any], ...]:
    """supply_kind, planned_order_id, order_number, origin_id and arrives_on of layers."""
    pegs: Pegging = plan.pegging
    kind, row = pegs.kind[layers], pegs.row[layers]
    origin = np.full(len(layers), -1)
    for wanted, source in ((SupplyKind.RECEIPT, plan.plan_input.receipts.origin),
                           (SupplyKind.ORDER, plan.orders.source_node)):  # fmt: skip
        of_kind = kind == wanted
        origin[of_kind] = source[row[of_kind]]
    arrives = dates_of(np.maximum(pegs.arrival_day[layers], 0), as_of)
    pairs = list(zip(kind.tolist(), row.tolist(), strict=True))
    return (
        [SupplyKind(one).code for one in kind.tolist()],
        [order_ids[number] if one == SupplyKind.ORDER else None for one, number in pairs],
        [receipt_numbers[number] if one == SupplyKind.RECEIPT else "" for one, number in pairs],
        [int(location[node]) if node >= 0 else None for node in origin.tolist()],
        [None if one == SupplyKind.STOCK else day for one, day in zip(kind.tolist(), arrives, strict=True)],
    )


def _destination(
    uses: "polars.DataFrame", plan: Plan, location: IntArray, order_ids: Sequence[int], receipt_numbers: Sequence[str]
) -> tuple[list[Any], ...]:
    """downstream_location_id, downstream_order_id and downstream_number of uses."""
    order, receipt = uses["order"].to_list(), uses["receipt"].to_list()
    orders, receipts = plan.orders.node, plan.plan_input.receipts.node
    to = [
        orders[one] if one >= 0 else receipts[other] if other >= 0 else -1
        for one, other in zip(order, receipt, strict=True)
    ]
    return (
        [int(location[node]) if node >= 0 else None for node in to],
        [order_ids[one] if one >= 0 else None for one in order],
        [receipt_numbers[one] if one >= 0 else "" for one in receipt],
    )
