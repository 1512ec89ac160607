"""Where a week's supply comes from, and what an order serves: the plan's pegging as nested lists, loaded on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date

from inventory.models import Item
from planning.admin import places
from planning.models import SupplyKind
from planning.services import pegging
from planning.services.item_location import ItemAtLocation
from planning.services.pegging import Supply, Use
from stocksense.core.admin import formats

NAMES = ("week", "order")
WEEKS = 13
SHORT = 12
"""Branches of a tree that is shown unfolded."""

LONGEST_ID = 18
"""Digits of the largest id that a page can name."""


@dataclass(frozen=True)
class Node:
    """A line of a tree."""

    quantity: str
    text: str
    url: str
    children: tuple["Node", ...]


@dataclass(frozen=True)
class Tree:
    """A tree with what it answers; `empty` says why there is none."""

    title: str
    nodes: tuple[Node, ...]
    empty: str

    @property
    def is_short(self) -> bool:
        """Whether the whole tree can be looked at at once."""
        return len(self.nodes) <= SHORT


def view(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """The tree that the query asks for, as a piece of the page."""
    return render(request, "planning/item/tree.html", {"tree": asked_for(request, item_id, location_id)})


def card(request: HttpRequest, facts: ItemAtLocation) -> dict[str, Any] | None:
    """What can be picked, and the tree where the page was asked for one."""
    if facts.plan is None or facts.projection is None:
        return None
    today = facts.plan.run.as_of
    weeks = [today + timedelta(weeks=number) for number in range(WEEKS)]
    return {
        "weeks": [{"value": day.isoformat(), "name": f"7 days from {formats.day(day)}"} for day in weeks],
        "orders": [*_open_orders(facts), *_proposals(facts)],
        "week": request.GET.get("week", ""),
        "order": request.GET.get("order", ""),
        "tree": asked_for(request, facts.item.pk, facts.location.pk)
        if any(request.GET.get(name) for name in NAMES)
        else None,
    }


def asked_for(request: HttpRequest, item_id: int, location_id: int) -> Tree:
    """The tree of `?week=<first day>` or `?order=<number of an open order, or # and the id of a planned one>`."""
    item = Item.objects.filter(pk=item_id).first()
    if item is None:
        raise Http404("There is no such item.")
    unit, decimals = item.uom, item.uom_decimals
    order = request.GET.get("order", "")
    if order:
        planned = int(order[1:]) if order.startswith("#") and _is_id(order[1:]) else None
        uses = pegging.where_used(
            item_id=item_id, planned_order_id=planned, order_number="" if order.startswith("#") else order[:64]
        )
        urls = places.order_urls({use.order_number for use in _all(uses, "uses") if use.order_number})
        nodes = tuple(_use(use, item_id, unit, decimals, urls) for use in uses)
        return Tree("What it serves", nodes, "It serves nothing within the days that are kept.")
    day = _day(request.GET.get("week", ""))
    if day is None:
        return Tree("", (), "Pick a week or an order.")
    supplies = pegging.supply_tree(item_id=item_id, location_id=location_id, day=day, until=day + timedelta(days=6))
    urls = places.order_urls({one.order_number for one in _all(supplies, "sources") if one.order_number})
    nodes = tuple(_supply(one, item_id, unit, decimals, urls) for one in supplies)
    return Tree(
        f"What serves the customers here from {formats.day(day)} to {formats.day(day + timedelta(days=6))}",
        nodes,
        "No supply serves customers here in that week: they ask for nothing, or get nothing. What this location "
        "sends on to others shows under an order.",
    )


def _open_orders(facts: ItemAtLocation) -> list[dict[str, str]]:
    return [
        {
            "value": row.order_number,
            "name": f"{row.order_number}: {formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals)}, "
            f"due {formats.day(row.due_on)}",
        }
        for row in facts.receipts
    ]


def _proposals(facts: ItemAtLocation) -> list[dict[str, str]]:
    return [
        {
            "value": f"#{row.pk}",
            "name": f"planned {formats.quantity(row.quantity, facts.item.uom, facts.item.uom_decimals)}, "
            f"arrives {formats.day(row.due_on)}",
        }
        for row in facts.orders[:WEEKS]
    ]


def _supply(one: Supply, item_id: int, unit: str, decimals: int, urls: dict[str, str]) -> Node:
    arrives = f", arrives {formats.day(one.arrives_on)}" if one.arrives_on else ""
    source = f" from {one.source}" if one.source else ""
    names = {
        SupplyKind.STOCK: f"on hand at {one.location}",
        SupplyKind.RECEIPT: f"{one.order_number}{source} to {one.location}{arrives}",
        SupplyKind.ORDER: f"planned order{source} to {one.location}{arrives}",
    }
    return Node(
        formats.quantity(one.quantity, unit, decimals),
        names[one.kind],
        urls.get(one.order_number) or places.item_location_url(item_id, one.location_id),
        tuple(_supply(below, item_id, unit, decimals, urls) for below in one.sources),
    )


def _use(use: Use, item_id: int, unit: str, decimals: int, urls: dict[str, str]) -> Node:
    span = formats.day(use.need_from)
    if use.need_to != use.need_from:
        span = f"{span} to {formats.day(use.need_to)}"
    if use.is_transfer:
        text = f"moves on to {use.location} with {use.order_number or 'a planned transfer'}, {span}"
    else:
        text = f"customers of {use.location}, {span}"
    return Node(
        formats.quantity(use.quantity, unit, decimals),
        text,
        urls.get(use.order_number) or places.item_location_url(item_id, use.location_id),
        tuple(_use(below, item_id, unit, decimals, urls) for below in use.uses),
    )


def _all(nodes: Sequence[Any], below: str) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        found += [node, *_all(getattr(node, below), below)]
    return found


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_ID
