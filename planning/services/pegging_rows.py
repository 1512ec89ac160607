"""What a plan run keeps of its pegging: rows of the near future, small enough to write every night."""

from collections.abc import Sequence
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


def pegging_frame(
    plan: Plan,
    *,
    run: tuple[int, date],
    as_of: date,
    nodes: "polars.DataFrame",
    order_ids: Sequence[int],
    receipt_numbers: Sequence[str],
) -> "polars.DataFrame":
    """Rows of the table: each supply with the customers' days it serves, and with each transfer that takes from it."""
    import polars

    uses = polars.concat([_own_uses(plan), _transfers(plan)])
    item, location = nodes["item_id"].to_numpy(), nodes["location_id"].to_numpy()
    layers, number = uses["layer"].to_numpy(), len(uses)
    node = plan.pegging.node[layers]
    columns: dict[str, Any] = {
        "run_id": np.full(number, run[0]),
        "run_date": [run[1]] * number,
        "item_id": item[node],
        "location_id": location[node],
        **_supply(plan, layers, location, as_of, order_ids, receipt_numbers),
        "quantity": np.round(uses["quantity"].to_numpy(), 3),
        "need_from": dates_of(uses["from"].to_numpy(), as_of),
        "need_to": dates_of(uses["to"].to_numpy(), as_of),
        **_destination(uses, plan, location, order_ids, receipt_numbers),
    }
    types = {column: polars.Int64() for column in _MAY_BE_NULL} | {"arrives_on": polars.Date()}
    return polars.DataFrame(columns, schema_overrides=types)


_MAY_BE_NULL = ("planned_order_id", "origin_id", "downstream_location_id", "downstream_order_id")
"""Columns that may hold nothing but nulls, which do not say what they are."""


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
) -> dict[str, list[Any]]:
    """What covers the need, by column."""
    pegs: Pegging = plan.pegging
    kind, row = pegs.kind[layers], pegs.row[layers]
    origin = np.full(len(layers), -1)
    for wanted, source in ((SupplyKind.RECEIPT, plan.plan_input.receipts.origin),
                           (SupplyKind.ORDER, plan.orders.source_node)):  # fmt: skip
        of_kind = kind == wanted
        origin[of_kind] = source[row[of_kind]]
    places = location.tolist()
    arrives = dates_of(np.maximum(pegs.arrival_day[layers], 0), as_of)
    pairs = list(zip(kind.tolist(), row.tolist(), strict=True))
    codes = {int(one): one.code for one in SupplyKind}
    order, receipt, stock = (int(one) for one in (SupplyKind.ORDER, SupplyKind.RECEIPT, SupplyKind.STOCK))
    return {
        "supply_kind": [codes[one] for one, _ in pairs],
        "planned_order_id": [order_ids[number] if one == order else None for one, number in pairs],
        "order_number": [receipt_numbers[number] if one == receipt else "" for one, number in pairs],
        "origin_id": [places[node] if node >= 0 else None for node in origin.tolist()],
        "arrives_on": [None if one == stock else day for (one, _), day in zip(pairs, arrives, strict=True)],
    }


def _destination(
    uses: "polars.DataFrame", plan: Plan, location: IntArray, order_ids: Sequence[int], receipt_numbers: Sequence[str]
) -> dict[str, list[Any]]:
    """Where the units go with a transfer, by column."""
    order, receipt, places = uses["order"].to_list(), uses["receipt"].to_list(), location.tolist()
    orders, receipts = plan.orders.node.tolist(), plan.plan_input.receipts.node.tolist()
    to = [
        orders[one] if one >= 0 else receipts[other] if other >= 0 else -1
        for one, other in zip(order, receipt, strict=True)
    ]
    return {
        "downstream_location_id": [places[node] if node >= 0 else None for node in to],
        "downstream_order_id": [order_ids[one] if one >= 0 else None for one in order],
        "downstream_number": [receipt_numbers[one] if one >= 0 else "" for one in receipt],
    }
