"""Random plan inputs: one to three levels, calendars, open supply, firm orders, minimums and multiples."""

import dataclasses

import numpy as np
from hypothesis import strategies as st

from planning.engine.inputs import (
    SENT,
    Costs,
    CustomerOrders,
    Demand,
    Levels,
    Lots,
    Nodes,
    PlanInput,
    ReceiptKind,
    Receipts,
    SourceKind,
    Sourcing,
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
            frozen_days=random.choice([0, 0, 0, 2], nodes), shelf_life_days=np.zeros(nodes, dtype=np.int64),
        ),
        stock=Stock(
            on_hand=random.integers(0, 40 if scarce else 160, nodes) / 4,
            allocated=random.integers(0, 8, nodes) / 4, backorders=random.choice([0.0, 0.0, 3.0], nodes),
        ),
        demand=Demand(
            mean=demand, cumulative_p10=np.maximum(cumulative - spread, 0), cumulative_p90=cumulative + spread
        ),
        levels=Levels(
            reorder_point=reorder_point, order_up_to=reorder_point + random.integers(0, 60, (nodes, DAYS)) / 4,
            review=random.random((nodes, DAYS)) < random.choice([0.2, 0.6, 1.0], (nodes, 1)),
        ),
        sourcing=Sourcing(
            kind=kind, node=origin, source_id=np.arange(nodes), lead_time_days=random.integers(0, 5, nodes),
            ship_calendar=random.integers(-1, 2, nodes), receive_calendar=random.integers(-1, 2, nodes),
            min_quantity=random.choice([0.0, 0.0, 4.0, 10.0], nodes), multiple=multiple,
            unit_cost=np.ones(nodes),
        ),
        costs=Costs(
            shortage=random.integers(0, 5, nodes) * 1.0, holding_per_day=np.full(nodes, 0.25),
            max_cover_days=random.integers(2, 20, nodes), order_cost=np.zeros(nodes),
        ),
        receipts=_receipts(random, origin),
        customer_orders=CustomerOrders(
            node=random.integers(0, nodes, 3), day=random.integers(-2, DAYS + 2, 3),
            quantity=random.integers(0, 40, 3) / 4,
        ),
        lots=_lots(seed, nodes),
        calendar_open=random.random((2, DAYS + 6)) < 0.7,
    )  # fmt: skip


def _receipts(random: np.random.Generator, origin: np.ndarray) -> Receipts:
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
