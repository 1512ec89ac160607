"""The lines of one basket: those due now, those that could be brought forward, and what fills the order up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from inventory.models import Location
from planning.engine.order_value import Lines, top_up
from planning.engine.price_breaks import PriceList, find_offers
from planning.models import OrderKind, PlannedOrder
from planning.services import decisions
from planning.services.basket.facts import Facts, read_facts
from planning.services.basket.goals import Goal, Terms, Totals, goals_of, terms_of
from planning.services.basket.held import Held, drafted
from planning.services.reads import CurrentPlan, WorklistQuery, planned_orders
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core.numeric import FloatArray
from vendors.models import Supplier

CANDIDATES = 100
"""Later proposals that are looked at to fill an order: the first ones to be released."""

ROUNDS = 6
"""Most times that an order is filled up again after price breaks made it cheaper."""

CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Hint:
    """A price break worth reaching: `more` units cost `saving` of the price less, and `net` money is left of it after
    ordering and holding costs, over the units of the larger order."""

    more: float
    saving: float
    net: float


@dataclass(frozen=True)
class BasketLine:
    """A proposal in the basket. `quantity` is what it suggests to order now; 0 for a later one that is not needed.

    is_due: to be released in the action window; else the item's next proposal, which could be brought forward.
    """

    order: PlannedOrder
    facts: Facts
    is_due: bool
    proposed: Decimal
    quantity: Decimal
    hint: Hint | None = None

    def cover(self, quantity: Decimal) -> float | None:
        """Days that the position lasts once `quantity` is ordered; None without use."""
        return (self.facts.position + float(quantity)) / self.facts.daily_use if self.facts.daily_use > 0 else None

    def price(self, quantity: Decimal) -> Decimal:
        """Company money per stock unit at this quantity: of the price break it reaches, else as the plan priced it."""
        reached = [price for start, price in self.facts.breaks if start <= float(quantity) + 1e-9]
        if reached:
            return Decimal(str(reached[-1]))
        if self.facts.breaks and self.facts.unit_cost > 0:
            return Decimal(str(self.facts.unit_cost))
        return self.order.unit_price or Decimal(0)

    def value(self, quantity: Decimal) -> Decimal:
        """Company money of this quantity; the plan's own value for the plan's own quantity."""
        if quantity == self.order.quantity:
            planned: Decimal = self.order.value
            return planned
        return (quantity * self.price(quantity)).quantize(CENT, ROUND_HALF_UP)

    def problem(self, quantity: Decimal) -> str:
        """What is wrong with a quantity, in words; blank where nothing is."""
        least, step = self.facts.min_quantity, self.facts.multiple
        if quantity > 0 and float(quantity) < least - 1e-9:
            return f"below the minimum of {least:g}"
        if quantity > 0 and step > 0 and abs(float(quantity) / step - round(float(quantity) / step)) > 1e-6:
            return f"not a multiple of {step:g}"
        return ""


@dataclass(frozen=True)
class Basket:
    """A supplier's order for one destination in the making. `totals` hold the open draft's lines too."""

    supplier: Supplier
    location: Location
    terms: Terms
    due: Sequence[BasketLine]
    later: Sequence[BasketLine]
    totals: Totals
    goals: Sequence[Goal]
    held: Held
    filled: str = ""
    reached: bool = True

    @property
    def lines(self) -> list[BasketLine]:
        """Those due, then the later ones."""
        return [*self.due, *self.later]


def open_basket(
    plan: CurrentPlan, *, supplier: Supplier, location: Location, fill: str = "", actor: User | None = None
) -> Basket:
    """The basket with its goals. `fill` ('value', 'volume' or 'weight') suggests what to add to reach that goal.

    What an open draft holds counts where the actor's approval would be added to it. A fixed number of queries.
    """
    due, later = _due(plan, supplier, location), _later(plan, supplier, location)
    standing = decisions.standings(plan.run, [*due, *later])
    facts = read_facts(plan, item_ids=[row.item_id for row in (*due, *later)], location_id=location.pk)
    known = {row.item_id for row in due}
    lines = [_line(row, facts[row.item_id], standing[row.pk].quantity, is_due=True) for row in due]
    lines += [
        _line(row, facts[row.item_id], standing[row.pk].quantity, is_due=False)
        for row in later
        if row.item_id not in known
    ]
    terms = terms_of(supplier, company.rates_on(plan.run.as_of))
    held = drafted(supplier, location, actor)
    totals = held.totals.plus(priced(lines, {line.order.pk: line.quantity for line in lines}))
    goal = next((goal for goal in goals_of(supplier, terms, totals) if goal.kind == fill), None)
    reached = True
    if goal is not None:
        lines, totals, reached = _fill_up(supplier, terms, held, lines, fill)
    lines = _with_hints(lines)
    return Basket(
        supplier,
        location,
        terms,
        [line for line in lines if line.is_due],
        sorted((line for line in lines if not line.is_due), key=_by_need),
        totals,
        goals_of(supplier, terms, totals),
        held,
        filled=goal.kind if goal else "",
        reached=reached,
    )


def priced(lines: Sequence[BasketLine], quantities: Mapping[int, Decimal]) -> Totals:
    """What these quantities (by planned order id; none: 0) come to."""
    rows = []
    for line in lines:
        quantity, item = quantities.get(line.order.pk, Decimal(0)), line.order.item
        rows.append((quantity, line.value(quantity), item.unit_volume_m3, item.unit_weight_kg))
    return Totals.of(rows)


def _due(plan: CurrentPlan, supplier: Supplier, location: Location) -> list[PlannedOrder]:
    rows = planned_orders(plan, WorklistQuery(kind=OrderKind.PURCHASE.value)).filter(supplier=supplier)
    rows = rows.filter(location=location).select_related("item", "supplier", "location").defer("trace")
    return list(rows.order_by("-cost_of_inaction", "item__sku", "pk"))


def _later(plan: CurrentPlan, supplier: Supplier, location: Location) -> list[PlannedOrder]:
    """The next proposal of each item after the action window, the first to be released first."""
    rows = planned_orders(plan, WorklistQuery(kind=OrderKind.PURCHASE.value, whole_horizon=True))
    rows = rows.filter(supplier=supplier, location=location, release_on__gt=plan.action_window_ends)
    first = rows.order_by("item_id", "release_on", "pk").distinct("item_id").values("pk")
    found = plan.rows(PlannedOrder).filter(pk__in=first).select_related("item", "supplier", "location").defer("trace")
    return list(found.order_by("release_on", "item__sku", "pk")[:CANDIDATES])


def _line(order: PlannedOrder, facts: Facts, quantity: Decimal, *, is_due: bool) -> BasketLine:
    return BasketLine(order, facts, is_due, quantity, quantity if is_due else Decimal(0))


def _by_need(line: BasketLine) -> tuple[bool, float, str]:
    cover = line.cover(Decimal(0))
    return line.quantity == 0, cover if cover is not None else float("inf"), line.order.item.sku


def _fill_up(
    supplier: Supplier, terms: Terms, held: Held, lines: list[BasketLine], kind: str
) -> tuple[list[BasketLine], Totals, bool]:
    """Lines filled up to a goal. Repeated, because a price break that is reached takes money off the order again."""
    for _ in range(ROUNDS):
        totals = held.totals.plus(priced(lines, {line.order.pk: line.quantity for line in lines}))
        goal = next(goal for goal in goals_of(supplier, terms, totals) if goal.kind == kind)
        if not goal.missing:
            return lines, totals, True
        lines, reached = _filled(lines, goal)
        if not reached:
            return lines, totals, False
    totals = held.totals.plus(priced(lines, {line.order.pk: line.quantity for line in lines}))
    return lines, totals, True


def _filled(lines: list[BasketLine], goal: Goal) -> tuple[list[BasketLine], bool]:
    """Quantities raised until the goal is reached, by the lowest days of cover; unchanged where it cannot be."""
    if not lines or not goal.missing:
        return lines, True
    sizes = {
        "value": [float(line.price(line.quantity or line.proposed)) for line in lines],
        "volume": [float(line.order.item.unit_volume_m3 or 0) for line in lines],
        "weight": [float(line.order.item.unit_weight_kg or 0) for line in lines],
    }[goal.kind]
    ordered = _column([float(line.quantity) for line in lines])
    position = _column([line.facts.position for line in lines]) + ordered
    multiple = _column([line.facts.multiple or 10.0**-line.order.item.uom_decimals for line in lines])
    smallest = np.maximum(_column([line.facts.min_quantity for line in lines]), multiple)
    first = np.where(ordered > 0, multiple, np.ceil(smallest / multiple - 1e-9) * multiple)
    found = top_up(
        Lines(
            group=np.zeros(len(lines), dtype=np.int64),
            position=position,
            daily_use=_column([line.facts.daily_use for line in lines]),
            unit_cost=_column(sizes),
            first=first,
            multiple=multiple,
            limit=np.maximum(_column([line.facts.limit for line in lines]) - position, 0.0),
        ),
        np.array([float(goal.missing)]),
    )
    raised = [
        replace(line, quantity=_countable(float(line.quantity) + added, line.order.item.uom_decimals))
        for line, added in zip(lines, found.added.tolist(), strict=True)
    ]
    return raised, bool(found.reached[0])


def _with_hints(lines: list[BasketLine]) -> list[BasketLine]:
    """Lines due now with a better price close by, net of what the larger order costs to hold."""
    rows = [number for number, line in enumerate(lines) if line.is_due and line.facts.breaks and line.quantity > 0]
    if not rows:
        return lines
    chosen = [lines[number] for number in rows]
    starts = [(row, *pair) for row, line in enumerate(chosen) for pair in line.facts.breaks]
    prices = PriceList.from_rows(
        _column([line.facts.unit_cost for line in chosen]),
        np.array([row for row, _, _ in starts], dtype=np.int64),
        _column([start for _, start, _ in starts]),
        _column([price for _, _, price in starts]),
    )
    quantity = _column([float(line.quantity) for line in chosen])
    offers = find_offers(
        quantity,
        prices,
        multiple=_column([line.facts.multiple for line in chosen]),
        order_cost=_column([line.facts.order_cost for line in chosen]),
        holding_per_day=_column([line.facts.holding_per_day for line in chosen]),
        daily_use=_column([line.facts.daily_use for line in chosen]),
        limit=_column([max(line.facts.limit - line.facts.position, 0.0) for line in chosen]),
    )
    hinted = list(lines)
    for row, column in enumerate(offers.cheapest().tolist()):
        if not column:
            continue
        more = float(offers.quantity[row, column] - quantity[row])
        now, then = float(offers.unit_cost[row, 0]), float(offers.unit_cost[row, column])
        net = float(offers.cost_per_unit[row, 0] - offers.cost_per_unit[row, column]) * float(
            offers.quantity[row, column]
        )
        if then < now:
            hinted[rows[row]] = replace(chosen[row], hint=Hint(more, (now - then) / now, net))
    return hinted


def _column(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)


def _countable(quantity: float, decimals: int) -> Decimal:
    return round(Decimal(str(quantity)), decimals)
