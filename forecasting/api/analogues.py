"""Analogues of new items over REST."""

from typing import ClassVar

from forecasting.models import ItemAnalogue
from forecasting.services.analogues import ANALOGUES
from inventory.api.items import ItemRow
from inventory.models import Item
from stocksense.core.api.filters import CODE, EXACT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row


class ItemAnalogueRow(Row):
    """An item that a new one will sell like, times `scale`; several are weighed by `weight`."""

    item = code("item.sku", "SKU of the new item.")
    item_id = ident("Id of the new item.")
    analogue = code("analogue.sku", "SKU of the item that stands in for it.")
    analogue_id = ident("Id of the item that stands in for it.")
    chosen_by = code("chosen_by.email", "Who chose it.", null=True)
    expandable = {"item": ("item", ItemRow), "analogue": ("analogue", ItemRow)}

    class Meta:
        model = ItemAnalogue
        fields = (
            "id", "item", "item_id", "analogue", "analogue_id", "weight", "scale", "chosen_by",
            "created_at", "updated_at",
        )  # fmt: skip


class ItemAnalogueInput(Input):
    """Two items by SKU; weight and scale are 1 unless given."""

    item = Reference(Item, "sku")
    analogue = Reference(Item, "sku")

    class Meta:
        model = ItemAnalogue
        fields = ("item", "analogue", "weight", "scale")


class ItemAnalogueView(MasterView):
    """What planners say that new items will sell like. Without a say, runs look for similar items themselves."""

    resource, model, row = "item-analogues", ItemAnalogue, ItemAnalogueRow
    master, create_body, change_body = ANALOGUES, ItemAnalogueInput, ItemAnalogueInput
    permissions: ClassVar = verbs("forecasting.itemanalogue")
    filter_fields: ClassVar = {
        "item": CODE,
        "item_id": EXACT,
        "analogue": CODE,
        "analogue_id": EXACT,
        "updated_at": TIME,
    }
    ordering_fields = ("item", "updated_at")
    ordering = ("item",)
