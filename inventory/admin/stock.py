"""The ledger, to look at."""

from django.contrib import admin

from inventory.models import StockMovement
from stocksense.core.admin.base import ReadOnlyAdmin


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """Every change of stock, newest first."""

    list_display = ("moved_at", "item", "location", "kind", "quantity", "balance_after", "reference", "actor")
    list_filter = ("kind",)
    list_select_related = ("item", "location", "actor")
    search_fields = ("item__sku__istartswith",)
    search_help_text = "Start of the SKU"
