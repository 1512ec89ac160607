"""Random plan inputs: networks of one to three levels with everything a plan can be made from."""

import dataclasses

import numpy as np
from hypothesis import strategies as st

from planning.engine.columns import empty_table, take
from planning.engine.inputs import (
    SENT,
    Costs,
    CustomerOrders,
    Demand,
    LateralLanes,
    Levels,
    Lots,
    MissedOrders,
    Nodes,
    OrderMinimums,
    PlanInput,
    PriceBreaks,
    ReceiptKind,
    Receipts,
    SourceKind,
    Sourcing,
    Splits,
    Stock,
)

DAYS = 14


def random_input(seed: int, nodes: int, levels: int, scarce: bool) -> PlanInput:
    """A random network of one item. Quantities are quarters, so that sums are exact."""
    random = np.random.default_rng(seed)
    origin = np.array([random.integers(0, node) if node else -1 for node in range(nodes)])
    depth = np.zeros(nodes, dtype=int)
    for node in range(1, nodes):
        if levels == 1 or depth[origin[node]] >= levels - 1 or random.random() < 0.1:
            origin[node] = -1
        else:
            depth[node] = depth[origin[node]] + 1
    demand = random.integers(0, 25, (nodes, DAYS)) / 4
    spread = np.cumsum(random.integers(0, 8, (nodes, DAYS)) / 4, axis=1)
    cumulative = np.cumsum(demand, axis=1)
    reorder_point = random.integers(-4, 80, (nodes, DAYS)) / 4
    kind = np.where(origin >= 0, int(SourceKind.LANE), int(SourceKind.SUPPLIER))
    kind = np.where((origin < 0) & (random.random(nodes) < 0.1), int(SourceKind.NONE), kind)
    multiple = random.choice([0.0, 0.5, 1.0, 3.0, 6.0], nodes)
    return PlanInput(
        nodes=Nodes(
            item_index=np.zeros(nodes, dtype=np.int64), location_index=np.arange(nodes),
            active=random.random(nodes) < 0.95, lost_sales=random.random(nodes) < 0.5,
            frozen_days=random.choice([0, 0, 0, 2], nodes), shelf_life_days=random.choice([0, 0, 0, 2, 5, 9], nodes),
        ),
        stock=Stock(
            on_hand=random.integers(0, 40 if scarce else 160, nodes) / 4,
            allocated=random.integers(0, 8, nodes) / 4, backorders=random.choice([0.0, 0.0, 3.0], nodes),
        ),
        demand=Demand(
            mean=demand, cumulative_p90=cumulative + spread,
            cumulative_p10=np.maximum(cumulative - spread, np.where(np.isin(range(nodes), origin), -30, 0)[:, None]),
        ),
        levels=Levels(
            reorder_point=reorder_point, order_up_to=reorder_point + random.integers(0, 60, (nodes, DAYS)) / 4,
            review=random.random((nodes, DAYS)) < random.choice([0.2, 0.6, 1.0], (nodes, 1)),
        ),
        sourcing=Sourcing(
            kind=kind, node=origin, source_id=np.arange(nodes), lead_time_days=random.integers(0, 5, nodes),
            ship_calendar=random.integers(-1, 2, nodes), receive_calendar=random.integers(-1, 2, nodes),
            min_quantity=random.choice([0.0, 0.0, 4.0, 10.0], nodes), multiple=multiple,
            unit_cost=random.choice([0.0, 1.0, 2.0, 5.0], nodes, p=[0.1, 0.4, 0.3, 0.2]),
        ),
        costs=Costs(
            shortage=random.integers(0, 5, nodes) * 1.0, holding_per_day=np.full(nodes, 0.25),
            max_cover_days=random.integers(2, 20, nodes), order_cost=random.choice([0.0, 2.0, 10.0], nodes),
        ),
        receipts=_receipts(random, origin, seed),
        customer_orders=CustomerOrders(
            node=random.integers(0, nodes, 3), day=random.integers(-2, DAYS + 2, 3),
            quantity=random.integers(0, 40, 3) / 4,
        ),
        lots=_lots(seed, nodes),
        lateral_lanes=_lateral_lanes(seed, nodes),
        calendar_open=random.random((2, DAYS + 6)) < 0.7,
        price_breaks=_price_breaks(random, nodes),
        splits=_splits(random, nodes),
        order_minimums=_order_minimums(random, nodes),
        missed_orders=_missed_orders(random, nodes),
    )  # fmt: skip


def _receipts(random: np.random.Generator, origin: np.ndarray, seed: int) -> Receipts:
    """Open supply; what delivers it need not be the node's own source."""
    rows = random.integers(0, 4)
    node = random.integers(0, len(origin), rows)
    moved = (origin[node] >= 0) & (random.random(rows) < 0.6)
    return Receipts(
        node=node,
        day=random.integers(-3, DAYS + 3, rows),
        quantity=random.integers(1, 60, rows) / 4,
        kind=np.where(moved, int(ReceiptKind.TRANSFER), int(ReceiptKind.PURCHASE)),
        origin=np.where(moved, origin[node], -1),
        shipped=random.random(rows) < 0.5,
        release_day=np.full(rows, SENT),
        lead_time_days=np.random.default_rng([seed, 4]).integers(0, 5, rows),
        ship_calendar=np.random.default_rng([seed, 5]).integers(-1, 2, rows),
    )


def _lots(seed: int, nodes: int) -> Lots:
    """Lots of half the networks; some are larger than what is on hand."""
    random = np.random.default_rng([seed, 2])
    rows = random.integers(1, 2 * nodes + 1) if random.random() < 0.5 else 0
    return Lots(
        node=random.integers(0, nodes, rows),
        quantity=random.integers(0, 50, rows) / 4,
        expires_day=random.integers(-1, DAYS + 3, rows),
    )


def _price_breaks(random: np.random.Generator, nodes: int) -> PriceBreaks:
    node = np.sort(random.integers(0, nodes, random.integers(0, 2 * nodes + 1)))
    per_node = [np.sort(random.choice(56, count, replace=False)) + 4.0 for count in np.bincount(node, minlength=nodes)]
    return PriceBreaks(
        node=node, min_quantity=np.concatenate(per_node), unit_cost=random.integers(1, 20, len(node)) / 4
    )


def _splits(random: np.random.Generator, nodes: int) -> Splits:
    node = np.repeat(np.arange(nodes), random.choice([0, 0, 0, 1, 2], nodes))
    rows = len(node)
    return Splits(
        node=node,
        share=random.choice([0.125, 0.25, 0.375], rows),
        source_id=1000 + np.arange(rows),
        lead_time_days=random.integers(0, 5, rows),
        ship_calendar=random.integers(-1, 2, rows),
        min_quantity=random.choice([0.0, 0.0, 3.0, 8.0], rows),
        multiple=random.choice([0.0, 0.5, 1.0, 4.0], rows),
        unit_cost=random.integers(1, 20, rows) / 4,
    )


def _order_minimums(random: np.random.Generator, nodes: int) -> OrderMinimums:
    node = np.flatnonzero(random.random(nodes) < 0.6)
    group = random.integers(3, 6, len(node))
    return OrderMinimums(node=node, group=group, min_value=random.integers(0, 240, 6)[group] / 4)


def _missed_orders(random: np.random.Generator, nodes: int) -> MissedOrders:
    node = np.flatnonzero(random.random(nodes) < 0.2)
    return MissedOrders(node=node, need_day=random.integers(-9, 0, len(node)))


def _lateral_lanes(seed: int, nodes: int) -> LateralLanes:
    """Lanes between any two places, cheap enough that some pay."""
    random = np.random.default_rng([seed, 3])
    rows = random.integers(1, 3 * nodes + 1) if random.random() < 0.5 else 0
    return LateralLanes(
        origin=random.integers(0, nodes, rows), destination=random.integers(0, nodes, rows),
        source_id=np.arange(rows) + 1000, lead_time_days=random.integers(0, 3, rows),
        ship_calendar=random.integers(-1, 2, rows), min_quantity=random.choice([0.0, 0.0, 4.0], rows),
        multiple=random.choice([0.0, 0.5, 1.0, 3.0], rows),
        cost_per_unit=random.choice([0.0, 0.1, 0.5, 2.0], rows), cost_per_shipment=random.choice([0.0, 1.0, 5.0], rows),
    )  # fmt: skip


def plan_inputs(levels: tuple[int, ...] = (1, 2, 3), max_nodes: int = 7) -> st.SearchStrategy[PlanInput]:
    """Random plan inputs with the given numbers of levels."""
    return st.builds(
        random_input,
        seed=st.integers(0, 2**32 - 1),
        nodes=st.integers(1, max_nodes),
        levels=st.sampled_from(levels),
        scarce=st.booleans(),
    )


def with_more_stock(plan_input: PlanInput, node: int, extra: float) -> PlanInput:
    """The same input with more on hand at one node."""
    on_hand = plan_input.stock.on_hand.copy()
    on_hand[node] += extra
    return dataclasses.replace(plan_input, stock=dataclasses.replace(plan_input.stock, on_hand=on_hand))


def without_ties(plan_input: PlanInput) -> PlanInput:
    """The same input with any quantity allowed and nothing ordered or moved together."""
    none = np.zeros(plan_input.size)
    return dataclasses.replace(
        plan_input,
        sourcing=dataclasses.replace(plan_input.sourcing, min_quantity=none, multiple=none),
        order_minimums=empty_table(OrderMinimums),
        lateral_lanes=empty_table(LateralLanes),
    )


def renumbered(plan_input: PlanInput, order: np.ndarray) -> PlanInput:
    """The same input with its nodes in another order: node `order[i]` becomes node i."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    changed = {
        name: dataclasses.replace(table, **{column: values[order] for column, values in vars(table).items()})
        for name, table in vars(plan_input).items()
        if name in ("nodes", "stock", "demand", "levels", "sourcing", "costs")
    }
    sourcing = changed["sourcing"]
    changed["sourcing"] = dataclasses.replace(sourcing, node=np.where(sourcing.node >= 0, place[sourcing.node], -1))
    for name in ("receipts", "customer_orders", "price_breaks", "splits", "lots", "missed_orders"):
        table = getattr(plan_input, name)
        renamed = dataclasses.replace(table, node=place[table.node])
        # Breaks and splits stand in node order; rows of one node keep theirs.
        changed[name] = take(renamed, np.argsort(renamed.node, kind="stable"))
    receipts = changed["receipts"]
    changed["receipts"] = dataclasses.replace(
        receipts, origin=np.where(receipts.origin >= 0, place[receipts.origin], -1)
    )
    return dataclasses.replace(plan_input, **changed)
