"""Items and their categories over REST."""

from typing import ClassVar

from inventory.models import Category, Item
from inventory.services import masters
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row

ITEM_FIELDS = (
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
)


class CategoryRow(Row):
    """A node of the item tree."""

    parent = code("parent.path", "Path of the category above.", null=True)
    parent_id = ident("Id of the category above.", null=True)

    class Meta:
        model = Category
        fields = ("id", "path", "name", "parent", "parent_id", "created_at", "updated_at")


class CategoryInput(Input):
    """A category: its path follows from its name and the category above."""

    parent = Reference(Category, "path", required=False, allow_null=True)

    class Meta:
        model = Category
        fields = ("name", "parent")


class CategoryView(MasterView):
    """The tree that items are sorted into."""

    resource, model, row = "categories", Category, CategoryRow
    master, create_body, change_body = masters.CATEGORIES, CategoryInput, CategoryInput
    permissions: ClassVar = verbs("inventory.category")
    filter_fields: ClassVar = {"path": CODE, "parent": CODE, "parent_id": EXACT, "updated_at": TIME}
    search_fields = ("path", "name")
    ordering_fields = ("path", "updated_at")
    ordering = ("path",)


class ItemRow(Row):
    """An item."""

    category = code("category.path", "Path of the item's category.", null=True)
    category_id = ident("Id of the item's category.", null=True)
    successor = code("successor.sku", "SKU of what replaces it.", null=True)
    successor_id = ident("Id of what replaces it.", null=True)
    expandable = {"category": ("category", CategoryRow)}

    class Meta:
        model = Item
        fields = (
            "id",
            "sku",
            "name",
            "category",
            "category_id",
            *ITEM_FIELDS,
            "successor_id",
            "created_at",
            "updated_at",
        )


class ItemInput(Input):
    """An item, its category by path and its successor by SKU."""

    category = Reference(Category, "path", required=False, allow_null=True)
    successor = Reference(Item, "sku", required=False, allow_null=True)

    class Meta:
        model = Item
        fields = ("sku", "name", "category", *ITEM_FIELDS)


class ItemView(MasterView):
    """What the company buys, stores or sells."""

    resource, model, row = "items", Item, ItemRow
    master, create_body, change_body = masters.ITEMS, ItemInput, ItemInput
    permissions: ClassVar = verbs("inventory.item")
    filter_fields: ClassVar = {
        "sku": CODE,
        "category": CODE,
        "category_id": EXACT,
        "successor": EXACT,
        "status": CHOICE,
        "unit_cost": NUMBER,
        "updated_at": TIME,
    }
    search_fields = ("sku", "name")
    ordering_fields = ("sku", "updated_at", "unit_cost")
    ordering = ("sku",)
