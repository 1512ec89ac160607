"""The way of goods through a plan: from a day's demand up to suppliers, and from a supply down to demand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from planning.models import Pegging, PlannedOrder, SupplyKind
from planning.services import reads
from planning.services.reads import CurrentPlan
from vendors.models import PurchaseOrder

MOST_LEVELS = 12
"""Deeper than any network; a circle among open transfers ends here at the latest."""


@dataclass(frozen=True)
class Supply:
    """Units of one supply at a location that serve what stands above it.

    kind: stock, receipt (an open order) or order (a planned order). quantity: stock units of it that go there.
    need_from, need_to: days on which they are used or leave. arrives_on: None for stock on hand. order_number: of an
    open order; planned_order_id: of a planned one. source: code of the supplier or origin it comes from, blank for
    stock on hand and where the supplier of an order is not known. sources: what the origin takes a transfer from.
    """

    kind: SupplyKind
    location_id: int
    location: str
    quantity: Decimal
    need_from: date
    need_to: date
    arrives_on: date | None = None
    order_number: str = ""
    planned_order_id: int | None = None
    source: str = ""
    sources: tuple["Supply", ...] = ()


@dataclass(frozen=True)
class Use:
    """Units of a supply that serve a location: its own customers, or (with `uses`) a transfer to another location.

    quantity: stock units of the supply above. need_from, need_to: days on which they are used here, or leave for
    `location`. order_number, planned_order_id: the open or planned transfer they leave with; blank and None for
    the location's own customers.
    """

    location_id: int
    location: str
    quantity: Decimal
    need_from: date
    need_to: date
    order_number: str = ""
    planned_order_id: int | None = None
    uses: tuple["Use", ...] = ()

    @property
    def is_transfer(self) -> bool:
        """Whether the units move on."""
        return bool(self.order_number) or self.planned_order_id is not None


def supply_tree(
    *, item_id: int, location_id: int, day: date, until: date | None = None, plan: CurrentPlan | None = None
) -> tuple[Supply, ...]:
    """What serves a location's customers on `day` in the current plan, in order of arrival, each up to its suppliers.

    `until`: last day of a span that begins on `day`; without it the day alone.

    Units that a transfer is made of are shown below it, whole: of a transfer of 30 that serves the day with 4 they
    are 30. Empty where nothing does, and beyond the days that are kept (`pegging_rows.PEGGED_DAYS`).
    One query per level of the network, and two for names.
    """
    rows = _rows(item_id, plan)
    if rows is None:
        return ()
    last = until or day
    levels = [list(rows.filter(location=location_id, downstream_location=None, need_from__lte=last, need_to__gte=day))]
    seen: set[str] = set()
    while len(levels) < MOST_LEVELS:
        moved = [row for row in levels[-1] if row.origin_id is not None and _supply_key(row) not in seen]
        seen.update(_supply_key(row) for row in moved)
        above = list(rows.filter(_leaving_with(moved))) if moved else []
        if not above:
            break
        levels.append(above)
    return _assemble_supplies(levels, _source_names(levels))


def where_used(
    *, item_id: int, planned_order_id: int | None = None, order_number: str = "", plan: CurrentPlan | None = None
) -> tuple[Use, ...]:
    """Which demand an order serves in the current plan: days of its destination's customers, and transfers onward.

    Name the planned order or the number of the open one. Units of a transfer that mixes supplies are followed
    whole. Empty for an order that serves nothing within the days that are kept. One query per level of the network.
    """
    rows = _rows(item_id, plan)
    if rows is None or not (planned_order_id or order_number):
        return ()
    by_id = Q(planned_order_id=planned_order_id) if planned_order_id else Q(pk__in=[])
    by_number = Q(order_number=order_number) if order_number else Q(pk__in=[])
    levels = [list(rows.filter(by_id | by_number))]
    seen = {order_number or f"#{planned_order_id}"}
    while len(levels) < MOST_LEVELS:
        moved = [row for row in levels[-1] if row.downstream_location_id and _use_key(row) not in seen]
        seen.update(_use_key(row) for row in moved)
        below = list(rows.filter(_arriving_with(moved))) if moved else []
        if not below:
            break
        levels.append(below)
    return _assemble_uses(levels)


def _rows(item_id: int, plan: CurrentPlan | None) -> "QuerySet[Pegging] | None":
    plan = plan or reads.current_plan()
    if plan is None:
        return None
    rows: QuerySet[Pegging] = plan.rows(Pegging).filter(item=item_id)
    return rows.select_related("location", "origin", "downstream_location").order_by("arrives_on", "need_from", "pk")


def _supply_key(row: Pegging) -> str:
    """The order that brings the units; blank for stock."""
    return row.order_number or (f"#{row.planned_order_id}" if row.planned_order_id else "")


def _use_key(row: Pegging) -> str:
    """The transfer that the units leave with; blank for the location's own customers."""
    return row.downstream_number or (f"#{row.downstream_order_id}" if row.downstream_order_id else "")


def _leaving_with(rows: Sequence[Pegging]) -> Q:
    """Units at origins that leave with the transfers that `rows` arrived with."""
    return Q(downstream_order_id__in={row.planned_order_id for row in rows if row.planned_order_id}) | Q(
        downstream_number__in={row.order_number for row in rows if row.order_number}
    )


def _arriving_with(rows: Sequence[Pegging]) -> Q:
    """Units at destinations that arrive with the transfers that `rows` leave with."""
    return Q(planned_order_id__in={row.downstream_order_id for row in rows if row.downstream_order_id}) | Q(
        order_number__in={row.downstream_number for row in rows if row.downstream_number}
    )


def _assemble_supplies(levels: Sequence[Sequence[Pegging]], names: dict[str, str]) -> tuple[Supply, ...]:
    """The tree, built from its deepest level."""
    below: dict[str, tuple[Supply, ...]] = {}
    supplies: tuple[Supply, ...] = ()
    for level in reversed(levels):
        built = [(row, replace(_supply(row, names), sources=below.get(_supply_key(row), ()))) for row in level]
        below = {}
        for row, supply in built:
            below[_use_key(row)] = (*below.get(_use_key(row), ()), supply)
        supplies = tuple(supply for _, supply in built)
    return supplies


def _supply(row: Pegging, names: dict[str, str]) -> Supply:
    return Supply(
        kind=SupplyKind(row.supply_kind),
        location_id=row.location_id,
        location=row.location.code,
        quantity=row.quantity,
        need_from=row.need_from,
        need_to=row.need_to,
        arrives_on=row.arrives_on,
        order_number=row.order_number,
        planned_order_id=row.planned_order_id,
        source=row.origin.code if row.origin else names.get(_supply_key(row), ""),
    )


def _assemble_uses(levels: Sequence[Sequence[Pegging]]) -> tuple[Use, ...]:
    below: dict[str, tuple[Use, ...]] = {}
    uses: tuple[Use, ...] = ()
    for level in reversed(levels):
        built = [(row, replace(_use(row), uses=below.get(_use_key(row), ()))) for row in level]
        below = {}
        for row, use in built:
            below[_supply_key(row)] = (*below.get(_supply_key(row), ()), use)
        uses = tuple(use for _, use in built)
    return uses


def _use(row: Pegging) -> Use:
    to = row.downstream_location or row.location
    return Use(
        location_id=to.pk,
        location=to.code,
        quantity=row.quantity,
        need_from=row.need_from,
        need_to=row.need_to,
        order_number=row.downstream_number,
        planned_order_id=row.downstream_order_id,
    )


def _source_names(levels: Iterable[Sequence[Pegging]]) -> dict[str, str]:
    """Codes of the suppliers of the orders in a tree, by the key of the order."""
    bought = [row for level in levels for row in level if row.origin_id is None]
    numbers = {row.order_number for row in bought if row.order_number}
    planned = {row.planned_order_id for row in bought if row.planned_order_id}
    names = dict(PurchaseOrder.objects.filter(number__in=numbers).values_list("number", "supplier__code"))
    dates = {row.run_date for row in bought}
    orders = PlannedOrder.objects.filter(pk__in=planned, run_date__in=dates).values_list("pk", "supplier__code")
    return names | {f"#{number}": code or "" for number, code in orders}
