"""The dashboard's tiles: a count, an amount and how both have moved."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from planning.services.trends import TO_APPROVE, Trend
from stocksense.core.admin import formats

WIDTH, HEIGHT, GAP = 112.0, 24.0, 2.0
_TITLES = (
    ("stocked_out", "Stocked out", "expected cost"),
    ("at_risk", "Potential stock-out", "expected cost"),
    ("late", "Late orders", "expected cost"),
    ("excess", "Excess", "holding cost"),
    (TO_APPROVE, "To approve", "order value"),
)


@dataclass(frozen=True)
class Bar:
    """One run in the little chart."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Tile:
    """A count and an amount that lead to a list, with their trend."""

    title: str
    count: str
    money: str
    note: str
    url: str
    tone: str
    change: str
    direction: str
    bars: list[Bar]
    spoken: str


def tiles(found: dict[str, Trend], currency: str) -> list[Tile]:
    """The five tiles, in the order of the page."""
    return [_tile(group, title, note, found[group], currency) for group, title, note in _TITLES]


def spark(values: Sequence[float], *, width: float = WIDTH, height: float = HEIGHT) -> list[Bar]:
    """Bars from left to right on a common zero, the last at the right edge; a value above zero is always seen."""
    if not values:
        return []
    highest = max(*values, 1.0) if len(values) > 1 else max(values[0], 1.0)
    step = width / len(values)
    bars = []
    for number, value in enumerate(values):
        tall = round(max(value / highest * height, 1.0), 1)
        bars.append(Bar(round(number * step, 1), round(height - tall, 1), round(max(step - GAP, 1.0), 1), tall))
    return bars


def _tile(group: str, title: str, note: str, trend: Trend, currency: str) -> Tile:
    now, counts = trend.totals[-1], [total.count for total in trend.totals]
    url = reverse("admin:planning_worklist" if group == TO_APPROVE else "admin:planning_exceptions")
    return Tile(
        title=title,
        count=f"{now.count:,}",
        money=formats.money(now.money, currency),
        note=note,
        url=url if group == TO_APPROVE else f"{url}?group={group}",
        tone=_tone(group, now.count),
        change=_change(trend.change),
        direction=_direction(trend.change),
        bars=spark(counts) if len(counts) > 1 else [],
        spoken=f"Last {len(counts)} runs: {', '.join(f'{count:,}' for count in counts)}",
    )


def _tone(group: str, count: int) -> str:
    if group == TO_APPROVE:
        return "act"
    return "calm" if not count or group == "excess" else "alert" if group == "stocked_out" else "warn"


def _change(change: int | None) -> str:
    """'+3', '−8', '±0' against the run before."""
    if change is None:
        return ""
    return f"+{change:,}" if change > 0 else f"−{-change:,}" if change < 0 else "±0"


def _direction(change: int | None) -> str:
    return "" if not change else "up" if change > 0 else "down"
