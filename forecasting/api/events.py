"""Demand events over REST."""

from typing import ClassVar

from rest_framework import serializers

from forecasting.models import DemandEvent
from forecasting.services import events
from inventory.api.items import CategoryRow, ItemRow
from inventory.api.locations import LocationRow
from inventory.models import Category, Item, Location
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TEXT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row


class DemandEventRow(Row):
    """A promotion or another happening that moves demand."""

    item = code("item.sku", "SKU of the item; null: every item, or all of the category.", null=True)
    item_id = ident("Id of the item.", null=True)
    category = code("category.path", "Path of the category whose items it reaches, with all below it.", null=True)
    category_id = ident("Id of the category.", null=True)
    location = code("location.code", "Code of the location; null: everywhere.", null=True)
    location_id = ident("Id of the location.", null=True)
    expected_without = serializers.FloatField(
        source="expected.baseline",
        allow_null=True,
        help_text="Units expected in its buckets without it; null: unknown.",
    )
    expected_uplift = serializers.FloatField(
        source="expected.uplift",
        allow_null=True,
        help_text="Units that the newest forecast which saw it ahead expected it to add; null: unknown.",
    )
    expandable = {
        "item": ("item", ItemRow),
        "category": ("category", CategoryRow),
        "location": ("location", LocationRow),
    }

    class Meta:
        model = DemandEvent
        fields = (
            "id", "kind", "item", "item_id", "category", "category_id", "location", "location_id",
            "start_date", "end_date", "price", "label", "expected_without", "expected_uplift",
            "created_at", "updated_at",
        )  # fmt: skip


class DemandEventInput(Input):
    """An event of an item (by SKU), of a category (by path) or of everything, at a location or (null) everywhere."""

    item = Reference(Item, "sku", required=False, allow_null=True)
    category = Reference(Category, "path", required=False, allow_null=True)
    location = Reference(Location, "code", required=False, allow_null=True)

    class Meta:
        model = DemandEvent
        fields = ("kind", "item", "category", "location", "start_date", "end_date", "price", "label")


class DemandEventView(MasterView):
    """What moves demand, the newest first."""

    resource, model, row = "demand-events", DemandEvent, DemandEventRow
    master, create_body, change_body = events.EVENTS, DemandEventInput, DemandEventInput
    permissions: ClassVar = verbs("forecasting.demandevent")
    filter_fields: ClassVar = {
        "kind": CHOICE,
        "item": (*CODE, "isnull"),
        "item_id": EXACT,
        "category": (*CODE, "isnull"),
        "category_id": EXACT,
        "location": (*CODE, "isnull"),
        "start_date": TIME,
        "end_date": (*TIME, "isnull"),
        "price": NUMBER,
        "label": TEXT,
        "updated_at": TIME,
    }
    ordering_fields = ("start_date", "end_date", "item", "updated_at")
    ordering = ("-start_date",)
