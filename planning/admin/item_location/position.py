"""Stock now: the inventory position line by line, and the bar that shows it beside safety stock, s and S."""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.models import ScheduledReceipt
from planning.services.item_location import ItemAtLocation
from stocksense.core.admin import formats

LABEL_WIDTH = 22.0
"""Percent of the stock bar that a label takes up at most, on a phone."""


@dataclass(frozen=True)
class Line:
    """A line of the arithmetic: sign, name, quantity, where it comes from. `order` lines name one open order."""

    sign: str
    name: str
    value: str
    note: str = ""
    url: str = ""
    flags: tuple[str, ...] = ()

    @property
    def is_sum(self) -> bool:
        """Whether the line is a result of those above it."""
        return self.sign == "="


@dataclass(frozen=True)
class Mark:
    """A labelled place on the stock bar, in percent of its length."""

    at: float
    label: str

    @property
    def anchor(self) -> str:
        """Which side of the label stands at the place, so that it stays inside the bar."""
        return "start" if self.at < 10 else "end" if self.at > 90 else "middle"


@dataclass(frozen=True)
class StockBar:
    """Available and position on one scale with safety stock, s and S, in percent; what it says in words."""

    available: float
    position: float
    safety: Mark
    reorder_point: Mark
    order_up_to: Mark
    now: Mark
    ahead: Mark | None
    text: str
    below: bool

    @property
    def above_marks(self) -> list[Mark]:
        """Labels above the bar: stock now and later, those that do not run into each other."""
        return _apart([self.now, *([self.ahead] if self.ahead else [])])

    @property
    def below_marks(self) -> list[Mark]:
        """Labels below the bar: the levels, those that do not run into each other."""
        return _apart([self.reorder_point, self.order_up_to, self.safety])


def _apart(marks: list[Mark]) -> list[Mark]:
    """The marks, the first ones first, without those closer than a label's width to one before."""
    kept: list[Mark] = []
    for mark in marks:
        if all(abs(mark.at - other.at) >= LABEL_WIDTH for other in kept):
            kept.append(mark)
    return kept


def arithmetic(facts: ItemAtLocation, urls: dict[str, str]) -> list[Line]:
    """From on hand to the inventory position, every open order on its own line."""
    position, unit, decimals = facts.position, facts.item.uom, facts.item.uom_decimals

    def amount(value: Decimal) -> str:
        return formats.quantity(value, unit, decimals)

    counted = _source(facts, "stock")
    nothing = Line("+", "On order", amount(Decimal(0)), _source(facts, "open_orders"))
    return [
        Line("", "On hand", amount(position.on_hand), counted),
        Line("−", "Promised to customers", amount(position.allocated), counted),
        *_lines("−", facts.outgoing, facts, urls),
        Line("=", "Available", amount(position.available)),
        *(_lines("+", facts.receipts, facts, urls) or [nothing]),
        Line("−", "Backorders", amount(position.backorders), counted),
        Line("=", "Inventory position", amount(position.position)),
    ]  # fmt: skip


def compared(facts: ItemAtLocation) -> str:
    """The position beside s and S, and what follows from it."""
    policy, unit, decimals = facts.policy, facts.item.uom, facts.item.uom_decimals
    if policy is None or policy.method == "none":
        return ""
    position = float(facts.position.position)
    now = formats.quantity(position, unit, decimals)
    s, up_to = (formats.quantity(level, unit, 1) for level in (policy.reorder_point, policy.order_up_to))
    if position > policy.reorder_point:
        return f"{now} is above s = {s}: nothing to order at a review today. S = {up_to}."
    missing = formats.quantity(math.ceil(policy.order_up_to - position), unit)
    said = f"{now} is at or below s = {s}: at a review today, {missing} bring it up to S = {up_to}, before rounding."
    return f"{said}{_owed(facts)}"


def _owed(facts: ItemAtLocation) -> str:
    """What other locations wait for from here, which today's order brings on top; blank for nothing."""
    today = facts.plan.run.as_of if facts.plan else None
    first = next((order for order in facts.orders if order.release_on == today), None)
    owed = float(((first.trace.get("position") or {}) if first else {}).get("owed") or 0.0)
    if owed < 0.5:
        return ""
    return f" {formats.quantity(owed, facts.item.uom)} more are owed to other locations: today's order brings them too."


def blocked(facts: ItemAtLocation) -> str:
    """What is on hand and not counted; blank for nothing."""
    held = facts.position.blocked
    return f"{formats.quantity(held, facts.item.uom, facts.item.uom_decimals)} blocked, not counted." if held else ""


def stock_bar(facts: ItemAtLocation) -> StockBar | None:
    """None where nothing is planned here."""
    policy, position = facts.policy, facts.position
    if policy is None or policy.order_up_to <= 0:
        return None
    unit, decimals = facts.item.uom, facts.item.uom_decimals
    days, ahead = _ahead(facts)
    highest = max(policy.order_up_to, float(position.position), float(position.available), ahead or 0.0) * 1.05

    def along(value: float) -> float:
        return round(min(max(value / highest, 0.0), 1.0) * 100, 1)

    available = float(position.available)
    now = formats.quantity(position.available, unit, decimals)
    later = None if ahead is None else Mark(along(ahead), f"{formats.quantity(ahead, unit, decimals)} in {days} d")
    words = [
        f"{now} available now",
        *([f"{later.label} by the plan, one lead time ahead"] if later else []),
        f"position {formats.quantity(position.position, unit, decimals)}",
        f"safety stock {policy.safety_stock:,.0f}, s {policy.reorder_point:,.0f}, S {policy.order_up_to:,.0f}",
    ]
    return StockBar(
        available=along(available),
        position=along(float(position.position)),
        safety=Mark(along(policy.safety_stock), f"safety {policy.safety_stock:,.0f}"),
        reorder_point=Mark(along(policy.reorder_point), f"s {policy.reorder_point:,.0f}"),
        order_up_to=Mark(along(policy.order_up_to), f"S {policy.order_up_to:,.0f}"),
        now=Mark(along(available), f"{now} now"),
        ahead=later,
        text="; ".join(words),
        below=float(position.position) <= policy.reorder_point,
    )


def _ahead(facts: ItemAtLocation) -> tuple[int, float | None]:
    """The lead time in days, and the projected stock at the end of the day it leads to."""
    policy, projection = facts.policy, facts.projection
    days = math.ceil(policy.lead_time_days) if policy else 0
    if projection is None or days >= len(projection.on_hand_mean):
        return days, None
    return days, projection.on_hand_mean[days]


def _lines(sign: str, rows: list[ScheduledReceipt], facts: ItemAtLocation, urls: dict[str, str]) -> list[Line]:
    today = facts.plan.run.as_of if facts.plan else None
    return [
        Line(
            sign,
            row.order_number,
            formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals),
            _about(sign, row),
            urls.get(row.order_number, ""),
            tuple(_flags(row, today)),
        )
        for row in rows
    ]


def _about(sign: str, row: ScheduledReceipt) -> str:
    due = f"due {formats.day(row.due_on)}"
    if sign == "−":
        return f"not shipped yet, to {row.location}, {due}"
    return f"transfer from {row.origin}, {due}" if row.origin else f"purchase, {due}"


def _flags(row: ScheduledReceipt, today: date | None) -> list[str]:
    flags = []
    if today and row.due_on < today:
        flags.append("overdue")
    if row.is_draft:
        flags.append("draft")
    elif row.is_shipped:
        flags.append("in transit")
    return flags


def _source(facts: ItemAtLocation, kind: str) -> str:
    """Which load a number comes from, and when it came."""
    feed = facts.feeds.get(kind)
    if feed is None:
        return ""
    name = kind.replace("_", " ")
    as_of = (facts.stock_as_of if kind == "stock" else None) or feed.as_of
    of = f" as of {formats.day(as_of)}" if as_of else ""
    return f"{name} file{of}, loaded {formats.moment(feed.loaded_at)}"
