"""Geometry of the item-location chart: demand above, stock below, one time axis. Pure: numbers in, coordinates out."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
LEFT, RIGHT, TOP, BOTTOM, GAP = 46.0, 12.0, 22.0, 26.0, 40.0


@dataclass(frozen=True)
class Sold:
    """Demand of one past bucket. `sold_out`: demand was at least this."""

    first: date
    days: int
    quantity: float
    sold_out: bool = False


@dataclass(frozen=True)
class Expected:
    """Forecast of one bucket: mean, and (low, high) of the 50, 80 and 95 % intervals."""

    first: date
    days: int
    mean: float
    half: tuple[float, float]
    most: tuple[float, float]
    nearly_all: tuple[float, float]


@dataclass(frozen=True)
class Arrival:
    """Supply that comes in: an open order (`planned` false) or a proposal."""

    day: date
    quantity: float
    planned: bool
    label: str


@dataclass(frozen=True)
class ChartInput:
    """What is drawn. The stock series run daily from `today`; empty where there is no plan."""

    today: date
    sold: Sequence[Sold] = ()
    expected: Sequence[Expected] = ()
    stock: Sequence[float] = ()
    stock_low: Sequence[float] = ()
    stock_high: Sequence[float] = ()
    reorder_point: Sequence[float] = ()
    order_up_to: Sequence[float] = ()
    arrivals: Sequence[Arrival] = ()


@dataclass(frozen=True)
class Bar:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    sold_out: bool
    label: str


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Marker:
    """Where supply arrives."""

    x: float
    y: float
    planned: bool
    label: str


@dataclass(frozen=True)
class Panel:
    """One plot area: its edges, ticks, and lines and areas as SVG point lists."""

    top: float
    bottom: float
    ticks: list[Tick]
    bars: list[Bar] = field(default_factory=list)
    areas: list[tuple[str, str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Chart:
    """Everything a template needs to write the SVG."""

    width: float
    height: float
    left: float
    right: float
    today: float
    dates: list[Tick]
    demand: Panel
    stock: Panel


@dataclass(frozen=True)
class _Axes:
    first: date
    days: int
    left: float
    right: float

    def x(self, day: date, offset: float = 0.0) -> float:
        along = ((day - self.first).days + offset) / self.days
        return round(self.left + along * (self.right - self.left), 1)

    def shows(self, day: date) -> bool:
        return 0 <= (day - self.first).days < self.days


def draw(given: ChartInput, *, width: float, height: float, days_back: int, days_ahead: int, ticks: int = 6) -> Chart:
    """Lay the chart out in `width` x `height` user units, from `days_back` before today to `days_ahead` after."""
    first = given.today - timedelta(days=days_back)
    axes = _Axes(first, days_back + days_ahead, LEFT, width - RIGHT)
    middle = TOP + (height - TOP - BOTTOM - GAP) * 0.45
    return Chart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        today=axes.x(given.today),
        dates=_dates(axes, ticks),
        demand=_demand(given, axes, TOP, round(middle, 1)),
        stock=_stock(given, axes, round(middle + GAP, 1), height - BOTTOM),
    )


def nice_ticks(highest: float, most: int = 4) -> list[float]:
    """Round numbers from 0 to at least `highest`, at most `most` steps."""
    if highest <= 0 or not math.isfinite(highest):
        return [0.0, 1.0]
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in TICK_STEPS if factor * power >= rough - 1e-12)
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


def _demand(given: ChartInput, axes: _Axes, top: float, bottom: float) -> Panel:
    sold = [bucket for bucket in given.sold if axes.shows(bucket.first)]
    expected = [bucket for bucket in given.expected if axes.shows(bucket.first)]
    highest = max([bucket.quantity for bucket in sold] + [bucket.nearly_all[1] for bucket in expected], default=0.0)
    values = nice_ticks(highest)
    y = _scale(values[-1], top, bottom)
    return Panel(
        top=top,
        bottom=bottom,
        ticks=[Tick(y(value), _label(value)) for value in values],
        bars=[_bar(bucket, axes, y, bottom) for bucket in sold],
        areas=[
            (name, _area([(axes.x(row.first, row.days / 2), *(y(edge) for edge in edges(row))) for row in expected]))
            for name, edges in (
                ("fan-95", lambda row: row.nearly_all),
                ("fan-80", lambda row: row.most),
                ("fan-50", lambda row: row.half),
            )
        ],
        lines=[("mean", _points((axes.x(row.first, row.days / 2), y(row.mean)) for row in expected))],
    )


def _stock(given: ChartInput, axes: _Axes, top: float, bottom: float) -> Panel:
    shown = [day for day in range(len(given.stock)) if axes.shows(given.today + timedelta(days=day))]
    series = [
        row[day]
        for row in (given.stock, given.stock_high, given.reorder_point, given.order_up_to)
        for day in shown
        if day < len(row)
    ]
    values = nice_ticks(max(series, default=0.0))
    y = _scale(values[-1], top, bottom)
    at = [axes.x(given.today + timedelta(days=day)) for day in shown]
    low_high = zip(at, given.stock_low, given.stock_high, strict=False)
    return Panel(
        top=top,
        bottom=bottom,
        ticks=[Tick(y(value), _label(value)) for value in values],
        areas=[("stock-band", _area([(x, y(low), y(high)) for x, low, high in low_high]))],
        lines=[
            ("order-up-to", _points((x, y(value)) for x, value in zip(at, given.order_up_to, strict=False))),
            ("reorder-point", _points((x, y(value)) for x, value in zip(at, given.reorder_point, strict=False))),
            ("stock", _points((x, y(value)) for x, value in zip(at, given.stock, strict=False))),
        ],
        markers=[
            Marker(axes.x(arrival.day), bottom, arrival.planned, arrival.label)
            for arrival in given.arrivals
            if axes.shows(arrival.day)
        ],
    )


def _bar(bucket: Sold, axes: _Axes, y: "_Scale", bottom: float) -> Bar:
    left, right = axes.x(bucket.first), axes.x(bucket.first, bucket.days)
    top = y(bucket.quantity)
    return Bar(
        x=left,
        y=top,
        width=max(round((right - left) * 0.8, 1), 0.5),
        height=round(bottom - top, 1),
        sold_out=bucket.sold_out,
        label=f"{bucket.first:%-d %b %Y}: {bucket.quantity:g}" + (", sold out" if bucket.sold_out else ""),
    )


@dataclass(frozen=True)
class _Scale:
    highest: float
    top: float
    bottom: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, 0.0), self.highest)
        return round(self.bottom - inside / self.highest * (self.bottom - self.top), 1)


def _scale(highest: float, top: float, bottom: float) -> _Scale:
    return _Scale(highest or 1.0, top, bottom)


def _dates(axes: _Axes, most: int) -> list[Tick]:
    step = max(7, 7 * math.ceil(axes.days / most / 7))
    days = (axes.first + timedelta(days=offset) for offset in range(step // 2, axes.days, step))
    return [Tick(axes.x(day), f"{day:%-d %b}") for day in days]


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _area(edges: Sequence[tuple[float, float, float]]) -> str:
    """Polygon along the low edge and back along the high one."""
    return _points([*((x, low) for x, low, _ in edges), *((x, high) for x, _, high in reversed(edges))])


def _label(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
