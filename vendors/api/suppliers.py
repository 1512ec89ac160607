"""Suppliers, their terms and price breaks over REST."""

from typing import ClassVar

from rest_framework import serializers

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from inventory.api.stock import DAYS
from inventory.models import Item, Location
from stocksense.company.models import Calendar
from stocksense.core.api.filters import CODE, EXACT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from vendors.api.own import REACH_OWN, SupplierScoped
from vendors.models import PriceBreak, Supplier, SupplierItem
from vendors.services import masters

SUPPLIER_FIELDS = (
    "name",
    "email",
    "currency",
    "order_cost",
    "min_order_value",
    "truck_volume_m3",
    "truck_weight_kg",
    "calendar",
    "is_active",
)


class SupplierRow(Row):
    """A company that goods are bought from."""

    calendar = code("calendar.code", "Code of the calendar of days on which it works.", null=True)

    class Meta:
        model = Supplier
        fields = ("id", "code", *SUPPLIER_FIELDS, "created_at", "updated_at")


class SupplierInput(Input):
    """A supplier, its calendar by code. The code cannot change."""

    calendar = Reference(Calendar, "code", required=False, allow_null=True)

    class Meta:
        model = Supplier
        fields = ("code", *SUPPLIER_FIELDS)


class SupplierView(MasterView):
    """Companies that goods are bought from."""

    resource, model, row = "suppliers", Supplier, SupplierRow
    master, create_body, change_body = masters.SUPPLIERS, SupplierInput, SupplierInput
    permissions: ClassVar = verbs("vendors.supplier")
    filter_fields: ClassVar = {"code": CODE, "is_active": EXACT, "updated_at": TIME}
    search_fields = ("code", "name")
    ordering_fields = ("code", "updated_at")
    ordering = ("code",)


class PriceBreakRow(Row):
    """The price from a quantity on, order unit and supplier's currency."""

    supplier = code("supplier_item.supplier.code", "Code of the supplier.")
    item = code("supplier_item.item.sku", "SKU of the item.")
    supplier_item_id = ident("Id of the term.")

    class Meta:
        model = PriceBreak
        fields = (
            "id",
            "supplier_item_id",
            "supplier",
            "item",
            "min_quantity",
            "unit_price",
            "is_active",
            "created_at",
            "updated_at",
        )


class PriceBreakInput(Input):
    """A price break of a term (by id). Term and quantity cannot change."""

    supplier_item = serializers.PrimaryKeyRelatedField(queryset=SupplierItem.objects.all(), help_text="Id of the term.")

    class Meta:
        model = PriceBreak
        fields = ("supplier_item", "min_quantity", "unit_price", "is_active")


class PriceBreakView(MasterView):
    """Lower prices from a quantity on."""

    resource, model, row = "price-breaks", PriceBreak, PriceBreakRow
    master, create_body, change_body = masters.PRICE_BREAKS, PriceBreakInput, PriceBreakInput
    permissions: ClassVar = verbs("vendors.pricebreak")
    filter_fields: ClassVar = {
        "supplier_item_id": EXACT,
        "supplier": CODE,
        "item": CODE,
        "is_active": EXACT,
        "updated_at": TIME,
    }
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)


TERM_FIELDS = (
    "valid_from",
    "valid_to",
    "lead_time_days",
    "lead_time_sd_days",
    "order_uom",
    "units_per_order_uom",
    "moq",
    "order_multiple",
    "unit_price",
    "priority",
    "share",
)


class BreakOfTermRow(Row):
    """A price break as its term shows it."""

    class Meta:
        model = PriceBreak
        fields = ("id", "min_quantity", "unit_price")


def _breaks() -> Children:
    return Children(
        BreakOfTermRow, lambda: PriceBreak.objects.filter(is_active=True), "supplier_item_id", ("min_quantity",)
    )


class TermRow(Row):
    """What a supplier offers for an item over a span of days; quantities and price in the order unit."""

    supplier = code("supplier.code", "Code of the supplier.")
    supplier_id = ident("Id of the supplier.")
    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the only location that it holds for; null: any.", null=True)
    location_id = ident("Id of that location.", null=True)
    expandable = {
        "supplier": ("supplier", SupplierRow),
        "item": ("item", ItemRow),
        "location": ("location", LocationRow),
    }
    children: ClassVar = {"price_breaks": _breaks()}

    class Meta:
        model = SupplierItem
        fields = (
            "id",
            "supplier",
            "supplier_id",
            "item",
            "item_id",
            "location",
            "location_id",
            *TERM_FIELDS,
            "created_at",
            "updated_at",
        )


class TermInput(Input):
    """A term: supplier and location by code, item by SKU. These and the first day cannot change."""

    supplier = Reference(Supplier, "code")
    item = Reference(Item, "sku")
    location = Reference(Location, "code", required=False, allow_null=True)

    class Meta:
        model = SupplierItem
        fields = ("supplier", "item", "location", *TERM_FIELDS)


class OwnTermRow(Row):
    """A term as its supplier sees it: not how it ranks among others."""

    supplier = code("supplier.code", "Your code.")
    item = code("item.sku", "SKU of the item.")
    item_name = code("item.name", "Name of the item.")
    location = code("location.code", "Code of the only location that it holds for; null: any.", null=True)
    children: ClassVar = {"price_breaks": _breaks()}

    class Meta:
        model = SupplierItem
        fields = (
            "id",
            "supplier",
            "item",
            "item_name",
            "location",
            "valid_from",
            "valid_to",
            "lead_time_days",
            "order_uom",
            "units_per_order_uom",
            "moq",
            "order_multiple",
            "unit_price",
            "updated_at",
        )


class OwnTerms(Listed, Detailed):
    """Terms as their supplier sees them."""

    resource, model, row = "own-terms", SupplierItem, OwnTermRow
    filter_fields: ClassVar = {"item": CODE, "location": CODE, "valid_from": DAYS, "valid_to": DAYS, "updated_at": TIME}
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)
    always_expanded = ("price_breaks",)


class TermView(SupplierScoped, MasterView):
    """What suppliers offer. People of a supplier read its own terms here, without how they rank."""

    resource, model, row, own = "supplier-terms", SupplierItem, TermRow, OwnTerms
    master, create_body, change_body = masters.TERMS, TermInput, TermInput
    view_all = "vendors.view_supplieritem"
    permissions: ClassVar = verbs("vendors.supplieritem") | {
        "list": (view_all, REACH_OWN),
        "retrieve": (view_all, REACH_OWN),
    }
    filter_fields: ClassVar = {
        "supplier": CODE,
        "supplier_id": EXACT,
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "valid_from": DAYS,
        "valid_to": (*DAYS, "isnull"),
        "updated_at": TIME,
    }
    ordering_fields = ("id", "updated_at")
    ordering = ("id",)
    always_expanded = ("price_breaks",)
