"""Suppliers and what they offer."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from stocksense.accounts.admin.people import UserAdmin
from stocksense.accounts.roles import Role
from stocksense.core.admin.base import EditableInline, number_column
from stocksense.core.admin.masters import MasterAdmin
from stocksense.core.database.search import matching
from vendors.models import PriceBreak, Supplier, SupplierContact, SupplierItem
from vendors.services import masters


class SupplierContactInline(EditableInline):
    """Who may sign in for the supplier."""

    model = SupplierContact
    autocomplete_fields = ("user",)


class SupplierOfPersonInline(EditableInline):
    """For whom somebody of a supplier signs in, on the person's own page."""

    model = SupplierContact
    role = Role.SUPPLIER
    hide_title = False
    autocomplete_fields = ("supplier",)
    extra = max_num = 1
    verbose_name = "supplier whose orders and terms this person sees"


UserAdmin.inlines = (*UserAdmin.inlines, SupplierOfPersonInline)


@admin.register(Supplier)
class SupplierAdmin(MasterAdmin):
    """Suppliers."""

    master = masters.SUPPLIERS

    list_display = ("code", "name", "email", "currency", "min_order_value", "is_active")
    list_filter = ("is_active",)
    autocomplete_fields = ("calendar",)
    search_fields = ("code", "name")
    search_help_text = "Start of the code or of words of the name"
    inlines = (SupplierContactInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Supplier]", search_term: str
    ) -> tuple["QuerySet[Supplier]", bool]:
        """By the same index as the palette."""
        return (matching(queryset, search_term, code="code", name="name") if search_term else queryset), False


class PriceBreakInline(EditableInline):
    """Prices from a quantity on."""

    model = PriceBreak


@admin.register(SupplierItem)
class SupplierItemAdmin(MasterAdmin):
    """Terms of suppliers for items."""

    master = masters.TERMS

    list_display = (
        "supplier",
        "item",
        "location",
        "valid_from",
        "valid_to",
        "lead_time",
        "minimum",
        "multiple",
        "price",
        "priority",
    )
    list_filter = (("supplier", AutocompleteSelectFilter),)
    list_select_related = ("supplier", "item", "location")
    autocomplete_fields = ("supplier", "item", "location")
    search_fields = ("item__sku__istartswith", "supplier__code__istartswith")
    search_help_text = "Start of the SKU or of the supplier's code"
    lead_time = number_column("lead_time_days", "lead time (d)")
    minimum = number_column("moq", "MOQ")
    multiple = number_column("order_multiple", "multiple")
    price = number_column("unit_price", "price")
    inlines = (PriceBreakInline,)
