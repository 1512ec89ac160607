"""A resource that uses every convention, over tables that exist: what the base is tested on."""

from typing import Any, ClassVar

from django.urls import include, path
from rest_framework import serializers

from inventory.models import Category, Item
from stocksense.core.api.batches import Batched
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CODE, NUMBER, TEXT
from stocksense.core.api.inputs import Reference
from stocksense.core.api.routers import addresses
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Created, Removed
from stocksense.core.errors import Conflict
from stocksense.urls import handler400, handler403, handler404, handler500  # noqa: F401


class ItemRow(Row):
    """An item of a shelf."""

    class Meta:
        model = Item
        fields = ("id", "sku", "unit_cost")


class ShelfRow(Row):
    """A category, called shelf."""

    parent = serializers.CharField(source="parent.path", allow_null=True)
    children = {"items": Children(ItemRow, Item.objects.all, "category_id", ("sku",))}

    class Meta:
        model = Category
        fields = ("id", "path", "name", "parent")


ShelfRow.expandable = {"parent": ("parent", ShelfRow)}


class Label(serializers.Serializer[Any]):
    """What hangs on a shelf."""

    text = serializers.CharField(max_length=20)


class ShelfInput(serializers.Serializer[Any]):
    """A new shelf."""

    path = serializers.CharField(max_length=600)
    name = serializers.CharField(max_length=120, required=False, default="")
    labels = Label(many=True, required=False)
    parent = Reference(Category, "path", required=False, allow_null=True)


class ShelfChange(serializers.Serializer[Any]):
    """A changed shelf."""

    name = serializers.CharField(max_length=120)


class Renaming(serializers.Serializer[Any]):
    """A new name for several shelves."""

    ids = serializers.ListField(child=serializers.IntegerField(), max_length=10)
    name = serializers.CharField(max_length=120)


class ShelfView(Listed, Detailed, Created, Changed, Removed, Batched):
    """Shelves."""

    resource, model, row = "shelves", Category, ShelfRow
    permissions: ClassVar = {
        "list": "inventory.view_category",
        "retrieve": "inventory.view_category",
        "create": "inventory.add_category",
        "partial_update": "inventory.change_category",
        "destroy": "inventory.delete_category",
    }
    filter_fields: ClassVar = {"path": CODE, "name": TEXT, "parent": CODE, "id": NUMBER}
    search_fields = ("path", "name")
    ordering_fields = ("path", "name", "parent")
    ordering = ("path",)
    create_body, change_body = ShelfInput, ShelfChange

    def create_one(self, data: dict[str, Any]) -> Category:
        """A shelf."""
        return Category.objects.create(path=data["path"], name=data["name"], parent=data.get("parent"))

    def create_many(self, datas: list[dict[str, Any]]) -> list[Category]:
        """Shelves, at once."""
        return Category.objects.bulk_create(
            Category(path=data["path"], name=data["name"], parent=data.get("parent")) for data in datas
        )

    def change_one(self, found: Category, data: dict[str, Any]) -> None:
        """Rename it."""
        Category.objects.filter(pk=found.pk).update(**data)

    def remove_one(self, found: Category) -> None:
        """Remove it."""
        if found.name == "fixed":
            raise Conflict("This shelf is fixed to the wall.", shelf=found.pk)
        found.delete()

    @command("inventory.change_category", body=ShelfChange, answer=ShelfRow)
    def rename(self, request, pk):
        """Rename one."""
        with self.changing(pk) as found:
            self.change_one(found, self.valid())
        return self.shown(pk)

    @command("inventory.change_category", on_collection=True, path="rename", body=Renaming)
    def rename_many(self, request):
        """Rename several."""
        from rest_framework.response import Response

        data = self.valid()
        return Response({"renamed": Category.objects.filter(pk__in=data["ids"]).update(name=data["name"])})

    @command("inventory.view_category", methods=("get",))
    def size(self, request, pk):
        """How many items it holds."""
        from rest_framework.response import Response

        with self.locked(pk) as found:
            return Response({"items": found.items.count()})


urlpatterns = [path("api/v1/", include(addresses(ShelfView))), path("", include("stocksense.urls"))]
