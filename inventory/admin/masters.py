"""Master data."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from inventory.models import Category, Item, ItemLocation, Lane, Location
from inventory.services import masters, search
from stocksense.core.admin.base import number_column
from stocksense.core.admin.masters import MasterAdmin


@admin.register(Category)
class CategoryAdmin(MasterAdmin):
    """The item tree."""

    master = masters.CATEGORIES
    readonly_fields = ("path",)

    list_display = ("path", "name", "parent")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)
    search_fields = ("path__istartswith", "name__istartswith")


@admin.register(Item)
class ItemAdmin(MasterAdmin):
    """Items."""

    master = masters.ITEMS

    list_display = ("sku", "name", "category", "uom", "cost", "price", "status")
    list_filter = ("status", ("category", AutocompleteSelectFilter))
    list_select_related = ("category",)
    autocomplete_fields = ("category", "successor")
    search_fields = ("sku", "name")
    search_help_text = "Start of the SKU or of words of the name"
    cost = number_column("unit_cost", "unit cost")
    price = number_column("unit_price", "unit price")
    fieldsets = (
        (None, {"fields": (("sku", "name"), ("category", "status"), ("active_from", "active_to"), "successor")}),
        ("Units", {"fields": (("uom", "uom_decimals"), ("unit_volume_m3", "unit_weight_kg"), "shelf_life_days")}),
        ("Money", {"fields": (("unit_cost", "unit_price"),)}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Item]", search_term: str
    ) -> tuple["QuerySet[Item]", bool]:
        """By the same index as the palette and the worklist."""
        return (search.find_items(search_term, queryset) if search_term else queryset), False


@admin.register(Location)
class LocationAdmin(MasterAdmin):
    """Locations."""

    master = masters.LOCATIONS

    list_display = ("code", "name", "kind", "region", "unmet_demand", "calendar")
    list_filter = ("kind",)
    list_select_related = ("calendar",)
    autocomplete_fields = ("calendar",)
    search_fields = ("code", "name")
    search_help_text = "Start of the code or of words of the name"

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Location]", search_term: str
    ) -> tuple["QuerySet[Location]", bool]:
        """By the same index as the palette."""
        return (search.find_locations(search_term, queryset) if search_term else queryset), False


@admin.register(Lane)
class LaneAdmin(MasterAdmin):
    """Ways between locations."""

    master = masters.LANES

    list_display = ("origin", "destination", "item", "lead_time", "multiple", "priority", "is_active")
    list_filter = ("is_active", ("origin", AutocompleteSelectFilter), ("destination", AutocompleteSelectFilter))
    list_select_related = ("origin", "destination", "item")
    autocomplete_fields = ("origin", "destination", "item", "calendar")
    lead_time = number_column("lead_time_days", "lead time (d)")
    multiple = number_column("order_multiple", "multiple")
    search_fields = ("origin__code__istartswith", "destination__code__istartswith", "item__sku__istartswith")


@admin.register(ItemLocation)
class ItemLocationAdmin(MasterAdmin):
    """A planner's settings of an item at a location."""

    master = masters.SETTINGS

    list_display = (
        "item",
        "location",
        "method",
        "review_days",
        "minimum",
        "maximum",
        "safety",
        "service",
    )
    list_filter = ("method", ("location", AutocompleteSelectFilter))
    list_select_related = ("item", "location")
    autocomplete_fields = ("item", "location")
    search_fields = ("item__sku__istartswith", "location__code__istartswith")
    search_help_text = "Start of the SKU or of the location's code"
    minimum = number_column("min_quantity", "minimum")
    maximum = number_column("max_quantity", "maximum")
    safety = number_column("safety_stock", "safety stock")
    service = number_column("service_target", "service target")
