"""Builds small plan inputs by name: set-up is hidden, the numbers that matter stay in the test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from planning.engine.inputs import (
    ALWAYS_OPEN,
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
from planning.engine.plan import Plan, make_plan

SUPPLIER = "supplier"
NEVER = -1.0

DEFAULTS: dict[str, Any] = {
    "on_hand": 0.0, "allocated": 0.0, "backorders": 0.0, "demand": 0.0, "p10": None, "p90": None,
    "reorder_point": NEVER, "order_up_to": 0.0, "review": None, "source": SUPPLIER, "lead_time": 1,
    "minimum": 0.0, "multiple": 1.0, "ship_calendar": None, "receive_calendar": None, "lost": False, "active": True,
    "frozen_days": 0, "shortage_cost": 0.0, "holding_cost": 0.0, "max_cover": 10_000,
    "shelf_life": 0, "order_cost": 0.0, "unit_cost": 1.0,
}  # fmt: skip


@dataclass
class Run:
    """A finished plan, read by node name."""

    plan: Plan
    names: list[str]

    def orders(self) -> list[tuple[str, str, int, int, float]]:
        """(source, node, release day, due day, quantity), in plan order."""
        orders = self.plan.orders
        return [
            (
                self.names[source] if source >= 0 else SUPPLIER,
                self.names[node],
                int(release),
                int(due),
                float(quantity),
            )
            for source, node, release, due, quantity in zip(
                orders.source_node, orders.node, orders.release_day, orders.due_day, orders.quantity, strict=True
            )
        ]

    def bought(self) -> list[tuple[str, int, int, float, float]]:
        """(node, source id, due day, quantity, unit cost) of what suppliers deliver, in plan order."""
        orders = self.plan.orders
        return [
            (self.names[orders.node[row]], int(orders.source_id[row]), int(orders.due_day[row]),
             float(orders.quantity[row]), float(orders.unit_cost[row]))
            for row in np.flatnonzero(orders.source_node < 0)
        ]  # fmt: skip

    def on_hand(self, name: str) -> list[float]:
        return self.plan.projection.on_hand_mean[self.names.index(name)].tolist()

    def backorders(self, name: str) -> list[float]:
        return self.plan.projection.backorders_mean[self.names.index(name)].tolist()

    def lost(self, name: str) -> list[float]:
        return self.plan.projection.lost_mean[self.names.index(name)].tolist()

    def expired(self, name: str) -> list[float]:
        return self.plan.projection.expired_mean[self.names.index(name)].tolist()

    def p10(self, name: str) -> list[float]:
        return self.plan.projection.on_hand_p10[self.names.index(name)].tolist()

    def p90(self, name: str) -> list[float]:
        return self.plan.projection.on_hand_p90[self.names.index(name)].tolist()

    def exceptions(self, name: str) -> list[str]:
        node = self.names.index(name)
        return sorted(exception.kind for exception in self.plan.exceptions if exception.node == node)

    def exception(self, name: str, kind: str):
        node = self.names.index(name)
        (found,) = [each for each in self.plan.exceptions if each.node == node and each.kind == kind]
        return found


@dataclass
class PlanBuilder:
    """Add nodes, receipts and calendars, then `run()`. Order days default to every day."""

    horizon: int = 6
    firm_bucket_days: int = 1
    planning_window_days: int = 0
    message_minimum: float = 0.0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    incoming: list[tuple[str, int, float, str | None, bool, int, int | None]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    firm: list[tuple[str, int, float]] = field(default_factory=list)
    calendars: dict[str, Sequence[int]] = field(default_factory=dict)
    expiring: list[tuple[str, float, int]] = field(default_factory=list)
    breaks: list[tuple[str, float, float]] = field(default_factory=list)
    shares: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    minimums: list[tuple[tuple[str, ...], float]] = field(default_factory=list)
    missed: list[tuple[str, int]] = field(default_factory=list)
    lateral: list[tuple[str, str, int, float, float, float, float]] = field(default_factory=list)

    def node(self, name: str, **values: Any) -> None:
        assert values.keys() <= DEFAULTS.keys(), values.keys() - DEFAULTS.keys()
        self.rows[name] = {**DEFAULTS, **values}

    def receipt(self, node: str, *, day: int, quantity: float, shipped: bool = True, release_day: int = SENT,
                lead_time: int | None = None) -> None:  # fmt: skip
        """An open purchase; `lead_time`: of its supplier, where that is another than the node's source."""
        self.incoming.append((node, day, quantity, None, shipped, release_day, lead_time))

    def transfer(self, origin: str, node: str, *, day: int, quantity: float, shipped: bool) -> None:
        self.incoming.append((node, day, quantity, origin, shipped, SENT, None))

    def customer_order(self, node: str, *, day: int, quantity: float) -> None:
        self.firm.append((node, day, quantity))

    def lot(self, node: str, *, quantity: float, expires: int) -> None:
        self.expiring.append((node, quantity, expires))

    def price_break(self, node: str, *, minimum: float, unit_cost: float) -> None:
        self.breaks.append((node, minimum, unit_cost))

    def split(self, node: str, *, share: float, **terms: Any) -> None:
        """A further supplier of the node; its source id is 500 + its number."""
        assert terms.keys() <= {"lead_time", "ship_calendar", "minimum", "multiple", "unit_cost"}
        self.shares.append((node, {"share": share, **terms}))

    def order_minimum(self, *nodes: str, value: float) -> None:
        self.minimums.append((nodes, value))

    def missed_order(self, node: str, *, day: int) -> None:
        self.missed.append((node, day))

    def lateral_lane(self, origin: str, node: str, *, lead_time: int = 1, minimum: float = 0.0, multiple: float = 1.0,
                     per_unit: float = 0.0, per_shipment: float = 0.0) -> None:  # fmt: skip
        self.lateral.append((origin, node, lead_time, minimum, multiple, per_unit, per_shipment))

    def calendar(self, name: str, *, closed: Iterable[int]) -> None:
        self.calendars[name] = list(closed)

    def run(self) -> Run:
        return Run(make_plan(self.build()), list(self.rows))

    def build(self) -> PlanInput:
        names = list(self.rows)
        mean = self.daily("demand")
        cumulative = np.cumsum(mean, axis=1)
        lanes = np.array([row["source"] in names for row in self.rows.values()])
        return PlanInput(
            nodes=Nodes(
                item_index=np.zeros(len(names), dtype=np.int64), location_index=np.arange(len(names)),
                active=self.column("active", bool), lost_sales=self.column("lost", bool),
                frozen_days=self.column("frozen_days", np.int64),
                shelf_life_days=self.column("shelf_life", np.int64),
            ),
            stock=Stock(
                on_hand=self.column("on_hand"), allocated=self.column("allocated"),
                backorders=self.column("backorders"),
            ),
            demand=Demand(
                mean=mean, cumulative_p10=self.cumulative("p10", cumulative),
                cumulative_p90=self.cumulative("p90", cumulative),
            ),
            levels=Levels(
                reorder_point=self.daily("reorder_point"), order_up_to=self.daily("order_up_to"), review=self.reviews()
            ),
            sourcing=Sourcing(
                kind=np.array([self.source_kind(row["source"]) for row in self.rows.values()]),
                node=np.array([names.index(row["source"]) if lane else -1
                               for row, lane in zip(self.rows.values(), lanes, strict=True)]),
                source_id=np.arange(len(names)) + 100, lead_time_days=self.column("lead_time", np.int64),
                ship_calendar=self.calendar_ids("ship_calendar"),
                receive_calendar=self.calendar_ids("receive_calendar"),
                min_quantity=self.column("minimum"), multiple=self.column("multiple"),
                unit_cost=self.column("unit_cost"),
            ),
            costs=Costs(
                shortage=self.column("shortage_cost"), holding_per_day=self.column("holding_cost"),
                max_cover_days=self.column("max_cover", np.int64), order_cost=self.column("order_cost"),
            ),
            receipts=self.receipts(),
            customer_orders=CustomerOrders(
                node=np.array([names.index(row[0]) for row in self.firm], dtype=np.int64),
                day=np.array([row[1] for row in self.firm], dtype=np.int64),
                quantity=np.array([row[2] for row in self.firm], dtype=np.float64),
            ),
            lots=Lots(
                node=np.array([names.index(row[0]) for row in self.expiring], dtype=np.int64),
                quantity=np.array([row[1] for row in self.expiring], dtype=np.float64),
                expires_day=np.array([row[2] for row in self.expiring], dtype=np.int64),
            ),
            price_breaks=self.price_breaks(), splits=self.splits(), order_minimums=self.order_minimums(),
            missed_orders=MissedOrders(
                node=np.array([names.index(row[0]) for row in self.missed], dtype=np.int64),
                need_day=np.array([row[1] for row in self.missed], dtype=np.int64),
            ),
            lateral_lanes=self.lateral_lanes(),
            calendar_open=self.calendar_open(),
            firm_bucket_days=self.firm_bucket_days, planning_window_days=self.planning_window_days,
            message_minimum=self.message_minimum,
            ended_nodes=np.array([names.index(name) for name in self.ended], dtype=np.int64),
        )  # fmt: skip

    def column(self, key: str, dtype: Any = np.float64) -> Any:
        return np.array([row[key] for row in self.rows.values()], dtype=dtype)

    def daily(self, key: str) -> Any:
        """[n, T] from a number, or from a list that is padded with its last value (demand: with 0)."""
        result = np.empty((len(self.rows), self.horizon))
        for index, row in enumerate(self.rows.values()):
            values = row[key] if isinstance(row[key], list) else [row[key]] * self.horizon
            padding = 0.0 if key == "demand" else values[-1]
            result[index] = (values + [padding] * self.horizon)[: self.horizon]
        return result

    def cumulative(self, key: str, mean: Any) -> Any:
        rows = self.rows.values()
        return np.array([mean[i] if row[key] is None else row[key] for i, row in enumerate(rows)], dtype=np.float64)

    def reviews(self) -> Any:
        review = np.ones((len(self.rows), self.horizon), dtype=bool)
        for index, row in enumerate(self.rows.values()):
            if row["review"] is not None:
                review[index] = np.isin(np.arange(self.horizon), row["review"])
        return review

    def source_kind(self, source: str | None) -> int:
        if source is None:
            return SourceKind.NONE
        return SourceKind.LANE if source in self.rows else SourceKind.SUPPLIER

    def calendar_ids(self, key: str) -> Any:
        known = list(self.calendars)
        return np.array(
            [ALWAYS_OPEN if row[key] is None else known.index(row[key]) for row in self.rows.values()], dtype=np.int64
        )

    def calendar_open(self) -> Any:
        table = np.ones((len(self.calendars), self.horizon + 20), dtype=bool)
        for index, closed in enumerate(self.calendars.values()):
            table[index, list(closed)] = False
        return table

    def price_breaks(self) -> PriceBreaks:
        rows = sorted((list(self.rows).index(node), minimum, price) for node, minimum, price in self.breaks)
        return PriceBreaks(
            node=np.array([row[0] for row in rows], dtype=np.int64),
            min_quantity=np.array([row[1] for row in rows], dtype=np.float64),
            unit_cost=np.array([row[2] for row in rows], dtype=np.float64),
        )

    def splits(self) -> Splits:
        names, calendars = list(self.rows), list(self.calendars)

        def terms(key: str, default: float, dtype: Any = np.float64) -> Any:
            return np.array([row[1].get(key, default) for row in self.shares], dtype=dtype)

        used = [row[1].get("ship_calendar") for row in self.shares]
        return Splits(
            node=np.array([names.index(row[0]) for row in self.shares], dtype=np.int64),
            share=terms("share", 0),
            source_id=500 + np.arange(len(self.shares)),
            lead_time_days=terms("lead_time", 1, np.int64),
            ship_calendar=np.array([ALWAYS_OPEN if one is None else calendars.index(one) for one in used], np.int64),
            min_quantity=terms("minimum", 0),
            multiple=terms("multiple", 1),
            unit_cost=terms("unit_cost", 1),
        )

    def order_minimums(self) -> OrderMinimums:
        names = list(self.rows)
        rows = [
            (names.index(node), group, value) for group, (nodes, value) in enumerate(self.minimums) for node in nodes
        ]
        return OrderMinimums(
            node=np.array([row[0] for row in rows], dtype=np.int64),
            group=np.array([row[1] for row in rows], dtype=np.int64),
            min_value=np.array([row[2] for row in rows], dtype=np.float64),
        )

    def receipts(self) -> Receipts:
        names = list(self.rows)
        origins = [row[3] for row in self.incoming]
        return Receipts(
            node=np.array([names.index(row[0]) for row in self.incoming], dtype=np.int64),
            day=np.array([row[1] for row in self.incoming], dtype=np.int64),
            quantity=np.array([row[2] for row in self.incoming], dtype=np.float64),
            kind=np.array([ReceiptKind.TRANSFER if origin else ReceiptKind.PURCHASE for origin in origins], np.int64),
            origin=np.array([names.index(origin) if origin else -1 for origin in origins], dtype=np.int64),
            shipped=np.array([row[4] for row in self.incoming], dtype=bool),
            release_day=np.array([row[5] for row in self.incoming], dtype=np.int64),
            lead_time_days=np.array(
                [self.rows[row[0]]["lead_time"] if row[6] is None else row[6] for row in self.incoming], dtype=np.int64
            ),
            ship_calendar=self.calendar_ids("ship_calendar")[[names.index(row[0]) for row in self.incoming]]
            if self.incoming
            else np.empty(0, dtype=np.int64),
        )

    def lateral_lanes(self) -> LateralLanes:
        names, count = list(self.rows), len(self.lateral)
        numbers = [np.array([row[column] for row in self.lateral], dtype=np.float64) for column in range(3, 7)]
        return LateralLanes(
            origin=np.array([names.index(row[0]) for row in self.lateral], dtype=np.int64),
            destination=np.array([names.index(row[1]) for row in self.lateral], dtype=np.int64),
            source_id=np.arange(count) + 900,
            lead_time_days=np.array([row[2] for row in self.lateral], dtype=np.int64),
            ship_calendar=np.full(count, ALWAYS_OPEN),
            min_quantity=numbers[0], multiple=numbers[1], cost_per_unit=numbers[2], cost_per_shipment=numbers[3],
        )  # fmt: skip
