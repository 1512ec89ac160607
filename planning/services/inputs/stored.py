"""What a plan knew of each item-location, as JSON beside its projection: enough to plan the item again.

Levels and demand are not repeated: they are in the policy and forecast rows of the runs that the plan was built on.
Item-locations are named by their location, because a row's item is its own; calendars by their id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planning.engine import inputs as engine
from planning.engine.columns import table_of
from planning.engine.tables import PlannedOrders
from planning.services.inputs.build import PlanTables
from planning.services.inputs.snapshot import Snapshot
from stocksense.core.errors import Conflict
from stocksense.core.numeric import BoolArray

if TYPE_CHECKING:
    import polars

Stored = dict[str, Any]

_BY_NODE: dict[str, type] = {
    "nodes": engine.Nodes, "stock": engine.Stock, "sourcing": engine.Sourcing, "costs": engine.Costs,
}  # fmt: skip
_BY_ROW: dict[str, type] = {
    "receipts": engine.Receipts, "customer_orders": engine.CustomerOrders, "price_breaks": engine.PriceBreaks,
    "splits": engine.Splits, "order_minimums": engine.OrderMinimums, "top_ups": engine.TopUps, "lots": engine.Lots,
    "lateral_lanes": engine.LateralLanes, "missed_orders": engine.MissedOrders,
}  # fmt: skip
_OWNER = {"lateral_lanes": "destination"}
_PLACES = {("sourcing", "node"), ("receipts", "origin"), ("lateral_lanes", "origin")}
_CALENDARS = {"ship_calendar", "receive_calendar"}
_KEYS = {("nodes", "item_index"), ("nodes", "location_index")}


def stored_inputs(tables: PlanTables, orders: PlannedOrders) -> list[Stored]:
    """What the plan knew of each node, in their order; a table without rows for a node is left out.

    `orders` are the plan's: what minimum order values added to them because of other items is kept too.
    """
    plan_input, snapshot = replace(tables.plan_input, top_ups=_top_ups(orders)), tables.snapshot
    place = [*snapshot.nodes["location_id"].to_list(), None]
    calendar = [*snapshot.calendar_ids, None]
    rows: list[Stored] = [{} for _ in range(plan_input.size)]
    for name in _BY_NODE:
        columns = _columns(name, getattr(plan_input, name), place, calendar)
        for row, values in zip(rows, _records(columns), strict=True):
            row[name] = values
    for row, labels in zip(rows, source_labels(snapshot), strict=True):
        row["source"] = labels
    ended = set(plan_input.ended_nodes.tolist())
    for node, row in enumerate(rows):
        row["ended"] = node in ended
    days = tables.review_days.tolist()
    for row, weekdays, every in zip(rows, snapshot.nodes["order_weekdays"], days, strict=True):
        row["review"] = {"weekdays": weekdays or "", "days": every}
    for name in _BY_ROW:
        table = getattr(plan_input, name)
        owner = getattr(table, _OWNER.get(name, "node")).tolist()
        columns = _columns(name, table, place, calendar) | _labels(name, tables)
        for node, values in zip(owner, _records(columns), strict=True):
            rows[node].setdefault(name, []).append(values)
    return rows


def source_labels(snapshot: Snapshot) -> list[Stored]:
    """What the chosen source of each node is called, and its terms as they were said."""
    return _labelled(snapshot.sources.chosen)


def split_labels(snapshot: Snapshot) -> list[Stored]:
    """The same of each further supplier that shares orders."""
    return _labelled(snapshot.sources.splits.with_columns(unit_cost="landed_cost"))


def _labelled(sources: "polars.DataFrame") -> list[Stored]:
    columns = {
        "code": "source_code", "supplier_id": "supplier_id", "lead_time_days": "lead_time_days",
        "lead_time_from": "lead_time_from", "unit_cost": "unit_cost", "kind": "source_kind", "id": "source_id",
    }  # fmt: skip
    frame = sources.select(**columns)
    kinds = ("none", "supplier", "lane")
    return [row | {"kind": kinds[row["kind"]], "code": row["code"] or ""} for row in frame.iter_rows(named=True)]


def _top_ups(orders: PlannedOrders) -> engine.TopUps:
    rows = np.flatnonzero(orders.added > 0)
    return engine.TopUps(node=orders.node[rows], day=orders.release_day[rows], quantity=orders.added[rows])


def parameters(tables: PlanTables, *, week_start: int) -> Stored:
    """What all item-locations of the run share: the closed days of each calendar and the rules of its days."""
    plan_input, calendars = tables.plan_input, tables.plan_input.calendar_open
    return {
        "calendars": {
            str(calendar): np.flatnonzero(~calendars[row]).tolist()
            for row, calendar in enumerate(tables.snapshot.calendar_ids)
        },
        "calendar_days": int(calendars.shape[1]),
        "firm_bucket_days": plan_input.firm_bucket_days,
        "planning_window_days": plan_input.planning_window_days,
        "message_minimum": plan_input.message_minimum,
        "week_start": week_start,
    }


def plan_input_of(
    rows: Sequence[tuple[int, Stored]],
    shared: Stored,
    *,
    item_id: int,
    demand: engine.Demand,
    levels: engine.Levels,
    with_minimums: bool = False,
) -> engine.PlanInput:
    """The input of one item's network again, from (location id, stored inputs) of each node.

    Order minimums, which the items of a supplier reach together, are left out: what they added is in `top_ups`.
    `with_minimums` has them instead, for a plan of all items that they tie together. Raises Conflict where the rows
    were written by another version of the software and lack something.
    """
    node_of = {location: node for node, (location, _) in enumerate(rows)}
    calendar_of = {int(calendar): row for row, calendar in enumerate(shared.get("calendars", {}))}
    try:
        by_node = {
            name: _table(name, kind, _own(name, rows, item_id), node_of, calendar_of) for name, kind in _BY_NODE.items()
        }
        by_row = {
            name: _table(name, kind, _owned(name, rows), node_of, calendar_of)
            for name, kind in _BY_ROW.items()
            if name != ("top_ups" if with_minimums else "order_minimums")
        }
        return engine.PlanInput(
            **by_node,
            **by_row,
            demand=demand,
            levels=levels,
            calendar_open=_open_days(shared),
            firm_bucket_days=shared["firm_bucket_days"],
            ended_nodes=np.array([node for node, (_, row) in enumerate(rows) if row["ended"]], dtype=np.int64),
            planning_window_days=shared["planning_window_days"],
            message_minimum=shared["message_minimum"],
        )
    except KeyError as error:
        raise Conflict(
            f"This plan was made by another version and does not say {error.args[0]!r}. Run the cycle again."
        ) from error


def _own(name: str, rows: Sequence[tuple[int, Stored]], item_id: int) -> Iterator[Stored]:
    for location, row in rows:
        yield row[name] | ({"item_index": item_id, "location_index": location} if name == "nodes" else {})


def _owned(name: str, rows: Sequence[tuple[int, Stored]]) -> Iterator[Stored]:
    for location, row in rows:
        for values in row.get(name, []):
            yield values | {_OWNER.get(name, "node"): location}


def _table(
    name: str, kind: type, rows: Iterator[Stored], node_of: Mapping[int, int], calendar_of: Mapping[int, int]
) -> Any:
    found = list(rows)
    columns: dict[str, list[Any]] = {}
    for field in fields(kind):
        values = [row[field.name] for row in found]
        if (name, field.name) in _PLACES or (name in _BY_ROW and field.name == _OWNER.get(name, "node")):
            values = [-1 if value is None else node_of[value] for value in values]
        elif field.name in _CALENDARS:
            values = [engine.ALWAYS_OPEN if value is None else calendar_of[value] for value in values]
        columns[field.name] = values
    return table_of(kind, columns)


def _open_days(shared: Stored) -> BoolArray:
    table = np.ones((len(shared["calendars"]), shared["calendar_days"]), dtype=bool)
    for row, closed in enumerate(shared["calendars"].values()):
        table[row, closed] = False
    return table


def _columns(name: str, table: Any, place: Sequence[Any], calendar: Sequence[Any]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for field in fields(table):
        if (field.name == _OWNER.get(name, "node") and name in _BY_ROW) or (name, field.name) in _KEYS:
            continue
        values = getattr(table, field.name).tolist()
        if (name, field.name) in _PLACES:
            values = [place[value] for value in values]
        elif field.name in _CALENDARS:
            values = [calendar[value] for value in values]
        columns[field.name] = values
    return columns


def _labels(name: str, tables: PlanTables) -> dict[str, list[Any]]:
    """What people call the rows of a table."""
    if name == "receipts":
        return {"order_number": tables.receipt_numbers}
    if name == "lots":
        return {"lot": tables.lot_codes}
    if name == "splits":
        return {"source": split_labels(tables.snapshot)}
    return {}


def _records(columns: Mapping[str, list[Any]]) -> Iterator[Stored]:
    names = list(columns)
    return (dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True))
