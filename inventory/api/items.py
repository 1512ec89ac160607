"""Items over REST."""

from typing import ClassVar

from rest_framework import serializers

from inventory.models import Category, Item
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TEXT, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class CategoryRow(Row):
    """A node of the item tree."""

    parent = serializers.CharField(source="parent.path", allow_null=True, help_text="Path of the category above.")

    class Meta:
        model = Category
        fields = ("id", "path", "name", "parent", "created_at", "updated_at")


class ItemRow(Row):
    """An item."""

    category = serializers.CharField(source="category.path", allow_null=True, help_text="Path of the item's category.")
    successor = serializers.CharField(source="successor.sku", allow_null=True, help_text="SKU of what replaces it.")
    expandable = {"category": ("category", CategoryRow)}

    class Meta:
        model = Item
        fields = (
            "id",
            "sku",
            "name",
            "category",
            "uom",
            "uom_decimals",
            "unit_cost",
            "unit_price",
            "unit_volume_m3",
            "unit_weight_kg",
            "shelf_life_days",
            "status",
            "active_from",
            "active_to",
            "successor",
            "created_at",
            "updated_at",
        )


class ItemView(Listed, Detailed):
    """What the company buys, stores or sells."""

    resource, model, row = "items", Item, ItemRow
    permissions: ClassVar = {"list": "inventory.view_item", "retrieve": "inventory.view_item"}
    filter_fields: ClassVar = {
        "sku": CODE,
        "name": TEXT,
        "category": CODE,
        "status": CHOICE,
        "unit_cost": NUMBER,
        "updated_at": TIME,
    }
    search_fields = ("sku", "name")
    ordering_fields = ("sku", "name", "updated_at", "unit_cost")
    ordering = ("sku",)
