"""Why a node runs short: which of its dates would have to be another one for the stock to last."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from planning.engine.arrays import sum_by
from planning.engine.exceptions.kinds import STOCK_OUT, Parameter
from planning.engine.exceptions.outlook import Findings
from planning.engine.inputs import SENT, TOLERANCE, SourceKind
from planning.engine.pegging import stock_layer
from stocksense.core.numeric import FloatArray

LEAD_TIME = "lead_time"
CALENDAR = "calendar"
FROZEN = "frozen"
ORDER_DAY = "order_day"
SOURCE_IS_SHORT = "source_short"
NO_STOCK = "no_stock_in_network"
MINIMUM_QUANTITY = "minimum_quantity"
SUPPLIER_LATE = "supplier_late"
DEMAND = "demand_above_forecast"
LEVELS = "reorder_point"

REASONS = (
    LEAD_TIME, CALENDAR, FROZEN, ORDER_DAY, SOURCE_IS_SHORT, NO_STOCK, MINIMUM_QUANTITY, SUPPLIER_LATE, DEMAND, LEVELS,
)  # fmt: skip
"""Capacity is not among them: nothing in the data limits how much a source can make or ship in a day."""


SPARE_DAYS: Final = 28
"""A location can spare what it holds beyond so many days of its own use."""


def spare_elsewhere(findings: Findings) -> FloatArray:
    """Units of a node's item that other nodes could spare, those above it or on its own level of the network [n]."""
    context = findings.context
    nodes, level = context.plan_input.nodes, context.network.level
    used = findings.outlook.used[min(SPARE_DAYS, context.plan_input.horizon)]
    spare = np.maximum(stock_layer(context) - used, 0.0)
    items = int(nodes.item_index.max(initial=-1)) + 1
    result = np.zeros(len(level))
    for height in range(context.network.depth):
        held = sum_by(nodes.item_index, np.where(level >= height, spare, 0.0), items)
        here = level == height
        result[here] = (held[nodes.item_index] - spare)[here]
    return result


class Reasons:
    """Answers for one plan; what all nodes share is computed once."""

    def __init__(self, findings: Findings) -> None:
        context = findings.context
        plan_input = context.plan_input
        self.findings = findings
        self.elsewhere = spare_elsewhere(findings)
        unfrozen = plan_input.levels.review & plan_input.nodes.active[:, None]
        first = np.where(unfrozen.any(axis=1), unfrozen.argmax(axis=1), plan_input.horizon)
        self.due_if_not_frozen = context.first_to_arrive(first)[0]
        self.cuts_of: dict[int, list[int]] = {}
        for row, node in enumerate(findings.cuts.node.tolist()):
            self.cuts_of.setdefault(node, []).append(row)
        self.receipts_of: dict[int, list[int]] = {}
        for row, node in enumerate(plan_input.receipts.node.tolist()):
            self.receipts_of.setdefault(node, []).append(row)

    def of(self, node: int, kind: str, short_day: int) -> dict[str, Parameter]:
        """Position, possible arrivals, the reason with its numbers, and what could be done, for a message of a node."""
        outlook, context = self.findings.outlook, self.findings.context
        horizon, sourcing = context.plan_input.horizon, context.plan_input.sourcing
        soonest, first_order = int(outlook.soonest_due[node]), int(outlook.first_order[node])
        short = short_day if kind == STOCK_OUT else min(short_day, int(outlook.first_short[node]))
        lead_time = int(outlook.lead_time[node])
        coming = self._coming(node, short)
        return {
            "available": float(context.opening[node]),
            "first_day_short": short,
            "next_receipt_day": soonest if soonest < horizon else None,
            "first_order_day": first_order if first_order < horizon else None,
            "days_late": soonest - short if short < soonest < horizon else None,
            "lead_time_days": lead_time,
            "closed_days": max(soonest - lead_time, 0) if soonest < horizon else None,
            "days_of_stock": short,
            "by_lane": int(sourcing.kind[node] == SourceKind.LANE),
            "open_orders": len(coming),
            "next_open_day": min((int(context.receipt_day[row]) for row in coming), default=None),
            "elsewhere": float(self.elsewhere[node]),
            **self._reason(node, kind, short),
        }

    def _coming(self, node: int, short: int) -> list[int]:
        """Open receipts that arrive after the node runs short."""
        days = self.findings.context.receipt_day
        return [row for row in self.receipts_of.get(node, []) if days[row] > short]

    def _reason(self, node: int, kind: str, short: int) -> Mapping[str, Parameter]:
        return (
            self._late_supplier(node, kind, short)
            or self._short_source(node, short)
            or self._unforeseen(node, short)
            or self._dates(node, short)
        )

    def _late_supplier(self, node: int, kind: str, short: int) -> Mapping[str, Parameter]:
        """Goods that should have been there already."""
        receipts, expected = self.findings.context.plan_input.receipts, self.findings.context.receipt_day
        rows = [
            row
            for row in self.receipts_of.get(node, [])
            if receipts.day[row] < 0
            and receipts.release_day[row] == SENT
            and (kind == STOCK_OUT or short <= expected[row])
        ]
        if not rows:
            return {}
        worst = max(rows, key=lambda row: (float(receipts.quantity[row]), -row))
        return {
            "reason": SUPPLIER_LATE,
            "receipt": worst,
            "receipt_quantity": float(receipts.quantity[worst]),
            "receipt_days_late": -int(receipts.day[worst]),
        }

    def _short_source(self, node: int, short: int) -> Mapping[str, Parameter]:
        """A request that should have arrived by the time a regular order could, and was cut."""
        findings, cuts = self.findings, self.findings.cuts
        needed = max(short, int(findings.outlook.first_due[node]))
        rows = [
            row for row in self.cuts_of.get(node, []) if findings.sweep.requests.due_day[cuts.request[row]] <= needed
        ]
        if not rows:
            return {}
        row = rows[0]
        origin, arrives = int(cuts.source_node[row]), int(cuts.remainder_due_day[row])
        parameters: dict[str, Parameter] = {
            "source_node": origin,
            "cut": float(cuts.remainder[row]),
            "source_covers_on": arrives if arrives >= 0 else None,
        }
        if cuts.cancelled[row] > TOLERANCE and cuts.cancelled[row] >= cuts.remainder[row] - TOLERANCE:
            minimum = float(findings.context.plan_input.sourcing.min_quantity[node])
            return {"reason": MINIMUM_QUANTITY, **parameters, "min_quantity": minimum}
        nothing = arrives < 0 and self.elsewhere[node] <= TOLERANCE
        return {"reason": NO_STOCK if nothing else SOURCE_IS_SHORT, **parameters}

    def _unforeseen(self, node: int, short: int) -> Mapping[str, Parameter]:
        """Customer orders above the forecast, without which there would be enough."""
        context, outlook = self.findings.context, self.findings.outlook
        if context.firm_cumulative is None or short >= context.plan_input.horizon:
            return {}
        firm = float(context.firm_cumulative[short + 1, node])
        missing = float(context.demand[: short + 1, node].sum() - outlook.supply_without[short, node])
        return {"reason": DEMAND, "firm_units": firm} if firm > TOLERANCE and firm >= missing else {}

    def _dates(self, node: int, short: int) -> Mapping[str, Parameter]:
        """The first of lead time, closures, order days and frozen period that lets an order arrive too late."""
        outlook, plan_input = self.findings.outlook, self.findings.context.plan_input
        lead_time = int(outlook.lead_time[node])
        if short < lead_time:
            return {"reason": LEAD_TIME}
        if short < outlook.soonest_due[node]:
            return {"reason": CALENDAR}
        if short < self.due_if_not_frozen[node]:
            return {"reason": ORDER_DAY}
        if short < outlook.first_due[node]:
            return {"reason": FROZEN, "frozen_days": int(plan_input.nodes.frozen_days[node])}
        return {"reason": LEVELS}
