"""What the plan knows of an item at a location over REST: position, levels, supply, projection; and trials of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.dateparse import parse_date
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from inventory.models import ItemLocation, ScheduledReceipt
from inventory.services.positions import StockPosition
from planning.api.answers import supplied, tried, used
from planning.services import pegging
from planning.services.explain import explain_policy
from planning.services.item_location import ItemAtLocation, read_item_location
from planning.services.what_if import what_if
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CODE, EXACT, refuse_unknown
from stocksense.core.api.masters import code, ident
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.rows import Json, Row
from stocksense.core.api.views import SHAPE_PARAMETERS, Detailed, Listed

LONGEST_NUMBER = 64


class ItemPlanRow(Row):
    """An item at a location. Its object says what the current plan knows of it."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}

    class Meta:
        model = ItemLocation
        fields = ("id", "item", "item_id", "location", "location_id")


class WhatIfBody(serializers.Serializer[Any]):
    """Parameters to try; those that are left out stay as they are."""

    service_target = serializers.FloatField(required=False, help_text="Share of cycles without a stock-out.")
    lead_time_days = serializers.FloatField(required=False)
    review_days = serializers.FloatField(required=False)
    demand_factor = serializers.FloatField(required=False, help_text="Multiplies the forecast.")


class ItemPlanView(Listed, Detailed):
    """What the baseline's current plan knows of each item at each location."""

    resource, model, row = "item-location-plans", ItemLocation, ItemPlanRow
    permissions: ClassVar = {"list": "planning.view_projection", "retrieve": "planning.view_projection"}
    filter_fields: ClassVar = {"item": CODE, "item_id": EXACT, "location": CODE, "location_id": EXACT}
    ordering_fields = ("id",)
    ordering = ("id",)

    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """Read one item-location's plan.

        Its position, levels with their explanation, supply, projection, proposals and exceptions.
        """
        if "fields" in request.query_params:  # some of the row's own: nothing needs to be planned for them
            return super().retrieve(request, pk)
        refuse_unknown(request.query_params, SHAPE_PARAMETERS)
        place, shown = self.represent(pk), self.represent(pk, shape=self.shape(detail=True))
        facts = read_item_location(item_id=place["item_id"], location_id=place["location_id"])
        return self._answer({**shown, **_facts(facts)})

    @command("planning.view_projection", methods=("get",))
    def pegging(self, request: Request, pk: str) -> Response:
        """Say what serves customers on some days, or what an open order serves.

        With `day` (and `until`): all supply of those days, up to its suppliers.

        With `order_number`: the order's uses.
        """
        query = request.query_params
        refuse_unknown(query, ("day", "until", "order_number"))
        place = self.represent(pk)
        if number := query.get("order_number"):
            _alone(query, "order_number")
            uses = pegging.where_used(item_id=place["item_id"], order_number=number[:LONGEST_NUMBER])
            return Response({"uses": [used(use) for use in uses]})
        day, until = _day(query, "day"), _day(query, "until")
        if day is None:
            raise UnknownParameters({"day": ["Name a day, or an order_number."]})
        found = pegging.supply_tree(
            item_id=place["item_id"], location_id=place["location_id"], day=day, until=until or day
        )
        return Response({"supplies": [supplied(one) for one in found]})

    @command("planning.view_projection", body=WhatIfBody, if_match=False)
    def what_if(self, request: Request, pk: str) -> Response:
        """Show the plan as it is beside the plan with other parameters. Nothing is kept."""
        body = self.valid()
        place = self.represent(pk)
        return Response(tried(what_if(item_id=place["item_id"], location_id=place["location_id"], **body)))


def _alone(query: Mapping[str, str], name: str) -> None:
    others = [other for other in query if other != name]
    if others:
        raise UnknownParameters({other: [f"Give {name} alone."] for other in others})


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise UnknownParameters({name: ["Write a day as 2026-03-31."]})
    return found


def _facts(facts: ItemAtLocation) -> Json:
    plan, policy, projection = facts.plan, facts.policy, facts.projection
    return {
        "run": plan.run.pk if plan else None,
        "as_of": plan.run.as_of if plan else None,
        "stock_as_of": facts.stock_as_of,
        "position": _position(facts.position),
        "supplier": facts.supplier.code if facts.supplier else None,
        "origin": facts.origin.code if facts.origin else None,
        "policy": None
        if policy is None
        else {
            "id": policy.pk,
            "method": policy.method,
            "reorder_point": policy.reorder_point,
            "order_up_to": policy.order_up_to,
            "safety_stock": policy.safety_stock,
            "service_target": policy.service_target,
            "lead_time_days": policy.lead_time_days,
            "review_days": policy.review_days,
            "explanation": explain_policy(policy),
        },
        "receipts": _receipts(facts.receipts),
        "outgoing": _receipts(facts.outgoing),
        "projection": None
        if projection is None
        else {
            "first_date": projection.first_date,
            "on_hand_mean": projection.on_hand_mean,
            "on_hand_p10": projection.on_hand_p10,
            "on_hand_p90": projection.on_hand_p90,
            "on_hand_without_orders": projection.on_hand_without_orders,
        },
        "planned_orders": [
            {
                "id": row.pk,
                "kind": row.kind,
                "quantity": row.quantity,
                "release_on": row.release_on,
                "due_on": row.due_on,
                "decision": row.decision,  # type: ignore[attr-defined]
            }
            for row in facts.orders
        ],
        "exceptions": [
            {"id": row.pk, "kind": row.kind, "cost_of_inaction": row.cost_of_inaction, "message": row.message}
            for row in facts.exceptions
        ],
    }


def _position(position: StockPosition) -> Json:
    parts = ("on_hand", "blocked", "allocated", "outbound", "available", "on_order", "backorders", "position")
    return {name: getattr(position, name) for name in parts}


def _receipts(rows: Sequence[ScheduledReceipt]) -> list[Json]:
    return [
        {
            "kind": row.kind,
            "order_number": row.order_number,
            "quantity": row.quantity,
            "due_on": row.due_on,
            "is_draft": row.is_draft,
            "is_shipped": row.is_shipped,
        }
        for row in rows
    ]
