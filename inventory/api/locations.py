"""Locations, lanes between them, and planning settings of items at them over REST."""

from typing import ClassVar

from inventory.api.items import ItemRow
from inventory.models import Item, ItemLocation, Lane, Location
from inventory.services import masters
from stocksense.company.models import Calendar
from stocksense.core.api.filters import CHOICE, CODE, EXACT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row


class LocationRow(Row):
    """A place of the company's own."""

    calendar = code("calendar.code", "Code of the calendar of days on which it receives.", null=True)
    calendar_id = ident("Id of that calendar.", null=True)

    class Meta:
        model = Location
        fields = (
            "id",
            "code",
            "name",
            "kind",
            "region",
            "storage_capacity_m3",
            "time_zone",
            "unmet_demand",
            "backorder_cost_per_day",
            "calendar",
            "calendar_id",
            "created_at",
            "updated_at",
        )


class LocationInput(Input):
    """A location, its calendar by code."""

    calendar = Reference(Calendar, "code", required=False, allow_null=True)

    class Meta:
        model = Location
        fields = (
            "code",
            "name",
            "kind",
            "region",
            "storage_capacity_m3",
            "time_zone",
            "unmet_demand",
            "backorder_cost_per_day",
            "calendar",
        )


class LocationView(MasterView):
    """The company's own places that hold stock."""

    resource, model, row = "locations", Location, LocationRow
    master, create_body, change_body = masters.LOCATIONS, LocationInput, LocationInput
    permissions: ClassVar = verbs("inventory.location")
    filter_fields: ClassVar = {"code": CODE, "kind": CHOICE, "region": CHOICE, "updated_at": TIME}
    search_fields = ("code", "name")
    ordering_fields = ("code", "updated_at")
    ordering = ("code",)


LANE_FIELDS = (
    "lead_time_days",
    "lead_time_sd_days",
    "min_quantity",
    "order_multiple",
    "cost_per_unit",
    "cost_per_shipment",
    "priority",
    "calendar",
    "is_active",
)


class LaneRow(Row):
    """A way between two own locations."""

    origin = code("origin.code", "Code of the location that goods leave.")
    origin_id = ident("Id of that location.")
    destination = code("destination.code", "Code of the location that goods come to.")
    destination_id = ident("Id of that location.")
    item = code("item.sku", "SKU of the only item that it carries; null: all.", null=True)
    item_id = ident("Id of that item.", null=True)
    calendar = code("calendar.code", "Code of the calendar of days on which goods leave.", null=True)
    expandable = {
        "origin": ("origin", LocationRow),
        "destination": ("destination", LocationRow),
        "item": ("item", ItemRow),
    }

    class Meta:
        model = Lane
        fields = (
            "id",
            "origin",
            "origin_id",
            "destination",
            "destination_id",
            "item",
            "item_id",
            *LANE_FIELDS,
            "created_at",
            "updated_at",
        )


class LaneInput(Input):
    """A lane, its ends by code and its item by SKU. Ends and item cannot change."""

    origin = Reference(Location, "code")
    destination = Reference(Location, "code")
    item = Reference(Item, "sku", required=False, allow_null=True)
    calendar = Reference(Calendar, "code", required=False, allow_null=True)

    class Meta:
        model = Lane
        fields = ("origin", "destination", "item", *LANE_FIELDS)


class LaneView(MasterView):
    """Ways of goods between own locations."""

    resource, model, row = "lanes", Lane, LaneRow
    master, create_body, change_body = masters.LANES, LaneInput, LaneInput
    permissions: ClassVar = verbs("inventory.lane")
    filter_fields: ClassVar = {
        "origin": CODE,
        "origin_id": EXACT,
        "destination": CODE,
        "destination_id": EXACT,
        "item": CODE,
        "item_id": EXACT,
        "is_active": EXACT,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)


SETTING_FIELDS = (
    "active_from",
    "active_to",
    "method",
    "review_days",
    "order_weekdays",
    "min_quantity",
    "max_quantity",
    "safety_stock",
    "service_target",
)


class ItemLocationRow(Row):
    """An item at a location, with the planner's settings; null or blank: the rule or the company's default."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}

    class Meta:
        model = ItemLocation
        fields = ("id", "item", "item_id", "location", "location_id", *SETTING_FIELDS, "created_at", "updated_at")


class ItemLocationInput(Input):
    """Settings of an item (SKU) at a location (code), which cannot change."""

    item = Reference(Item, "sku")
    location = Reference(Location, "code")

    class Meta:
        model = ItemLocation
        fields = ("item", "location", *SETTING_FIELDS)


class ItemLocationView(MasterView):
    """Which items are stocked where, and settings that differ from the rules."""

    resource, model, row = "item-locations", ItemLocation, ItemLocationRow
    master, create_body, change_body = masters.SETTINGS, ItemLocationInput, ItemLocationInput
    permissions: ClassVar = verbs("inventory.itemlocation")
    filter_fields: ClassVar = {
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "method": CHOICE,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)
