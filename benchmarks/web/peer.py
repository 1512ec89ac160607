"""The peer: the same two queries by bare Django REST framework, without sign-in, limits, log or metrics."""

from typing import Any

from django.urls import path
from rest_framework import generics, pagination, serializers

from inventory.models import Item


class ItemSerializer(serializers.ModelSerializer[Item]):
    """The columns that the product's items show."""

    category = serializers.CharField(source="category.path", default=None)

    class Meta:
        model = Item
        fields = (
            "id", "sku", "name", "category", "uom", "uom_decimals", "unit_cost", "unit_price", "unit_volume_m3",
            "unit_weight_kg", "shelf_life_days", "status", "active_from", "active_to", "created_at", "updated_at",
        )  # fmt: skip


class Pages(pagination.CursorPagination):
    """Keyset pages of fifty."""

    page_size = 50
    ordering = "sku"


class Open:
    """No sign-in, no permissions, no limits."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes: tuple[Any, ...] = ()
    throttle_classes: tuple[Any, ...] = ()
    queryset = Item.objects.select_related("category")
    serializer_class = ItemSerializer


class Items(Open, generics.ListAPIView[Item]):
    """Fifty items."""

    pagination_class = Pages


class OneItem(Open, generics.RetrieveAPIView[Item]):
    """One item."""


urlpatterns = [path("items", Items.as_view()), path("items/<int:pk>", OneItem.as_view())]
