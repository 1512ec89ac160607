"""Geometry of the accuracy page's drawings: a staircase of layers, and lines over time or lags. Pure numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forecasting.models import Layer

LEFT, RIGHT, TOP, BOTTOM = 44.0, 12.0, 26.0, 40.0
MOST_LABELS = 8


@dataclass(frozen=True)
class Stair:
    """One layer's column, with the step from the one before it."""

    layer: str
    name: str
    x: float
    y: float
    width: float
    height: float
    value: str
    step: str
    verdict: str

    @property
    def middle(self) -> float:
        """Where its texts stand."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Staircase:
    """Columns from left to right, and the dashed lines that carry a height over to the next one."""

    width: float
    height: float
    floor: float
    stairs: list[Stair]
    links: list[tuple[float, float, float]]


@dataclass(frozen=True)
class Lines:
    """Lines of several layers over common places; `ticks` (y, text) on the left, `labels` (x, text) below."""

    width: float
    height: float
    left: float
    right: float
    floor: float
    lines: list[tuple[str, str]]
    dots: list[tuple[str, float, float, str]]
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]


def staircase(values: Sequence[tuple[Layer, float | None]], *, width: float, height: float) -> Staircase:
    """The columns of the layers that have a value; the step is in points of WAPE, better where it falls."""
    known = [(layer, value) for layer, value in values if value is not None]
    highest = max((value for _, value in known), default=0.0) or 1.0
    floor, room = height - BOTTOM, height - BOTTOM - TOP
    slot = (width - 2 * RIGHT) / max(len(known), 1)
    stairs: list[Stair] = []
    before: float | None = None
    for number, (layer, value) in enumerate(known):
        tall = round(value / highest * room, 1)
        change = None if before is None else (value - before) * 100
        stairs.append(
            Stair(
                layer=layer.value,
                name=str(layer.label),
                x=round(RIGHT + slot * number + slot * 0.14, 1),
                y=round(floor - tall, 1),
                width=round(slot * 0.72, 1),
                height=tall,
                value=f"{value * 100:.1f} %",
                step="" if change is None else f"{change:+.1f}".replace("-", "−"),
                verdict="" if change is None or abs(change) < 0.05 else "better" if change < 0 else "worse",
            )
        )
        before = value
    links = [(one.x + one.width, following.x, one.y) for one, following in pairwise(stairs)]
    return Staircase(width, height, floor, stairs, links)


def lines(
    places: Sequence[tuple[str, Mapping[str, float | None]]], layers: Sequence[Layer], *, width: float, height: float
) -> Lines:
    """Lines of the layers over the places, from zero to a round number above the highest value."""
    found = [value for _, values in places for layer in layers if (value := values.get(layer.value)) is not None]
    step = _round_step(max(found, default=1.0))
    top = step * max(math.ceil(max(found, default=1.0) / step - 1e-9), 1)
    floor, left, right = height - BOTTOM, LEFT, width - RIGHT
    apart = (right - left) / max(len(places) - 1, 1)

    def x(number: int) -> float:
        return round(left + apart * number if len(places) > 1 else (left + right) / 2, 1)

    def y(value: float) -> float:
        return round(floor - value / top * (floor - TOP), 1)

    paths, dots = [], []
    for layer in layers:
        at = [(x(number), y(value), label, value) for number, (label, values) in enumerate(places)
              if (value := values.get(layer.value)) is not None]  # fmt: skip
        if at:
            paths.append((layer.value, " ".join(f"{one[0]:g},{one[1]:g}" for one in at)))
            dots += [(layer.value, one[0], one[1], f"{layer.label}, {one[2]}: {one[3] * 100:.1f} %") for one in at]
    every = max(math.ceil(len(places) / (MOST_LABELS if width > 500 else MOST_LABELS // 2)), 1)
    return Lines(
        width=width, height=height, left=left, right=right, floor=floor, lines=paths, dots=dots,
        ticks=[(y(step * number), f"{step * number * 100:g} %") for number in range(round(top / step) + 1)],
        labels=[(x(number), label) for number, (label, _) in enumerate(places) if number % every == 0],
    )  # fmt: skip


def _round_step(highest: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which at most five reach the highest value."""
    rough = max(highest, 1e-6) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough - 1e-12)
